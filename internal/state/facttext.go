package state

import (
	"fmt"
	"strconv"
	"strings"

	"pmograph/internal/vocab"
)

// OpFacts is the operation of a change that holds facts of one owner: id names their group, columns what was there and what is there now:
//
//	{"del":{"n":2,"id":[7,8],"seq":41,"period":["2026-01-01","2026-02-01"],…},"put":{…}}
//
// Facts stand by column, sorted by key. A value that all of a piece share stands once; a column without values is left out. A fact that
// changed stands in both; the new side's seq is the entry's and left out. Many facts are cut into pieces, each a change.
const OpFacts = "FACTS"

// pieceRows is how many facts a piece has at the most.
const pieceRows = 1024

// texts gives the pieces of a difference. A fact that changed is in one piece with both of its sides.
func (f *factForm) texts(d *delta, each func(text string)) {
	var text []byte
	for i, j := 0, 0; i < d.del.len() || j < d.put.len(); {
		ei, ej := f.cut(d, i, j)
		text = append(text[:0], '{')
		if ei > i {
			text = f.appendSide(append(text, `"del":`...), &d.del, i, ei, true)
		}
		if ej > j {
			if ei > i {
				text = append(text, ',')
			}
			text = f.appendSide(append(text, `"put":`...), &d.put, j, ej, false)
		}
		each(string(append(text, '}')))
		i, j = ei, ej
	}
}

// cut gives where a piece that begins at (i, j) ends.
func (f *factForm) cut(d *delta, i, j int) (int, int) {
	for n := 0; n < pieceRows && (i < d.del.len() || j < d.put.len()); n++ {
		c := compareNext(f.key, &d.del, i, &d.put, j)
		if c <= 0 {
			i++
		}
		if c >= 0 {
			j++
		}
	}
	return i, j
}

func (f *factForm) appendSide(b []byte, t *tuples, from, to int, seq bool) []byte {
	b = appendInt(append(b, `{"n":`...), int64(to-from))
	for c := range f.stored {
		if c == factSeq && !seq {
			continue
		}
		same, some := true, false
		for i := from; i < to; i++ {
			some = some || t.null[i]&(1<<c) == 0
			same = same && t.null[i]&(1<<c) == t.null[from]&(1<<c) && t.v[i*t.width+c] == t.v[from*t.width+c]
		}
		if !some {
			continue
		}
		col := f.column(c)
		b = append(append(append(b, `,"`...), col.Name...), `":`...)
		if same {
			b = col.appendNumber(b, t.v[from*t.width+c])
			continue
		}
		for i := from; i < to; i++ {
			b = append(b, "[,"[min(i-from, 1)])
			if t.null[i]&(1<<c) != 0 {
				b = append(b, null...)
			} else {
				b = col.appendNumber(b, t.v[i*t.width+c])
			}
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// Rows counts the rows a change is of: one, or facts.
func (c *EntryChange) Rows() (n int) {
	if c.Op != OpFacts {
		return 1
	}
	for _, side := range [...]string{`"del":{"n":`, `"put":{"n":`} { // stand in no value
		if _, rest, ok := strings.Cut(c.Columns, side); ok {
			digits, _, _ := strings.Cut(rest, ",")
			some, _ := strconv.Atoi(digits)
			n = max(n, some)
		}
	}
	return n
}

// parse reads the text of a piece. seq is the number that the new side has.
func (f *factForm) parse(text string, seq int64) (*delta, error) {
	d := &delta{tuples{width: f.width()}, tuples{width: f.width()}}
	p := factParser{f, text}
	if err := p.run(d); err != nil {
		return nil, fmt.Errorf("%w, near %.40q", err, p.rest)
	}
	for i := range d.put.len() {
		d.put.row(i)[factSeq] = seq
		d.put.null[i] &^= 1 << factSeq
	}
	for _, side := range []*tuples{&d.del, &d.put} {
		for i := range side.len() {
			if side.null[i]&f.needed() != 0 {
				return nil, fmt.Errorf("fact %d of %s lacks its number or its key", i, f.desc.Name)
			}
			if i > 0 && compareKeys(f.key, side.row(i-1), side.row(i)) >= 0 {
				return nil, fmt.Errorf("fact %d of %s is not in the order of keys", i, f.desc.Name)
			}
		}
	}
	return d, nil
}

// needed are the columns that every fact has.
func (f *factForm) needed() uint32 {
	bits := uint32(1<<factID | 1<<factSeq)
	for _, c := range f.key {
		bits |= 1 << c
	}
	return bits
}

type factParser struct {
	form *factForm
	rest string
}

func (p *factParser) run(d *delta) error {
	if !p.skip("{") {
		return errFacts
	}
	for n, side := range []*tuples{&d.del, &d.put} {
		if !p.skip([]string{`"del":{"n":`, `"put":{"n":`}[n]) {
			continue
		}
		if err := p.side(side); err != nil {
			return err
		}
		if n == 0 && strings.HasPrefix(p.rest, ",") {
			p.rest = p.rest[1:]
		}
	}
	if p.rest != "}" {
		return errFacts
	}
	return nil
}

var errFacts = fmt.Errorf("facts are not readable")

func (p *factParser) skip(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

func (p *factParser) side(t *tuples) error {
	n, err := strconv.Atoi(p.until(",}"))
	if err != nil || n < 1 || n > pieceRows {
		return errFacts
	}
	for range n {
		t.grow()
	}
	for p.skip(`,"`) {
		name := p.until(`"`)
		i, ok := p.form.desc.byName[name]
		if !ok || p.form.place[i] < 0 || !p.skip(`":`) {
			return fmt.Errorf("%s has no such column: %q", p.form.desc.Name, name)
		}
		if err := p.values(t, p.form.place[i]); err != nil {
			return err
		}
	}
	if !p.skip("}") {
		return errFacts
	}
	return nil
}

func (p *factParser) until(ends string) string {
	i := strings.IndexAny(p.rest, ends)
	if i < 0 {
		i = len(p.rest)
	}
	s := p.rest[:i]
	p.rest = p.rest[i:]
	return s
}

func (p *factParser) values(t *tuples, c int) error {
	col := p.form.column(c)
	if !p.skip("[") {
		v, ok, err := p.value(col)
		if err == nil && !ok {
			err = errFacts
		}
		for i := range t.len() {
			t.v[i*t.width+c] = v
			t.null[i] &^= 1 << c
		}
		return err
	}
	for i := range t.len() {
		if i > 0 && !p.skip(",") {
			return errFacts
		}
		v, ok, err := p.value(col)
		if err != nil {
			return err
		}
		if ok {
			t.v[i*t.width+c] = v
			t.null[i] &^= 1 << c
		}
	}
	if !p.skip("]") {
		return errFacts
	}
	return nil
}

func (p *factParser) value(col *Column) (int64, bool, error) {
	if p.skip(null) {
		return 0, false, nil
	}
	if p.skip(`"`) {
		text := p.until(`"`)
		if !p.skip(`"`) {
			return 0, false, errFacts
		}
		n, err := col.read(text)
		return n, true, err
	}
	switch text := p.until(",]}"); text {
	case "true":
		return 1, true, nil
	case "false":
		return 0, true, nil
	default:
		n, err := strconv.ParseInt(text, 10, 64)
		return n, true, err
	}
}

// read gives the number of a text: of a word, or of a date.
func (c *Column) read(text string) (int64, error) {
	if c.Kind == KindDate {
		d, err := vocab.ParseDate(text)
		return int64(d), err
	}
	return c.number(text)
}

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }
