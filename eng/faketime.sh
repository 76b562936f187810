#!/usr/bin/env bash
# A wrong clock for a process of the long tests: see "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=eng/steps.sh
. "$root/eng/steps.sh"
# shellcheck source=eng/servers.sh
. "$root/eng/servers.sh"

# shellcheck disable=SC2034 # servers.sh reads both
state=$root/.local/faketime instead="leave out --long"

if (($# > 0)); then
  cat >&2 <<'USAGE'
usage: eng/faketime.sh

  Prints where libfaketime is; installs the distribution's package where there is none. A process that loads it first (LD_PRELOAD) goes by
  the clock that FAKETIME names.
USAGE
  exit 2
fi

library() { find /usr/lib /usr/local/lib -name libfaketimeMT.so.1 2>/dev/null | head -1; }

install_faketime() {
  [ -z "$(library)" ] || return 0
  have apt-get || die "no libfaketime and no apt here: $instead"
  install_packages faketime
}

alone install_faketime
library
