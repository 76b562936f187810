#!/usr/bin/env bash
# Azurite, the emulator of Azure Storage, for development and tests: see "usage" below.
set -euo pipefail
shopt -s inherit_errexit

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=eng/steps.sh
. "$root/eng/steps.sh"
# shellcheck source=eng/servers.sh
. "$root/eng/servers.sh"

state=${RAG_AZURITE_STATE:-$root/.local/azurite} # port and pid, and beside them data and log
first_port=10000
instead="set RAG_TEST_AZURITE"
version=3.35.0 # newer ones ask for a Node.js that Debian and Ubuntu do not have yet
home=$root/.local/azurite/npm
program=$home/node_modules/azurite/dist/src/azurite.js
services=(Blob Queue Table) # on three ports in a row

# The account and the key that every Azurite has.
account=devstoreaccount1
key=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==

usage() {
  cat >&2 <<'USAGE'
usage: eng/azurite.sh up | down | reset | url

  up     a storage emulator that answers. Safe to repeat. In this order:
           RAG_TEST_AZURITE    a connection string: that storage is used as it is
           npm                 Azurite, on Node.js from Debian's or Ubuntu's packages where there is none
         It listens on 127.0.0.1 only, on three ports from 10000 upwards; every request is a line in .local/azurite/log.
         RAG_AZURITE_STATE names a directory for another one beside it.
  down   stops it; the data stay
  reset  throws its data away and starts it anew
  url    prints its connection string
USAGE
  exit 2
}

# ---------- the program

installed() { [ "$(node -p "require('$home/node_modules/azurite/package.json').version" 2>/dev/null)" = "$version" ]; }

install_azurite() {
  if ! have node || ! have npm; then
    have apt-get || die "no Node.js with npm here: install it (https://nodejs.org), or $instead"
    install_packages nodejs npm
  fi
  # Only the packages' files: none of them has to run anything to be installed.
  installed || step "npm install azurite@$version" npm install --prefix "$home" --ignore-scripts --no-audit --no-fund "azurite@$version" ||
    die "Azurite could not be installed: is npm's registry within reach? Otherwise $instead"
}

# ---------- the server

# What answers there is that service of an Azurite.
is_azurite() { # service, port
  (
    exec 3<>"/dev/tcp/127.0.0.1/$2" || exit 1
    printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
    timeout 5 grep -qi "^Server: Azurite-$1/" <&3
  ) 2>/dev/null
}

all_answer() { # first port
  local i
  for i in "${!services[@]}"; do
    is_azurite "${services[i]}" $(($1 + i)) || return 1
  done
}

# Not another process that was given the same number later.
runs() {
  local pid
  pid=$(recall pid) && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$program --location $state/data"
}

start() { # first port
  (
    close_our_files
    exec >"$state/log" 2>&1 </dev/null
    exec setsid node "$program" --location "$state/data" --skipApiVersionCheck --disableTelemetry \
      --blobPort "$1" --queuePort $(($1 + 1)) --tablePort $(($1 + 2))
  ) &
  remember pid $!
  until all_answer "$1"; do
    if ! kill -0 $! 2>/dev/null; then
      tail -20 "$state/log"
      return 1
    fi
    ((SECONDS < 120)) || die "Azurite runs, but does not answer on port $1 and the two after it: see $state/log"
    sleep 0.1
  done
}

stop() {
  local pid
  pid=$(recall pid)
  kill "$pid"
  while runs; do sleep 0.1; done
}

# ---------- commands

up() {
  local port
  if [ -n "${RAG_TEST_AZURITE:-}" ]; then
    say "RAG_TEST_AZURITE is used as it is"
    return
  fi
  install_azurite
  port=$(recall port || echo "$first_port")
  if ! runs || ! all_answer "$port"; then
    if runs; then step "stop the one that does not answer" stop; fi
    port=$(next_free_port "$port" ${#services[@]})
    # Somebody may have taken a port between our look and the start.
    until step "start on 127.0.0.1:$port" start "$port"; do
      grep -q EADDRINUSE "$state/log" || die "Azurite did not start: see $state/log"
      port=$(next_free_port $((port + 1)) ${#services[@]})
    done
    remember port "$port"
  fi
  say "Azurite $version answers on 127.0.0.1:$port"
}

down() {
  if [ -n "${RAG_TEST_AZURITE:-}" ]; then
    say "RAG_TEST_AZURITE is set: that storage is not ours to stop"
  elif runs; then
    step "stop" stop
  else
    say "  it was not running"
  fi
}

reset() {
  [ -z "${RAG_TEST_AZURITE:-}" ] || die "RAG_TEST_AZURITE is set: the data of that storage are not ours to throw away"
  down
  step "throw the data away" rm -rf "$state/data"
  up
}

url() {
  local port i
  if [ -n "${RAG_TEST_AZURITE:-}" ]; then
    printf '%s\n' "$RAG_TEST_AZURITE"
    return
  fi
  port=$(recall port) || die "no storage emulator yet: eng/azurite.sh up"
  printf 'DefaultEndpointsProtocol=http;AccountName=%s;AccountKey=%s;' "$account" "$key"
  for i in "${!services[@]}"; do
    printf '%sEndpoint=http://127.0.0.1:%s/%s;' "${services[i]}" $((port + i)) "$account"
  done
  printf '\n'
}

(($# == 1)) || usage
case $1 in
  up | down | reset) alone "$1" ;;
  url) url ;;
  *) usage ;;
esac
