package dataset

import (
	"time"

	"pmograph/internal/vocab"
)

// The lengths of time that days are put together by.
const (
	byDay, byWeek, byMonth, byQuarter, byYear, byFiscalYear = "DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_YEAR"
)

// Buckets are the lengths of time of bucket.
var Buckets = []string{byDay, byWeek, byMonth, byQuarter, byYear, byFiscalYear}

// bucket gives the first day of the length of time that a day lies in; weeks begin on Monday.
func bucket(d vocab.Date, by string, fiscal int) (vocab.Date, bool) {
	y, m, _ := d.Civil()
	switch by {
	case byDay:
		return d, true
	case byWeek:
		return d - vocab.Date((int(d.Weekday())+6)%7), true
	case byMonth:
		return vocab.NewDate(y, m, 1), true
	case byQuarter:
		return vocab.NewDate(y, (m-1)/3*3+1, 1), true
	case byYear:
		return vocab.NewDate(y, 1, 1), true
	case byFiscalYear:
		if int(m) < fiscal {
			y--
		}
		return vocab.NewDate(y, time.Month(fiscal), 1), true
	}
	return 0, false
}
