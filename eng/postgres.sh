#!/usr/bin/env bash
# PostgreSQL with pgvector for development and tests: see "usage" below.
set -euo pipefail
shopt -s inherit_errexit

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=eng/steps.sh
. "$root/eng/steps.sh"
# shellcheck source=eng/servers.sh
. "$root/eng/servers.sh"

state=$root/.local/postgres # what this clone remembers: kind, port, password, version, directory, connection
first_port=54329
instead="set RAG_TEST_POSTGRES"
user=rag

usage() {
  cat >&2 <<'USAGE'
usage: eng/postgres.sh up | down | reset | url [main|rag|DATABASE]

  up     a server that answers, with the databases "main" and "rag". Safe to repeat. In this order:
           RAG_TEST_POSTGRES   an Npgsql connection string without Database: that server is used as it is
           Docker              compose.yaml, when the engine answers
           packages            Debian or Ubuntu; a private cluster of this clone, other clusters are not touched
         It listens on 127.0.0.1 only, from port 54329 upwards. RAG_POSTGRES_BUFFERS is the private cluster's shared_buffers
         (256MB); it counts when the server starts.
  down   stops it; the data stay
  reset  throws its data away and starts it anew
  url    prints an Npgsql connection string (default database: main)
USAGE
  exit 2
}

# ---------- a server named by the environment

setting_of_connection() { # keywords, as an alternation; prints the value
  local pair
  while IFS= read -rd ';' pair || [ -n "$pair" ]; do
    if [[ $pair =~ ^[[:space:]]*($1)[[:space:]]*=[[:space:]]*(.*[^[:space:]])[[:space:]]*$ ]]; then
      printf '%s' "${BASH_REMATCH[2]}"
      return
    fi
  done <<<"$RAG_TEST_POSTGRES"
}

