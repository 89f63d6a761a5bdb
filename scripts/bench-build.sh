#!/usr/bin/env bash
# Measures what the generated code costs: its lines, and a build of the program from nothing, in a build cache of its own: seconds by the
# clock, seconds of processor time, and the most memory that compilers and linker took together, sampled ten times a second.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS='-trimpath -buildvcs=false' CGO_ENABLED=0

lines() { xargs cat | wc -l; }
generated=$(git ls-files '*.go' | xargs grep -l '^// Code generated')
entities=$(grep -cE '= register(Facts)?\[' internal/state/snapshot.go)
printf '%s entities\n' "$entities"
for of in ent graph; do printf 'generated in %s: %s lines\n' "$of" "$(grep "^$of/" <<<"$generated" | lines)"; done
printf 'written by hand: %s lines, of tests: %s lines\n' "$(git ls-files '*.go' | grep -v _test.go | grep -vxFf <(echo "$generated") | lines)" "$(git ls-files '*_test.go' | lines)"

go mod download
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export GOCACHE=$scratch/cache
TIMEFORMAT='cold build: %R s by the clock, %U + %S s of processor time'
time {
  setsid go build -o "$scratch/pmo" ./cmd/pmo &
  build=$! peak=0
  while kill -0 "$build" 2>/dev/null; do
    now=$(ps -o rss= --sid "$build" | awk '{ n += $1 } END { print int(n / 1024) }')
    ((now <= peak)) || peak=$now
    sleep 0.1
  done
  wait "$build"
}
echo "at its peak: $peak MiB; the program: $(($(stat -c %s "$scratch/pmo") >> 20)) MiB"
