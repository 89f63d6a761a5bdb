package read

import (
	"io"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// viewed is a row as a view shows it: what is asked of it is read from the row then.
type viewed[T any] struct {
	v   *View
	row *T
}

// IsNode marks a Node.
func (viewed[T]) IsNode() {}

// ID is its identifier.
func (r viewed[T]) ID() ID {
	t := state.DescOf[T]()
	n := t.RowID(r.row)
	return ID{t, n, r.v.Previewed(t, n)}
}

// Version is the journal number that last changed it.
func (r viewed[T]) Version() Long { return Long(state.DescOf[T]().Version(r.row)) }

// ViewerCan names what the viewer's rights allow to do with it.
func (r viewed[T]) ViewerCan() []Action { return actions(r.v.Can(state.DescOf[T](), r.row)) }

// viewedFact is a fact as a view shows it.
type viewedFact struct {
	v *View
	x state.Fact
}

// IsNode marks a Node.
func (viewedFact) IsNode() {}

// ID is its identifier.
func (f viewedFact) ID() ID {
	t, n := f.x.Desc(), f.x.ID()
	return ID{t, n, f.v.Previewed(t, n)}
}

// Version is the journal number that last changed it.
func (f viewedFact) Version() Long { return Long(f.x.Seq()) }

// ViewerCan names what the viewer's rights allow to do with it.
func (f viewedFact) ViewerCan() []Action { return actions(f.v.CanFact(f.x)) }

// thing is a row with what every row has that is no fact.
type thing[T any] struct{ viewed[T] }

func thingOf[T any](v *View, row *T) thing[T] { return thing[T]{viewed[T]{v, row}} }

func (t thing[T]) base() state.Base { return state.DescOf[T]().Base(t.row) }

// CreatedAt is the instant it was made.
func (t thing[T]) CreatedAt() time.Time { return t.base().CreatedAt }

// UpdatedAt is the instant it was last changed.
func (t thing[T]) UpdatedAt() time.Time { return t.base().UpdatedAt }

// ExternalSource is the system it was imported from; nil if it was made here.
func (t thing[T]) ExternalSource() *string { return t.base().ExternalSource }

// ExternalID is its key in that system.
func (t thing[T]) ExternalID() *string { return t.base().ExternalID }

// ArchivedAt is the instant it was put out of use; nil while it is in use.
func (t thing[T]) ArchivedAt() *time.Time { return t.base().ArchivedAt }

// ID is the identifier of a row. It becomes a text where it is written.
type ID struct {
	t       *state.Desc
	n       int64
	preview bool // the row exists in a preview only
}

// AppendGQL appends a JSON string.
func (id ID) AppendGQL(b []byte) []byte { return append(id.append(append(b, '"')), '"') }

func (id ID) append(b []byte) []byte {
	if id.preview {
		b = append(b, state.PreviewPrefix...)
	}
	return id.t.AppendID(b, id.n)
}

// String gives the identifier.
func (id ID) String() string { return string(id.append(nil)) }

// MarshalGQL writes a JSON string.
func (id ID) MarshalGQL(w io.Writer) { write(w, id) }

// UnmarshalGQL is there because every scalar can be read; what is given is a text.
func (id *ID) UnmarshalGQL(any) error {
	return fault.New(fault.Internal, "an identifier is read as a text")
}
