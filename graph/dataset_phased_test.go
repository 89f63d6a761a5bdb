package graph_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/vocab"
)

// minutesOf gives the working minutes of a day by the calendar of a furnished project.
func minutesOf(short bool, holidays map[vocab.Date]int, d vocab.Date) int64 {
	if !short {
		if w := d.Weekday(); w == 0 || w == 6 {
			return 0
		}
		return 450
	}
	if m, ok := holidays[d]; ok {
		return int64(m)
	}
	return int64([]int{0, 480, 480, 300, 0, 471, 0}[d.Weekday()])
}

// Amounts by day, week and month are those of the months they are parts of, spread by working time: worked out plainly, day by day, with what has fallen
// so far rounded; and they add up to the months.
func TestPartsOfMonths(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 61))
	w := randomWorld(r)
	h := furnishedHouse(t, w, 3)
	v := h.sets(finance)
	all := readTables(t, v)
	short, holidays := map[string]bool{}, map[vocab.Date]int{}
	got := at(h.answer(finance, `{ projects(first: 100) { nodes { id calendar { code exceptions { date minutes } } } } }`, nil), "projects", "nodes").([]any)
	for _, p := range got {
		if at(p, "calendar", "code") == "SHORT" {
			short[at(p, "id").(string)] = true
			for _, e := range at(p, "calendar", "exceptions").([]any) {
				holidays[day(at(e, "date").(string))] = int(at(e, "minutes").(float64))
			}
		}
	}
	if len(short) == 0 || len(short) == len(got) {
		t.Fatal("projects do not work by different calendars")
	}
	compared := 0
	for set, x := range map[string][3]string{"CostsBy": {"CostEntries", "CostEntryId", "Actual"}, "BaselineBy": {"BaselineSpread", "BaselineMonthId", "PlannedValue"}} {
		months := all[x[0]]
		for grain, begins := range map[string]func(d vocab.Date) vocab.Date{
			"Day": func(d vocab.Date) vocab.Date { return d }, "Week": func(d vocab.Date) vocab.Date { return d - vocab.Date((int(d.Weekday())+6)%7) },
			"Month": func(d vocab.Date) vocab.Date {
				return d - vocab.Date(d.MonthEnd().DaysInMonth()) + 1 + d.MonthEnd() - d
			},
		} {
			want := map[string]*big.Rat{}
			for _, row := range months.rows {
				amount, first := months.get(row, x[2]), months.get(row, "Period").Day()
				if amount.IsNull() {
					continue
				}
				project := months.get(row, "ProjectId").String()
				whole, last := int64(0), first.AddMonths(1)-1
				for d := first; d <= last; d++ {
					whole += minutesOf(short[project], holidays, d)
				}
				digits, so, before := int(amount.Scale), int64(0), new(big.Rat)
				for d := first; d <= last; d++ {
					if so += minutesOf(short[project], holidays, d); minutesOf(short[project], holidays, d) == 0 {
						continue
					}
					text := halfEven(new(big.Rat).Mul(amount.Number().Rat(), big.NewRat(so, whole)), digits)
					until, _ := new(big.Rat).SetString(text)
					key := fmt.Sprint(months.get(row, "Id"), " ", begins(d))
					if want[key] == nil {
						want[key] = new(big.Rat)
					}
					want[key].Add(want[key], new(big.Rat).Sub(until, before))
					before = until
				}
			}
			parts, n := all[set+grain], 0
			sums := map[string]*big.Rat{}
			for _, row := range parts.rows {
				amount := parts.get(row, x[2])
				if amount.IsNull() {
					continue
				}
				id := parts.get(row, x[1])
				key := fmt.Sprint(id, " ", parts.get(row, "Date"))
				if want[key] == nil || want[key].Cmp(amount.Number().Rat()) != 0 {
					t.Fatalf("%s%s: %s is %s, want %v", set, grain, key, amount, want[key])
				}
				if sums[id.String()] == nil {
					sums[id.String()] = new(big.Rat)
				}
				sums[id.String()].Add(sums[id.String()], amount.Number().Rat())
				n++
			}
			if n != len(want) {
				t.Errorf("%s%s has %d parts, want %d", set, grain, n, len(want))
			}
			for id, sum := range sums {
				if whole := months.get(months.byID[id+"|"], x[2]); whole.Number().Rat().Cmp(sum) != 0 {
					t.Errorf("%s%s: the parts of %s add up to %s, not %s", set, grain, id, sum.RatString(), whole)
				}
			}
			compared += n
		}
	}
	if compared < 1000 {
		t.Errorf("only %d parts were compared", compared)
	}
	bounded(t, r, v, all)
	hoursAddUp(t, h.sets(admin))
}

