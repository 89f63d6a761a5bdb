package state

import (
	"reflect"
	"slices"
	"strings"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/vocab"
)

// place says where a row lies in a snapshot. Rows below a project lie where the project lies; a deleted project lies where it last lay.
func (d *Desc) place(s *Snapshot, row any) auth.Place {
	if d.form != nil {
		return d.form.placeOf(s, row)
	}
	switch r := row.(type) {
	case *ent.Portfolio:
		return auth.Place{Portfolio: r.ID}
	case *ent.Program:
		return auth.Place{Portfolio: r.PortfolioID, Program: r.ID}
	case *ent.Project:
		p := auth.Place{Portfolio: r.PortfolioID, Project: r.ID}
		if r.ProgramID != nil {
			p.Program = *r.ProgramID
		}
		return p
	case *ent.Team:
		return auth.Place{Team: r.ID}
	case *ent.Resource:
		p := auth.Place{Resource: r.ID, Person: r.ID}
		if r.TeamID != nil {
			p.Team = *r.TeamID
		}
		return p
	case *ent.Allocation:
		p := s.inProject(r.ProjectID)
		p.Person = r.ResourceID
		return p
	case *ent.RoleAssignment:
		return s.scopePlace(r.ScopeKind, r.ScopeID)
	case *ent.FeedKey:
		return s.scopePlace(r.ScopeKind, r.ScopeID)
	case *ent.Webhook:
		return s.scopePlace(r.ScopeKind, r.ScopeID)
	}
	if d.project >= 0 {
		if id, ok := d.intField(row, d.project); ok {
			return s.inProject(id)
		}
	}
	return auth.Place{}
}

// scopePlace says where a scope lies: at its node, or nowhere if it is everything.
func (s *Snapshot) scopePlace(kind vocab.ScopeKind, node *int64) (p auth.Place) {
	if node != nil {
		p, _ = s.nodePlace(auth.Holding{Kind: kind, ID: *node})
	}
	return p
}

// inProject says where a project lies.
func (s *Snapshot) inProject(id int64) auth.Place {
	if project := s.last(Projects.desc, id); project != nil {
		return Projects.desc.place(s, project)
	}
	return auth.Place{}
}

// allowed gives what rights that know a base snapshot allow with a row: those at its place, and reading it for whoever may answer what it asks, or for
// everybody if it is open.
func (s *Snapshot) allowed(base *Snapshot, rights *auth.Rights, d *Desc, row any) auth.Permission {
	may := rights.At(s.within(base, d.place(s, row)))
	if a := answers[d.Slot]; a != nil && a.stands(d, row, a.Open) && a.answers(s, base, rights, d, row) {
		may |= reads[d.Slot]
	}
	if i := open[d.Slot]; i >= 0 && d.field(row, i).Bool() && rights.Anywhere().Has(auth.Read) {
		may |= reads[d.Slot]
	}
	return may
}

// answer is a row of the policy's answers with its columns found.
type answer struct {
	auth.AnswerRow
	column, at int
}

// stands tells whether a row's question stands at one of some values.
func (a *answer) stands(d *Desc, row any, values []string) bool {
	return slices.Contains(values, d.field(row, a.column).String())
}

// answers tells whether rights are those of who answers a row's question.
func (a *answer) answers(s, base *Snapshot, rights *auth.Rights, d *Desc, row any) bool {
	id, _ := d.intField(row, a.at)
	ref := d.Columns[a.at].Ref
	asked := s.last(ref, id)
	return asked != nil && rights.At(s.within(base, ref.place(s, asked))).Has(a.Needs)
}

// last gives a row, or what it was when it was deleted.
func (s *Snapshot) last(d *Desc, id int64) any {
	c := s.tables[d.Slot]
	if row, ok := c.rows.get(uint64(id)); ok {
		return row
	}
	if t, ok := c.gone.get(uint64(id)); ok {
		return t.last
	}
	return nil
}

