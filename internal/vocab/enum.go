// Package vocab holds the words every ring shares: closed enumerations in capitals, calendar dates, and the classes of columns.
// It imports the standard library only, so that calculations may use it.
package vocab

import (
	"fmt"
	"io"
	"slices"
)

// enum is what the types of this package have in common: named strings from a closed list.
type enum interface {
	~string
	Values() []string
}

// Valid tells whether v is one of its type's values.
func Valid[E enum](v E) bool { return slices.Contains(v.Values(), string(v)) }

// Parse gives the value of the closed list that s names.
func Parse[E enum](s string) (E, error) {
	v := E(s)
	if !Valid(v) {
		return "", fmt.Errorf("%q is not one of %v", s, v.Values())
	}
	return v, nil
}

func marshal[E enum](w io.Writer, v E) {
	io.WriteString(w, `"`)
	io.WriteString(w, string(v))
	io.WriteString(w, `"`)
}

func unmarshal[E enum](dst *E, src any) error {
	if src == nil { // nothing was said where nothing has to be
		return nil
	}
	s, ok := src.(string)
	if !ok {
		return fmt.Errorf("an enum value is a name, not %T", src)
	}
	v, err := Parse[E](s)
	if err == nil {
		*dst = v
	}
	return err
}
