# shellcheck shell=bash
# Sourced, after steps.sh, by the scripts that keep a server for this clone: what they remember, free ports, packages.
# shellcheck disable=SC2154 # They set: state, where it is remembered; first_port; instead, the way out without packages.

recall() { [ -f "$state/$1" ] && cat "$state/$1"; }

# Only the owner may read what is remembered: a password may be among it.
remember() { (umask 077 && printf '%s\n' "$2" >"$state/$1.new" && mv "$state/$1.new" "$state/$1"); }

answers() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# The first of so many free ports in a row.
next_free_port() { # from, how many
  local port=$1 next
  for ((next = port; next < port + ${2:-1}; next++)); do
    if answers 127.0.0.1 "$next"; then port=$((next + 1)); fi
    ((port < first_port + 500)) || die "no free port between $first_port and $port"
  done
  printf '%s' "$port"
}

# For the subshell that starts a server: it outlives its script, so it must hold none of our open files (a lock, a pipe
# that someone reads to its end).
close_our_files() {
  local fd
  for fd in /proc/self/fd/*; do
    fd=${fd##*/}
    ((fd <= 2)) || eval "exec $fd>&-"
  done
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# A source of other software that is out of reach is no reason to stop: what we need may still be there.
refresh_package_lists() {
  as_root apt-get update -q || say "  (apt-get update complained; going on with the lists there are)"
}

lists_refreshed=
install_packages() { # names
  local missing=() name
  for name in "$@"; do
    is_installed "$name" || missing+=("$name")
  done
  ((${#missing[@]} > 0)) || return 0
  if [ -z "$lists_refreshed" ]; then
    step "apt-get update" refresh_package_lists
    lists_refreshed=yes
  fi
  step "apt-get install ${missing[*]}" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}" ||
    die "could not install ${missing[*]}: install by hand, or $instead"
}

# Two at once in one clone: the second waits and finds the work done.
alone() { # command
  mkdir -p "$state"
  exec {lock}>"$state/lock"
  flock "$lock"
  "$1"
}
