#!/usr/bin/env bash
# kept-settings.sh RESOURCE_GROUP: prints the app settings that are there for the template's parameter keptSettings, as
# {"settings": [{"name": …, "value": …}]}; {} where there is no app yet. A deployment replaces all settings at once, so it has to be told. The
# app is asked and not the last deployment: one that failed has no outputs, and the app behind it has its settings all the same.
set -euo pipefail

(($# == 1)) || { echo "usage: kept-settings.sh RESOURCE_GROUP" >&2; exit 2; }
group=$1

app=$(az functionapp list --resource-group "$group" --query "[?starts_with(name, 'func-')].name" --output tsv)
if [[ -z $app ]]; then
  echo '{}'
  exit
fi
settings=$(az functionapp config appsettings list --resource-group "$group" --name "$app" --query '[].{name:name,value:value}' --output json)
printf '{"settings":%s}\n' "$settings"
