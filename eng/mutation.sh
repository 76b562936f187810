#!/usr/bin/env bash
# mutation.sh [STRYKER_OPTION...]: changes the pure core in small ways (Stryker.NET) and counts how many changes the fast tests notice.
# Ends with an error below 85 %. The report, with every change that nobody noticed, is artifacts/mutation/reports/mutation-report.html.
set -euo pipefail

cd "$(dirname "$0")/.."
dotnet tool restore
output=$PWD/artifacts/mutation
cd eng/mutation
exec dotnet stryker --output "$output" --skip-version-check "$@"
