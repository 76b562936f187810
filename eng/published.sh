#!/usr/bin/env bash
# published.sh FOLDER: looks into what eng/publish.sh made: the app has every function of the code and what Functions' host reads, its worker
# starts, and rag runs. Says all that is missing, not only the first thing.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=eng/steps.sh
. "$root/eng/steps.sh"

(($# == 1)) || { echo "usage: eng/published.sh FOLDER" >&2; exit 2; }
if [ ! -d "$1/app" ] || [ ! -d "$1/rag" ]; then die "no app and rag in $1: eng/publish.sh makes them"; fi
app=$(cd "$1/app" && pwd -P) rag=$(cd "$1/rag" && pwd -P)

wrong=0
missing() {
  say "  missing: $*"
  wrong=1
}

# The functions of the code, by their attributes, and those that Functions' host will find.
attributes=$(grep -rhoE '\[Function\([^]]*\]' "$root/RagFunctions" --include='*.cs' --exclude-dir=bin --exclude-dir=obj)
coded=$(sed -nE 's/^\[Function\(nameof\(([A-Za-z0-9_]+)\)\)\]$/\1/p' <<<"$attributes" | sort)
unread=$(grep -vE '^\[Function\(nameof\([A-Za-z0-9_]+\)\)\]$' <<<"$attributes" || true)
[ -z "$unread" ] || die "this script reads only [Function(nameof(…))], and the code has $unread"
listed=
if [ -s "$app/functions.metadata" ]; then
  listed=$(sed -nE 's/^    "name": "([A-Za-z0-9_]+)",?$/\1/p' "$app/functions.metadata" | sort)
fi
while read -r name; do
  [ -z "$name" ] || missing "function $name: it is in the code and not in app/functions.metadata"
done < <(comm -23 <(echo "$coded") <(echo "$listed"))
while read -r name; do
  [ -z "$name" ] || missing "the code of function $name, which is in app/functions.metadata: is the build an old one?"
done < <(comm -13 <(echo "$coded") <(echo "$listed"))

cmp -s "$root/host.json" "$app/host.json" || missing "app/host.json as it is in the repository"
grep -q '"defaultWorkerPath": "RagFunctions.dll"' "$app/worker.config.json" 2>/dev/null ||
  missing "app/worker.config.json that names RagFunctions.dll"
grep -q '"name": "DurableTask"' "$app/extensions.json" 2>/dev/null || missing "the extension DurableTask in app/extensions.json"
loaded=$(sed -nE 's/.*"hintPath": "\.\/(.*)".*/\1/p' "$app/extensions.json" 2>/dev/null || true)
while read -r file; do
  [ -z "$file" ] || [ -s "$app/$file" ] || missing "app/$file, which Functions' host loads"
done < <(printf '%s\n' "$loaded" .azurefunctions/Microsoft.Azure.WebJobs.Extensions.DurableTask.dll | sort -u)
[ ! -e "$app/local.settings.json" ] || { say "  not to be deployed: app/local.settings.json"; wrong=1; }

# As Functions' host starts it, with an address at which nobody listens: a worker that is complete comes as far as opening its stream there.
nowhere="Host=127.0.0.1;Port=9;Username=none;Password=none;Database=none"
said=$(
  ulimit -c 0
  export ConnectionStrings__Main=$nowhere ConnectionStrings__Rag=$nowhere Embeddings__Provider=offline Telemetry__Exporter=none
  dotnet "$app/RagFunctions.dll" --functions-uri http://127.0.0.1:9 --functions-worker-id worker --functions-request-id request \
    --functions-grpc-max-message-length 2147483647 2>&1 </dev/null || true
)
grep -q 'Grpc.Core.RpcException: Status(StatusCode="Unavailable"' <<<"$said" ||
  missing "a worker that starts; dotnet app/RagFunctions.dll said: $said"

if [ "$(uname -sm)" = "Linux x86_64" ]; then
  version=$(sed -nE 's/.*<Version>(.*)<\/Version>.*/\1/p' "$root/Directory.Build.props")
  said=$("$rag/rag" --version 2>&1 </dev/null || true)
  [[ $said == "$version"* ]] || missing "rag of version $version; rag/rag --version said: $said"
else
  say "  rag/rag is for Linux on x64 and was not run here"
fi

((wrong == 0)) || die "what was published in $1 is not complete"
say "  app: $(wc -l <<<"$listed") functions, $(du -sh "$app" | cut -f1); rag: ${said%%+*}, $(du -sh "$rag" | cut -f1)"
