#!/usr/bin/env bash
# Makes the version after this one, as docs/adding.md says under "A migration", and builds it: a copy of the tree in DIR with one column
# more, which may be null, the schema number raised, the migration written. The new pmo fills the column of action items whose title
# begins with "remark: "; all else is as before. Two versions side by side are tested with it.
#   scripts/next-version.sh DIR        DIR must not exist; the program is DIR/bin/pmo afterwards
set -euo pipefail
dir=${1:?usage: scripts/next-version.sh DIR}
cd "$(dirname "$0")/.."
export GOFLAGS='-trimpath -buildvcs=false' CGO_ENABLED=0
mkdir "$dir"
git ls-files -z --cached --others --exclude-standard | tar --null --ignore-failed-read -T - -cf - | tar -xf - -C "$dir"
cd "$dir"

# replace FILE OLD NEW: exactly one place must change.
replace() {
  local n
  n=$(grep -cF -- "$2" "$1") || true
  [[ $n = 1 ]] || { echo "next-version: $1 has $n lines with: $2" >&2; exit 1; }
  OLD=$2 NEW=$3 perl -pi -e 's/\Q$ENV{OLD}\E/$ENV{NEW}/' "$1"
}

old=$(sed -n 's/^const SchemaNumber = //p' internal/state/level.go)
new=$((old + 1))
replace ent/schema/action_item.go 'optDay("done_on", "Day it was done; null while open."),' \
  'optDay("done_on", "Day it was done; null while open."), field.Text("remark").Optional().Nillable().Comment("Remark; null if there is none."),'
replace internal/state/level.go "const SchemaNumber = $old" "const SchemaNumber = $new"
replace internal/state/level.go 'var since = map[string]int{' "var since = map[string]int{\"action_items.remark\": $new, "
replace internal/decide/action_item.go 'a.ProjectID, a.Title, a.OwnerID, a.Due = project, in.Title, owner, in.Due' \
  'if a.ProjectID, a.Title, a.OwnerID, a.Due = project, in.Title, owner, in.Due; len(in.Title) > 8 && in.Title[:8] == "remark: " { a.Remark = &in.Title }'
gofmt -w ent/schema/action_item.go internal/state/level.go internal/decide/action_item.go
go generate ./ent
go run ./ent/migrate/write add_remark
go build -o bin/pmo ./cmd/pmo
