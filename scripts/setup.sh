#!/usr/bin/env bash
# Installs what the tests need and this machine lacks: PostgreSQL's server programs, pgbouncer, Chromium, LibreOffice's Calc, Node.js, a C compiler. Only as root with apt;
# elsewhere it says what is missing. Tests that still lack something are skipped, or fail where PMO_REQUIRE_… demands it.
set -euo pipefail
cd "$(dirname "$0")/.."

has_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }
has_pgbouncer() { command -v pgbouncer >/dev/null; }
has_chromium() { [[ -x ${CHROMIUM:-/usr/bin/chromium} ]]; }
has_office() { command -v soffice >/dev/null; }
has_node() { scripts/has-node.sh; }
has_compiler() { command -v gcc >/dev/null; }

missing=()
has_postgres || missing+=(postgresql)
has_pgbouncer || missing+=(pgbouncer)
has_chromium || missing+=(chromium fonts-liberation)
has_office || missing+=(libreoffice-calc)
has_node || missing+=(nodejs npm)
has_compiler || missing+=(gcc libc6-dev)
((${#missing[@]})) || exit 0

if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null || ! apt-get update -qq; then
  echo "setup: missing and not installable from here: ${missing[*]}; tests that need them are skipped" >&2
  exit 0
fi

export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y -qq --no-install-recommends "$@" >/dev/null || echo "setup: could not install $*" >&2; }

if ! has_postgres; then
  # The tests start servers of their own: keep the package from creating and starting one.
  mkdir -p /etc/postgresql-common/createcluster.d
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/pmo-tests.conf
  install postgresql
fi
has_pgbouncer || install pgbouncer
has_chromium || install chromium fonts-liberation
has_office || install libreoffice-calc
has_compiler || install gcc libc6-dev
if ! has_node; then
  offered=$(apt-cache policy nodejs | awk '/Candidate:/ { print $2 }')
  if dpkg --compare-versions "$offered" ge 20.19; then
    install nodejs npm
  else
    echo "setup: apt offers Node.js ${offered:-not at all}, web/ needs 20.19: GraphiQL is not built" >&2
  fi
fi
