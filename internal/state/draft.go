package state

import (
	"errors"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/vocab"
)

// Draft is a private next version of a snapshot. It shows its holder what he may see; what he puts is checked when it is finished.
type Draft struct {
	s        Snapshot
	base     *Snapshot
	own      *token
	session  auth.Session
	action   auth.ActionRow
	at       time.Time
	day      vocab.Date
	changes  []*Change
	index    map[rowKey]*Change
	results  []Ref
	locate   func(*Change, error) error // see Locate
	admitted int64                      // the actor's own row, made by his first mutation
	finished bool                       // checked against held, and nothing was put since
	held     []Invariant
	migrates bool
	buf      []byte
	texts    map[vocab.TextAddress]string // put so far; see Text
	numbered int64                        // the number of its own that facts carry until it is stamped

	ahead    []EntryChange      // of the entry it becomes, once asked for
	aheadSum [32]byte           // and their hash
	late     atomic.Bool        // its time is over
	advanced bool               // numbers were set aside: it is recorded even without changes
	reserved map[*Desc]*Numbers // what is left of the numbers set aside for this draft
}

type rowKey struct {
	slot int
	id   int64
}

// Ref names a row.
type Ref struct {
	Table *Desc
	ID    int64
}

func (r Ref) String() string { return r.Table.ID(r.ID) }

// Change is one changed row: Before is nil if it was created, After is nil if it was deleted.
type Change struct {
	Table         *Desc
	ID            int64
	Before, After any
	Columns       []int // that differ

	hash  Digest // of After, without what Stamp changes
	facts *delta // of groups of facts: what differs, once asked for
}

// Decision is a mutation before it has been decided: a pure function of a draft. It may run more than once.
type Decision struct {
	Action string // its row in the policy table
	Input  any    // what the caller asked, in a form whose JSON is canonical: what an idempotency key is bound to
	Run    func(*Draft) error
}

// Invariant is a rule on one changed row. It sees everything through All and must not tell the actor of rows he cannot see.
type Invariant func(d *Draft, c *Change) error

// NewDraft opens a draft for a session. at is the instant of the entry it will become, day the organisation's day then.
func NewDraft(s *Snapshot, session auth.Session, action string, at time.Time, day vocab.Date) (*Draft, error) {
	row, ok := auth.ActionOf(action)
	if !ok {
		return nil, fault.New(fault.Internal, "%s: no row in the policy table", action)
	}
	if session.Identity.FeedKey != 0 || session.Identity.Webhook != 0 {
		return nil, fault.New(fault.Forbidden, "a feed key reads; it changes nothing")
	}
	if !session.Rights.Anywhere().Has(row.Needs) {
		return nil, fault.New(fault.Forbidden, "%s needs the permission %q, which you hold nowhere", action, row.Needs)
	}
	d := &Draft{s: *s, base: s, own: new(token), session: session, action: row, at: at.UTC().Truncate(time.Microsecond), day: day, index: map[rowKey]*Change{}}
	d.s.tables = slices.Clone(s.tables)
	d.s.pos.Seq++
	d.numbered = d.s.pos.Seq
	return d, d.admit()
}

// admit gives an actor whom the record does not know yet a row of his own, so that the journal names everybody by number.
func (d *Draft) admit() error {
	if d.session.User != 0 || d.session.Identity.Subject == "" {
		return nil
	}
	u := Users.New(d)
	u.Issuer, u.Active = d.session.Identity.Issuer, true
	for column, text := range map[**guard.Personal]string{&u.Subject: d.session.Identity.Subject, &u.Name: d.session.Identity.Name, &u.Email: d.session.Identity.Email} {
		if p := guard.NewPersonal(text); text != "" {
			*column = &p
		}
	}
	d.admitted, d.session.User, d.session.Actor = u.ID, u.ID, Users.desc.ID(u.ID)
	return Users.Put(d, u)
}

// Locate has f word what Finish finds wrong with a changed row, for callers who know where it came from.
func (d *Draft) Locate(f func(c *Change, wrong error) error) { d.locate = f }

