package vocab

import (
	"database/sql/driver"
	"fmt"
	"io"
	"time"
)

// Date is a calendar day without a time zone: days since 1970-01-01. Its zero value is that day; a missing date is a nil *Date.
type Date int32

const isoDate = "2006-01-02"

// NewDate gives the day of the proleptic Gregorian calendar; overflowing months and days are normalised as time.Date does.
func NewDate(year int, month time.Month, day int) Date {
	return DateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// DateOf gives the day that t shows in its own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// ParseDate reads an ISO 8601 day, 2006-01-02, with a year from 0001 to 9999.
func ParseDate(s string) (Date, error) {
	if d, ok := parsePlain(s); ok {
		return d, nil
	}
	t, err := time.Parse(isoDate, s)
	if err != nil || t.Year() < 1 {
		return 0, fmt.Errorf("%q is not a date of the form 2006-01-02", s)
	}
	return DateOf(t), nil
}

// parsePlain reads a correct day; ok is false for anything else.
func parsePlain(s string) (Date, bool) {
	if len(s) != len(isoDate) || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	var n [3]int
	for i, part := range [...]string{s[:4], s[5:7], s[8:]} {
		for _, c := range []byte(part) {
			if c < '0' || c > '9' {
				return 0, false
			}
			n[i] = n[i]*10 + int(c-'0')
		}
	}
	d := NewDate(n[0], time.Month(n[1]), n[2])
	y, m, day := d.Time().Date()
	return d, n[0] > 0 && y == n[0] && int(m) == n[1] && day == n[2]
}

// Time gives midnight UTC of the day.
func (d Date) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Weekday gives the day of the week.
func (d Date) Weekday() time.Weekday { return d.Time().Weekday() }

// AddMonths gives the same day n months on, cut to the month's length.
func (d Date) AddMonths(n int) Date {
	y, m, day := d.Time().Date()
	first := NewDate(y, m+time.Month(n), 1)
	return first + Date(min(day, first.DaysInMonth())-1)
}

// DaysInMonth gives the length of the day's month.
func (d Date) DaysInMonth() int {
	y, m, _ := d.Time().Date()
	return int(NewDate(y, m+1, 1) - NewDate(y, m, 1))
}

// MonthEnd gives the last day of the day's month.
func (d Date) MonthEnd() Date {
	y, m, _ := d.Time().Date()
	return NewDate(y, m+1, 1) - 1
}

func (d Date) String() string { return d.Time().Format(isoDate) }

// MarshalText writes the ISO form.
func (d Date) MarshalText() ([]byte, error) { return d.Time().AppendFormat(nil, isoDate), nil }

// UnmarshalText reads the ISO form.
func (d *Date) UnmarshalText(b []byte) (err error) { *d, err = ParseDate(string(b)); return err }

// Value gives the ISO form to a database.
func (d Date) Value() (driver.Value, error) { return d.String(), nil }

// Scan takes a database's date, as text or time.
func (d *Date) Scan(src any) error {
	switch x := src.(type) {
	case time.Time:
		*d = DateOf(x)
		return nil
	case string:
		return d.UnmarshalText([]byte(x))
	case []byte:
		return d.UnmarshalText(x)
	}
	return fmt.Errorf("a date cannot be read from %T", src)
}

// MarshalGQL writes the ISO form as a string.
func (d Date) MarshalGQL(w io.Writer) {
	b := append(make([]byte, 0, len(isoDate)+2), '"')
	w.Write(append(d.Time().AppendFormat(b, isoDate), '"'))
}

// UnmarshalGQL reads the ISO form.
func (d *Date) UnmarshalGQL(src any) error {
	s, ok := src.(string)
	if !ok {
		return fmt.Errorf("a Date is a string of the form 2006-01-02, not %T", src)
	}
	return d.UnmarshalText([]byte(s))
}

// CalendarException is a day whose working time differs from its weekday's.
type CalendarException struct {
	Date    Date   `json:"date"`
	Minutes int    `json:"minutes"` // working time, 0 to 1440
	Name    string `json:"name"`
}
