#!/usr/bin/env bash
# The other second part of bench-peers.sh, which starts it: subscribers of one project beside the limit, in turn; many subscribers over many
# portfolios; what a subscribed WebSocket takes; and how fast others write meanwhile.
#   WORKLOADS= EXTRA=live scripts/bench-peers.sh
# Environment: LIVES (1000 5000; 0 leaves out the limit), ROUNDS, SECS.

load() { "$WORK/load" -pg "$postmaster" -quiet "${QUIET:-0.3}" "$@"; }
postmaster=$(head -1 "$WORK/pg/postmaster.pid")
shim=127.0.0.1:8094 live=127.0.0.1:8095
ulimit -n "$(ulimit -Hn)" # ten thousand subscribers need as many descriptors twice over

"$WORK/limitd" -addr "$limit" -db "$url/bench?sslmode=disable" 2>"$WORK/limit.log" &
servers+=($!)
serve live "$live" --max-streams 100000 --max-connections 100000
live_pid=$!
PMO_LIVE_SHIM=$shim PMO_PEERS_OURS="http://$live/graphql" PMO_PEERS_TOKEN=$token "$WORK/pmo.test" -test.timeout 0 -test.run '^TestLiveShim$' &
servers+=($!)
sleep 1

out=$WORK/live.jsonl; : >"$out"
for c in ${LIVES:-1000 5000}; do
  [ "$c" != 0 ] || break
  for _ in $(seq "${ROUNDS:-3}"); do
    load -url "http://$limit" -q "$bench/queries/limit/W7.path" -name limit -w W7 -live "$c" -write "http://$limit/w6?id=1&notify=1" -d "${SECS:-10}s" >>"$out" 2>"$WORK/load.log" || tail -3 "$WORK/load.log"
    load -url "http://$live/graphql" -q cmd/pmo/testdata/peers/W7.graphql -H "$auth" -ws -name ours -w W7 -live "$c" -write "http://$shim/" -d "${SECS:-10}s" >>"$out" 2>"$WORK/load.log" || tail -3 "$WORK/load.log"
  done
done
cat "$out"
PMO_LIVE_URL="http://$live" PMO_LIVE_PID=$live_pid PMO_PEERS_TOKEN=$token "$WORK/pmo.test" -test.v -test.timeout 30m -test.run "^TestLiveLoad\$${LIVELOAD:-}"