// hoursAddUp compares recorded hours of bookings with what lies on days, weeks and months: declined ones count in none.
func hoursAddUp(t *testing.T, v *dataset.View) {
	measures := []string{"TotalHardHours", "TotalSoftHours", "TotalExpectedHours"}
	recorded := grouped(t, v, "AllocationHours", nil, []string{"AllocationId"}, measures...)
	for _, grain := range []string{"Day", "Week", "Month"} {
		spread, n := grouped(t, v, "AllocationsBy"+grain, nil, []string{"AllocationId"}, measures...), 0
		for id, want := range recorded {
			for i := range want {
				switch got := spread[id]; {
				case got == nil && want[i].Number().Sign() != 0:
					t.Errorf("%s by %s has no hours, want %s", id, grain, want[i])
				case got != nil && got[i].Number().Cmp(want[i].Number()) != 0:
					t.Errorf("%s of %s by %s is %s, want %s", measures[i], id, grain, got[i], want[i])
				}
			}
			n++
		}
		if n < 10 || len(spread) == 0 || len(spread) > n {
			t.Errorf("%d bookings have hours by %s, %d recorded ones", len(spread), grain, n)
		}
	}
}

// bounded narrows sets by time to spans, which are looked for where they lie, and gets just the rows of them.
func bounded(t *testing.T, r *rand.Rand, v *dataset.View, all tables) {
	for _, d := range dataset.CatalogueOf(v).Datasets {
		name, x := d.Name, all[d.Name]
		if d.Time == "" || len(x.rows) == 0 {
			continue
		}
		first, last, some := vocab.Date(1<<30), vocab.Date(0), 0 // some sets have days beyond, if they are asked for
		for _, row := range x.rows {
			if is := x.get(row, d.Time); !is.IsNull() {
				first, last = min(first, is.Day()), max(last, is.Day())
			}
		}
		for range 12 {
			is := x.get(pick(r, x.rows...), d.Time)
			if is.IsNull() {
				continue
			}
			from := max(first, is.Day()+vocab.Date(r.IntN(5)-2))
			to := min(last+1, from+vocab.Date(r.IntN(70)))
			cond := dataset.And(dataset.Op("ge", dataset.Col(d.Time), dataset.Lit{Value: dataset.OfDate(from)}), dataset.Op("lt", dataset.Col(d.Time), dataset.Lit{Value: dataset.OfDate(to)}))
			_, rows := run(t, v, dataset.Query{Of: x.d, Filter: cond})
			n := 0
			for _, row := range x.rows {
				if is := x.get(row, d.Time); !is.IsNull() && is.Day() >= from && is.Day() < to {
					if n >= len(rows) || line(rows[n].Values) != line(row) {
						t.Fatalf("%s: row %d from %s until %s is not\n%s", name, n, from, to, line(row))
					}
					n++
				}
			}
			if some += n; n != len(rows) {
				t.Errorf("%s: from %s until %s are %d rows, want %d", name, from, to, len(rows), n)
			}
		}
		if some == 0 {
			t.Errorf("%s: no span has rows", name)
		}
	}
}
