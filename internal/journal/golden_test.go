package journal_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pmograph/ent"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/store/memory"
	"pmograph/internal/vocab"
)

var update = flag.Bool("update", false, "write the golden journal of the present schema number, unless it was released")

// released lists the schema numbers of released versions. Their golden journals are never written again: they are what old records hold.
var released = []int{}

func golden(schema int) string {
	return filepath.Join("testdata", fmt.Sprintf("journal-schema-%d.jsonl", schema))
}

// The journal of each schema number, written by a program of that number, replays to the digests and the position it recorded, and reads
// back as it was written. A new number's journal is written by: go test ./internal/journal -run Golden -update
func TestGoldenJournals(t *testing.T) {
	if *update {
		if slices.Contains(released, state.SchemaNumber) {
			t.Fatalf("schema %d was released; its journal stays as it is", state.SchemaNumber)
		}
		if err := os.WriteFile(golden(state.SchemaNumber), varied(t), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for schema := 1; schema <= state.SchemaNumber; schema++ {
		text, err := os.ReadFile(golden(schema))
		if err != nil {
			t.Fatal(err)
		}
		entries, position := reread(t, text)
		if want := lastLine(text); want != position {
			t.Errorf("schema %d: replayed to\n%s\nrecorded was\n%s", schema, position, want)
		}
		ops, actions := map[string]int{}, map[string]int{}
		private, gone := 0, 0
		for _, e := range entries {
			actions[e.Action]++
			for i := range e.Changes {
				ops[e.Changes[i].Op]++
				private += len(e.Changes[i].Private)
				if strings.Contains(e.Changes[i].Columns, `"subject":`) && len(e.Changes[i].Private) == 0 {
					gone++
				}
			}
		}
		if len(ops) != 4 || private == 0 || gone == 0 || actions["projectMove"] == 0 || actions["userErase"] == 0 || actions["statusReportErase"] == 0 {
			t.Errorf("schema %d: the journal is not varied: %v, %v, %d erasable values, %d erased", schema, ops, actions, private, gone)
		}
	}
}

// reread reads and applies entries, goes back to the beginning, and gives entries and what the last line says.
func reread(t *testing.T, text []byte) (entries []*state.Entry, position string) {
	t.Helper()
	r := bufio.NewReader(bytes.NewReader(text[:bytes.LastIndexByte(bytes.TrimSpace(text), '\n')+1]))
	b := state.NewBuilder(state.Empty())
	for {
		e, err := state.ReadEntry(r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = b.Apply(e)
		}
		if err == nil {
			err = e.CheckPrivate(func(table string, id int64) bool { return table == "users" && id == 1 })
		}
		if err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := state.WriteEntry(&again, e); err != nil || !bytes.Contains(text, again.Bytes()) {
			t.Fatalf("entry %d is not written as it was read (%v): %s", e.Seq, err, again.Bytes())
		}
		entries = append(entries, e)
	}
	position = summary(b.Snapshot())
	for i := len(entries) - 1; i >= 0; i-- {
		before := &state.Entry{}
		if i > 0 {
			before = entries[i-1]
		}
		if err := b.Undo(entries[i], before); err != nil {
			t.Fatal(err)
		}
	}
	if d := state.Diff(b.Snapshot(), state.Empty()); d != "" {
		t.Fatal("the beginning is not empty: ", d)
	}
	return entries, position
}

// summary is the last line of a golden journal: the position and the digest of every entity that has rows.
func summary(s *state.Snapshot) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"position":%q`, s.Position())
	for _, t := range state.Tables {
		if s.Count(t) > 0 {
			fmt.Fprintf(&b, `,%q:%q`, t.Name, s.Digest(t))
		}
	}
	return b.String() + "}"
}

func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

// facts records facts of several entities, with values missing and words of each kind.
func facts(project, portfolio int64) func(*state.Draft) error {
	return then(addCost(project, 1, 1, 5), addCost(project, 1, 2, 5), addCost(project, 2, 2, 6), func(d *state.Draft) error {
		k := state.KpiDefinitions.New(d)
		k.Code, k.Name, k.Unit, k.Direction, k.Source = "k", "Indicator", vocab.UnitCount, vocab.KpiDirectionUpGood, vocab.KpiSourceMeasured
		k.Rollup, k.Cadence, k.FormulaVersion = vocab.KpiRollupSum, vocab.CadenceMonth, 1
		r := state.Resources.New(d)
		r.Code, r.Kind, r.RoleName = "r", vocab.ResourceKindPerson, "engineer"
		day := vocab.NewDate(2026, 2, 1)
		return errors.Join(state.KpiDefinitions.Put(d, k), state.Resources.Put(d, r),
			state.KpiMeasurements.Put(d, &ent.KpiMeasurement{ProjectID: &project, KpiDefinitionID: k.ID, PeriodEnd: day, Value: new(int64(1))},
				&ent.KpiMeasurement{PortfolioID: &portfolio, KpiDefinitionID: k.ID, PeriodEnd: day, PeriodStart: new(day - 31), MoneyValue: new(guard.NewMoney(-3))}),
			state.CapacityEntries.Put(d, &ent.CapacityEntry{ResourceID: r.ID, Source: vocab.CapacitySourceAbsence, Grain: vocab.CapacityGrainDay, PeriodStart: day, Minutes: 480},
				&ent.CapacityEntry{ResourceID: r.ID, Source: vocab.CapacitySourceCalendar, Grain: vocab.CapacityGrainWeek, PeriodStart: day + 1, Minutes: 2400}))
	})
}

// varied gives the journal of a history that has a bit of everything.
func varied(t *testing.T) []byte {
	db := &memory.Store{Now: newStore().Now}
	j := open(t, db)
	must(do(t, j, "userCreate", nil, func(d *state.Draft) error {
		u := state.Users.New(d)
		u.Issuer, u.Active = "LOCAL", true
		u.Subject, u.Name, u.Email = new(guard.NewPersonal("ada")), new(guard.NewPersonal(`Ada "Countess" Lovelace <é>`)), new(guard.NewPersonal("ada@example.org"))
		return state.Users.Put(d, u)
	}))
	must(do(t, j, "workCalendarSet", nil, func(d *state.Draft) error {
		c := state.WorkCalendars.New(d)
		c.Code, c.Name, c.Timezone, c.WeeklyMinutes = "DE", "Germany", "Europe/Berlin", []int{0, 480, 480, 480, 480, 480, 0}
		c.Exceptions = []vocab.CalendarException{{Date: vocab.NewDate(2026, 12, 25), Name: "Weihnachten [\"\\]}"}}
		return state.WorkCalendars.Put(d, c)
	}))
	must(do(t, j, "exchangeRateSet", nil, func(d *state.Draft) error {
		x := state.ExchangeRates.New(d)
		x.FromCurrency, x.ToCurrency, x.ValidFrom, x.Rate = "USD", "EUR", vocab.NewDate(2026, 1, 2), 1_085_000_000
		return state.ExchangeRates.Put(d, x)
	}))
	rnd := rand.New(rand.NewPCG(7, 7))
	seen := map[string]bool{}
	for len(seen) < 8 || j.Latest().Seq() < 80 {
		action, run := step(rnd, j.Latest())
		if _, err := do(t, j, action, nil, run); err == nil {
			seen[action] = true
		}
	}
	p := must(do(t, j, "portfolioCreate", nil, addPortfolio("HOME", nil))).Results[0].ID
	project := must(do(t, j, "projectCreate", nil, addProject("LAST", p))).Results[0].ID
	must(do(t, j, "milestoneCreate", nil, func(d *state.Draft) error {
		m := state.Milestones.New(d)
		m.ProjectID, m.Name, m.State, m.Weight = project, "with money", vocab.MilestoneStatePlanned, 3
		m.Budget, m.ForecastDate = new(guard.NewMoney(-123_456_789)), new(vocab.NewDate(2027, 2, 28))
		return state.Milestones.Put(d, m)
	}))
	must(do(t, j, "statusReportSubmit", nil, func(d *state.Draft) error {
		r := state.StatusReports.New(d)
		at, err := d.Text("What happened “here”.")
		r.ProjectID, r.Revision, r.State, r.Currency, r.Highlights = project, 1, vocab.ReportStateSubmitted, "EUR", &at
		return errors.Join(err, state.StatusReports.Put(d, r))
	}))
	must(do(t, j, "statusReportErase", nil, eraseReport(1)))
	must(do(t, j, "import", nil, then(addCategory("x"), addCategory("y"), facts(project, p))))
	must(do(t, j, "import", nil, then(addCost(project, 1, 1, 9), addCost(project, 2, 3, -7)))) // one changes, one comes
	must(do(t, j, "import", nil, then(clearCosts(project), rename(project, "Without costs"))))
	must(do(t, j, "userErase", nil, func(d *state.Draft) error {
		u, err := state.Users.Edit(d, 1, nil)
		u.Subject, u.Name, u.Email, u.Active = nil, nil, nil, false
		return errors.Join(err, state.Users.Put(d, u))
	}))
	entries, err := db.Entries(context.Background(), 0, j.Latest().Seq(), false, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(slices.Sorted(maps.Keys(seen)))
	var b bytes.Buffer
	for i := range entries {
		if err := state.WriteEntry(&b, &entries[i]); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprintln(&b, summary(j.Latest()))
	return b.Bytes()
}
