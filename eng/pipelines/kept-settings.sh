#!/usr/bin/env bash
# kept-settings.sh RESOURCE_GROUP: prints the app settings of the deployment "rag" for the template's parameter keptSettings, as
# {"settings": [{"name": …, "value": …}]}; {} before the first deployment. A deployment replaces all settings at once, so it has to be told.
set -euo pipefail

(($# == 1)) || { echo "usage: kept-settings.sh RESOURCE_GROUP" >&2; exit 2; }
group=$1

# A list, because asking for one that is not there fails just as being refused does.
if [[ -z $(az deployment group list --resource-group "$group" --query "[?name=='rag' && properties.provisioningState=='Succeeded'].name" --output tsv) ]]; then
  echo '{}'
  exit
fi
app=$(az deployment group show --name rag --resource-group "$group" --query properties.outputs.appName.value --output tsv)
settings=$(az functionapp config appsettings list --resource-group "$group" --name "$app" --query '[].{name:name,value:value}' --output json)
printf '{"settings":%s}\n' "$settings"
