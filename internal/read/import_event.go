package read

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// ImportEvent tells how far an import is.
type ImportEvent struct {
	ID    string
	At    time.Time
	Phase string
	Done  Long
	Total *Long
	Ended bool

	Report *ImportReport
	Error  *ImportError
}

// ImportReport is what an import did.
type ImportReport struct {
	DryRun   bool   `json:"dryRun"`
	Repeated bool   `json:"repeated"`
	Rows     Long   `json:"rows"`
	Refused  Long   `json:"refused"`
	At       string `json:"position"`

	ByEntity map[string]ImportCount `json:"counts"`
}

// Position is the record's afterwards; nil if nothing was decided.
func (r *ImportReport) Position() *Position {
	p, err := state.ParsePosition(r.At)
	if err != nil {
		return nil
	}
	at := Position(p)
	return &at
}

// Counts are the records of each entity.
func (r *ImportReport) Counts() []ImportCount {
	list := []ImportCount{}
	for _, table := range slices.Sorted(maps.Keys(r.ByEntity)) {
		if t, ok := state.TableNamed(table); ok {
			c := r.ByEntity[table]
			c.Entity = entityName(t)
			list = append(list, c)
		}
	}
	return list
}

// ImportCount counts the records of an entity.
type ImportCount struct {
	Entity    string `json:"-"`
	Created   Long   `json:"created"`
	Changed   Long   `json:"changed"`
	Deleted   Long   `json:"deleted"`
	Unchanged Long   `json:"unchanged"`
}

// ImportError says why an import came to nothing.
type ImportError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Outcome reads what came of an import.
func (e *ImportEvent) Outcome(text string) error {
	if !e.Ended {
		return nil
	}
	err := json.Unmarshal([]byte(cmp.Or(text, "{}")), &struct {
		Report **ImportReport `json:"report"`
		Error  **ImportError  `json:"error"`
	}{&e.Report, &e.Error})
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the outcome of an import cannot be read")
	}
	return nil
}
