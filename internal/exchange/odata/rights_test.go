package odata_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/odata"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func rename(name string) func(d *state.Draft) {
	return func(d *state.Draft) {
		p, err := state.Projects.Edit(d, 1, nil)
		must(err)
		p.Name = name
		must(state.Projects.Put(d, p))
	}
}

// Everybody sees by OData what his view shows: the sets, columns and measures of his catalogue, and in them the rows and values, withheld ones as such.
func TestEverybodySeesWhatHisViewShows(t *testing.T) {
	h := office(t)
	shown, withheld := 0, 0
	for name, id := range h.ids {
		v, err := h.View(t.Context(), id, journal.Query{})
		if err != nil {
			continue // who may not come in does not come here
		}
		data := dataset.NewViewFor(v, id)
		var schema struct {
			Pmograph map[string]map[string]json.RawMessage `json:"pmograph"`
		}
		must(json.Unmarshal(h.get(name, "$metadata?$format=json").Body.Bytes(), &schema))
		types := 0
		for _, x := range schema.Pmograph {
			if string(x["$Kind"]) == `"EntityType"` {
				types++
			}
		}
		all := dataset.CatalogueOf(data).Whole()
		if types != len(all) {
			t.Errorf("%s: %d types, %d datasets", name, types, len(all))
		}
		for _, d := range all {
			columns, measures := 0, 0
			for member := range schema.Pmograph[d.Singular] {
				switch _, isColumn := d.Column(member); {
				case isColumn:
					columns++
				case strings.HasPrefix(member, "@Aggregation.CustomAggregate#") && !strings.Contains(member[1:], "@"):
					measures++
				}
			}
			if columns != len(d.Columns) || measures != len(d.Measures) {
				t.Errorf("%s: %s has %d columns and %d measures, not %d and %d", name, d.Name, columns, measures, len(d.Columns), len(d.Measures))
			}
			p, err := dataset.Query{Of: d, Top: 60}.Plan()
			must(err)
			rows, _, err := p.All(data)
			must(err)
			got := h.page(t, name, d.Name+"?$top=60", "Accept: application/json;IEEE754Compatible=true")
			if len(got.Value) != len(rows) {
				t.Errorf("%s: %d rows of %s, not %d", name, len(got.Value), d.Name, len(rows))
				continue
			}
			for i, r := range rows {
				for k, c := range p.Columns {
					v, have := r.Values[k], got.Value[i][c.Name]
					why, _ := got.Value[i][c.Name+"@pmograph.reason"].(string)
					shown++
					if v.Why == dataset.NotVisible {
						withheld++
					}
					if (have == nil) != v.IsNull() || have != nil && fmt.Sprint(have) != v.String() || why != v.Why.String() {
						t.Errorf("%s: %s.%s is %v (%s), not %v (%s)", name, d.Name, c.Name, have, why, v, v.Why)
					}
				}
			}
		}
	}
	t.Logf("%d values, %d of them withheld", shown, withheld)
	if shown < 10_000 || withheld == 0 {
		t.Error("too little was looked at")
	}
}

var (
	tokens = regexp.MustCompile(`(deltatoken|snapshot)=[^&"]*`)
	links  = regexp.MustCompile(`"@(deltaLink|nextLink)":"([^"]*)"`)
)

