#!/usr/bin/env bash
# The app under Azure's own host: build, storage emulator, `func start`. Needs Core Tools and npm; `rag serve` needs neither.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=eng/steps.sh
. "$root/eng/steps.sh"
cd "$root"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

have dotnet || die "no .NET SDK here: install the version that global.json names (https://dot.net)"
have func || die "no Azure Functions Core Tools here (npm install -g azure-functions-core-tools@4); without them: dotnet run --project RagFunctions.Cli -- serve"
have npx || die "no npm here for the storage emulator (https://nodejs.org); without it: dotnet run --project RagFunctions.Cli -- serve"
[ -f local.settings.json ] || die "no local.settings.json: copy local.settings.sample.json and fill in the connection strings"

step "build" dotnet build RagFunctions -c Release -v q --nologo -clp:NoSummary

mkdir -p .local/azurite
azurite=
if (exec 3<>/dev/tcp/127.0.0.1/10000) 2>/dev/null; then
  say "  a storage emulator answers on port 10000 already"
else
  npx --yes azurite@3.35.0 --silent --skipApiVersionCheck --location .local/azurite >.local/azurite/log 2>&1 &
  azurite=$!
  trap 'kill "$azurite" 2>/dev/null || true' EXIT
fi

cd RagFunctions/bin/Release/net10.0
func start --no-build