// within replaces nodes that a base snapshot does not know by the nearest one above that it knows: what is made in a draft lies, for
// rights, where it was put.
func (s *Snapshot) within(base *Snapshot, p auth.Place) auth.Place {
	for p.Portfolio != 0 && !base.has(Portfolios.desc, p.Portfolio) {
		row, _ := s.last(Portfolios.desc, p.Portfolio).(*ent.Portfolio)
		if row == nil || row.ParentID == nil {
			p.Portfolio = 0
			break
		}
		p.Portfolio = *row.ParentID
	}
	for p.Team != 0 && !base.has(Teams.desc, p.Team) {
		row, _ := s.last(Teams.desc, p.Team).(*ent.Team)
		if row == nil || row.ParentID == nil {
			p.Team = 0
			break
		}
		p.Team = *row.ParentID
	}
	return p
}

func (s *Snapshot) has(d *Desc, id int64) bool {
	_, ok := s.tables[d.Slot].rows.get(uint64(id))
	return ok
}

// Below gives the portfolios below one, itself included; deleted ones lie where they last lay.
func (s *Snapshot) Below(id int64) []int64 { return s.below(Portfolios.desc, id) }

// TeamsBelow gives the teams below one, itself included.
func (s *Snapshot) TeamsBelow(id int64) []int64 { return s.below(Teams.desc, id) }

func (s *Snapshot) below(d *Desc, root int64) []int64 {
	children := map[int64][]int64{}
	s.tables[d.Slot].gone.each(func(t *tomb) bool {
		if parent, ok := d.intField(t.last, d.byName["parent_id"]); ok {
			children[parent] = append(children[parent], d.RowID(t.last))
		}
		return true
	})
	ids, seen := []int64{root}, map[int64]bool{root: true}
	for i := 0; i < len(ids); i++ {
		for row := range d.group(s, "parent_id", ids[i]).each {
			children[ids[i]] = append(children[ids[i]], d.RowID(row))
		}
		for _, id := range children[ids[i]] {
			if !seen[id] {
				seen[id], ids = true, append(ids, id)
			}
		}
	}
	return ids
}

// Resolve finds the node of a scope. A path of codes names the one node whose own path ends with it; unknown or ambiguous is no node.
func (s *Snapshot) Resolve(scope auth.Scope) (int64, bool) {
	var d *Desc
	switch scope.Kind {
	case vocab.ScopeKindOrganisation:
		return 0, scope.Path == ""
	case vocab.ScopeKindPortfolio:
		d = Portfolios.desc
	case vocab.ScopeKindProgram:
		d = Programs.desc
	case vocab.ScopeKindProject:
		d = Projects.desc
	default:
		return 0, false
	}
	want := strings.Split(scope.Path, "/")
	var found []int64
	s.tables[d.Slot].rows.each(func(row any) bool {
		if reflect.ValueOf(row).Elem().FieldByName("Code").String() == want[len(want)-1] && s.endsWith(d, row, want) {
			found = append(found, d.RowID(row))
		}
		return len(found) < 2
	})
	if len(found) != 1 {
		return 0, false
	}
	return found[0], true
}

// endsWith tells whether the codes from the top down to a row end with the wanted ones.
func (s *Snapshot) endsWith(d *Desc, row any, want []string) bool {
	var above *int64
	var code string
	switch r := row.(type) {
	case *ent.Portfolio:
		code, above = r.Code, r.ParentID
	case *ent.Program:
		code, above = r.Code, &r.PortfolioID
	case *ent.Project:
		code, above = r.Code, &r.PortfolioID
	}
	if code != want[len(want)-1] {
		return false
	}
	if want = want[:len(want)-1]; len(want) == 0 {
		return true
	}
	if above == nil {
		return false
	}
	parent, ok := s.tables[Portfolios.desc.Slot].rows.get(uint64(*above))
	return ok && s.endsWith(Portfolios.desc, parent, want)
}

// PathEnds tells whether the codes down to a portfolio end with some codes, as a reader sees them.
func PathEnds(r Reader, portfolio *int64, codes []string) bool {
	for i := len(codes) - 1; i >= 0; i-- {
		row := Portfolios.Ref(r, portfolio)
		if row == nil || row.Code != codes[i] {
			return false
		}
		portfolio = row.ParentID
	}
	return true
}
