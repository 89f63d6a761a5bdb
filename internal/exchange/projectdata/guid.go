package projectdata

import (
	"crypto/sha1" //nolint:gosec // what RFC 9562 makes version 5 of, no secret
	"encoding/hex"
	"iter"
	"strings"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// noGUID stands for nobody and nothing.
const noGUID = "00000000-0000-0000-0000-000000000000"

// earliest stands for a day that is not known where a day must be: the first that Project's calendar had.
var earliest = vocab.NewDate(1984, 1, 1)

// space is the name space of the feed's guids. It never changes: reports keep guids.
var space = [16]byte{0x5d, 0x0c, 0x5b, 0x0e, 0x1b, 0x53, 0x4e, 0x0f, 0x9c, 0x57, 0x1f, 0x3e, 0x8a, 0x64, 0x2d, 0x71}

// guidOf gives the guid of a name: UUID version 5 by RFC 9562.
func guidOf(name string) string {
	h := sha1.New() //nolint:gosec
	h.Write(space[:])
	h.Write([]byte(name))
	u := h.Sum(nil)[:16]
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80
	b := make([]byte, 36)
	hex.Encode(b, u[:4])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	hex.Encode(b[9:], u[4:6])
	hex.Encode(b[14:], u[6:8])
	hex.Encode(b[19:], u[8:10])
	hex.Encode(b[24:], u[10:])
	return string(b)
}

// named is what guids of a property are of: rows of a table, in a part that they play. A project is the task of its whole, too, by another guid.
type named struct {
	table *state.Desc
	part  string // behind the identifier; empty for the row itself
	all   func(v *dataset.View) iter.Seq[int64]
}

// of says that guids are of the rows of a table.
func of[T any](t *state.Table[T], part string) named {
	return named{t.Desc(), part, func(v *dataset.View) iter.Seq[int64] {
		return func(yield func(int64) bool) {
			for row := range t.All(v) {
				if !yield(t.Desc().RowID(row)) {
					return
				}
			}
		}
	}}
}

// guid gives the guid of a row; that of no row is nobody's.
func (n *named) guid(id int64) string {
	if id == 0 {
		return noGUID
	}
	return guidOf(n.table.ID(id) + n.part)
}

// numbers are the visible rows' numbers by their guids.
func (n *named) numbers(v *dataset.View) map[string]int64 {
	return dataset.Once(v, n, func() map[string]int64 {
		ids := map[string]int64{noGUID: 0}
		for id := range n.all(v) {
			ids[n.guid(id)] = id
		}
		return ids
	})
}

// identify gives the row that a guid names among those that a property may name. A guid that names none gives an identifier that no row has.
func identify(v *dataset.View, among []*named, guid string) dataset.Value {
	for _, n := range among {
		if id, ok := n.numbers(v)[strings.ToLower(guid)]; ok {
			return dataset.OfID(n.table, id)
		}
	}
	return dataset.OfID(among[0].table, -1)
}

// written gives the guid that a property shows a row by.
func written(among []*named, v dataset.Value) string {
	for _, n := range among {
		if n.table == v.Table {
			return n.guid(v.Int)
		}
	}
	return noGUID
}
