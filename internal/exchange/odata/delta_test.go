package odata_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/accesstest"
	"pmograph/internal/decide"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/odata"
	"pmograph/internal/journal"
	"pmograph/internal/journal/faulttest"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// ids lists the numbers of an entity's rows.
func ids[T any](d *state.Draft, t *state.Table[T]) (all []int64) {
	for row := range t.All(state.All(d)) {
		all = append(all, t.Desc().RowID(row))
	}
	slices.Sort(all)
	return all
}

// change changes something at random. A decision may run twice, so it makes its own luck.
func (h *house) change(t testing.TB, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	if r.IntN(12) == 0 {
		s := h.Latest()
		if id := s.Next(state.Projects.Desc()) - 1 - r.Int64N(3); id > 4 {
			in := decide.ProjectDeleteInput{ID: state.Projects.Desc().ID(id)}
			if _, err := h.DoAs(context.Background(), auth.Machine("test"), decide.ProjectDelete(in), journal.Meta{}); err == nil {
				return
			}
		}
	}
	h.do(t, func(d *state.Draft) {
		r := rand.New(rand.NewPCG(seed, 8))
		for range 1 + r.IntN(4) {
			changeOne(d, r)
		}
	})
}

func changeOne(d *state.Draft, r *rand.Rand) {
	project, err := state.Projects.Edit(d, pick(r, ids(d, state.Projects)...), nil)
	must(err)
	switch r.IntN(9) {
	case 0:
		project.Name = fmt.Sprintf("Name %d", r.IntN(5))
		must(state.Projects.Put(d, project))
	case 1, 2: // goes to where others see it, and comes back
		project.PortfolioID, project.ProgramID = pick(r, ids(d, state.Portfolios)...), nil
		must(state.Projects.Put(d, project))
	case 3:
		p := state.Projects.New(d)
		p.Code, p.Name, p.PortfolioID, p.Lifecycle, p.Currency = fmt.Sprintf("N%d", p.ID), "New", 1+r.Int64N(3), vocab.ProjectLifecycleExecuting, "GBP"
		must(state.Projects.Put(d, p))
	case 4:
		p, err := state.Portfolios.Edit(d, pick(r, ids(d, state.Portfolios)...), nil)
		must(err)
		p.Name = fmt.Sprintf("Portfolio %d", r.IntN(4))
		must(state.Portfolios.Put(d, p))
	case 5: // every amount in euros is another in pounds
		x, err := state.ExchangeRates.Edit(d, 1, nil)
		must(err)
		x.Rate = 900_000_000 + r.Int64N(9)*10_000_000
		must(state.ExchangeRates.Put(d, x))
	case 6:
		must(state.CostEntries.Clear(d, project.ID))
	default:
		for range 1 + r.IntN(3) {
			c := &ent.CostEntry{ProjectID: project.ID, CostCategoryID: 1, Currency: pick(r, "GBP", "EUR", "JPY"), Period: vocab.NewDate(2022, time.Month(1+r.IntN(12)), 1)}
			must(state.CostEntries.Desc().SetColumn(c, pick(r, "planned", "actual"), r.Int64N(1000)))
			must(state.CostEntries.Put(d, c))
		}
	}
}

// reader keeps a copy of what a question shows, and brings it up to date by delta links.
type reader struct {
	h       *house
	name    string
	address string
	old     bool
	rows    map[string]map[string]any
	delta   string
	pages   int
}

// read reads the pages from an address on. between is called before each page but the first.
func (x *reader) read(t testing.TB, r *rand.Rand, address string, between func()) (status int) {
	t.Helper()
	for first := true; address != ""; first = false {
		if !first {
			between()
		}
		x.pages++
		most := 1 + r.IntN(pick(r, 10, 300))
		headers := []string{"Accept: application/json;metadata=full", fmt.Sprintf("Prefer: track-changes,maxpagesize=%d", most)}
		prefix := "@"
		if x.old {
			prefix = "@odata."
			headers = append(headers, "OData-MaxVersion: 4.0")
		}
		w := x.h.send(x.name, http.MethodGet, address, "", headers...)
		if w.Code != 200 {
			return w.Code
		}
		var page map[string]json.RawMessage
		must(json.Unmarshal(w.Body.Bytes(), &page))
		var rows []map[string]any
		must(json.Unmarshal(page["value"], &rows))
		if len(rows) > most {
			t.Fatalf("%d rows on a page of %d", len(rows), most)
		}
		for _, row := range rows {
			id, _ := row[prefix+"id"].(string)
			switch {
			case row["@removed"] != nil:
				delete(x.rows, id)
			case strings.HasSuffix(fmt.Sprint(row["@odata.context"]), "/$deletedEntity"):
				delete(x.rows, row["id"].(string))
			case id == "":
				t.Fatalf("a row without an id: %v", row)
			default:
				x.rows[id] = row
			}
		}
		address, x.delta = "", ""
		if next := page[prefix+"nextLink"]; next != nil {
			must(json.Unmarshal(next, &address))
		} else {
			must(json.Unmarshal(page[prefix+"deltaLink"], &x.delta))
		}
	}
	return 200
}

