package tabular

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/money"
	"pmograph/internal/vocab"
)

// The years a date may lie in; others are slips of the pen.
const firstYear, lastYear = 1900, 2199

// What a date may be moved to.
const monthStart, monthEnd = "month start", "month end"

// dayLimit is the most days that may be added to a date.
const dayLimit = 366 * (lastYear - firstYear)

func inRange(d vocab.Date) bool {
	return d >= vocab.NewDate(firstYear, 1, 1) && d <= vocab.NewDate(lastYear, 12, 31)
}

// kinds maps the words of "kind:" to how such a text is read. The text is not blank and its white space is collapsed.
var kinds = map[string]func(f *field, text string) (any, error){
	"text":    func(_ *field, text string) (any, error) { return text, nil },
	"integer": integer,
	"boolean": boolean,
	"date":    date,
	"money":   amount,
}

func boolean(_ *field, text string) (any, error) {
	switch strings.ToLower(text) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return nil, errors.New("is neither true nor false; a values map can translate it")
}

func integer(f *field, text string) (any, error) {
	s, err := f.number(text)
	if err != nil {
		return nil, err
	}
	if !f.scale.IsNone() {
		x, ok := exact.Parse(s)
		if !ok {
			return nil, errors.New("is not a number")
		}
		n, ok := x.Times(f.scale).Round().Int64()
		if !ok {
			return nil, errors.New("is too large")
		}
		return n, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return nil, errors.New("is not a whole number")
	}
	return n, nil
}

func amount(f *field, text string) (any, error) {
	if f.scale.IsNone() {
		if minor, ok := plainAmount(text, f.digits); ok {
			return Money{minor, f.spec.Currency}, nil
		}
	}
	s, err := f.number(text)
	if err != nil {
		return nil, err
	}
	minor, err := money.ParseMinor(s, f.spec.Currency, f.scale)
	if err != nil {
		return nil, fmt.Errorf("is not an amount of %s: %w", f.spec.Currency, err)
	}
	return Money{minor, f.spec.Currency}, nil
}

// plainAmount reads most amounts, without deliberation: up to 15 digits, with a point before as many as the currency has or fewer.
func plainAmount(text string, digits int) (minor int64, ok bool) {
	rest, negative := strings.CutPrefix(text, "-")
	whole, fraction, point := strings.Cut(rest, ".")
	if digits < 0 || len(whole) == 0 || len(whole)+digits > 15 || len(fraction) > digits || point && fraction == "" {
		return 0, false
	}
	for i := range len(whole) + digits {
		digit := byte('0')
		if i < len(whole) {
			digit = whole[i]
		} else if n := i - len(whole); n < len(fraction) {
			digit = fraction[n]
		}
		if digit < '0' || digit > '9' {
			return 0, false
		}
		minor = minor*10 + int64(digit-'0')
	}
	if negative {
		minor = -minor
	}
	return minor, true
}

// number gives a decimal such as -1234.5 without the declared decoration. Thousands must be grouped in threes throughout.
func (f *field) number(text string) (string, error) {
	s := text
	for _, t := range f.spec.Strip {
		s = strings.ReplaceAll(s, t, "")
	}
	s = strings.TrimSpace(s)
	if !f.grouped.MatchString(s) {
		return "", errors.New("is not a number; say in the mapping what to strip, or which words mean no value")
	}
	if f.spec.Thousands != "" {
		s = strings.ReplaceAll(s, f.spec.Thousands, "")
	}
	return written(strings.Replace(s, f.spec.Decimal, ".", 1)), nil
}

// written gives a number with a power of ten as it is written without: 2.50E-06 is 0.00000250.
func written(s string) string {
	digits, power, found := strings.Cut(strings.ToUpper(s), "E")
	if !found {
		return s
	}
	r, ok := new(big.Rat).SetString(s)
	e, err := strconv.Atoi(power)
	if !ok || err != nil {
		return s // numberPattern lets no such text pass
	}
	_, fraction, _ := strings.Cut(digits, ".")
	return r.FloatString(max(0, len(fraction)-e))
}