// Two records that differ only in what somebody may not see give him the same bytes, whatever he asks, and the same changes. Tokens name positions, which are
// no secret.
func TestHiddenDifferencesDoNotShow(t *testing.T) {
	claims := func(role vocab.Role) auth.Identity {
		return auth.Identity{Issuer: "LOCAL", Subject: "somebody", Claims: []auth.Claim{{Role: role, Scope: auth.Scope{Kind: vocab.ScopeKindPortfolio, Path: "A"}}}}
	}
	for _, role := range []vocab.Role{vocab.RoleViewer, vocab.RoleFinance} {
		a, b := office(t), office(t)
		for _, h := range []*house{a, b} {
			h.ids["somebody"] = claims(role)
		}
		asked := 0
		same := func(address string, headers ...string) string {
			asked++
			x, y := a.get("somebody", spaced(address), headers...), b.get("somebody", spaced(address), headers...)
			textX, textY := tokens.ReplaceAllString(x.Body.String(), "$1"), tokens.ReplaceAllString(y.Body.String(), "$1")
			if textX != textY || x.Code != y.Code {
				t.Errorf("%s: %s\n%.1000s\n%.1000s", role, address, textX, textY)
			}
			return x.Body.String() + "\x00" + y.Body.String()
		}
		a.do(t, hidden(1, role))
		b.do(t, hidden(2, role))
		questions := []string{"", "$metadata", "Projects", "CostEntries", "Portfolios", "CostCategories", "Projects?$expand=CostEntries,Portfolio", "Portfolios?$expand=Projects,Children", "Projects/$count", "CostEntries/$count", "Projects?$count=true&$top=1&$orderby=Name desc",
			"Projects('project-3')", "Projects('project-3')/CostEntries", "Projects('project-9')", "CostEntries?$apply=groupby((Project/Name),aggregate($count as N))", "Projects?$filter=startswith(Name,'Secret')", "Projects?$search=Secret", "Portfolios?$filter=Projects/any(p:contains(p/Name,'Secret'))",
			"Portfolios?$filter=Projects/$count gt 1&$select=Name", "Projects?$orderby=Portfolio/Name,Code", "CostEntries?$filter=Project/PortfolioId ne 'portfolio-1'", "CostEntries?$apply=filter(Project/Name eq 'Secret 1')/aggregate($count as N)", "CostEntries('cost-entry-3')", "CostEntries?$skip=2&$count=true",
			"CostEntries?$apply=aggregate(TotalActual,TotalPlannedReporting)", "CostEntries?$orderby=Actual desc", "CostEntries?$filter=Actual gt 0", "Projects?$filter=ActualCost gt 1", "CostEntries?$filter=Planned eq null", "CostEntries?$apply=topcount(2,Planned)"}
		for _, q := range questions {
			for _, accept := range []string{"minimal", "full"} {
				same(q, "Accept: application/json;metadata="+accept+",application/xml;q=0.5")
			}
		}
		followed := map[string][2]string{}
		for _, q := range questions[2:8] {
			both := strings.Split(same(q, "Prefer: track-changes"), "\x00")
			x, y := links.FindStringSubmatch(both[0]), links.FindStringSubmatch(both[1])
			followed[q] = [2]string{x[2], y[2]}
		}
		for i := range 3 {
			a.do(t, hidden(10+i, role))
			b.do(t, hidden(20+i, role))
			if i > 0 { // once nothing changes that he sees
				a.do(t, rename(fmt.Sprint("Seen ", i)))
				b.do(t, rename(fmt.Sprint("Seen ", i)))
			} else {
				a.do(t, hidden(30, role))
				b.do(t, hidden(40, role))
			}
			for q, at := range followed {
				x, y := a.send("somebody", "GET", at[0], ""), b.send("somebody", "GET", at[1], "")
				textX, textY := tokens.ReplaceAllString(x.Body.String(), "$1"), tokens.ReplaceAllString(y.Body.String(), "$1")
				if textX != textY || x.Code != 200 {
					t.Errorf("%s: changes of %s:\n%.1000s\n%.1000s", role, q, textX, textY)
				}
				if i == 0 && role == vocab.RoleFinance && !strings.Contains(textX, `"value":[]`) { // versions of rows are no secret
					t.Errorf("%s: hidden changes are told of %s: %.500s", role, q, textX)
				}
			}
		}
		if asked < 60 {
			t.Error(asked)
		}
	}
}

// hidden changes what who has a role on portfolio A does not see: everything in B, and, without the right to read amounts, amounts everywhere.
func hidden(seed int, role vocab.Role) func(d *state.Draft) {
	return func(d *state.Draft) {
		p, err := state.Projects.Edit(d, 3, nil)
		must(err)
		p.Name, p.Code, p.Priority = fmt.Sprint("Secret ", seed), fmt.Sprint("S", seed), &seed
		must(state.Projects.Put(d, p))
		b, err := state.Portfolios.Edit(d, 3, nil)
		must(err)
		b.Name = fmt.Sprint("Secret ", seed)
		must(state.Portfolios.Put(d, b))
		must(state.CostEntries.Clear(d, 3))
		for i := range 1 + seed%4 {
			c := &ent.CostEntry{ProjectID: 3, CostCategoryID: 1, Currency: "GBP", Period: vocab.NewDate(2022, time.Month(1+i), 1)}
			must(state.CostEntries.Desc().SetColumn(c, "planned", int64(seed)))
			must(state.CostEntries.Put(d, c))
		}
		if role == vocab.RoleViewer {
			c := &ent.CostEntry{ProjectID: 1, CostCategoryID: 1, Currency: "GBP", Period: vocab.NewDate(2022, 3, 1)}
			for _, column := range []string{"planned", "actual"} {
				must(state.CostEntries.Desc().SetColumn(c, column, int64(seed)))
			}
			must(state.CostEntries.Put(d, c))
		}
	}
}

