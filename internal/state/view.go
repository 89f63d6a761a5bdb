package state

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/vocab"
)

// Reader is what rows are read through: a View, a Draft, or the whole of either. It shows only what its holder may see.
type Reader interface {
	Snapshot() *Snapshot
	sees(*Desc, any) bool
	may(*Desc, any) auth.Permission
}

// View is a snapshot as an actor may see it on a day. It is a value to read from; equal snapshot, rights and day give equal answers.
type View struct {
	s      *Snapshot
	newest *Snapshot // decides, with s, what of the past is visible
	rights *auth.Rights
	day    vocab.Date
	base   *Snapshot // of a preview: what was committed; nil otherwise
	past   Past
	ended  *atomic.Bool // nil if nothing ends it
}

// Past is the port by which a view reaches what is not resident; the journal implements it.
type Past interface {
	// Entries reads journal entries in (after, upTo], newest first if back, at most limit.
	Entries(after, upTo int64, back bool, limit int) ([]Entry, error)
	// At gives the snapshot at a number or, if seq is negative, at an instant.
	At(seq int64, at time.Time) (*Snapshot, error)
	// KeysUsed gives the minute in which each feed key was last used; those that never were are missing.
	KeysUsed() (map[int64]time.Time, error)
	// Deliveries gives how far the recipients of a channel were told, by their numbers.
	Deliveries(channel string) (map[int64]Delivery, error)
	// DeadLetters lists what a recipient of a channel was not told, newest first, at most limit.
	DeadLetters(channel string, recipient int64, limit int) ([]DeadLetter, error)
	// Texts gives the long texts of some addresses; erased ones are missing.
	Texts(addresses []vocab.TextAddress) (map[vocab.TextAddress]string, error)
}

// ViewOptions choose what a view shows beside the newest record.
type ViewOptions struct {
	Newest *Snapshot // the newest snapshot, if the shown one is older
	Base   *Snapshot // the committed snapshot below a preview
	Past   Past
}

// NewView shows a snapshot to a session. Rights built for another record are refused.
func NewView(s *Snapshot, session auth.Session, day vocab.Date, o ViewOptions) (*View, error) {
	if o.Newest == nil {
		o.Newest = s
	}
	if s.lineage != o.Newest.lineage || session.Rights == nil {
		return nil, fault.New(fault.Internal, "a view needs rights and snapshots of one record")
	}
	return &View{s: s, newest: o.Newest, rights: session.Rights, day: day, base: o.Base, past: o.Past}, nil
}

// Snapshot is what the view shows from.
func (v *View) Snapshot() *Snapshot { return v.s }

// Position is the position the view is true at.
func (v *View) Position() Position { return v.s.pos }

// IsPast tells whether the view shows an earlier record than the newest.
func (v *View) IsPast() bool { return v.s != v.newest && v.base == nil }

// Day is the organisation's day of the question: today, overdue and data age follow from it.
func (v *View) Day() vocab.Date { return v.day }

// Rights is what the viewer may do.
func (v *View) Rights() *auth.Rights { return v.rights }

// Past reaches journal and older snapshots.
func (v *View) Past() Past { return v.past }

// Within is the same view; what it reads of the past ends with a context, and is let go of then.
func (v *View) Within(ctx context.Context) *View {
	w := *v
	if p, ok := v.past.(interface{ Within(context.Context) Past }); ok {
		w.past = p.Within(ctx)
	}
	return &w
}

// At is the same viewer and day at another snapshot of the record.
func (v *View) At(s *Snapshot) *View {
	w := *v
	w.s = s
	return &w
}

// On is the same view on another day of the question.
func (v *View) On(day vocab.Date) *View {
	w := *v
	w.day = day
	return &w
}

// WasNewest is what the viewer saw of a snapshot of the same record when it was the newest, by the rights and on the day he had then.
func (v *View) WasNewest(s *Snapshot, rights *auth.Rights, day vocab.Date) *View {
	w := *v
	w.s, w.newest, w.rights, w.day, w.base = s, s, rights, day, nil
	return &w
}

// ErrEnded says that a question's time was over, or that nobody waits for its answer.
var ErrEnded = errors.New("the question has ended")

// Until is the same view, but it ends with a context: then, whatever is read of it panics with ErrEnded, which whoever runs the question
// recovers. So a question that has to look at many rows for one value stops as well.
func (v *View) Until(ctx context.Context) *View {
	w := *v
	w.ended = new(atomic.Bool)
	if w.ended.Store(ctx.Err() != nil); !w.ended.Load() {
		context.AfterFunc(ctx, func() { w.ended.Store(true) })
	}
	return &w
}

