#!/usr/bin/env bash
# Attacks a server of its own, 200 requests a second, beside 50 ordinary questions a second, and prints how long those took, how many failed, and how
# much memory the server had at most. Environment: SECS (60), ADDR (127.0.0.1:8095).
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS='-trimpath -buildvcs=false' CGO_ENABLED=0
work=$(mktemp -d) addr=${ADDR:-127.0.0.1:8095} server=
stop() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" || true; }
  rm -rf "$work"
}
trap stop EXIT

go build -o "$work/pmo" ./cmd/pmo
go test -c -o "$work/pmo.test" ./cmd/pmo
"$work/pmo" demo --data "$work/data" --once >"$work/demo.log" 2>&1
users= foes=
for n in 0 1 2 3 4 5 6 7 8 9; do users+=" $("$work/pmo" token --data "$work/data" --role PMO --subject "user-$n")"; done
for n in 0 1 2; do foes+=" $("$work/pmo" token --data "$work/data" --role VIEWER --subject "foe-$n")"; done
"$work/pmo" serve --data "$work/data" --addr "$addr" 2>"$work/serve.log" &
server=$!
for _ in $(seq 300); do grep -q '"serving"' "$work/serve.log" && break; sleep 0.1; kill -0 "$server"; done
(cd cmd/pmo && PMO_HOSTILE_ADDR=$addr PMO_HOSTILE_USERS=$users PMO_HOSTILE_FOES=$foes PMO_HOSTILE_TIME=${SECS:-60}s PMO_HOSTILE_PID=$server \
  "$work/pmo.test" -test.run '^TestHostileLoad$' -test.count 1)
