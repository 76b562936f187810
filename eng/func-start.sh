#!/usr/bin/env bash
# The app under Azure's own host: build, storage emulator, `func start`. Needs Core Tools and npm; `rag-dev serve` needs neither.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=eng/steps.sh
. "$root/eng/steps.sh"
cd "$root"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

have dotnet || die "no .NET SDK here: install the version that global.json names (https://dot.net)"
have func || die "no Azure Functions Core Tools here (npm install -g azure-functions-core-tools@4); without them: dotnet run --project RagFunctions.Dev -- serve"
[ -f local.settings.json ] || die "no local.settings.json: copy local.settings.sample.json and fill in the connection strings"

step "build" dotnet build RagFunctions -c Release -v q --nologo -clp:NoSummary

eng/azurite.sh up
# The emulator of this clone may have other ports than the usual ones.
if grep -q '"AzureWebJobsStorage": *"UseDevelopmentStorage=true"' local.settings.json; then
  AzureWebJobsStorage=$(eng/azurite.sh url)
  export AzureWebJobsStorage
fi

cd RagFunctions/bin/Release/net10.0
func start --no-build