check_given_server() {
  local host port
  shopt -s nocasematch
  host=$(setting_of_connection 'host|server')
  port=$(setting_of_connection 'port')
  shopt -u nocasematch
  [ -n "$host" ] || die "RAG_TEST_POSTGRES names no Host"
  # A list of hosts or a socket directory is for Npgsql to try.
  if [[ $host == /* || $host == *,* ]]; then
    say "RAG_TEST_POSTGRES is used as it is (Host=$host, not tried here)"
    return
  fi
  answers "$host" "${port:-5432}" || die "RAG_TEST_POSTGRES: nothing answers on $host port ${port:-5432}"
  say "RAG_TEST_POSTGRES is used as it is: $host port ${port:-5432} answers"
}

# ---------- Docker

docker_works() { have docker && docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1; }

compose() {
  RAG_POSTGRES_PORT=$(recall port) RAG_POSTGRES_PASSWORD=$(recall password) \
    docker compose --project-directory "$root" --project-name "$(compose_project)" "$@"
}

# One project for each clone: two clones on one machine do not share a container.
compose_project() { printf 'ragfunctions-%s' "$(clone_id)"; }

clone_id() { printf '%s' "$root" | sha256sum | cut -c1-8; }

docker_up() {
  local running
  running=$(compose ps --status running --quiet postgres 2>/dev/null || true)
  if [ -z "$running" ]; then
    remember port "$(next_free_port "$(recall port || echo "$first_port")")"
    step "PostgreSQL container (compose.yaml)" compose up --detach --wait postgres
  fi
}

docker_psql() { compose exec -T -e PGPASSWORD="$(recall password)" postgres psql -h 127.0.0.1 -U "$user" "$@"; }

# ---------- packages and a private cluster

pg_bin() { printf '/usr/lib/postgresql/%s/bin' "$1"; }

has_vector() { [ -f "/usr/share/postgresql/$1/extension/vector.control" ]; }

installed_versions() {
  local postgres
  for postgres in /usr/lib/postgresql/*/bin/postgres; do
    if [ -x "$postgres" ]; then basename "$(dirname "$(dirname "$postgres")")"; fi
  done | sort -rn
}

# The newest installed server that has pgvector, else the newest installed one.
installed_version() {
  local version
  for version in $(installed_versions); do
    if has_vector "$version"; then
      printf '%s' "$version"
      return
    fi
  done
  installed_versions | head -1
}

in_apt() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }

# Debian's server package makes and starts a cluster "main" on port 5432 when first installed. Its one switch for that
# is a file of postgresql-common, so that comes first; the file is put back as it was.
install_server() { # version
  local conf=/etc/postgresql-common/createcluster.conf kept
  is_installed "postgresql-$1" && return
  install_packages postgresql-common
  kept=$(mktemp)
  cp "$conf" "$kept"
  # shellcheck disable=SC2064 # the paths as they are now
  trap "as_root cp '$kept' '$conf'; rm -f '$kept'" EXIT
  as_root sh -c "echo 'create_main_cluster = false' >>'$conf'"
  install_packages "postgresql-$1"
  as_root cp "$kept" "$conf"
  rm -f "$kept"
  trap - EXIT
}

# The distribution's own pgvector where it has one; else Debian's source package from trixie.
install_vector() { # version
  if in_apt "postgresql-$1-pgvector"; then
    install_packages "postgresql-$1-pgvector"
  else
    install_packages "postgresql-server-dev-$1" build-essential dpkg-dev
    step "pgvector from Debian's source package" build_vector "$1" ||
      die "no pgvector for PostgreSQL $1: install it by hand, or start Docker, or set RAG_TEST_POSTGRES"
  fi
}

# A private apt configuration: sources, lists and cache of its own, the machine's mirror and keyring.
private_apt() { # command...
  apt-get -q \
    -o Dir::Etc::SourceList="$build/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$build/lists" -o Dir::Cache="$build/cache" \
    -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none "$@"
}

build_vector() { # version
  local mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg package_version source
  build=$(mktemp -d)
  trap 'rm -rf "$build"' RETURN
  # shellcheck disable=SC2016 # the format is apt's, not the shell's
  mirror=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' |
    awk -F'|' '$1 == "Debian" && $2 == "Debian" && $3 == "main" && !n++ { print $4 }')
  if [ -z "$mirror" ]; then
    echo "no Debian mirror among this machine's apt sources, and no postgresql-$1-pgvector in them."
    return 1
  fi
  mkdir -p "$build/lists/partial" "$build/cache/archives/partial"
  if [ -r "$keyring" ]; then
    echo "deb-src [signed-by=$keyring] $mirror trixie main"
  else
    echo "deb-src $mirror trixie main"
  fi >"$build/sources.list"
  (
    cd "$build"
    private_apt update
    private_apt source --only-source pgvector
  ) || return 1
  source=$(find "$build" -maxdepth 1 -type d -name 'pgvector-*' | head -1)
  package_version=$(cd "$source" && dpkg-parsechangelog -S Version) || return 1
  # Portable code, no bitcode: the latter would want clang at build and gives nothing to tests.
  make -C "$source" -s -j"$(nproc)" OPTFLAGS= with_llvm=no PG_CONFIG="$(pg_bin "$1")/pg_config" || return 1
  make -C "$source" -s install with_llvm=no PG_CONFIG="$(pg_bin "$1")/pg_config" DESTDIR="$build/deb" || return 1
  # As a package the machine knows whose files these are, and apt removes or replaces them.
  mkdir -p "$build/deb/DEBIAN"
  cat >"$build/deb/DEBIAN/control" <<CONTROL
Package: postgresql-$1-pgvector
Version: $package_version~local1
Architecture: $(dpkg --print-architecture)
Depends: postgresql-$1
Maintainer: eng/postgres.sh <root@localhost>
Description: pgvector for PostgreSQL $1, built on this machine from Debian's source package
CONTROL
  dpkg-deb --root-owner-group --build "$build/deb" "$build/pgvector.deb" || return 1
  as_root dpkg -i "$build/pgvector.deb"
}

