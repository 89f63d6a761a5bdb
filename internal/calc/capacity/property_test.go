package capacity_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
	"pmograph/internal/calc/calendar"
	"pmograph/internal/calc/capacity"
	"pmograph/internal/vocab"
)

// TestSpreadIsLargestRemainder compares with the method as the books have it: sort by remainder, give one each.
func TestSpreadIsLargestRemainder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.OneOf(rapid.Just(0), rapid.Just(450), rapid.IntRange(0, 1440)), 1, 60).Draw(t, "weights")
		total := rapid.IntRange(0, 100_000).Draw(t, "total")
		kept := []int{7, 8}
		got := capacity.Spread(kept, total, weights)
		if !slices.Equal(got[:2], kept) {
			t.Fatalf("what was there became %v", got[:2])
		}
		if want := bySorting(total, weights); !slices.Equal(got[2:], want) {
			t.Errorf("%d by %v: %v, want %v", total, weights, got[2:], want)
		}
		sum := 0
		for _, part := range got[2:] {
			sum += part
		}
		if sum != total {
			t.Errorf("parts add up to %d, not %d", sum, total)
		}
	})
}

func bySorting(total int, weights []int) []int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	if sum == 0 {
		weights, sum = slices.Repeat([]int{1}, len(weights)), len(weights)
	}
	parts, order, left := make([]int, len(weights)), make([]int, len(weights)), total
	for i, w := range weights {
		parts[i], order[i] = total*w/sum, i
		left -= parts[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return -cmp.Compare(total*weights[a]%sum, total*weights[b]%sum) })
	for _, i := range order[:left] {
		parts[i]++
	}
	return parts
}

func TestSpreadOfNothingAndOfMuch(t *testing.T) {
	if got := capacity.Spread(nil, 5, nil); got != nil {
		t.Errorf("%v over no days", got)
	}
	const most = 1<<63 - 1
	if got := capacity.Spread(nil, most, []int{450, 450}); got[0] != most/2+1 || got[1] != most/2 {
		t.Errorf("%v", got)
	}
}

var days = rapid.IntRange(-60, 60)

func drawPerson(t *rapid.T) capacity.Person {
	week := [7]int{time.Wednesday: 300}
	for i := range week {
		if i != int(time.Wednesday) {
			week[i] = rapid.SampledFrom([]int{450, 0, 217}).Draw(t, "weekday")
		}
	}
	c, err := calendar.New(week, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := capacity.Person{Calendar: c, Share: rapid.IntRange(0, 1200).Draw(t, "share")}
	for range rapid.IntRange(0, 5).Draw(t, "entries") {
		p.Entries = append(p.Entries, capacity.Entry{
			Start:   vocab.Date(days.Draw(t, "start")),
			Grain:   vocab.CapacityGrain(rapid.SampledFrom(vocab.CapacityGrain("").Values()).Draw(t, "grain")),
			Source:  vocab.CapacitySource(rapid.SampledFrom(vocab.CapacitySource("").Values()).Draw(t, "source")),
			Minutes: rapid.IntRange(0, 3000).Draw(t, "minutes"),
		})
	}
	for range rapid.IntRange(0, 5).Draw(t, "bookings") {
		start := days.Draw(t, "start")
		b := capacity.Booking{
			Start: vocab.Date(start), Finish: vocab.Date(start + rapid.IntRange(0, 40).Draw(t, "length")),
			Minutes:    rapid.IntRange(0, 20_000).Draw(t, "minutes"),
			Commitment: vocab.Commitment(rapid.SampledFrom(vocab.Commitment("").Values()).Draw(t, "commitment")),
		}
		if rapid.Bool().Draw(t, "known") {
			b.Probability = ptr(rapid.IntRange(0, 1000).Draw(t, "probability"))
		}
		p.Bookings = append(p.Bookings, b)
	}
	return p
}

// Within a range that holds them, bookings lose nothing; folding loses nothing; and sums over days never show less over-allocation
// than sums over weeks, months or persons would.
func TestSumsArePreserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, s := drawPerson(t), capacity.NewSeries(-60, 100)
		s.Fill(drawPerson(t)) // what the series held before does not matter
		s.Fill(p)

		var hard, soft, weighted, assumed capacity.Time
		for _, b := range p.Bookings {
			m := capacity.Time(b.Minutes) * capacity.Minute
			switch {
			case b.Commitment == vocab.CommitmentHard:
				hard += m
			case b.Probability == nil:
				soft, weighted, assumed = soft+m, weighted+m, assumed+m
			default:
				soft, weighted = soft+m, weighted+capacity.Time(b.Minutes**b.Probability)
			}
		}
		total := s.Total()
		if total.Hard != hard || total.Soft != soft || total.Weighted != weighted || total.Assumed != assumed {
			t.Errorf("booked hard %d, soft %d, weighted %d, assumed %d; days hold %+v", hard, soft, weighted, assumed, total)
		}
		for _, l := range s.Days {
			if l.Capacity < 0 || l.Over < 0 || l.OverWithSoft < l.Over {
				t.Errorf("%+v", l)
			}
		}
		for _, grain := range vocab.CapacityGrain("").Values() {
			var sum capacity.Load
			for _, f := range s.Fold(nil, vocab.CapacityGrain(grain)) {
				sum.Add(f.Load)
				if coarse := max(0, f.Hard-f.Capacity); f.Over < coarse || grain == "DAY" && f.Over != coarse {
					t.Errorf("%s from %v: %d by days, %d at once", grain, f.First, f.Over, coarse)
				}
			}
			if sum != total {
				t.Errorf("by %s %+v, by days %+v", grain, sum, total)
			}
		}
	})
}

// A day's load does not depend on the range it is looked at in.
func TestRangeDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPerson(t)
		wide := capacity.NewSeries(-120, 120)
		wide.Fill(p)
		first := days.Draw(t, "first")
		narrow := capacity.NewSeries(vocab.Date(first), vocab.Date(first+rapid.IntRange(0, 30).Draw(t, "length")))
		narrow.Fill(p)
		if !slices.Equal(narrow.Days, wide.Days[first+120:first+120+len(narrow.Days)]) {
			t.Errorf("from %d: %v", first, narrow.Days)
		}
	})
}