func (x *reader) anew(t testing.TB, r *rand.Rand, between func()) {
	t.Helper()
	for {
		x.rows = map[string]map[string]any{}
		status := x.read(t, r, odata.Path+x.address, between)
		if status == 200 {
			return
		}
		if status != http.StatusGone { // rights changed between two pages
			t.Fatalf("%s: %d", x.address, status)
		}
	}
}

// A copy that is brought up to date by delta links is what a full read shows, whatever changed, for whoever reads, over pages and days, and in both versions.
func TestDeltaIsTheDifference(t *testing.T) {
	rounds := faulttest.Pick(60, 1000)
	h := office(t)
	day := accesstest.Noon
	h.now = func() time.Time { return day }
	v, err := h.View(t.Context(), h.ids[boss], journal.Query{})
	must(err)
	addresses := []string{"Projects?$filter=" + url.QueryEscape("startswith(Name,'Name 1') or PortfolioId eq 'portfolio-1'"), "CostEntries?$select=Planned,PlannedReporting", "Projects?$expand=CostEntries($select=Actual),Portfolio&$select=Name",
		"CostEntries?$filter=" + url.QueryEscape("Project/Portfolio/Name ne 'Portfolio 2' and Planned gt 100"), "Projects?$search=1", "CostEntries?$compute=" + url.QueryEscape("Planned mul 2 as Twice") + "&$select=Twice,Period&$filter=" + url.QueryEscape("Twice gt 400")}
	for _, d := range dataset.CatalogueOf(dataset.NewView(v)).Datasets {
		if d.Name != "Calendar" { // ten thousand days, which change by the year
			addresses = append(addresses, d.Name)
		}
	}
	var readers []*reader
	for i, name := range []string{boss, "viewer@organisation", "viewer@portfolio", "finance@portfolio", "project-manager", "finance token portfolio"} {
		for j, a := range addresses {
			if j >= 6 && (i+j)%3 != 0 { // each set is followed by two
				continue
			}
			if h.get(name, a).Code == 200 { // who reads no amounts knows no columns of them
				readers = append(readers, &reader{h: h, name: name, address: a, old: (i+j)%3 == 0})
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 9))
	seed, gone, told := uint64(0), 0, 0
	changing := func() {
		if r.IntN(3) == 0 {
			seed++
			h.change(t, seed)
		}
	}
	for round := range rounds {
		for range 1 + r.IntN(3) {
			seed++
			h.change(t, seed)
		}
		if r.IntN(10) == 0 {
			day = day.Add(24 * time.Hour)
		}
		x := readers[r.IntN(len(readers))]
		if x.delta == "" {
			x.anew(t, r, changing)
		}
		switch status := x.read(t, r, x.delta, changing); status {
		case 200:
			told++
		case http.StatusGone:
			gone++
			x.anew(t, r, changing)
		default:
			t.Fatalf("round %d: %s, %s: %d", round, x.name, x.address, status)
		}
		if status := x.read(t, r, x.delta, func() {}); status != 200 { // what changed while it was read
			t.Fatalf("round %d: %d", round, status)
		}
		whole := &reader{h: h, name: x.name, address: x.address, old: x.old}
		whole.anew(t, r, func() {})
		if !reflect.DeepEqual(x.rows, whole.rows) {
			for id, row := range whole.rows {
				if !reflect.DeepEqual(x.rows[id], row) {
					t.Errorf("%s\nhave %v\nwant %v", id, x.rows[id], row)
				}
			}
			for id, row := range x.rows {
				if whole.rows[id] == nil {
					t.Errorf("%s stays: %v", id, row)
				}
			}
			t.Fatalf("round %d: %s, %s", round, x.name, x.address)
		}
	}
	t.Logf("%d deltas, %d read anew, journal number %d", told, gone, h.Latest().Seq())
	if gone > rounds/10 {
		t.Errorf("%d of %d were told to read anew", gone, rounds)
	}
}
