#!/usr/bin/env bash
# rotate-token-key.sh RESOURCE_GROUP RAG: puts a new key of marketplace tokens before the present one in the vault, lets the app take both,
# and encrypts all tokens with the new one. Interrupted it may be run again: former keys stay in the secret, and each token names its own.
set -euo pipefail

(($# == 2)) || { echo "usage: rotate-token-key.sh RESOURCE_GROUP RAG" >&2; exit 2; }
group=$1 rag=$2
secret=marketplace-token-key

output() { az deployment group show --name rag --resource-group "$group" --query "properties.outputs.$1.value" --output tsv; }

vault=$(output vaultName)
app=$(output appName)
present=$(az keyvault secret show --vault-name "$vault" --name "$secret" --query value --output tsv)
# One key without a name is called 1.
[[ $present == *:* ]] || present=1:$present

# A file, because the arguments of a process can be read by others on the machine.
keys=$(mktemp)
trap 'rm -f "$keys"' EXIT
printf '%s:%s,%s' "$(date -u +%Y%m%d%H%M%S)" "$(openssl rand -base64 32)" "$present" >"$keys"
az keyvault secret set --vault-name "$vault" --name "$secret" --file "$keys" --output none

# A start reads the vault again.
az functionapp restart --resource-group "$group" --name "$app"
Marketplace__TokenKey=$(cat "$keys")
export Marketplace__TokenKey
"$(dirname "$0")/with-databases.sh" "$group" "$rag" cabinet encrypt
