// Package storetest is the suite every store must pass: what it hands back is what drafts made, it refuses what drafts refuse, and what
// was erased is gone.
package storetest

import (
	"database/sql"
	"slices"
	"testing"

	"pmograph/internal/store"
)

// Harness opens stores for the suite.
type Harness struct {
	// Empty gives the address of a new database without tables, Fresh that of one with the newest schema.
	Empty, Fresh func(t testing.TB) string
	// Open opens a store; the suite closes it.
	Open func(t testing.TB, address string) store.Store
	// Raw opens a second way in, around the store. Nil if there is none; tests that need one are left out.
	Raw func(t testing.TB, address string) *sql.DB
	// Tables lists the tables of a database, through Raw.
	Tables string
	// Reset empties all tables but those of Migrate.
	Reset func(t testing.TB, address string)
	// Files gives the content of the database's files; nil if they are a server's.
	Files func(t testing.TB, address string) []byte
}

// Run runs the suite, or those of its tests that are named.
func Run(t *testing.T, h Harness, some ...string) {
	run := func(name string, test func(*testing.T, Harness)) {
		if len(some) == 0 || slices.Contains(some, name) {
			t.Run(name, func(t *testing.T) { test(t, h) })
		}
	}
	for name, test := range map[string]func(*testing.T, Harness){
		"round trip":       roundTrip,
		"unique values":    uniqueValues,
		"references":       references,
		"deleted rows":     deletedRows,
		"histories":        histories,
		"two bulks":        twoBulks,
		"bulk misuse":      bulkMisuse,
		"packed changes":   packedChanges,
		"rollback":         rollback,
		"entries":          entries,
		"keys":             keys,
		"texts":            longTexts,
		"key uses":         keyUses,
		"deliveries":       deliveries,
		"jobs":             jobs,
		"many rows":        manyRows,
		"layers of facts":  factLayers,
		"many facts":       manyFacts,
		"one writer":       oneWriter,
		"more than a page": headersFarBack,
	} {
		run(name, test)
	}
	if h.Raw == nil {
		return
	}
	for name, test := range map[string]func(*testing.T, Harness){
		"migrations": migrations,
		"refusals":   refusals,
		"bulk meets": bulkMeets,
		"drift":      drift,
		"fact drift": factDrift,
		"erasure":    erasure,
		"text keys":  textKeys,
		"lead":       lead,
	} {
		run(name, test)
	}
}
