#!/usr/bin/env bash
# Another second part of bench-peers.sh, which starts it: what BI asks. W4 as an aggregate of GraphQL, in turn with the limit; pages and groups of OData, and
# a million rows as CSV, in turn with the same by SQL; and how long a refresh of all rows takes at the default size of a page.
#   WORKLOADS= EXTRA=bi scripts/bench-peers.sh
# Environment: ROUNDS, SECS.

load() { "$WORK/load" -H "$auth" -pg "$postmaster" -quiet "${QUIET:-0.3}" "$@"; }
postmaster=$(head -1 "$WORK/pg/postmaster.pid")
kept=127.0.0.1:8092

"$WORK/limitd" -addr "$limit" -db "$url/bench?sslmode=disable" 2>"$WORK/limit.log" &
servers+=($!)
serve kept "$kept"
out=$WORK/bi.jsonl; : >"$out"
for r in $(seq "${ROUNDS:-5}"); do
  load -w W4 -name limit -url "http://$limit" -q "$bench/queries/limit/W4.path" -c 4 -d "${SECS:-4}s" >>"$out"
  load -w W4 -name ours -url "http://$addr/graphql" -q cmd/pmo/testdata/peers/W4.graphql -c 4 -d "${SECS:-4}s" >>"$out"
  load -w W4 -name kept -url "http://$kept/graphql" -q cmd/pmo/testdata/peers/W4.graphql -c 4 -d "${SECS:-4}s" >>"$out"
  echo "W4, round $r done" >&2
done
"$WORK/load" -table "$out"
PMO_BI_SQL="$url/bench" PMO_BI_URL="http://$addr" PMO_BI_POSTMASTER=$postmaster PMO_PEERS_PID=$ours_pid PMO_PEERS_TOKEN=$token "$WORK/pmo.test" -test.timeout 30m -test.run '^TestBIBesideSQL$'
