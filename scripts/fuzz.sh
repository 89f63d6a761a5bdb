#!/usr/bin/env bash
# Runs every fuzzer for its share of the seconds given, 90 if none are: whatever bytes a client sends, nothing panics or takes without bound.
# Those that read whole grammars have longer, beside that.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A longer=([internal/exchange/odata/uri]=60)

total=${1:-90}
fuzzers=$(grep -rE --include='*_test.go' -o '^func Fuzz[A-Za-z]+\(f \*testing\.F\)' auth cmd graph internal | sed -E 's|/[^/]+:func (Fuzz[A-Za-z]+).*| \1|' | sort)
share=$((total / $(wc -l <<<"$fuzzers")))
while read -r package name; do
  seconds=${longer[$package]:-$((share > 1 ? share : 1))}
  echo "fuzz: $name in $package for $seconds s"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "${seconds}s" -fuzzminimizetime 1s "./$package"
done <<<"$fuzzers"
