#!/usr/bin/env bash
# Every check of the repository, on a fresh machine too: see "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=eng/steps.sh
. "$root/eng/steps.sh"

usage() {
  cat >&2 <<'USAGE'
usage: eng/test.sh [--long] [--hours N] [--filter TEXT]

  --long          also the tests marked Explicit (large data, long runs)
  --hours N       after them, begins the storms again and again with new seeds, which are printed, until N hours have passed
  --filter TEXT   only tests with TEXT in their full name; one that begins with "/" is an xunit filter query. Nothing is published

The last line is "N passed, N failed, N skipped". With CI=true a skipped test is a failure.
USAGE
  exit 2
}

runner_options=() filtered='' hours='' long=''
while (($# > 0)); do
  case $1 in
    --long) runner_options+=(-explicit on) long=yes ;;
    --hours)
      (($# >= 2)) || usage
      shift
      [[ $1 =~ ^[0-9]+(\.[0-9]+)?$ ]] || usage
      hours=$1
      ;;
    --filter)
      (($# >= 2)) || usage
      shift
      filtered=yes
      if [[ $1 == /* ]]; then runner_options+=(-filter "$1"); else runner_options+=(-method "*$1*"); fi
      ;;
    *) usage ;;
  esac
  shift
done

cd "$root"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
if [ "${CI:-}" = true ]; then
  # No build server stays behind on a machine that will not build again.
  export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
fi

results=$root/artifacts/test-results.xml
began=$(date +%s%N)

have dotnet || die "no .NET SDK here: install the version that global.json names (https://dot.net), then run this again"
# In the repository's folder this also checks global.json.
step ".NET SDK" dotnet --version || die "the installed .NET SDK does not satisfy global.json"
shown "PostgreSQL" "$root/eng/postgres.sh" up
shown "storage emulator" "$root/eng/azurite.sh" up
step "connection pooler" "$root/eng/pgbouncer.sh"
step "browser" "$root/eng/browser.sh"
[ -z "$long$hours" ] || step "wrong clocks" "$root/eng/faketime.sh"
if have shellcheck; then step "shell scripts" shellcheck -x eng/*.sh eng/pipelines/*.sh .ci/run; fi
# What the lock files name and nothing else: after a change of packages, run dotnet restore and commit what it changed there.
step "restore" dotnet restore RagFunctions.sln --locked-mode
step "format" dotnet format RagFunctions.sln --verify-no-changes --no-restore
step "build" dotnet build RagFunctions.sln --no-restore -v q --nologo -clp:NoSummary
[ -n "$filtered" ] || shown "publish" "$root/eng/publish.sh" "$root/artifacts/publish"

mkdir -p "${results%/*}"
rm -f "$results"
tests_failed=
shown "tests" dotnet RagFunctions.Tests/bin/Debug/net10.0/RagFunctions.Tests.dll \
  -noColor -noAutoReporters -longRunning 120 -result-xml "$results" ${runner_options[@]+"${runner_options[@]}"} || tests_failed=yes
[ -s "$results" ] || die "the test runner ended without results"

storms=0 storms_failed=0
if [ -n "$hours" ]; then
  ends=$(awk -v now="$(date +%s)" -v hours="$hours" 'BEGIN { printf "%d", now + hours * 3600 }')
  while (($(date +%s) < ends)); do
    storms=$((storms + 1))
    export RAG_TEST_SEED=$RANDOM
    shown "storms, round $storms" dotnet RagFunctions.Tests/bin/Debug/net10.0/RagFunctions.Tests.dll \
      -noColor -noAutoReporters -explicit only -showLiveOutput -result-xml "${results%/*}/storms-$storms.xml" \
      -class '*.ConvergenceTests' -class '*.SyncStormTests' -class '*.RandomKillTests' -class '*.TwoHostStormTests' || storms_failed=$((storms_failed + 1))
  done
  say "$storms rounds of storms, $storms_failed failed"
fi

say "slowest tests:"
grep -o '<test [^>]*>' "$results" | sed 's/.* name="\([^"]*\)".* time="\([0-9.]*\)".*/\2 \1/' | sort -rn |
  awk 'NR <= 10 { printf "  %7.3f s  %s\n", $1, substr($0, length($1) + 2) }' >&2

count() { # attribute of the <assembly> element
  grep -o '<assembly [^>]*>' "$results" | sed "s/.* $1=\"\([0-9]*\)\".*/\1/"
}

passed=$(count passed) skipped=$(count skipped)
# An error is a fixture that could not be cleaned up: no test's failure, and not nothing.
failed=$(($(count failed) + $(count errors)))
say "all checks took $(seconds_since "$began")"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ -z "$tests_failed" ] && ((storms_failed == 0)) && ((failed == 0 && passed > 0)) && { [ "${CI:-}" != true ] || ((skipped == 0)); }