func (v *View) sees(d *Desc, row any) bool {
	if v.ended != nil && v.ended.Load() {
		panic(ErrEnded)
	}
	return v.may(d, row).Has(reads[d.Slot])
}

// may gives what the viewer may do with a row: with the rights of now, at its place in what is shown and, for the past, at its place
// now as well.
func (v *View) may(d *Desc, row any) auth.Permission {
	if shared[d.Slot] {
		return v.rights.Anywhere()
	}
	if v.rights.Organisation() == v.rights.Anywhere() && open[d.Slot] < 0 {
		return v.rights.Organisation()
	}
	may := v.s.allowed(v.newest, v.rights, d, row)
	if v.IsPast() && d.form != nil {
		return may & v.rights.At(d.place(v.newest, row))
	}
	if v.IsPast() {
		now := v.newest.last(d, d.RowID(row))
		if now == nil {
			return 0
		}
		may &= v.newest.allowed(v.newest, v.rights, d, now)
	}
	return may
}

// May gives what the viewer may do at a node: for asking whether a total is complete and what a user interface may offer.
func (v *View) May(p auth.Place) auth.Permission { return v.rights.At(p) }

var (
	policies []*auth.EntityRow // by slot
	reads    []auth.Permission // what reading asks
	shared   []bool
	answers  []*answer // nil where nothing is asked
	open     []int     // column that is true in rows open to all; -1 if there is none
)

func init() { BindPolicy() }

// BindPolicy finds the policy table's rows for the entities. The package does so itself when it begins; tests that weaken the table do it again.
func BindPolicy() {
	policies, reads, shared, answers, open = nil, nil, nil, nil, nil
	for _, d := range Tables {
		e, ok := auth.EntityOf(d.Name)
		if policies = append(policies, &e); !ok {
			policies[d.Slot] = nil
			e.Read = 1 << 31 // nobody has it
		}
		reads, shared, answers, open = append(reads, e.Read), append(shared, e.Shared), append(answers, nil), append(open, -1)
	}
	for _, a := range auth.Answers {
		d := byTable[a.Table]
		answers[d.Slot] = &answer{a, d.byName[a.Column], d.byName[a.At]}
	}
	for _, o := range auth.Opens {
		open[byTable[o.Table].Slot] = byTable[o.Table].byName[o.Column]
	}
}

// PreviewPrefix begins the identifiers of rows that exist in a preview only: they name nothing.
const PreviewPrefix = "preview-"

// Previewed tells whether a row exists in a preview only.
func (v *View) Previewed(d *Desc, id int64) bool {
	return v.base != nil && id >= v.base.tables[d.Slot].next
}

// ID gives the identifier of a row at the edge.
func (v *View) ID(d *Desc, id int64) string {
	if v.Previewed(d, id) {
		return PreviewPrefix + d.ID(id)
	}
	return d.ID(id)
}

// Key is what a reader may open in one row. It is asked once a row, not once a value.
type Key struct{ may auth.Permission }

// Key gives what a reader may open in a row.
func (t *Table[T]) Key(r Reader, row *T) Key { return Key{r.may(t.desc, row)} }

// Place says where a row lies.
func (t *Table[T]) Place(r Reader, row *T) auth.Place { return t.desc.place(r.Snapshot(), row) }

// Sees tells whether columns of a class are open.
func (k Key) Sees(c vocab.Class) bool { return k.may.Has(auth.Reads(c)) }

// Money opens an amount in minor units; ok is false if there is none or it is not visible: ask Sees to tell the two apart.
func (k Key) Money(m *guard.Money) (minor int64, ok bool) {
	if m == nil || !k.Sees(vocab.ClassMoney) {
		return 0, false
	}
	return guard.OpenMoney(*m), true
}

// Rate opens the price of one hour in minor units; ok is false if there is none or it is not visible.
func (k Key) Rate(r *guard.Rate) (minor int64, ok bool) {
	if r == nil || !k.Sees(vocab.ClassRate) {
		return 0, false
	}
	return guard.OpenRate(*r), true
}

// Personal opens a datum about a person; ok is false if there is none or it is not visible.
func (k Key) Personal(p *guard.Personal) (text string, ok bool) {
	if p == nil || !k.Sees(vocab.ClassPersonal) {
		return "", false
	}
	return guard.OpenPersonal(*p), true
}
