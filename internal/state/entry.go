package state

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"pmograph/internal/vocab"
)

// SchemaNumber is the version of entities and entry forms this program writes. It stands in every entry.
const SchemaNumber = 1

// Entry is one mutation in the journal. All of it, but for erasable values, is covered by Hash, which chains it to the entry before.
type Entry struct {
	Seq       int64
	At        time.Time
	Actor     string // user-7, or a fixed word for the program itself
	Action    string
	Reason    string // why, in the actor's words; may be empty
	RequestID string
	Key       string // idempotency key
	Input     []byte // HMAC of the canonical input under a salt that is kept beside the key for a while
	Results   string // ids of what the mutation was about, separated by spaces
	Schema    int
	Tables    string // JSON: per changed entity the next number and the digest; every 256th entry names all
	Count     int    // number of changes
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
	Op        string // CREATE, UPDATE, DELETE
	Columns   string // JSON: column → [old, new]; erasable columns as the hexadecimal HMACs of their values
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

// tableState is what an entry says of an entity after it.
type tableState struct {
	Next   int64  `json:"next"`
	Digest string `json:"digest"`
}

// AllTablesEvery is the distance of the entries that name every entity's next number and digest: a store reads headers back to one.
const AllTablesEvery = 256

// Entry makes a finished draft the next entry of the journal. The header's own words come from head; seq, changes, tables and hash are
// set here. It also completes the draft's snapshot: see Snapshot.
func (d *Draft) Entry(head Entry) (*Entry, error) {
	e := head
	e.Seq, e.At, e.Action, e.Actor, e.Schema = d.s.pos.Seq, d.at, d.action.Action, d.session.Actor, SchemaNumber
	e.Count = len(d.changes)
	var ids []string
	for _, r := range d.results {
		ids = append(ids, r.String())
	}
	e.Results = strings.Join(ids, " ")
	for n, c := range d.changes {
		ec, err := d.entryChange(n, c)
		if err != nil {
			return nil, err
		}
		e.Changes = append(e.Changes, ec)
	}
	e.Tables = d.tables(e.Seq)
	e.Hash = e.chain(d.s.hash)
	d.s.seal(&e)
	return &e, nil
}

func (s *Snapshot) seal(e *Entry) {
	s.pos = e.Position()
	s.hash, s.at = e.Hash, e.At
}

// Published gives the draft's state as a snapshot that no longer changes. The draft must not be used afterwards.
func (d *Draft) Published() *Snapshot {
	s := d.s
	return &s
}

func (d *Draft) tables(seq int64) string {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, t := range Tables {
		c := d.s.tables[i]
		if c == d.base.tables[i] && seq%AllTablesEvery != 0 {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `%q:{"next":%d,"digest":%q}`, t.Name, c.next, c.digest)
	}
	b.WriteByte('}')
	return b.String()
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
	a, b, err := c.encoded()
	if err != nil {
		return ec, err
	}
	buf := append(make([]byte, 0, 256), '{')
	for _, i := range c.Columns {
		col := &c.Table.Columns[i]
		if i == colID {
			continue
		}
		if len(buf) > 1 {
			buf = append(buf, ',')
		}
		old, new := a.at(i), b.at(i)
		if col.Class == vocab.ClassPersonal {
			p := Private{Column: col.Name, Salt: make([]byte, 16), Old: orNil(old), New: orNil(new)}
			if _, err := rand.Read(p.Salt); err != nil {
				return ec, err
			}
			ec.Private = append(ec.Private, p)
			old, new = p.commitments()
		}
		buf = fmt.Appendf(buf, "%q:[%s,%s]", col.Name, old, new)
	}
	ec.Columns = string(append(buf, '}'))
	return ec, nil
}

func (c *Change) encoded() (before, after encoded, err error) {
	if c.Before != nil {
		if before, err = c.Table.encode(c.Before); err != nil {
			return
		}
	}
	if c.After != nil {
		after, err = c.Table.encode(c.After)
	}
	return
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

// chain computes the entry's hash: SHA-256 over the previous hash and every field, each with its length before it.
func (e *Entry) chain(prev [32]byte) (sum [32]byte) {
	h := sha256.New()
	var n [binary.MaxVarintLen64]byte
	put := func(b []byte) {
		h.Write(n[:binary.PutUvarint(n[:], uint64(len(b)))])
		h.Write(b)
	}
	num := func(v int64) { put(binary.BigEndian.AppendUint64(nil, uint64(v))) }
	put(prev[:])
	num(e.Seq)
	num(e.At.UnixMicro())
	for _, s := range []string{e.Actor, e.Action, e.Reason, e.RequestID, e.Key, string(e.Input), e.Results, e.Tables} {
		put([]byte(s))
	}
	num(int64(e.Schema))
	num(int64(e.Count))
	for i := range e.Changes {
		c := &e.Changes[i]
		num(int64(c.N))
		put([]byte(c.Entity))
		num(c.ID)
		num(c.Project)
		num(c.Portfolio)
		put([]byte(c.Op))
		put([]byte(c.Columns))
	}
	h.Sum(sum[:0])
	return sum
}

// Values gives a change's columns: name → [old, new] as JSON texts. Erasable columns come from beside the chain; an erased one is
// null on both sides.
func (c *EntryChange) Values() (map[string][2]string, error) {
	var raw map[string][2]json.RawMessage
	if err := json.Unmarshal([]byte(c.Columns), &raw); err != nil {
		return nil, fmt.Errorf("the columns are not readable: %w", err)
	}
	t, ok := byTable[c.Entity]
	if !ok {
		return nil, fmt.Errorf("unknown entity %q", c.Entity)
	}
	vals := make(map[string][2]string, len(raw))
	for name, pair := range raw {
		col, ok := t.Column(name)
		if !ok {
			return nil, fmt.Errorf("unknown column %q of %s", name, c.Entity)
		}
		if col.Class == vocab.ClassPersonal {
			vals[name] = [2]string{null, null}
			continue
		}
		vals[name] = [2]string{string(pair[0]), string(pair[1])}
	}
	for _, p := range c.Private {
		pair := [2]string{null, null}
		if p.Old != nil {
			pair[0] = *p.Old
		}
		if p.New != nil {
			pair[1] = *p.New
		}
		vals[p.Column] = pair
	}
	return vals, nil
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
	if !ok || err != nil || n < 1 || id != t.ID(n) {
		return Ref{}, false
	}
	return Ref{t, n}, true
}

// Position is the position of the record after the entry.
func (e *Entry) Position() Position { return Position{e.Seq, binary.BigEndian.Uint64(e.Hash[:])} }