// Snapshot is the draft's present state.
func (d *Draft) Snapshot() *Snapshot { return &d.s }

// Base is the snapshot the draft began from.
func (d *Draft) Base() *Snapshot { return d.base }

// At is the instant of the mutation.
func (d *Draft) At() time.Time { return d.at }

// Day is the organisation's day of the mutation.
func (d *Draft) Day() vocab.Date { return d.day }

// Action is the name of the mutation.
func (d *Draft) Action() string { return d.action.Action }

// User is the actor's row; 0 if he has none yet.
func (d *Draft) User() int64 { return d.session.User }

// Rights is what the actor may do, by the record as it was before the draft.
func (d *Draft) Rights() *auth.Rights { return d.session.Rights }

// Head shows the record below the draft as its actor sees it.
func (d *Draft) Head() *View {
	return &View{s: d.base, newest: d.base, rights: d.session.Rights, day: d.day}
}

// Changes lists the changed rows, each once, in the order of their first change.
func (d *Draft) Changes() []*Change { return d.changes }

// Rows counts the changed rows, facts one by one.
func (d *Draft) Rows() (n int) {
	for _, c := range d.changes {
		n += c.Rows()
	}
	return n
}

// Results lists the rows the decision named as its result.
func (d *Draft) Results() []Ref { return d.results }

// Result names a row as what the mutation is about.
func (d *Draft) Result(t *Desc, id int64) { d.results = append(d.results, Ref{t, id}) }

// ErrLate says that a decision took longer than it may.
var ErrLate = errors.New("the decision took too long")

// Expire ends a draft from outside: whatever its decision asks of it next panics with ErrLate, which whoever runs the decision recovers.
// It may be called from any goroutine.
func (d *Draft) Expire() { d.late.Store(true) }

func (d *Draft) inTime() {
	if d.late.Load() {
		panic(ErrLate)
	}
}

func (d *Draft) sees(t *Desc, row any) bool { d.inTime(); return d.may(t, row).Has(reads[t.Slot]) }

func (d *Draft) may(t *Desc, row any) auth.Permission {
	if shared[t.Slot] {
		return d.session.Rights.Anywhere()
	}
	return d.s.allowed(d.base, d.session.Rights, t, row)
}

// All is the whole of a reader's snapshot, for invariants and derived effects. What is read here must not reach the actor.
func All(r Reader) Reader { return whole{r.Snapshot()} }

type whole struct{ s *Snapshot }

func (w whole) Snapshot() *Snapshot            { return w.s }
func (w whole) sees(*Desc, any) bool           { return true }
func (w whole) may(*Desc, any) auth.Permission { return auth.All }

// New gives an empty row with a number no row ever had.
func (t *Table[T]) New(d *Draft) *T { return d.NewIn(t.desc).(*T) }

// The columns every entity begins with (ent/schema/base.go).
const (
	colID = iota
	colCreated
	colUpdated
	colSeq
	colSource
	colExternal
	colArchived
)

// Edit gives a copy of a row that shares nothing with it, to be changed and put. A row that does not exist or is not visible is not
// found; version is the number that last changed the row as the caller knows it, nil if he does not care.
func (t *Table[T]) Edit(d *Draft, id int64, version *int64) (*T, error) {
	row := t.Get(d, id)
	if row == nil {
		return nil, fault.New(fault.NotFound, "there is no %s", t.desc.ID(id))
	}
	if seq := reflect.ValueOf(row).Elem().Field(t.desc.Columns[colSeq].index).Int(); version != nil && *version != seq {
		return nil, fault.New(fault.Conflict, "%s has changed: its version is %d, not %d; read it again", t.desc.ID(id), seq, *version)
	}
	return d.CopyOf(t.desc, id).(*T), nil
}

// Put creates or replaces a row. The draft keeps a copy of its own; ent's validators are asked. A row equal to the one on record is no
// change.
func (t *Table[T]) Put(d *Draft, row *T) error { return d.put(t.desc, row) }