// A link to changes is for whom it was given, for his question, while his rights are what they were and the record is the same.
func TestDeltaLinksAreOnesOwn(t *testing.T) {
	h := office(t)
	first := h.page(t, boss, "Projects?$select=Id", "Prefer: track-changes")
	status := func(who, address string) int { return h.send(who, "GET", address, "").Code }
	for name, x := range map[string]struct {
		who, address string
		status       int
	}{
		"his own": {boss, first.Delta, 200}, "another's": {"pmo@organisation", first.Delta, 410}, "of who sees less": {"viewer@portfolio", first.Delta, 410},
		"another question": {boss, strings.Replace(first.Delta, "/Projects", "/Portfolios", 1), 410}, "other columns": {boss, strings.Replace(first.Delta, "=Id", "=Name", 1), 410},
		"a filter": {boss, first.Delta + "&$filter=" + url.QueryEscape("Name eq 'x'"), 410}, "touched": {boss, strings.Replace(first.Delta, "deltatoken=e", "deltatoken=f", 1), 410}, "none": {boss, "http://example.com" + odata.Path + "Projects?$deltatoken=x", 410},
	} {
		if got := status(x.who, x.address); got != x.status {
			t.Errorf("%s: %d", name, got)
		}
	}
	if w := h.send(boss, "GET", first.Delta+"x", ""); w.Code != 410 || !strings.Contains(w.Body.String(), "read the set anew") {
		t.Error(w.Body)
	}
	other := office(t) // went on differently since
	other.do(t, rename("One"))
	h.do(t, rename("Another"))
	if got := other.send(boss, "GET", h.page(t, boss, "Projects", "Prefer: track-changes").Delta, "").Code; got != 410 {
		t.Errorf("of another history: %d", got)
	}
	his := h.page(t, "looks-and-plans", "Projects", "Prefer: odata.track-changes").Delta
	h.do(t, func(d *state.Draft) {
		r := state.RoleAssignments.New(d)
		r.UserID, r.Role, r.ScopeKind = h.Latest().UserOf(h.ids["looks-and-plans"]).ID, vocab.RolePmo, vocab.ScopeKindOrganisation
		must(state.RoleAssignments.Put(d, r))
	})
	if got := status("looks-and-plans", his); got != 410 {
		t.Errorf("with more rights: %d", got)
	}
	for _, plain := range []string{"Projects?$top=1", "Projects?$skip=1", "CostEntries?$apply=aggregate(TotalActual)", "Projects('project-1')/CostEntries"} {
		w := h.get(boss, plain, "Prefer: track-changes")
		if p := h.page(t, boss, plain, "Prefer: track-changes"); p.Delta != "" || strings.Contains(w.Header().Get("Preference-Applied"), "track") {
			t.Errorf("%s has changes to follow", plain)
		}
	}
	// What was erased is not there in the past either: who saw it reads anew, and nobody else notices.
	below := h.page(t, "viewer@portfolio", "Projects?$select=Id", "Prefer: track-changes").Delta
	erase := func(project int64) {
		dec := state.Decision{Action: "userErase", Run: func(d *state.Draft) error {
			p, err := state.Projects.Edit(d, project, nil)
			must(err)
			p.Name = "erased"
			return state.Projects.Put(d, p)
		}}
		if _, err := h.DoAs(t.Context(), auth.Machine("test"), dec, journal.Meta{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct {
		project     int64
		boss, below int
	}{{0, 200, 200}, {3, 410, 200}, {1, 410, 410}} {
		if x.project != 0 {
			erase(x.project)
		}
		if a, b := status(boss, first.Delta), status("viewer@portfolio", below); a != x.boss || b != x.below {
			t.Errorf("over an erasure of project %d: %d and %d", x.project, a, b)
		}
	}
}
