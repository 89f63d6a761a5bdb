package accesstest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// mutant is the policy with one thing in it weakened, or taken away.
type mutant struct {
	name   string
	near   string // the cells that are likeliest to notice: a role, a table, an action
	change func() (back func())
}

// swap sets something for a while.
func swap[T any](at *T, to T) func() func() {
	return func() func() {
		was := *at
		*at = to
		return func() { *at = was }
	}
}

// mutants are all single changes of the policy's tables.
func mutants(gains map[string]bool) (list []mutant) {
	list = append(list, mutantsOfRoles()...)
	list = append(list, mutantsOfRelations()...)
	list = append(list, mutantsOfEntities()...)
	list = append(list, mutantsOfAnswers()...)
	list = append(list, mutantsOfActions(gains)...)
	return append(list, mutantsOfColumns()...)
}

func bits(all auth.Permission) (list []auth.Permission) {
	for p := auth.Permission(1); p <= all; p <<= 1 {
		list = append(list, p)
	}
	return list
}

func mutantsOfRoles() (list []mutant) {
	for i := range auth.Roles {
		r := &auth.Roles[i]
		for _, p := range bits(auth.All) {
			list = append(list, mutant{fmt.Sprintf("role %s: %s turned", r.Role, p), string(r.Role), swap(&r.May, r.May^p)})
		}
		for _, on := range vocab.ScopeKind("").Values() {
			scopes, kind := slices.Clone(r.Scopes), vocab.ScopeKind(on)
			if at := slices.Index(scopes, kind); at >= 0 {
				scopes = slices.Delete(scopes, at, at+1)
			} else {
				scopes = append(scopes, kind)
			}
			list = append(list, mutant{fmt.Sprintf("role %s: on %s turned", r.Role, on), string(r.Role), swap(&r.Scopes, scopes)})
		}
	}
	return list
}

func mutantsOfRelations() (list []mutant) {
	const near = "named"
	for i := range auth.Relations {
		r := &auth.Relations[i]
		name := r.Table + "." + r.Column + " → " + r.Gives().String()
		list = append(list, mutant{name + " gone", near, func() func() {
			was := auth.Relations
			auth.Relations = slices.Delete(slices.Clone(was), i, i+1)
			return func() { auth.Relations = was }
		}})
		for _, p := range bits(auth.All) {
			changed := *r
			changed.May, changed.Role = r.Gives()^p, ""
			list = append(list, mutant{fmt.Sprintf("%s: %s turned", name, p), near, swap(r, changed)})
		}
		for _, on := range []vocab.ScopeKind{vocab.ScopeKindOrganisation, vocab.ScopeKindPortfolio, vocab.ScopeKindProgram, vocab.ScopeKindProject, vocab.ScopeKindTeam, auth.OnResource, auth.OnPerson} {
			if on != r.On {
				list = append(list, mutant{fmt.Sprintf("%s: on the %s", name, on), near, swap(&r.On, on)})
			}
		}
	}
	return list
}

func mutantsOfEntities() (list []mutant) {
	for i := range auth.Entities {
		e := &auth.Entities[i]
		near := e.Table
		list = append(list, mutant{e.Table + " without a row", near, func() func() {
			was := auth.Entities
			auth.Entities = slices.Delete(slices.Clone(was), i, i+1)
			return func() { auth.Entities = was }
		}}, mutant{e.Table + ": sharing turned", near, swap(&e.Shared, !e.Shared)})
		for _, x := range []struct {
			what string
			at   *auth.Permission
		}{{"read", &e.Read}, {"write", &e.Write}, {"assign", &e.Assign}} {
			for _, p := range []auth.Permission{0, auth.Read, auth.ReadMoney} {
				if p != *x.at && *x.at != 0 {
					list = append(list, mutant{fmt.Sprintf("%s: %s asks %s", e.Table, x.what, p), near, swap(x.at, p)})
				}
			}
		}
	}
	return list
}

func without(list []string, at int) []string { return slices.Delete(slices.Clone(list), at, at+1) }

