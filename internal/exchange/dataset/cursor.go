package dataset

import (
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strconv"
	"strings"

	"pmograph/internal/calc/exact"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// kindLetters begin the values of a cursor.
const kindLetters = "ubindtsr"

var letterOf = map[Kind]byte{Null: 'u', Bool: 'b', Int: 'i', Decimal: 'n', Date: 'd', Instant: 't', Text: 's', ID: 'r'}

// String gives a cursor's text, which is opaque to who gets it.
func (c *Cursor) String() string {
	texts := make([]string, len(c.Values))
	for i, v := range c.Values {
		text := v.String()
		switch {
		case v.Kind == Decimal && v.Num != nil:
			text = v.Num.Rat().RatString() + "@" + strconv.Itoa(int(v.Scale))
		case v.Kind == Instant:
			text = strconv.FormatInt(v.Int, 10)
		}
		texts[i] = string(letterOf[v.Kind]) + text
	}
	b, _ := json.Marshal(texts)
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseCursor reads what String wrote.
func ParseCursor(text string) (*Cursor, error) {
	no := fault.At("after", "INVALID", "the cursor is none that this server gave")
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, no
	}
	var texts []string
	if json.Unmarshal(b, &texts) != nil || len(texts) > 64 {
		return nil, no
	}
	c := &Cursor{}
	for _, t := range texts {
		v, ok := parseCursorValue(t)
		if !ok {
			return nil, no
		}
		c.Values = append(c.Values, v)
	}
	return c, nil
}

func parseCursorValue(t string) (v Value, ok bool) {
	if t == "" || !strings.Contains(kindLetters, t[:1]) {
		return v, false
	}
	rest := t[1:]
	switch t[0] {
	case 'u':
		return None, rest == ""
	case 'b':
		return OfBool(rest == "true"), rest == "true" || rest == "false"
	case 's':
		return OfText(rest), true
	case 'd':
		d, err := vocab.ParseDate(rest)
		return OfDate(d), err == nil
	case 'i', 't':
		n, err := strconv.ParseInt(rest, 10, 64)
		if t[0] == 'i' {
			return OfInt(n), err == nil
		}
		return Value{Kind: Instant, Int: n}, err == nil
	case 'r':
		ref, ok := state.ParseID(rest)
		return OfID(ref.Table, ref.ID), ok
	}
	return parseDecimal(rest)
}

// parseDecimal reads 12.30, or a fraction and how many digits are shown of it: 10/9@6.
func parseDecimal(text string) (Value, bool) {
	fraction, digits, is := strings.Cut(text, "@")
	if is {
		n, err := strconv.Atoi(digits)
		r, ok := new(big.Rat).SetString(fraction)
		if !ok || err != nil || n < 0 || n > exact.MaxDigits || len(fraction) > 200 {
			return None, false
		}
		return OfNumber(exact.FromRat(r), int8(n)), true
	}
	n, ok := exact.Parse(text)
	_, behind, _ := strings.Cut(text, ".")
	if !ok || len(behind) > exact.MaxDigits {
		return None, false
	}
	return OfNumber(n, int8(len(behind))), true
}

// Behind gives the cursor to go on behind the row of a key, whose values are given as plain texts in the order of Dataset.Key. NOT_FOUND if there is no such
// row in the view; NOT_ALLOWED if rows of the plan are not a dataset's own.
func (p *Plan) Behind(v *View, key []string) (*Cursor, error) {
	if p.counts {
		return nil, fault.At("after", "NOT_ALLOWED", "rows that were made of others have no key to go on behind")
	}
	d, values := p.Of, make([]Value, len(key))
	if len(key) != len(d.Key) {
		return nil, fault.At("after", "INVALID", "a key of %s is %s", d.Name, strings.Join(d.Key, ","))
	}
	for i, name := range d.Key {
		c, _ := d.Column(name)
		x, code, why := valueOf(c, key[i], true)
		if code != "" {
			return nil, fault.At("after", code, "%s", why)
		}
		values[i] = x
	}
	row := d.Find(v, values)
	if row == nil {
		return nil, fault.At("after", "NOT_FOUND", "there is no such row in the record at that number")
	}
	return &Cursor{valuesOf(&frame{v: v, row: row}, p.by)}, nil
}

// After has a plan go on behind a place; nil is the beginning.
func (p *Plan) After(c *Cursor) { p.query.After = c }
