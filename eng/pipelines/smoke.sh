#!/usr/bin/env bash
# smoke.sh BASE_URL: the app answers, its databases answer, keys are asked for and taken. RAG_API_KEY is an operator's key.
set -euo pipefail

base=${1:?usage: smoke.sh BASE_URL}
: "${RAG_API_KEY:?an operator key of the API}"

# expect CODES PATH CURL_CONFIG: one of the codes, waited for up to two minutes, for a fresh instance has to start.
# The options come on standard input, so that the key is in no list of processes.
expect() {
  local got tries
  for ((tries = 0; tries < 24; tries++)); do
    got=$(curl --silent --max-time 20 --output /dev/null --write-out '%{http_code}' --config - "$base$2" <<<"$3" || true)
    if [[ " $1 " == *" $got "* ]]; then
      echo "$2 answers $got"
      return
    fi
    sleep 5
  done
  echo "error: $2 answers $got, not $1" >&2
  return 1
}

expect 200 /v1/rag/health ''
expect 403 /v1/rag/status/1 ''
# 404: the key was taken, cabinet 1 does not exist.
expect '200 404' /v1/rag/status/1 "header = \"X-API-KEY: $RAG_API_KEY\""
