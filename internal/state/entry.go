package state

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
	"time"
)

// Entry is one mutation in the journal. All of it, but for erasable values, is covered by Hash, which chains it to the entry before.
type Entry struct {
	Seq       int64
	At        time.Time
	Actor     string // user-7, or a fixed word for the program itself
	Action    string
	Reason    string // why, in the actor's words; may be empty
	RequestID string
	Key       string // idempotency key
	Input     []byte // HMAC of the canonical input under a salt that is kept beside the key for a while; empty if the caller gave no key
	Results   string // ids of what the mutation was about, separated by spaces
	Schema    int    // the form of the record, and of the changes
	MinWriter int    // the lowest schema number of a program that may write from here on
	MinReader int    // and of one that may read
	Tables    string // JSON: per changed entity the next number and the digest; every 256th entry names all
	Count     int    // number of changed rows: what it costs to apply the entry or to undo it
	Hash      [32]byte
	Changes   []EntryChange
}

// EntryChange is one changed row of an entry.
type EntryChange struct {
	N         int
	Entity    string
	ID        int64
	Project   int64  // where the row lies: 0 if below no project
	Portfolio int64  // and 0 if below no portfolio
	Op        string // CREATE, UPDATE, DELETE, FACTS
	Columns   string // JSON: column → [old, new] (see columns.go); erasable columns as the hexadecimal HMACs of their values
	Private   []Private
}

// The operations of a change.
const (
	OpCreate = "CREATE"
	OpUpdate = "UPDATE"
	OpDelete = "DELETE"
)

// Private holds an erasable column's values beside the chain: the chain has only their HMACs under Salt.
type Private struct {
	Column   string
	Salt     []byte
	Old, New *string // JSON texts; nil where there was no value
}

// AllTablesEvery is the distance of the entries that name every entity's next number and digest: a store reads headers back to one.
const AllTablesEvery = 256

// Entry makes a finished draft the next entry of the journal. The header's own words come from head; seq, changes, tables and hash are
// set here. It also completes the draft's snapshot: see Snapshot.
func (d *Draft) Entry(head Entry) (*Entry, error) {
	e := head
	e.Seq, e.At, e.Action, e.Actor = d.s.pos.Seq, d.at, d.action.Action, d.session.Actor
	l := d.s.Levels().raised(used(d.changes))
	e.Schema, e.MinWriter, e.MinReader = l.Schema, l.MinWriter, l.MinReader
	var err error
	if e.Changes, err = d.Ahead(); err != nil {
		return nil, err
	}
	e.Count = 0
	for i := range e.Changes {
		e.Count += e.Changes[i].Rows()
	}
	var ids []string
	for _, r := range d.results {
		ids = append(ids, r.String())
	}
	e.Results = strings.Join(ids, " ")
	e.Tables = d.tables(e.Seq)
	e.Hash = e.link(d.s.hash, d.aheadSum, &d.buf)
	d.s.seal(&e)
	return &e, nil
}

// Ahead gives the changes of the entry that a finished draft becomes, and hashes them: they do not depend on its number and instant.
func (d *Draft) Ahead() ([]EntryChange, error) {
	if d.ahead == nil {
		d.ahead = make([]EntryChange, 0, len(d.changes))
		for _, c := range d.changes {
			if c.Table.form != nil {
				d.factChanges(c)
				continue
			}
			ec, err := d.entryChange(len(d.ahead), c)
			if err != nil {
				return nil, err
			}
			d.ahead = append(d.ahead, ec)
		}
		d.aheadSum = sumOf(d.ahead, &d.buf)
	}
	return d.ahead, nil
}

func (s *Snapshot) seal(e *Entry) {
	s.pos = e.Position()
	s.hash, s.at, s.levels = e.Hash, e.At, e.Levels()
}

// Published gives the draft's state as a snapshot that no longer changes. The draft must not be used afterwards.
func (d *Draft) Published() *Snapshot {
	s := d.s
	return &s
}

// tables names the entities that changed, or all: of every 256th entry, and of a migration. An entity that never had a row is not named,
// so that programs that do not know it go on reading.
func (d *Draft) tables(seq int64) string {
	all := seq%AllTablesEvery == 0 || d.migrates
	b := append(d.buf[:0], '{')
	for i, t := range Tables {
		c := d.s.tables[i]
		if c == d.base.tables[i] && !all || c.next == 1 && c.rows.n == 0 {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), t.Name...), `":{"next":`...)
		b = append(strconv.AppendInt(b, c.next, 10), `,"digest":"`...)
		b = append(c.digest.append(b), `"}`...)
	}
	d.buf = append(b, '}')
	return string(d.buf)
}

