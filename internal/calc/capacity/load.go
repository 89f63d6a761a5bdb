package capacity

import (
	"pmograph/internal/calc/calendar"
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/rollup"
	"pmograph/internal/vocab"
)

// Time is an amount of work in thousandths of a minute, so that shares and probabilities in thousandths keep it whole.
type Time int64

// Minute is one minute of work.
const Minute Time = 1000

const whole = 1000 // a share or a probability of 1

// shared gives a share, in thousandths, of minutes.
func shared(minutes, share int) Time { return Time(minutes) * Time(share) }

// Minutes gives the time in minutes, exact.
func (t Time) Minutes() exact.Number { return exact.Parts(exact.IntOf(int64(t)), int64(Minute)) }

// Hours gives the time in hours, exact.
func (t Time) Hours() exact.Number { return exact.Parts(exact.IntOf(int64(t)), int64(60*Minute)) }

// Load is time had and time booked: of a person on a day, or added up over days and persons.
type Load struct {
	Capacity     Time
	Hard         Time // committed bookings
	Soft         Time // proposed bookings, in full
	Weighted     Time // proposed bookings, each by its probability
	Assumed      Time // the part of Soft whose probability is missing and was taken as 1
	Over         Time // committed beyond capacity, person by person and day by day
	OverWithSoft Time // the same if every proposed booking came true
}

// Add adds another load to this one.
func (l *Load) Add(o Load) {
	l.Capacity += o.Capacity
	l.Hard += o.Hard
	l.Soft += o.Soft
	l.Weighted += o.Weighted
	l.Assumed += o.Assumed
	l.Over += o.Over
	l.OverWithSoft += o.OverWithSoft
}

func (l *Load) book(b Booking, minutes int) {
	full := shared(minutes, whole)
	switch {
	case b.Commitment == vocab.CommitmentHard:
		l.Hard += full
		return
	case b.Probability != nil:
		l.Weighted += shared(minutes, *b.Probability)
	default:
		l.Weighted += full
		l.Assumed += full
	}
	l.Soft += full
}

// Utilisation is what is committed over capacity. Without capacity it has no value: NO_CAPACITY when something is committed, else
// NO_SAMPLE. For a group or a longer period, add the loads first.
func (l Load) Utilisation() (exact.Number, vocab.Reason) { return l.over(l.Hard, l.Hard) }

// Expected is utilisation with proposed bookings by their probability. Without capacity it has no value: NO_CAPACITY when anything is
// committed or proposed, however unlikely, else NO_SAMPLE. When Assumed is above zero, missing probabilities counted as 1.
func (l Load) Expected() (exact.Number, vocab.Reason) {
	return l.over(l.Hard+l.Weighted, l.Hard+l.Soft)
}

func (l Load) over(counted, booked Time) (exact.Number, vocab.Reason) {
	switch {
	case l.Capacity != 0:
		return exact.Fraction(counted, l.Capacity), ""
	case booked != 0:
		return exact.Number{}, vocab.ReasonNoCapacity
	}
	return exact.Number{}, vocab.ReasonNoSample
}

// FTE is how many full-time people a time amounts to: the time over the minutes from first to last, both included, of the
// organisation's standard calendar, whatever calendar each person has. A period without standard time has ZERO_DENOMINATOR.
func FTE(t Time, standard *calendar.Calendar, first, last vocab.Date) (exact.Number, vocab.Reason) {
	return rollup.Ratio(t.Minutes(), exact.Of(standard.MinutesIn(first, last)))
}

// Add adds another series, day by day: a group's load is the sum of its persons'. Both must have the same days.
func (s *Series) Add(o *Series) {
	if s.From != o.From || len(s.Days) != len(o.Days) {
		panic("capacity: series of different days cannot be added")
	}
	for i := range s.Days {
		s.Days[i].Add(o.Days[i])
	}
}

// Total adds up all days.
func (s *Series) Total() (sum Load) {
	for i := range s.Days {
		sum.Add(s.Days[i])
	}
	return sum
}

// Period is the load from its first to its last day, both included.
type Period struct {
	First, Last vocab.Date
	Load
}

// Fold appends to dst the load of each day, week from Monday or calendar month. The first and the last period are cut where the series
// begins and ends.
func (s *Series) Fold(dst []Period, grain vocab.CapacityGrain) []Period {
	for i := 0; i < len(s.Days); {
		first := s.From + vocab.Date(i)
		_, end := Entry{Start: first, Grain: grain}.Period()
		p := Period{First: first, Last: min(end, s.From+vocab.Date(len(s.Days))-1)}
		for ; i <= int(p.Last-s.From); i++ {
			p.Add(s.Days[i])
		}
		dst = append(dst, p)
	}
	return dst
}