// Delete removes a row; what still refers to it is found when the draft is finished.
func (t *Table[T]) Delete(d *Draft, id int64) { d.note(t.desc, id, nil) }

func (d *Draft) put(t *Desc, row any) error {
	if err := t.validate(row); err != nil {
		return err
	}
	id := t.RowID(row)
	own, err := t.clone(row)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%s cannot be recorded", t.ID(id))
	}
	old, _ := d.s.tables[t.Slot].rows.get(uint64(id))
	if old != nil && t.equal(old, own) {
		return nil
	}
	created := d.note(t, id, own)
	t.stamp(reflect.ValueOf(row).Elem(), d.s.pos.Seq, d.at, created)
	return nil
}

// equal compares rows but for the columns the record itself keeps.
func (t *Desc) equal(a, b any) bool {
	for i := range t.Columns {
		if i != colUpdated && i != colSeq && !t.same(a, b, i) {
			return false
		}
	}
	return true
}

// validate asks ent's validators and the closed lists. Every broken column is named.
func (t *Desc) validate(row any) error {
	rv := reflect.ValueOf(row).Elem()
	var errs []error
	for i := range t.Columns {
		c := &t.Columns[i]
		v, ok := c.value(rv)
		if !ok {
			if !c.Nullable { // a list that is nil: the record has no form for it
				errs = append(errs, fault.At(c.Name, "REQUIRED", "a value is needed"))
			}
			continue
		}
		if c.enum != nil && !slices.Contains(c.enum, v.String()) {
			errs = append(errs, fault.At(c.Name, "NOT_IN_LIST", "%q is not one of %v", v.String(), c.enum))
			continue
		}
		for _, ask := range c.validators {
			if err := ask(v); err != nil {
				errs = append(errs, fault.At(c.Name, "INVALID", "%v", err))
			}
		}
	}
	return fault.Join(errs...)
}

func (d *Draft) content(t *Desc) *content {
	c := d.s.tables[t.Slot]
	if c.own != d.own {
		n := *c
		n.own, n.groups, n.unique = d.own, slices.Clone(c.groups), slices.Clone(c.unique)
		c = &n
		d.s.tables[t.Slot] = c
	}
	return c
}

// note takes a row that shares nothing with anybody's, nil for a deleted one; it becomes one of this entry. It tells whether the row is new.
func (d *Draft) note(t *Desc, id int64, row any) (created bool) {
	d.inTime()
	k := rowKey{t.Slot, id}
	c := d.index[k]
	if c == nil {
		c = &Change{Table: t, ID: id}
		c.Before, _ = d.s.tables[t.Slot].rows.get(uint64(id))
		d.index[k], d.changes = c, append(d.changes, c)
	}
	d.finished = false
	c.After = row
	content := d.content(t)
	if row == nil {
		content.set(t, d.own, id, nil)
	} else {
		t.stamp(reflect.ValueOf(row).Elem(), d.s.pos.Seq, d.at, c.Before == nil)
		c.hash = t.hash(row)
		content.put(t, d.own, id, row, t.at(c.hash, row))
	}
	content.bury(t, d.own, id, c.Before, row, d.s.pos.Seq)
	d.touched(t, c.Before, row)
	return c.Before == nil
}

// bury keeps what a deleted row was, without its erasable columns, and forgets it if the row is back.
func (c *content) bury(t *Desc, own *token, id int64, before, after any, seq int64) {
	if after != nil || before == nil {
		c.gone.del(own, uint64(id))
		return
	}
	last := reflect.New(t.typ)
	last.Elem().Set(reflect.ValueOf(before).Elem())
	for i := range t.Columns {
		if t.Columns[i].Kind == KindPersonal {
			last.Elem().Field(t.Columns[i].index).SetZero()
		}
	}
	c.gone.put(own, uint64(id), &tomb{last.Interface(), seq})
}

// NewWhole shows a whole snapshot, for the program's own use: checks and tests. What is read here must not reach an actor.
func NewWhole(s *Snapshot) Reader { return whole{s} }
