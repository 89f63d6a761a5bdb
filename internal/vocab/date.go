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
	n := year*12 + int(month) - 1 - 2 // months since March of the year 0: a leap day is the last of its year
	y, m := floor(n, 12)
	era, of := floor(y, 400)
	return Date(era*daysOf400Years + of*365 + of/4 - of/100 + (m*153+2)/5 + day - 1 - marchOf0)
}

// DateOf gives the day that t shows in its own location.
func DateOf(t time.Time) Date { return NewDate(t.Date()) }

const (
	daysOf400Years = 146_097
	marchOf0       = 719_468 // days from the first of March of the year 0 to the zero Date
)

// Civil gives year, month and day of the month.
func (d Date) Civil() (year int, month time.Month, day int) {
	era, n := floor(int(d)+marchOf0, daysOf400Years)
	of := (n - n/1460 + n/36_524 - n/146_096) / 365 // the year of the era
	n -= of*365 + of/4 - of/100
	m := (n*5 + 2) / 153
	day = n - (m*153+2)/5 + 1
	year, n = floor((era*400+of)*12+m+2, 12)
	return year, time.Month(n + 1), day
}

// floor divides with a rest that is not negative.
func floor(n, by int) (quotient, rest int) {
	if quotient, rest = n/by, n%by; rest < 0 {
		quotient, rest = quotient-1, rest+by
	}
	return quotient, rest
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
	y, m, day := d.Civil()
	return d, n[0] > 0 && y == n[0] && int(m) == n[1] && day == n[2]
}

// Time gives midnight UTC of the day.
func (d Date) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Weekday gives the day of the week.
func (d Date) Weekday() time.Weekday {
	_, n := floor(int(d)+int(time.Thursday), 7) // which the zero Date is
	return time.Weekday(n)
}

// AddMonths gives the same day n months on, cut to the month's length.
func (d Date) AddMonths(n int) Date {
	y, m, day := d.Civil()
	first := NewDate(y, m+time.Month(n), 1)
	return first + Date(min(day, first.DaysInMonth())-1)
}

// DaysInMonth gives the length of the day's month.
func (d Date) DaysInMonth() int {
	y, m, _ := d.Civil()
	return int(NewDate(y, m+1, 1) - NewDate(y, m, 1))
}

// MonthEnd gives the last day of the day's month.
func (d Date) MonthEnd() Date {
	y, m, _ := d.Civil()
	return NewDate(y, m+1, 1) - 1
}

func (d Date) String() string { return string(d.Append(make([]byte, 0, len(isoDate)))) }

// Append appends the ISO form.
func (d Date) Append(b []byte) []byte {
	y, m, day := d.Civil()
	if y < 0 || y > 9999 {
		return d.Time().AppendFormat(b, isoDate)
	}
	two := func(n int) { b = append(b, byte('0'+n/10), byte('0'+n%10)) }
	two(y / 100)
	two(y % 100)
	b = append(b, '-')
	two(int(m))
	b = append(b, '-')
	two(day)
	return b
}

// MarshalText writes the ISO form.
func (d Date) MarshalText() ([]byte, error) { return d.Append(nil), nil }

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
	w.Write(d.AppendGQL(make([]byte, 0, len(isoDate)+2)))
}

// AppendGQL appends the same.
func (d Date) AppendGQL(b []byte) []byte { return append(d.Append(append(b, '"')), '"') }

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
