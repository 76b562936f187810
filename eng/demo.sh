#!/usr/bin/env bash
# Shows the main job on this machine: installs what is missing, builds, and shows two days of a living shop (rag-dev demo).
# Options are those of `rag-dev demo`: --keep goes on serving afterwards.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=eng/steps.sh
. "$root/eng/steps.sh"
cd "$root"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

have dotnet || die "no .NET SDK here: install the version that global.json names (https://dot.net), then run this again"
shown "PostgreSQL" "$root/eng/postgres.sh" up
step "build" dotnet build RagFunctions.Dev -v q --nologo -clp:NoSummary

ConnectionStrings__Main=$(eng/postgres.sh url main)
ConnectionStrings__Rag=$(eng/postgres.sh url rag)
export ConnectionStrings__Main ConnectionStrings__Rag
rag() { dotnet RagFunctions.Cli/bin/Debug/net10.0/rag.dll "$@"; }
rag-dev() { dotnet RagFunctions.Dev/bin/Debug/net10.0/rag-dev.dll "$@"; }

shown "rag migrate" rag migrate
shown "rag migrations" rag migrations
shown "rag-dev demo" rag-dev demo "$@"