func (d *Draft) entryChange(n int, c *Change) (EntryChange, error) {
	ec := EntryChange{N: n, Entity: c.Table.Name, ID: c.ID, Op: OpUpdate}
	row, s := c.After, &d.s
	if c.Before == nil {
		ec.Op = OpCreate
	} else if c.After == nil {
		ec.Op, row, s = OpDelete, c.Before, d.base
	}
	p := c.Table.place(s, row)
	ec.Project, ec.Portfolio = p.Project, p.Portfolio
	b := append(d.buf[:0], '{')
	for _, i := range c.Columns {
		if i == colID || c.Before == nil && (i == colSeq || i == colCreated || i == colUpdated) {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		var err error
		b, err = c.appendPair(b, i, func(old, new string) (string, string, error) {
			p := Private{Column: c.Table.Columns[i].Name, Salt: make([]byte, 16), Old: orNil(old), New: orNil(new)}
			_, err := rand.Read(p.Salt)
			ec.Private = append(ec.Private, p)
			old, new = p.commitments()
			return old, new, err
		})
		if err != nil {
			return ec, err
		}
	}
	d.buf = append(b, '}')
	ec.Columns = string(d.buf)
	return ec, nil
}

func orNil(text string) *string {
	if text == null {
		return nil
	}
	return &text
}

// commitments gives what the chain says of the values: null, or a quoted HMAC. Old and new values never share one.
func (p *Private) commitments() (old, new string) {
	return commitment(p.Salt, 'o', p.Old), commitment(p.Salt, 'n', p.New)
}

func commitment(salt []byte, side byte, text *string) string {
	if text == nil {
		return null
	}
	m := hmac.New(sha256.New, salt)
	m.Write([]byte{side})
	m.Write([]byte(*text))
	return `"` + hex.EncodeToString(m.Sum(nil)) + `"`
}

// chain computes the entry's hash. buf is used again.
func (e *Entry) chain(prev [32]byte, buf *[]byte) [32]byte {
	return e.link(prev, sumOf(e.Changes, buf), buf)
}

// link computes the entry's hash: SHA-256 over the previous hash, every field of the header, and the hash of the changes, each with its
// length before it.
func (e *Entry) link(prev, changes [32]byte, buf *[]byte) [32]byte {
	h := hasher{buf: (*buf)[:0]}
	h.put(string(prev[:]))
	h.num(e.Seq)
	h.num(e.At.UnixMicro())
	for _, s := range [...]string{e.Actor, e.Action, e.Reason, e.RequestID, e.Key, string(e.Input), e.Results, e.Tables} {
		h.put(s)
	}
	h.num(int64(e.Schema))
	h.num(int64(e.MinWriter))
	h.num(int64(e.MinReader))
	h.num(int64(e.Count))
	h.put(string(changes[:]))
	*buf = h.buf
	return h.sum()
}

// sumOf hashes changes: SHA-256 over every field, each with its length before it.
func sumOf(changes []EntryChange, buf *[]byte) [32]byte {
	h := hasher{buf: (*buf)[:0]}
	for i := range changes {
		c := &changes[i]
		h.num(int64(c.N))
		h.put(c.Entity)
		h.num(c.ID)
		h.num(c.Project)
		h.num(c.Portfolio)
		h.put(c.Op)
		h.put(c.Columns)
	}
	*buf = h.buf
	return h.sum()
}

// hasher collects fields and hashes many at a time.
type hasher struct {
	buf []byte
	to  hash.Hash // once there was more than fits
}

const hasherRoom = 32 << 10

func (h *hasher) put(s string) {
	h.buf = append(binary.AppendUvarint(h.buf, uint64(len(s))), s...)
	if len(h.buf) > hasherRoom {
		if h.to == nil {
			h.to = sha256.New()
		}
		h.to.Write(h.buf)
		h.buf = h.buf[:0]
	}
}

func (h *hasher) num(v int64) {
	h.buf = binary.BigEndian.AppendUint64(append(h.buf, 8), uint64(v)) // 8 bytes, after their number
}

func (h *hasher) sum() (sum [32]byte) {
	if h.to == nil {
		return sha256.Sum256(h.buf)
	}
	h.to.Write(h.buf)
	h.to.Sum(sum[:0])
	return sum
}

// ResultRefs reads the entry's results.
func (e *Entry) ResultRefs() (refs []Ref) {
	for _, id := range strings.Fields(e.Results) {
		if r, ok := ParseID(id); ok {
			refs = append(refs, r)
		}
	}
	return refs
}

// ParseID reads an identifier of the edge; ok is false for anything that names no entity's row, previews' rows included.
func ParseID(id string) (Ref, bool) {
	i := strings.LastIndexByte(id, '-')
	if i < 0 {
		return Ref{}, false
	}
	t, ok := byWord[id[:i]]
	n, err := strconv.ParseInt(id[i+1:], 10, 64)
	var room [48]byte
	if !ok || err != nil || n < 1 || id != string(t.AppendID(room[:0], n)) {
		return Ref{}, false
	}
	return Ref{t, n}, true
}

// Position is the position of the record after the entry.
func (e *Entry) Position() Position { return Position{e.Seq, binary.BigEndian.Uint64(e.Hash[:])} }