func mutantsOfAnswers() (list []mutant) {
	for i := range auth.Opens {
		list = append(list, mutant{auth.Opens[i].Table + ": nothing is open", auth.Opens[i].Table, swap(&auth.Opens, slices.Delete(slices.Clone(auth.Opens), i, i+1))})
	}
	for i := range auth.Answers {
		a := &auth.Answers[i]
		near := a.Table
		list = append(list, mutant{a.Table + ": no answers", near, swap(&auth.Answers, slices.Delete(slices.Clone(auth.Answers), i, i+1))})
		for _, p := range []auth.Permission{0, auth.Read, auth.Plan} {
			if p != a.Needs {
				list = append(list, mutant{fmt.Sprintf("%s: answering asks %s", a.Table, p), near, swap(&a.Needs, p)})
			}
		}
		for what, at := range map[string]*[]string{"open": &a.Open, "given": &a.Given, "sets": &a.Sets} {
			for n, word := range *at {
				list = append(list, mutant{fmt.Sprintf("%s: %s without %s", a.Table, what, word), near, swap(at, without(*at, n))})
			}
		}
		for _, word := range a.Given {
			list = append(list, mutant{a.Table + ": open while " + word, near, swap(&a.Open, append(slices.Clone(a.Open), word))})
		}
		d, _ := state.TableNamed(a.Table)
		for _, c := range d.Columns {
			if !slices.Contains(a.Sets, c.Name) && !listed("id created_at updated_at seq", c.Name) {
				list = append(list, mutant{a.Table + ": an answer sets " + c.Name, near, swap(&a.Sets, append(slices.Clone(a.Sets), c.Name))})
			}
			if c.Ref != nil && c.Name != a.At {
				list = append(list, mutant{a.Table + ": answered at " + c.Name, near, swap(&a.At, c.Name)})
			}
		}
	}
	return list
}

func mutantsOfActions(gains map[string]bool) (list []mutant) {
	for i := range auth.Actions {
		a := &auth.Actions[i]
		near := a.Action
		for _, p := range []auth.Permission{0, auth.Read, auth.Grant} {
			if p != a.Needs {
				list = append(list, mutant{fmt.Sprintf("%s needs %s", a.Action, p), near, swap(&a.Needs, p)})
			}
		}
		for n, column := range a.Column {
			list = append(list, mutant{fmt.Sprintf("%s does not derive %s", a.Action, column), near, swap(&a.Column, without(a.Column, n))})
		}
		for _, table := range derivable(i, gains) {
			more := *a
			more.Table, more.Column = table, nil
			d, _ := state.TableNamed(table)
			for _, c := range d.Columns {
				more.Column = append(more.Column, c.Name)
			}
			if a.Table == table && len(a.Column) >= len(more.Column) { // it derives all there is
				continue
			}
			list = append(list, mutant{fmt.Sprintf("%s derives all of %s", a.Action, table), a.Action + " " + table, swap(a, more)})
		}
	}
	return list
}

// derivable gives the entities that a mutation is made to change beyond its actors' permissions: its own, and one of those that not all who
// may begin it may write.
func derivable(action int, gains map[string]bool) (list []string) {
	a := auth.Actions[action]
	if a.Table != "" {
		list = append(list, a.Table)
	}
	for i := range state.Tables {
		if d := state.Tables[(action+i)%len(state.Tables)]; d.Name != a.Table && gains[a.Action+" "+d.Name] {
			return append(list, d.Name)
		}
	}
	return list
}

func mutantsOfColumns() (list []mutant) {
	for _, d := range state.Tables {
		for i := range d.Columns {
			c := &d.Columns[i]
			near := d.Name
			if c.Class != vocab.ClassPublic {
				list = append(list, mutant{fmt.Sprintf("%s.%s is public", d.Name, c.Name), near, swap(&c.Class, vocab.ClassPublic)})
			}
			if c.Grants {
				list = append(list, mutant{fmt.Sprintf("%s.%s moves no rights", d.Name, c.Name), near, swap(&c.Grants, false)})
			}
		}
	}
	return list
}

