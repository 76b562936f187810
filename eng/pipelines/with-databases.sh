#!/usr/bin/env bash
# with-databases.sh RESOURCE_GROUP COMMAND...: runs a rag command against the databases of the deployment "rag", signed in with
# Entra as RAG_DB_ADMIN_NAME; no password is involved.
set -euo pipefail

(($# >= 2)) || { echo "usage: with-databases.sh RESOURCE_GROUP COMMAND..." >&2; exit 2; }
group=$1
shift

output() { az deployment group show --name rag --resource-group "$group" --query "properties.outputs.$1.value" --output tsv; }

common="Username=${RAG_DB_ADMIN_NAME:?the Entra name of the database administrator};SSL Mode=VerifyFull"
main_host=$(output mainHost)
main_database=$(output mainDatabase)
rag_host=$(output ragHost)
export ConnectionStrings__Main="Host=$main_host;Database=$main_database;$common"
export ConnectionStrings__Rag="Host=$rag_host;Database=rag;$common"
export Databases__Authentication=entra
# Commands on the schemas embed nothing.
export Embeddings__Provider=offline
chmod +x "$1"
exec "$@"
