#!/usr/bin/env bash
# Runs the tests in which answers are given while somebody writes, with Go's race detector. It needs a C compiler: without one it says so
# and ends, but where PMO_REQUIRE_POSTGRES demands everything it fails.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v gcc >/dev/null; then
  echo "race: no C compiler, so the race detector is not run" >&2
  [[ -z ${PMO_REQUIRE_POSTGRES:-} ]]
  exit
fi
CGO_ENABLED=1 go test -race -count=1 -timeout 20m -short -run 'WhileWriting|OneExecutionForMany|PlansAreShared|RefuseAlike' ./graph/...
