#!/usr/bin/env bash
# A real browser for the tests of the pages: see "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=eng/steps.sh
. "$root/eng/steps.sh"
# shellcheck source=eng/servers.sh
. "$root/eng/servers.sh"

# shellcheck disable=SC2034 # servers.sh reads both
state=$root/.local/browser instead="put a chromium or google-chrome on the path"

if (($# > 0)); then
  cat >&2 <<'USAGE'
usage: eng/browser.sh

  Prints where a Chromium is: chromium, google-chrome or chromium-browser on the path; else installs Debian's package. The tests start it
  themselves, without a window and with profiles that are thrown away. Nothing but the distribution's package is downloaded.
USAGE
  exit 2
fi

# Ubuntu's chromium-browser is a script that asks for a snap where there is none: only what tells its version counts.
find_browser() {
  local name
  for name in chromium google-chrome google-chrome-stable chromium-browser; do
    if have "$name" && "$name" --version >/dev/null 2>&1; then
      command -v "$name"
      return
    fi
  done
  return 1
}

# The fonts are those that texts in Cyrillic need.
install_browser() {
  find_browser >/dev/null && return
  have apt-get || die "no browser and no apt here: $instead"
  install_packages chromium fonts-dejavu-core
}

alone install_browser
find_browser || die "the package chromium brought no browser that starts (on Ubuntu it may be a snap): $instead"
