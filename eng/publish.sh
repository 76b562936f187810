#!/usr/bin/env bash
# publish.sh FOLDER: makes what is deployed, FOLDER/app (the function app) and FOLDER/rag (the command), anew, and looks into it.
# The pipeline, docs/deploy.md and eng/test.sh all call this, so that what is checked is what is deployed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=eng/steps.sh
. "$root/eng/steps.sh"

(($# == 1)) || { echo "usage: eng/publish.sh FOLDER" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd -P)
cd "$root"
# What is deployed is made of the packages that the lock files name.
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 RestoreLockedMode=true

have dotnet || die "no .NET SDK here: install the version that global.json names (https://dot.net), then run this again"
# A file that is no longer published would be deployed all the same, also out of an archive, to which zip adds.
rm -rf "$out/app" "$out/rag" "$out/app.zip"
# The app runs on Azure's .NET; rag brings its own, so that what migrates is what was tested, wherever it runs.
step "publish the app" dotnet publish RagFunctions -c Release -r linux-x64 --self-contained false -warnaserror -o "$out/app"
step "publish rag" dotnet publish RagFunctions.Cli -c Release -r linux-x64 --self-contained -warnaserror -o "$out/rag"
"$root/eng/published.sh" "$out"
