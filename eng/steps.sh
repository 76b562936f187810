# shellcheck shell=bash
# Sourced by the scripts beside it: steps with their time, clear failures, commands that need root.
# Everything is said on stderr, so that a script's stdout carries its result alone.

say() { printf '%s\n' "$*" >&2; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

seconds_since() { # start, in nanoseconds
  local ms=$((($(date +%s%N) - $1) / 1000000))
  printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100))
}

# step TEXT COMMAND...: runs the command quietly; says how long it took, or shows what it printed when it failed.
step() {
  local text=$1 started output status=0
  shift
  started=$(date +%s%N)
  printf '  %-58s ' "$text" >&2
  output=$("$@" 2>&1 </dev/null) || status=$?
  if ((status != 0)); then
    printf 'failed after %s\n%s\n' "$(seconds_since "$started")" "$output" >&2
    return "$status"
  fi
  printf '%s\n' "$(seconds_since "$started")" >&2
}

# shown TEXT COMMAND...: the same for a command whose output the reader wants to see as it comes.
shown() {
  local text=$1 started status=0
  shift
  started=$(date +%s%N)
  say "$text"
  "$@" </dev/null || status=$?
  if ((status != 0)); then
    say "  failed after $(seconds_since "$started"): $text"
    return "$status"
  fi
  say "  done in $(seconds_since "$started"): $text"
}

have() { command -v "$1" >/dev/null 2>&1; }

# as_root COMMAND...: for the package manager only. sudo asks for a password where there is a terminal, else it fails.
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif have sudo; then
    if (: </dev/tty) 2>/dev/null; then sudo -- "$@"; else sudo -n -- "$@"; fi
  else
    printf 'this needs root and there is no sudo: %s\n' "$*" >&2
    return 1
  fi
}