// nearness sorts cells by what they are near to.
func (b *bench) nearness(cells []cell) map[string][]cell {
	near := map[string][]cell{}
	names := strings.Fields("portfolio-manager program-sponsor project-manager project-sponsor team-manager resource-manager himself own-sponsor own-manager manages-two")
	for _, c := range cells {
		if given, ok := strings.CutPrefix(c.what, "gives "); ok {
			role, _, _ := strings.Cut(given, " ")
			near[role] = append(near[role], c)
		}
		for _, r := range b.o.Actors[c.actor].Roles {
			near[string(r)] = append(near[string(r)], c)
		}
		for _, key := range []string{c.table, c.action, c.action + " " + c.table} {
			if key != "" && key != " " {
				near[key] = append(near[key], c)
			}
		}
		if slices.Contains(names, b.o.Actors[c.actor].Name) {
			near["named"] = append(near["named"], c)
		}
	}
	return near
}

// killed tells which cell notices a mutant.
func (b *bench) killed(m mutant, groups ...[]cell) (by string) {
	back := m.change()
	state.BindPolicy()
	defer func() {
		back()
		state.BindPolicy()
	}()
	tried := b.fresh()
	for _, cells := range groups {
		for _, c := range cells {
			if c.wrong(tried) != nil {
				return b.o.Actors[c.actor].Name + " " + c.what
			}
		}
	}
	return ""
}

// Whatever single thing of the policy is taken away or weakened, the comparison with the oracle notices; but for what changes nothing that
// anybody could notice.
func TestEveryMutantOfThePolicyIsKilled(t *testing.T) {
	b, cells := all(t)
	near := b.nearness(cells)
	gains := map[string]bool{} // by mutation and entity: whether somebody may begin the one and not write the other
	for _, c := range cells {
		if c.reaches {
			gains[c.action+" "+c.table] = true
		}
	}
	list := mutants(gains)
	step := 1
	if testing.Short() {
		step = 20
	}
	killed, tried, excused, used := 0, 0, 0, map[string]bool{}
	for i := 0; i < len(list); i += step {
		tried++
		m := list[i]
		reason := equivalent(m.name)
		groups := [][]cell{near[m.near]}
		if reason == "" {
			groups = append(groups, cells)
		}
		switch by := b.killed(m, groups...); {
		case by != "":
			killed++
		case reason != "":
			excused++
			used[reason] = true
		default:
			t.Errorf("%s: nobody notices", m.name)
		}
	}
	for _, h := range harmless {
		if !used[h.why] && step == 1 {
			t.Errorf("%s: excuses nothing, and need not be in the list", h.what)
		}
	}
	rows := len(auth.Roles) + len(auth.Relations) + len(auth.Entities) + len(auth.Answers) + len(auth.Actions)
	t.Logf("%d mutants of the policy's %d rows and of the columns' marks: %d killed, %d change nothing", tried, rows, killed, excused)
}

// harmless are the mutants that change nothing that anybody could notice, and why.
var harmless = []struct {
	what *regexp.Regexp
	why  string
}{
	{regexp.MustCompile(`^(users|role_assignments|portfolios|programs|feed_keys|webhooks|token_revocations): assign asks |^(teams|resources): assign asks (-|read)$`), "whoever places such a row writes it, which asks for as much"},
	{regexp.MustCompile(`: export turned$`), "what is taken out by keys is what may be read; see the tests of keys"},
	{regexp.MustCompile(`^baselines: open `), "who approves a plan reads its project in any case"},
	{regexp.MustCompile(`^(users\.(issuer|subject)|role_assignments\..*|feed_keys\..*|webhooks\..*|token_revocations\..*) moves no rights$`), "only who may do everything writes them: he has nothing to gain"},
	{regexp.MustCompile(`^(portfolios|programs)\.code moves no rights$`), "placing asks for what writing asks for, and a code adds nothing to the rights of who may write it"},
	{regexp.MustCompile(`^(programs\.portfolio_id|resources\.team_id) moves no rights$`), "the row lies in what the column names, where writing asks for as much"},
	{regexp.MustCompile(`^(portfolios\.manager_id|programs\.sponsor_id) moves no rights$`), "whoever may write it may do there all that it gives"},
}

// equivalent gives the reason why nobody can notice a mutant.
func equivalent(name string) string {
	for _, h := range harmless {
		if h.what.MatchString(name) {
			return h.why
		}
	}
	return ""
}
