// Package uri reads OData's request addresses: the path below the service's root, and the query options, by the ABNF of OData 4.01. What comes out is
// typed against a viewer's catalogue and ready to be asked of datasets. It reads no rows.
package uri

import "pmograph/internal/exchange/dataset"

// Kind is what a request asks for.
type Kind uint8

// The kinds of requests.
const (
	Service  Kind = iota // the service document
	Metadata             // $metadata
	Batch                // $batch
	Rows                 // rows of a set, or those a reference leads to
	Row                  // one row
	Property             // a property of one row
	Raw                  // a property's bare value: /$value
	Count                // how many rows: /$count
	Refs                 // keys of rows: /$ref
	Ref                  // the key of one row
)

// Request is a request address that was read.
type Request struct {
	Kind Kind

	// Set and Key are where the path begins. Key is nil if it names no row. Hops are the references after it.
	Set  *dataset.Dataset
	Key  []dataset.Value
	Hops []Hop

	Of       *dataset.Dataset // whose rows the path leads to in the end
	Property *dataset.Column  // of Property and Raw

	// Query asks Of for the rows: filter, order, steps, what beside. Its Select is empty; see Shape. Its After is that of SkipToken.
	Query dataset.Query
	Shape Shape

	SkipToken  string // opaque: a dataset.Cursor
	DeltaToken string
	Format     string            // $format as it was said; empty if it was not
	Options    map[string]string // all query options by name without $, as they were said, decoded; what paging links repeat
}

// Hop is a reference that a path follows, and the key of one of the rows it leads to.
type Hop struct {
	Nav *dataset.Nav
	Key []dataset.Value // nil: none
}

// Shape is what is shown of rows: $select and $expand as they were said.
type Shape struct {
	All    bool     // no $select, or *
	Select []string // columns, and computed ones, in the order said
	Links  []string // references of which the links are asked for by name
	Expand []Expanded

	chosen bool // by a $select of its own
}

// Expanded is what is shown of rows beside. It goes with the dataset.Expand at the same place of Query.Expand. A plan of one with Levels above 1 has one
// plan more at the end of its Expands: the same again, of the next level.
type Expanded struct {
	Nav   *dataset.Nav
	Shape Shape
}
