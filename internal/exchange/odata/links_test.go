package odata_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/accesstest"
	"pmograph/internal/exchange/odata"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// financeOf is somebody by whose token amounts of a portfolio are read.
func financeOf(subject, portfolio string) auth.Identity {
	return auth.Identity{Issuer: "LOCAL", Subject: subject, Claims: []auth.Claim{{Role: vocab.RoleFinance, Scope: auth.Scope{Kind: vocab.ScopeKindPortfolio, Path: portfolio}}}}
}

// Links of one answer are no one else's, though he has the same rights; and the pages of one answer are read within an hour.
func TestLinksAreOfOneReaderAndEnd(t *testing.T) {
	h := office(t)
	day := accesstest.Noon
	h.now = func() time.Time { return day }
	h.ids["one"], h.ids["twin"] = financeOf("one", "A"), financeOf("twin", "A")
	status := func(who, address string) int {
		return h.send(who, http.MethodGet, address, "", "Prefer: track-changes,maxpagesize=1").Code
	}
	first := h.page(t, "one", "Projects", "Prefer: track-changes,maxpagesize=1")
	delta := h.page(t, "one", "Projects", "Prefer: track-changes").Delta
	h.do(t, func(d *state.Draft) {
		for id := range int64(2) {
			p, err := state.Projects.Edit(d, id+1, nil)
			must(err)
			p.Name = "Other"
			must(state.Projects.Put(d, p))
		}
	})
	changes := h.page(t, "one", delta, "Prefer: maxpagesize=1")
	if first.Next == "" || changes.Next == "" || len(changes.Value) != 1 {
		t.Fatal(first, changes)
	}
	day = day.Add(time.Hour)
	for _, address := range []string{first.Next, delta, changes.Next} {
		if a, b := status("one", address), status("twin", address); a != 200 || b != 410 {
			t.Errorf("%s: %d, and %d for another", address, a, b)
		}
	}
	day = day.Add(time.Second)
	if a, b, c := status("one", first.Next), status("one", changes.Next), status("one", delta); a != 410 || b != 410 || c != 200 {
		t.Errorf("after an hour pages are answered with %d and %d, changes with %d", a, b, c)
	}
}

// What is told of a row that a copy has no more: whether it is gone, or there and out of the question. A day that passes is a change as well.
func TestWhyRowsAreRemoved(t *testing.T) {
	h := office(t)
	day := accesstest.Noon
	h.now = func() time.Time { return day }
	named := spaced("Projects?$filter=Name eq 'Project'&$select=Id")
	costs := h.page(t, boss, "CostEntries?$select=Id", "Prefer: track-changes").Delta
	projects := h.page(t, boss, named, "Prefer: track-changes").Delta
	today := h.page(t, boss, "Organisation?$select=Today", "Prefer: track-changes").Delta
	h.do(t, rename("Another"))
	h.do(t, func(d *state.Draft) { must(state.CostEntries.Clear(d, 1)) })
	for address, want := range map[string]string{costs: `[{"@removed":{"reason":"deleted"},"@id":"CostEntries('cost-entry-1')"}]`, projects: `[{"@removed":{"reason":"changed"},"@id":"Projects('project-1')"}]`, today: `[]`} {
		if w := h.send(boss, http.MethodGet, address, ""); !strings.Contains(w.Body.String(), `"value":`+want) {
			t.Errorf("%s, want %s", w.Body, want)
		}
	}
	today = h.page(t, boss, today).Delta
	day = day.Add(24 * time.Hour)
	if p := h.page(t, boss, today); len(p.Value) != 1 || p.Value[0]["Today"] != vocab.DateOf(day).String() {
		t.Errorf("the next day is told as %v", p.Value)
	}
}