install_postgres() { # prints the version
  local version
  version=$(installed_version)
  if [ -z "$version" ] || ! has_vector "$version"; then
    have apt-get || die "no PostgreSQL with pgvector and no apt here: start Docker, or set RAG_TEST_POSTGRES"
    if [ -z "$version" ]; then
      step "apt-get update" refresh_package_lists
      lists_refreshed=yes
      version=$(apt-cache depends postgresql | awk '/Depends: postgresql-[0-9]+$/ && !n++ { sub(/.*-/, ""); print }')
      [ -n "$version" ] || die "apt knows no package postgresql: check the package sources of this machine"
      install_server "$version"
    fi
    install_vector "$version"
    has_vector "$version" || die "pgvector was installed, yet PostgreSQL $version does not see it"
  fi
  printf '%s' "$version"
}

# PostgreSQL refuses to run as root: then it is the system user that the package has made.
as_server() {
  if ((EUID == 0)); then
    (cd / && exec runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

# Inside the clone; where the server's user cannot get there (a clone under /root), a directory of this clone elsewhere.
cluster_directory() {
  local directory=$state/cluster
  if ((EUID == 0)); then
    install -d -m 700 -o postgres -g postgres "$directory"
    if ! as_server test -w "$directory" 2>/dev/null; then
      rmdir "$directory"
      directory=${XDG_STATE_HOME:-/var/lib}/ragfunctions-$(clone_id)
      install -d -m 700 -o postgres -g postgres "$directory"
      as_server test -w "$directory" || die "the user postgres can write neither in $state nor in $directory"
      say "  the user postgres cannot enter $state: the cluster lives in $directory"
    fi
  else
    install -d -m 700 "$directory"
  fi
  printf '%s' "$directory"
}

make_cluster() { # version, directory
  local password_file=$2/password.new
  rm -rf "$2/data.new" &&
    (umask 077 && recall password >"$password_file") &&
    { ((EUID != 0)) || chown postgres: "$password_file"; } &&
    as_server "$(pg_bin "$1")/initdb" --pgdata "$2/data.new" --username "$user" --pwfile "$password_file" \
      --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8 &&
    rm -f "$password_file" &&
    echo "include = '../rag.conf'" | as_server tee -a "$2/data.new/postgresql.conf" >/dev/null &&
    # A directory that is there is whole: an interrupted initdb leaves only data.new.
    as_server mv "$2/data.new" "$2/data"
}

# No socket: its path has a limit of 107 bytes, and a clone may lie deeper. Durability stays at its defaults.
write_settings() { # directory, port
  as_server tee "$1/rag.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $2
unix_socket_directories = ''
shared_buffers = ${RAG_POSTGRES_BUFFERS:-256MB}
max_connections = 200
max_wal_size = 2GB
CONF
}

cluster_runs() { # version, directory
  as_server "$(pg_bin "$1")/pg_ctl" status --pgdata "$2/data" >/dev/null 2>&1
}

start_server() { # version, directory
  (
    close_our_files
    as_server "$(pg_bin "$1")/pg_ctl" start --wait --timeout 60 --silent --pgdata "$2/data" --log "$2/server.log" \
      >/dev/null 2>&1
  )
}

private_up() {
  local version directory port log
  version=$(install_postgres)
  directory=$(cluster_directory)
  if [ -f "$directory/data/PG_VERSION" ]; then
    # The data belong to one major version; a newer server on the machine does not change that.
    version=$(as_server cat "$directory/data/PG_VERSION")
    [ -x "$(pg_bin "$version")/postgres" ] ||
      die "the data in $directory are of PostgreSQL $version, which is no longer installed: eng/postgres.sh reset"
  else
    step "private cluster, PostgreSQL $version" make_cluster "$version" "$directory"
  fi
  remember directory "$directory"
  remember version "$version"
  port=$(recall port || echo "$first_port")
  # One that was just killed is listed until its parent has noticed; one that recovers does not answer yet.
  while cluster_runs "$version" "$directory"; do
    if answers 127.0.0.1 "$port"; then return; fi
    ((SECONDS < 60)) || die "the server in $directory runs, but does not answer on port $port: see server.log there"
    sleep 0.2
  done
  while true; do
    port=$(next_free_port "$port")
    write_settings "$directory" "$port"
    remember port "$port"
    step "start on 127.0.0.1:$port" start_server "$version" "$directory" && return
    # Somebody may have taken the port between our look and the start; or it is taken and does not answer, as the near end of
    # another program's connection is, also for a minute after it was closed.
    if ! answers 127.0.0.1 "$port"; then
      log=$(as_server tail -20 "$directory/server.log")
      [[ $log == *'could not create any TCP/IP sockets'* ]] || die "PostgreSQL did not start; the end of its log:
$log"
      port=$((port + 1))
      ((port < first_port + 500)) || die "no free port between $first_port and $port"
    fi
  done
}

private_psql() {
  PGPASSWORD=$(recall password) "$(pg_bin "$(recall version)")/psql" \
    -h 127.0.0.1 -p "$(recall port)" -U "$user" "$@"
}

private_down() {
  local version directory
  version=$(recall version || true) directory=$(recall directory || true)
  if [ -n "$directory" ] && cluster_runs "$version" "$directory"; then
    step "stop" as_server "$(pg_bin "$version")/pg_ctl" stop --wait --mode fast --silent --pgdata "$directory/data"
  else
    say "  it was not running"
  fi
}

# ---------- commands

psql_of_kind() { "$(recall kind)_psql" -X -q -v ON_ERROR_STOP=1 "$@"; }

ensure_databases() {
  local name
  for name in main rag; do
    [ -n "$(psql_of_kind -d postgres -Atc "SELECT 1 FROM pg_database WHERE datname = '$name'")" ] ||
      psql_of_kind -d postgres -c "CREATE DATABASE $name"
  done
}

# What was chosen once stays, because the data are there; only an engine that is gone gives way to packages.
choose_kind() {
  local kind
  kind=$(recall kind || true)
  if [ "$kind" != private ]; then
    if docker_works; then
      kind=docker
    else
      [ -z "$kind" ] || say "  Docker does not answer any more: using packages and a private cluster instead"
      kind=private
    fi
    remember kind "$kind"
  fi
  [ -n "$(recall password || true)" ] || remember password "$(od -An -N18 -tx1 /dev/urandom | tr -d ' \n')"
}

up() {
  if [ -n "${RAG_TEST_POSTGRES:-}" ]; then
    check_given_server
    return
  fi
  choose_kind
  "$(recall kind)_up"
  remember connection "Host=127.0.0.1;Port=$(recall port);Username=$user;Password=$(recall password)"
  ensure_databases
  say "PostgreSQL $(psql_of_kind -d postgres -Atc 'SHOW server_version') with pgvector $(psql_of_kind -d postgres -Atc \
    "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'") answers on 127.0.0.1:$(recall port)"
}

down() {
  if [ -n "${RAG_TEST_POSTGRES:-}" ]; then
    say "RAG_TEST_POSTGRES is set: that server is not ours to stop"
    return
  fi
  case $(recall kind || true) in
    docker) step "stop the container" compose stop postgres ;;
    private) private_down ;;
    *) say "  nothing was ever started here" ;;
  esac
}

reset() {
  [ -z "${RAG_TEST_POSTGRES:-}" ] || die "RAG_TEST_POSTGRES is set: the data of that server are not ours to throw away"
  local directory
  down
  case $(recall kind || true) in
    docker) step "throw the container's data away" compose down --volumes ;;
    private)
      directory=$(recall directory || true)
      [ -z "$directory" ] || step "throw the data away" rm -rf "$directory"
      ;;
  esac
  # Port and password stay: connection strings that somebody copied go on working.
  rm -f "$state"/{kind,version,directory,connection}
  up
}

url() {
  local database=${1:-main} connection=${RAG_TEST_POSTGRES:-}
  if [ -z "$connection" ]; then
    connection=$(recall connection) || die "no server yet: eng/postgres.sh up"
  fi
  printf '%s;Database=%s\n' "${connection%;}" "$database"
}

(($# >= 1)) || usage
command=$1
shift
case $command in
  up | down | reset)
    (($# == 0)) || usage
    alone "$command"
    ;;
  url)
    (($# <= 1)) || usage
    url "$@"
    ;;
  *) usage ;;
esac
