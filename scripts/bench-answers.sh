#!/usr/bin/env bash
# The second part of bench-peers.sh, which starts it: answers that are kept, that have not changed, and of a replica that must be exact, in turn
# with the limit and with ours without any of that; and how long answers take while somebody writes.

file=cmd/pmo/testdata/peers/W1.graphql
kept=127.0.0.1:8092 replica=127.0.0.1:8093
graphql() { echo "http://$1/graphql"; }
load() { "$WORK/load" -H "$auth" -pg "$postmaster" -quiet "${QUIET:-0.3}" "$@"; }
postmaster=$(head -1 "$WORK/pg/postmaster.pid")

"$WORK/limitd" -addr "$limit" -db "$url/bench?sslmode=disable" 2>"$WORK/limit.log" &
servers+=($!)
serve kept "$kept" --documents cmd/pmo/testdata/peers
kept_pid=$!
serve replica "$replica" --keep-answers 0
mkdir -p "$WORK/exact"
sed 's/projects(/&knownAt: {exact: true}, /' "$file" >"$WORK/exact/W1.graphql"
sed 's/project(/&knownAt: {exact: true}, /' "${file/W1/W2}" >"$WORK/exact/W2.graphql"
path="/graphql?documentId=sha256:$(sha256sum "$file" | cut -d' ' -f1)&variables=%7B%22p%22%3A%22portfolio-30%22%7D"

out=$WORK/answers.jsonl; : >"$out"
measure() { load -w "$1" -name "$2" -url "$3" -q "$4" "${@:5}" >>"$out"; }
for r in $(seq "${ROUNDS:-5}"); do
  for w in W1 W2 W3 W5; do
    case $w in W3|W5) how="-c 4" ;; *) how="-c 16" ;; esac
    how+=" -d ${SECS:-4}s"
    measure $w limit "http://$limit" "$bench/queries/limit/$w.path" $how
    measure $w ours "$(graphql "$addr")" "cmd/pmo/testdata/peers/$w.graphql" $how
    measure $w kept "$(graphql "$kept")" "cmd/pmo/testdata/peers/$w.graphql" $how
    [ ! -f "$WORK/exact/$w.graphql" ] || measure $w exact "$(graphql "$replica")" "$WORK/exact/$w.graphql" $how
    [ $w != W1 ] || PMO_PEERS_UNCHANGED="http://$kept$path" PMO_PEERS_TOKEN=$token PMO_PEERS_PID=$kept_pid \
      "$WORK/pmo.test" -test.run '^TestUnchanged$' | grep '^{' >>"$out"
  done
  echo "answers, round $r done" >&2
done
"$WORK/load" -table "$out"

for name in ours kept; do
  at=$([ $name = ours ] && echo "$addr" || echo "$kept")
  for r in 1 2 3; do
    alone=$(load -w W1 -name "$name" -url "$(graphql "$at")" -q "$file" -c 64 -rate 2000 -d 8s)
    load -w W6 -name "$name" -url "$(graphql "$at")" -q "${file/W1/W6}" -c 32 -rate 200 -d 12s >"$WORK/writes.json" &
    beside=$(load -w W1 -name "$name" -url "$(graphql "$at")" -q "$file" -c 64 -rate 2000 -d 8s)
    wait $!
    echo "$name, 2,000 W1 a second: $(grep -o '"p99_ms":[0-9.]*' <<<"$alone") alone, $(grep -o '"p99_ms":[0-9.]*' <<<"$beside") beside 200 mutations a second ($(grep -o '"rps":[0-9.]*' "$WORK/writes.json"))"
  done
done
