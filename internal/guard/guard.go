// Package guard holds the types of columns that not everybody may read: Money, Rate, Personal. Their content is unexported; only the
// openers at the end give it away, and archtest lists the packages that may call them. Everybody else asks a View.
package guard

import (
	"database/sql/driver"
	"fmt"
	"strconv"

	"pmograph/internal/vocab"
)

// Money is an amount in minor units of a currency that stands in a column beside it.
type Money struct{ minor int64 }

// Rate is a price of one hour in minor units of a currency that stands in a column beside it.
type Rate struct{ minor int64 }

// Personal is a datum about a person. It can be erased: then the column is null.
type Personal struct{ text string }

// Guarded is a value with a class.
type Guarded interface{ Class() vocab.Class }

// Class is ClassMoney.
func (Money) Class() vocab.Class { return vocab.ClassMoney }

// Class is ClassRate.
func (Rate) Class() vocab.Class { return vocab.ClassRate }

// Class is ClassPersonal.
func (Personal) Class() vocab.Class { return vocab.ClassPersonal }

// String hides the amount, so that no log shows it.
func (Money) String() string { return "[money]" }

// String hides the rate, so that no log shows it.
func (Rate) String() string { return "[rate]" }

// String hides the datum, so that no log shows it.
func (Personal) String() string { return "[personal]" }

// GoString hides the content from %#v too.
func (Money) GoString() string { return "[money]" }

// GoString hides the content from %#v too.
func (Rate) GoString() string { return "[rate]" }

// GoString hides the content from %#v too.
func (Personal) GoString() string { return "[personal]" }

// Value gives the amount to a database.
func (m Money) Value() (driver.Value, error) { return m.minor, nil }

// Value gives the rate to a database.
func (r Rate) Value() (driver.Value, error) { return r.minor, nil }

// Value gives the text to a database.
func (p Personal) Value() (driver.Value, error) { return p.text, nil }

// Scan takes an amount from a database.
func (m *Money) Scan(src any) error { return scanInt(&m.minor, src) }

// Scan takes a rate from a database.
func (r *Rate) Scan(src any) error { return scanInt(&r.minor, src) }

// Scan takes a text from a database.
func (p *Personal) Scan(src any) error {
	switch x := src.(type) {
	case string:
		p.text = x
	case []byte:
		p.text = string(x)
	default:
		return fmt.Errorf("a personal datum cannot be read from %T", src)
	}
	return nil
}

func scanInt(dst *int64, src any) (err error) {
	switch x := src.(type) {
	case int64:
		*dst = x
	case string:
		*dst, err = strconv.ParseInt(x, 10, 64)
	case []byte:
		*dst, err = strconv.ParseInt(string(x), 10, 64)
	default:
		return fmt.Errorf("an amount cannot be read from %T", src)
	}
	return err
}

// NewMoney closes an amount in minor units.
func NewMoney(minor int64) Money { return Money{minor} }

// NewRate closes a price of one hour in minor units.
func NewRate(minor int64) Rate { return Rate{minor} }

// NewPersonal closes a datum about a person.
func NewPersonal(text string) Personal { return Personal{text} }

// OpenMoney, OpenRate and OpenPersonal give the content away: only a View, a Draft, the codec and the stores may call them.

// OpenMoney gives the amount in minor units.
func OpenMoney(m Money) int64 { return m.minor }

// OpenRate gives the price of one hour in minor units.
func OpenRate(r Rate) int64 { return r.minor }

// OpenPersonal gives the datum.
func OpenPersonal(p Personal) string { return p.text }
