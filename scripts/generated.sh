#!/usr/bin/env bash
# The generated code must be what its sources give: generates again and compares checksums, so that it works in a dirty tree too.
set -euo pipefail
cd "$(dirname "$0")/.."

sums() { find ent graph -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; }

before=$(sums)
go generate ./...
after=$(sums)
if [[ $before != "$after" ]]; then
  echo "generated code was not up to date; it is now, look at these files and commit them:" >&2
  diff <(echo "$before") <(echo "$after") | awk '/^[<>]/ { print "  " $3 }' | sort -u >&2
  exit 1
fi
