#!/usr/bin/env bash
# plan.sh RESOURCE_GROUP PARAMETER_FILE RAG: shows what a deployment would change and which migrations are pending,
# and sets the output variable "destructive" of the step: true when a pending migration deletes something.
set -euo pipefail

(($# == 3)) || { echo "usage: plan.sh RESOURCE_GROUP PARAMETER_FILE RAG" >&2; exit 2; }
group=$1 parameters=$2 rag=$3

RAG_KEPT_SETTINGS=$("$(dirname "$0")/kept-settings.sh" "$group")
export RAG_KEPT_SETTINGS
az deployment group what-if --resource-group "$group" --parameters "$parameters"

destructive=false
# A list, because asking for one that is not there fails just as being refused does.
if [[ -z $(az deployment group list --resource-group "$group" --query "[?name=='rag'].name" --output tsv) ]]; then
  echo "the first deployment: there are no databases yet"
else
  code=0
  "$(dirname "$0")/with-databases.sh" "$group" "$rag" migrations --check || code=$?
  case $code in
    0) ;;
    3) destructive=true ;;
    *) exit "$code" ;;
  esac
fi
echo "##vso[task.setvariable variable=destructive;isOutput=true]$destructive"
