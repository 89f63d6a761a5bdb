#!/usr/bin/env bash
# Runs every fuzzer for its share of the seconds given, 90 if none are: whatever bytes a client sends, nothing panics or takes without bound.
set -euo pipefail
cd "$(dirname "$0")/.."

total=${1:-90}
fuzzers=$(grep -rE --include='*_test.go' -o '^func Fuzz[A-Za-z]+\(f \*testing\.F\)' auth cmd graph internal | sed -E 's|/[^/]+:func (Fuzz[A-Za-z]+).*| \1|' | sort)
share=$((total / $(wc -l <<<"$fuzzers")))
while read -r package name; do
  echo "fuzz: $name in $package for $((share > 1 ? share : 1)) s"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "$((share > 1 ? share : 1))s" -fuzzminimizetime 1s "./$package"
done <<<"$fuzzers"
