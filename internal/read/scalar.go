package read

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"pmograph/auth"
	"pmograph/internal/calc/exact"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// Decimal is an exact decimal number, or none, which is null. It becomes text where an answer is written.
type Decimal exact.Decimal

// exactly is a number without any rounding.
func exactly(x exact.Number) Decimal { return Decimal{Number: x, Digits: exact.Unrounded} }

// AppendGQL appends what MarshalGQL writes.
func (d Decimal) AppendGQL(b []byte) []byte {
	if d.IsNone() {
		return append(b, "null"...)
	}
	return append(exact.Decimal(d).Append(append(b, '"')), '"')
}

// String is the number as displayed.
func (d Decimal) String() string { return exact.Decimal(d).String() }

// MarshalGQL writes a JSON string.
func (d Decimal) MarshalGQL(w io.Writer) { write(w, d) }

// write writes what appends itself.
func write[T interface{ AppendGQL([]byte) []byte }](w io.Writer, x T) {
	if b, ok := w.(*bytes.Buffer); ok { // as a rule it is
		b.Write(x.AppendGQL(b.AvailableBuffer()))
		return
	}
	w.Write(x.AppendGQL(make([]byte, 0, 32)))
}

// UnmarshalGQL is there because every scalar can be read; what is given is a GivenDecimal.
func (d *Decimal) UnmarshalGQL(src any) error {
	var text GivenDecimal
	if err := text.UnmarshalGQL(src); err != nil {
		return err
	}
	x, ok := exact.Parse(string(text))
	if !ok {
		return fmt.Errorf("%q is no Decimal", text)
	}
	*d = exactly(x)
	return nil
}

// GivenDecimal is a Decimal as somebody wrote it; a decision says whether it is a number.
type GivenDecimal string

// MarshalGQL is there because every scalar can be shown; what is shown is a Decimal.
func (d GivenDecimal) MarshalGQL(w io.Writer) { quoted(w, string(d)) }

// UnmarshalGQL reads a string or a number as it is written.
func (d *GivenDecimal) UnmarshalGQL(src any) error {
	switch x := src.(type) {
	case string:
		*d = GivenDecimal(x)
	case json.Number:
		*d = GivenDecimal(x.String())
	case int64:
		*d = GivenDecimal(strconv.FormatInt(x, 10))
	default:
		return fmt.Errorf("a Decimal is a string such as \"12.50\", not %T", src)
	}
	return nil
}

// Long is a whole number of 64 bits. It is a string in JSON, since many clients keep only 53 bits of a number.
type Long int64

// MarshalGQL writes a JSON string of digits.
func (n Long) MarshalGQL(w io.Writer) {
	b := append(make([]byte, 0, 22), '"')
	w.Write(append(strconv.AppendInt(b, int64(n), 10), '"'))
}

// UnmarshalGQL reads a number or a string of digits.
func (n *Long) UnmarshalGQL(src any) error {
	switch x := src.(type) {
	case int64:
		*n = Long(x)
		return nil
	case int:
		*n = Long(x)
		return nil
	case json.Number, string:
		v, err := strconv.ParseInt(fmt.Sprint(x), 10, 64)
		*n = Long(v)
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("%v is not a whole number of 64 bits", src)
}

// Position names a state of the record.
type Position state.Position

// MarshalGQL writes the form cursors have.
func (p Position) MarshalGQL(w io.Writer) { quoted(w, state.Position(p).String()) }

// UnmarshalGQL reads the form cursors have.
func (p *Position) UnmarshalGQL(src any) error {
	s, _ := src.(string)
	v, err := state.ParsePosition(s)
	*p = Position(v)
	return err
}

// Permission names one thing a viewer may do.
type Permission string

// MarshalGQL writes the name.
func (p Permission) MarshalGQL(w io.Writer) { quoted(w, string(p)) }

// UnmarshalGQL reads the name.
func (p *Permission) UnmarshalGQL(src any) error { return word(p, src) }

func permissionsOf(may auth.Permission) []Permission {
	list := []Permission{}
	if may != 0 {
		for _, name := range strings.Fields(may.String()) {
			list = append(list, Permission(strings.ToUpper(name)))
		}
	}
	return list
}

// RoleSource says where a role comes from.
type RoleSource state.HeldFrom

// MarshalGQL writes the name.
func (s RoleSource) MarshalGQL(w io.Writer) { quoted(w, string(s)) }

// UnmarshalGQL reads the name.
func (s *RoleSource) UnmarshalGQL(src any) error { return word(s, src) }

// Action names a mutation: PROJECT_UPDATE is projectUpdate.
type Action string

// MarshalGQL writes the name.
func (a Action) MarshalGQL(w io.Writer) { quoted(w, string(a)) }

// UnmarshalGQL reads the name.
func (a *Action) UnmarshalGQL(src any) error { return word(a, src) }

var actionNames = func() map[string]Action {
	names := map[string]Action{}
	for _, a := range auth.Actions {
		names[a.Action] = ActionOf(a.Action)
	}
	return names
}()

// ActionOf gives the name of a mutation as a value of a closed list.
func ActionOf(mutation string) Action {
	var b strings.Builder
	for _, r := range mutation {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return Action(b.String())
}

func actions(mutations []string) []Action {
	list := make([]Action, len(mutations))
	for i, m := range mutations {
		list[i] = actionNames[m]
	}
	return list
}

// quoted writes a JSON string of letters, digits and signs that stand for themselves.
func quoted(w io.Writer, s string) {
	io.WriteString(w, `"`)
	io.WriteString(w, s)
	io.WriteString(w, `"`)
}

// word reads a value of a closed list; the API has checked that it is one.
func word[E ~string](dst *E, src any) error {
	s, ok := src.(string)
	if !ok {
		return fault.New(fault.Invalid, "an enum value is a name, not %T", src)
	}
	*dst = E(s)
	return nil
}