// Over an erasure of what somebody saw, though he sees it no more, changes are not told: by its old content it may have been in his copy.
func TestErasureOfWhatWasSeen(t *testing.T) {
	h := office(t)
	delta := h.page(t, "viewer@portfolio", spaced("Projects?$filter=Name eq 'Project'"), "Prefer: track-changes").Delta
	h.do(t, func(d *state.Draft) {
		p, err := state.Projects.Edit(d, 1, nil)
		must(err)
		p.PortfolioID, p.ProgramID = 3, nil
		must(state.Projects.Put(d, p))
	})
	if p := h.page(t, "viewer@portfolio", delta); len(p.Value) == 0 {
		t.Fatal("the project is seen still")
	}
	dec := state.Decision{Action: "userErase", Run: func(d *state.Draft) error {
		p, err := state.Projects.Edit(d, 1, nil)
		must(err)
		p.Name = "erased"
		return state.Projects.Put(d, p)
	}}
	if _, err := h.DoAs(t.Context(), auth.Machine("test"), dec, journal.Meta{}); err != nil {
		t.Fatal(err)
	}
	if got := h.send("viewer@portfolio", http.MethodGet, delta, "").Code; got != http.StatusGone {
		t.Error(got)
	}
}

// Pages of changes go on where time ran out, too: what was told is not told again.
func TestPagesOfChangesGoOnInTime(t *testing.T) {
	h := office(t)
	at, step := accesstest.Noon, time.Duration(0)
	h.now = func() time.Time { at = at.Add(step); return at }
	address := h.page(t, boss, "CostEntries?$select=Id,Planned", "Prefer: track-changes").Delta
	h.do(t, func(d *state.Draft) { putCosts(d, 1, 5) })
	told := map[string]int{}
	for n := 0; address != ""; n++ {
		if n > 100 {
			t.Fatal("the pages do not end")
		}
		if step = 0; n == 1 {
			step = 6 * time.Second // more than half of the time there is
		}
		w := h.send(boss, http.MethodGet, address, "", "Prefer: maxpagesize=2")
		step = 0
		var p page
		must(json.Unmarshal(w.Body.Bytes(), &p))
		for _, row := range p.Value {
			told[fmt.Sprint(row["Id"])]++
		}
		address = p.Next
	}
	for id, n := range told {
		if n != 1 {
			t.Errorf("%s is told %d times", id, n)
		}
	}
	if len(told) != 5 {
		t.Error(told)
	}
}

// Whatever an answer follows from is in its entity tag.
func TestTagsTellAnswersApart(t *testing.T) {
	h := office(t)
	day := accesstest.Noon
	h.now = func() time.Time { return day }
	h.ids["one"], h.ids["twin"] = financeOf("one", "A"), financeOf("twin", "A")
	tags := map[string]string{}
	add := func(what string, w *httptest.ResponseRecorder) {
		t.Helper()
		tag := w.Header().Get("ETag")
		if w.Code != 200 || tag == "" {
			t.Errorf("%s: %d, tag %q", what, w.Code, tag)
		}
		if other, taken := tags[tag]; taken {
			t.Errorf("%s has the tag of %s", what, other)
		}
		tags[tag] = what
	}
	for _, header := range []string{"", "Prefer: omit-values=nulls", "Prefer: track-changes", `Prefer: include-annotations="-*"`, "Prefer: maxpagesize=2", "Accept: application/json;metadata=none", "Accept: application/json;metadata=full",
		"Accept: application/json;IEEE754Compatible=true", "OData-MaxVersion: 4.0"} {
		add(header, h.get("one", "Projects", header))
	}
	for _, address := range []string{"http://other" + odata.Path + "Projects", odata.Path + "Projects?$top=3", odata.Path + "Projects/$ref", odata.Path + "Programs"} {
		add(address, h.send("one", http.MethodGet, address, ""))
	}
	add("who has the same rights", h.get("twin", "Projects"))
	h.ids["one"] = financeOf("one", "B")
	add("the same reader with other rights", h.get("one", "Projects"))
	h.config.Build = "another"
	h.Handler = odata.New(h.config)
	add("another program", h.get("one", "Projects"))
	day = day.Add(24 * time.Hour)
	add("another day", h.get("one", "Projects"))
}

// putCosts puts so many cost entries into a project.
func putCosts(d *state.Draft, project int64, n int) {
	for i := range n {
		c := &ent.CostEntry{ProjectID: project, CostCategoryID: 1, Currency: "GBP", Period: vocab.NewDate(2020, time.Month(1+i), 1)}
		must(state.CostEntries.Desc().SetColumn(c, "planned", int64(100+i)))
		must(state.CostEntries.Put(d, c))
	}
}