// numberPattern accepts numbers with the given separators, and with a power of ten if such are to be read.
func numberPattern(thousands, decimal string, powers bool) *regexp.Regexp {
	whole := `\d+`
	if thousands != "" {
		whole = `(?:\d+|\d{1,3}(?:` + regexp.QuoteMeta(thousands) + `\d{3})+)`
	}
	power := ""
	if powers {
		power = `(?:[eE][+-]?\d{1,2})?`
	}
	return regexp.MustCompile(`^[+-]?` + whole + `(?:` + regexp.QuoteMeta(decimal) + `\d+)?` + power + `$`)
}

// layout is a date format in the notation of package time.
type layout struct {
	goLayout string
	short    bool // two digits for the year
}

// dateTokens maps the tokens of a format to those of package time.
var dateTokens = map[string]string{
	"YYYY": "2006", "YY": "06", "MMMM": "January", "MMM": "Jan", "MM": "01", "M": "1", "DD": "02", "D": "2",
	"hh": "15", "h": "3", "mm": "04", "ss": "05", "A": "PM",
}

var dateToken = regexp.MustCompile(`Y+|M+|D+|h+|m+|s+|[A-Za-z]|\d`)

// parseLayout reads a format such as DD/MM/YYYY.
func parseLayout(format string) (l layout, err error) {
	var day, month, year int
	l.goLayout = dateToken.ReplaceAllStringFunc(format, func(token string) string {
		switch token[0] {
		case 'D':
			day++
		case 'M':
			month++
		case 'Y':
			year++
		}
		if token == "T" { // the letter between day and time
			return token
		}
		if dateTokens[token] == "" {
			err = fmt.Errorf("date format %q: unknown token %q; the tokens are YYYY YY MMMM MMM MM M DD D hh mm ss, and h A of a 12-hour clock", format, token)
		}
		l.short = l.short || token == "YY"
		return dateTokens[token]
	})
	if err == nil && (day != 1 || month != 1 || year != 1) {
		err = fmt.Errorf("date format %q: a day needs one year, one month and one day", format)
	}
	return l, err
}

func date(f *field, text string) (any, error) {
	for _, l := range f.layouts {
		t, err := time.Parse(l.goLayout, text)
		if err != nil {
			continue
		}
		if l.short {
			first, day := f.spec.TwoDigitYearsFrom, t.Day()
			t = t.AddDate(first+((t.Year()-first)%100+100)%100-t.Year(), 0, 0)
			if t.Day() != day {
				continue // 29 February of a year without
			}
		}
		if y := t.Year(); y < firstYear || y > lastYear {
			return nil, fmt.Errorf("is not a likely date: the year is outside %d to %d", firstYear, lastYear)
		}
		return f.snap(vocab.DateOf(t)), nil
	}
	return nil, fmt.Errorf("is not a date of the form %s; say in the mapping which words mean no date", strings.Join(f.spec.Formats, " or "))
}

// snap drops a date that lies after the last day that counts, and moves another to its month's first or last day.
func (f *field) snap(d vocab.Date) any {
	switch {
	case f.until != nil && d > *f.until:
		return nil
	case f.spec.Snap == monthStart:
		return d.MonthEnd() - vocab.Date(d.DaysInMonth()) + 1
	case f.spec.Snap == monthEnd:
		return d.MonthEnd()
	}
	return d
}

// ratio reads a scale such as 1000000 or 0.001 exactly.
func ratio(s string) (exact.Number, error) {
	x, ok := exact.Parse(s)
	if !ok || x.Sign() <= 0 || strings.ContainsAny(s, "eEpP") {
		return x, fmt.Errorf("scale %q is not a positive number such as 1000000", s)
	}
	return x, nil
}
