#!/usr/bin/env bash
# Measures pmo beside a hand-written limit and PostGraphile on the same data: fills a record of ours from the shared comparison's tables,
# checks that the answers have the same values, and lets the comparison's own run.sh measure all servers in turn; then, in turn with the
# limit, what answers cost that are kept, that have not changed, and of a replica that must be exact, and how long they take while somebody
# writes. Where the comparison is not there, it says so and ends.
#   scripts/bench-peers.sh
# Environment: BENCH (the comparison's folder), WORK (a folder that keeps cluster and record for the next run; a temporary one),
#   PGPORT (55433), ADDR (127.0.0.1:8090), and those of run.sh: ROUNDS (0 ends after the check of values), SECS, WORKLOADS, PEERS, QUIET; EXTRA= leaves out what comes after it, EXTRA=live measures streams in its place, EXTRA=bi what BI asks.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS='-trimpath -buildvcs=false' CGO_ENABLED=0
bench=${BENCH:-../shared/bench}
[ -x "$bench/run.sh" ] || { echo "bench-peers: the shared comparison is not in $bench" >&2; exit 0; }
bench=$(cd "$bench" && pwd)
if [ -z "${WORK:-}" ]; then WORK=$(mktemp -d); own=$WORK; fi
mkdir -p "$WORK"; chmod 755 "$WORK"; WORK=$(cd "$WORK" && pwd)
addr=${ADDR:-127.0.0.1:8090} limit=127.0.0.1:8091
export WORK PGPORT=${PGPORT:-55433} PGHOST=127.0.0.1 PGUSER=postgres LIVE= WORKLOADS=${WORKLOADS-W1 W2 W3 W5 W6}
export PGBIN=${PGBIN:-$(pg_config --bindir)}
as_pg() { if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }
servers=()
stop() {
  for p in "${servers[@]}"; do kill "$p" 2>/dev/null && wait "$p" || true; done
  [ ! -f "$WORK/pg/postmaster.pid" ] || as_pg "$PGBIN/pg_ctl" -D "$WORK/pg" -m fast -w stop >/dev/null
  [ -z "${own:-}" ] || rm -rf "$own"
}
trap stop EXIT

if [ ! -d "$WORK/pg" ]; then ROUNDS=0 PEERS= "$bench/run.sh" >"$WORK/seed.log"; fi # makes the cluster and seeds it
"$PGBIN/pg_isready" -q || as_pg "$PGBIN/pg_ctl" -D "$WORK/pg" -l "$WORK/pg/server.log" -w start >/dev/null
go build -o "$WORK/pmo" ./cmd/pmo
go test -c -o "$WORK/pmo.test" ./cmd/pmo
url="postgres://postgres@127.0.0.1:$PGPORT"

# What is measured is a copy of what was filled, since W6 changes both databases.
copy() { dropdb --if-exists "$2" && createdb --strategy=file_copy -T "$1" "$2"; }
if [ "$(psql -d postgres -Atc "SELECT count(*) FROM pg_database WHERE datname = 'pmo_filled'")" = 0 ]; then
  createdb pmo_new
  (cd cmd/pmo && PMO_PEERS="$url/bench" PMO_DATABASE="$url/pmo_new" "$WORK/pmo.test" -test.v -test.timeout 30m -test.run '^TestFillFromPeers$') || { dropdb pmo_new; exit 1; }
  psql -qd pmo_new -c 'VACUUM (ANALYZE, FREEZE)'
  copy bench bench_filled
  psql -qd postgres -c 'ALTER DATABASE pmo_new RENAME TO pmo_filled'
else
  copy bench_filled bench
fi
copy pmo_filled pmo
serve() { # NAME ADDRESS FLAGS…: a server over the filled record
  "$WORK/pmo" serve --data "$WORK/$1" --signing-key-file "$WORK/data/signing.key" --database "$url/pmo" --addr "$2" --budget ANY=0/0/0 "${@:3}" 2>"$WORK/$1.log" &
  servers+=($!)
  for _ in $(seq 600); do grep -q '"serving"' "$WORK/$1.log" && break; sleep 0.1; kill -0 $!; done
}
token=$("$WORK/pmo" token --data "$WORK/data" --role PMO --subject bench) # makes the key
serve ours "$addr" --keep-answers 0
ours_pid=$!

"$WORK/limitd" -addr "$limit" -db "$url/bench?sslmode=disable" 2>"$WORK/limit.log" &
servers+=($!)
sleep 1
(cd cmd/pmo && PMO_PEERS_LIMIT="http://$limit" PMO_PEERS_OURS="http://$addr/graphql" PMO_PEERS_TOKEN=$token \
  "$WORK/pmo.test" -test.v -test.run '^TestSameAsPeers$')
kill "${servers[1]}"
[ "${ROUNDS:-}" != 0 ] || exit 0
auth="Authorization: Bearer $token"
"$bench/run.sh" "ours=http://$addr/graphql" cmd/pmo/testdata/peers "$auth"
[ -z "${EXTRA-answers}" ] || . "scripts/bench-${EXTRA-answers}.sh"
