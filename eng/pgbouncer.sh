#!/usr/bin/env bash
# PgBouncer for the tests behind a transaction pooler: see "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=eng/steps.sh
. "$root/eng/steps.sh"
# shellcheck source=eng/servers.sh
. "$root/eng/servers.sh"

# shellcheck disable=SC2034 # servers.sh reads both
state=$root/.local/pgbouncer instead="put a pgbouncer on the path"

if (($# > 0)); then
  cat >&2 <<'USAGE'
usage: eng/pgbouncer.sh

  Prints where pgbouncer is; installs the distribution's package where there is none. The tests start and stop it themselves, each on a
  port and with settings of its own.
USAGE
  exit 2
fi

PATH=$PATH:/usr/sbin:/usr/local/sbin

# The package starts a pooler of its own on port 6432, which nobody here wants.
install_pgbouncer() {
  local unit=/etc/systemd/system/pgbouncer.service masked=
  have pgbouncer && return
  have apt-get || die "no pgbouncer and no apt here: $instead"
  if [ -d /run/systemd/system ] && [ ! -e "$unit" ]; then
    as_root ln -s /dev/null "$unit"
    masked=yes
  fi
  install_packages pgbouncer
  [ -z "$masked" ] || as_root rm -f "$unit"
}

alone install_pgbouncer
command -v pgbouncer
