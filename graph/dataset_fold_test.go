package graph_test

import (
	"cmp"
	"fmt"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/vocab"
)

// table is a dataset's rows as their reader has them, read as they stand.
type table struct {
	d    *dataset.Dataset
	at   map[string]int
	rows [][]dataset.Value
	byID map[string][]dataset.Value
}

type tables map[string]*table

func readTables(t testing.TB, v *dataset.View) tables {
	all := tables{}
	for _, d := range dataset.CatalogueOf(v).Datasets {
		p, rows := run(t, v, dataset.Query{Of: d})
		x := &table{d: d, at: map[string]int{}, byID: map[string][]dataset.Value{}}
		for i, c := range p.Columns {
			x.at[c.Name] = i
		}
		for _, r := range rows {
			x.rows = append(x.rows, r.Values)
			x.byID[line(r.Key)] = r.Values
		}
		all[d.Name] = x
	}
	return all
}

func (x *table) get(row []dataset.Value, column string) dataset.Value { return row[x.at[column]] }

// follow gives the value at the end of a path of references.
func (all tables) follow(x *table, row []dataset.Value, path []string) dataset.Value {
	for _, step := range path[:len(path)-1] {
		n, _ := x.d.Nav(step)
		x, row = all[n.To], all[n.To].byID[line([]dataset.Value{x.get(row, n.On[0][0])})]
		if row == nil {
			return dataset.None
		}
	}
	return x.get(row, path[len(path)-1])
}

// folded is what a measure comes to: a number, or why there is none.
type folded struct {
	number *big.Rat
	why    dataset.Why
}

func (f folded) String() string {
	if f.number == nil {
		return "nothing: " + f.why.String()
	}
	return f.number.RatString()
}

func resultOf(v dataset.Value) folded {
	if v.IsNull() {
		return folded{why: v.Why}
	}
	return folded{number: v.Number().Rat()}
}

// The formulas of measures, as the catalogue tells them.
var (
	formulaSum           = regexp.MustCompile(`^sum\((\w+)\)$`)
	formulaCount         = regexp.MustCompile(`^count\(\)(?: where (\w+))?$`)
	formulaRates         = regexp.MustCompile(`^sum over currencies of \(sum\((\w+)\) \* rate\)$`)
	formulaTogether      = regexp.MustCompile(`^sum\((\w+)\)(?: \+ sum\((\w+)\))+$`)
	formulaTogetherRates = regexp.MustCompile(`^sum over currencies of \((sum\(.*\))\) \* rate$`)
	formulaColumns       = regexp.MustCompile(`sum\((\w+)\)`)
	formulaShare         = regexp.MustCompile(`^sum\((\w+)\) / sum\((\w+)\)$`)
	formulaLast          = regexp.MustCompile(`^sum over projects of \(last\((\w+)\)\)$`)
	formulaIndexes       = regexp.MustCompile(`^by the indicator's rule`)
)

// fold works a measure out from its formula, row by row.
func (all tables) fold(t *testing.T, w *world, x *table, m dataset.Measure, rows [][]dataset.Value) folded {
	if a := formulaSum.FindStringSubmatch(m.Formula); a != nil {
		return x.sum(rows, a[1], m.Currency)
	}
	if a := formulaCount.FindStringSubmatch(m.Formula); a != nil {
		n := int64(0)
		for _, row := range rows {
			if a[1] == "" || x.get(row, a[1]).True() {
				n++
			}
		}
		return folded{number: whole(n)}
	}
	if a := formulaRates.FindStringSubmatch(m.Formula); a != nil {
		return x.converted(w, rows, a[1])
	}
	if a := formulaTogetherRates.FindStringSubmatch(m.Formula); a != nil {
		return x.converted(w, rows, columnsOf(a[1])...)
	}
	if formulaTogether.MatchString(m.Formula) {
		return x.sumOf(rows, columnsOf(m.Formula), m.Currency)
	}
	if a := formulaShare.FindStringSubmatch(m.Formula); a != nil {
		return divided(x.sum(rows, a[1], ""), x.sum(rows, a[2], ""))
	}
	if a := formulaLast.FindStringSubmatch(m.Formula); a != nil {
		return x.sum(x.lasts(rows), a[1], m.Currency)
	}
	if formulaIndexes.MatchString(m.Formula) {
		return all.rolled(w, x, rows, m.Name == "RolledTarget")
	}
	t.Fatalf("%s of %s has a formula that nothing is known of: %s", m.Name, x.d.Name, m.Formula)
	return folded{}
}

func divided(a, b folded) folded {
	switch {
	case a.number == nil:
		return a
	case b.number == nil:
		return b
	case b.number.Sign() == 0:
		return folded{why: dataset.ZeroDenominator}
	}
	return folded{number: new(big.Rat).Quo(a.number, b.number)}
}

func columnsOf(formula string) (columns []string) {
	for _, a := range formulaColumns.FindAllStringSubmatch(formula, -1) {
		columns = append(columns, a[1])
	}
	return columns
}

func (x *table) sum(rows [][]dataset.Value, column, currency string) folded {
	return x.sumOf(rows, []string{column}, currency)
}

func (x *table) sumOf(rows [][]dataset.Value, columns []string, currency string) folded {
	sum, n, rateless, codes := new(big.Rat), 0, false, map[string]bool{}
	for i := range len(rows) * len(columns) {
		row := rows[i/len(columns)]
		switch v := x.get(row, columns[i%len(columns)]); {
		case v.Why == dataset.NotVisible:
			return folded{why: dataset.NotVisible}
		case v.Why == dataset.NoRate:
			rateless = true
		case !v.IsNull():
			n++
			sum.Add(sum, v.Number().Rat())
			if currency != "" {
				codes[x.get(row, currency).Text] = true
			}
		}
	}
	switch {
	case len(codes) > 1:
		return folded{why: dataset.MixedCurrency}
	case rateless:
		return folded{why: dataset.NoRate}
	case n == 0:
		return folded{}
	}
	return folded{number: sum}
}

func (x *table) converted(w *world, rows [][]dataset.Value, columns ...string) folded {
	c, _ := x.d.Column(columns[0])
	sums := map[string]*big.Rat{}
	for i := range len(rows) * len(columns) {
		row := rows[i/len(columns)]
		v := x.get(row, columns[i%len(columns)])
		if v.Why == dataset.NotVisible {
			return folded{why: dataset.NotVisible}
		}
		if code := x.get(row, c.Currency).Text; !v.IsNull() {
			if sums[code] == nil {
				sums[code] = new(big.Rat)
			}
			sums[code].Add(sums[code], v.Number().Rat())
		}
	}
	if len(sums) == 0 {
		return folded{}
	}
	sum := new(big.Rat)
	for code, s := range sums {
		rate := w.rateAt(code, w.currency, vocab.DateOf(now))
		if rate == nil {
			return folded{why: dataset.NoRate}
		}
		sum.Add(sum, new(big.Rat).Mul(s, rate))
	}
	return folded{number: sum}
}

// lasts gives the last submitted report of each project.
func (x *table) lasts(rows [][]dataset.Value) (last [][]dataset.Value) {
	by := map[string][]dataset.Value{}
	for _, row := range rows {
		k := x.get(row, "ProjectId").String()
		end, revision := x.get(row, "PeriodEnd").String(), x.get(row, "Revision").Int
		if have := by[k]; x.get(row, "Submitted").True() && (have == nil || end > x.get(have, "PeriodEnd").String() || end == x.get(have, "PeriodEnd").String() && revision > x.get(have, "Revision").Int) {
			by[k] = row
		}
	}
	for _, row := range by {
		last = append(last, row)
	}
	return last
}

// rolled puts the last measurements of projects together by the indicator's rule.
func (all tables) rolled(w *world, x *table, rows [][]dataset.Value, target bool) folded {
	by, kpi := map[string][]dataset.Value{}, dataset.None
	mixed, hidden := false, false
	for _, row := range rows {
		if x.get(row, "ProjectId").IsNull() {
			continue
		}
		k := x.get(row, "ProjectId").String() + x.get(row, "KpiId").String()
		if have := by[k]; have == nil || x.get(row, "PeriodEnd").String() > x.get(have, "PeriodEnd").String() {
			by[k] = row
		}
		mixed = mixed || !kpi.IsNull() && !dataset.Same(kpi, x.get(row, "KpiId"))
		kpi = x.get(row, "KpiId")
	}
	var last [][]dataset.Value
	for _, row := range by {
		last = append(last, row)
		hidden = hidden || x.get(row, "Value").Why == dataset.NotVisible
	}
	switch {
	case hidden:
		return folded{why: dataset.NotVisible}
	case mixed:
		return folded{why: dataset.MixedKpi}
	case len(last) == 0:
		return folded{}
	}
	def := all["Kpis"].byID[line([]dataset.Value{kpi})]
	rule, weight := all["Kpis"].get(def, "Rollup").Text, all["Kpis"].get(def, "Weight").Text
	over, under, used := map[string]*big.Rat{}, map[string]*big.Rat{}, 0 // by currency of the weight
	add := func(code string, a, b *big.Rat) {
		if over[code] == nil {
			over[code], under[code] = new(big.Rat), new(big.Rat)
		}
		over[code].Add(over[code], a)
		under[code].Add(under[code], b)
	}
	slices.SortFunc(last, func(a, b []dataset.Value) int { // the latest first, of equal ones that of the first project
		return cmp.Or(strings.Compare(x.get(b, "PeriodEnd").String(), x.get(a, "PeriodEnd").String()), cmp.Compare(x.get(a, "ProjectId").Int, x.get(b, "ProjectId").Int))
	})
	one := big.NewRat(1, 1)
	for _, row := range last {
		num := func(column string) *big.Rat {
			if v := x.get(row, column); !v.IsNull() {
				return v.Number().Rat()
			}
			return nil
		}
		v := num("Value")
		if num("Numerator") != nil { // a quotient is no value that was measured
			v = nil
		}
		shown := v
		if target {
			shown = num("Target")
		}
		n, m := num("Numerator"), num("Denominator")
		switch {
		case rule == "RATIO" && (n == nil || m == nil || target && shown == nil):
		case rule == "RATIO" && target:
			add("", new(big.Rat).Mul(shown, m), m)
			used++
		case rule == "RATIO":
			add("", n, m)
			used++
		case v == nil || shown == nil || rule == "NONE":
		case rule == "LAST" && used > 0:
		case weight == "BUDGET":
			budgets := map[string]*big.Rat{}
			b := all["BudgetLines"]
			for _, line := range b.rows {
				if !dataset.Same(b.get(line, "ProjectId"), x.get(row, "ProjectId")) || b.get(line, "ReserveKind").Text == "MANAGEMENT" {
					continue
				}
				code := b.get(line, "Currency").Text
				if budgets[code] == nil {
					budgets[code] = new(big.Rat)
				}
				budgets[code].Add(budgets[code], b.get(line, "Amount").Number().Rat())
			}
			for code, s := range budgets {
				add(code, new(big.Rat).Mul(s, shown), s)
			}
			if len(budgets) > 0 {
				used++
			}
		default:
			add("", shown, one)
			used++
		}
	}
	if used == 0 {
		return folded{}
	}
	a, b := new(big.Rat), new(big.Rat)
	for code := range over {
		rate := one
		if len(over) > 1 {
			if rate = w.rateAt(code, w.currency, vocab.DateOf(now)); rate == nil {
				return folded{why: dataset.NoRate}
			}
		}
		a.Add(a, new(big.Rat).Mul(over[code], rate))
		b.Add(b, new(big.Rat).Mul(under[code], rate))
	}
	if rule == "SUM" {
		b = one
	}
	return divided(folded{number: a}, folded{number: b})
}

// by lists what rows of a dataset may be grouped by: its own columns, and those that references lead to.
func by(d *dataset.Dataset) (paths []dataset.Path) {
	for _, c := range d.Columns {
		if c.Kind != dataset.Decimal && c.Name != "Version" {
			paths = append(paths, dataset.Path{c.Name})
		}
	}
	for _, n := range d.Navs {
		for _, more := range map[string][]string{"Projects": {"Portfolio/Name", "Lifecycle", "Manager/Active", "Program/Code"}, "Resources": {"RoleName", "Team/Path"}, "Calendar": {"Year", "MonthStart"}, "Kpis": {"Code"}, "CostCategories": {"Name"}}[n.To] {
			if !n.Many {
				paths = append(paths, append(dataset.Path{n.Name}, strings.Split(more, "/")...))
			}
		}
	}
	return paths
}

// Every measure of every dataset is what its formula says, worked out plainly from the rows, whatever rows are grouped by and narrowed to, for everybody.
func TestMeasuresAreTheirFormulas(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 1
	}
	tried, valued := map[string]int{}, map[string]int{}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 41))
		w := randomWorld(r)
		h := furnishedHouse(t, w, seed)
		for _, id := range readers(r, w) {
			v := h.sets(id)
			all := readTables(t, v)
			for _, d := range dataset.CatalogueOf(v).Datasets {
				for range 5 {
					measuresOf(t, r, w, v, all, all[d.Name], tried, valued)
				}
				if t.Failed() {
					t.Fatalf("world %d, %s", seed, id.Subject)
				}
			}
		}
	}
	for _, d := range dataset.All() {
		for _, m := range d.Measures {
			if name := d.Name + "." + m.Name; testing.Short() && tried[name] > 0 {
				continue
			}
			if name := d.Name + "." + m.Name; tried[name] < 30 || valued[name] == 0 {
				t.Errorf("%s was tried %d times and had %d values", name, tried[name], valued[name])
			}
		}
	}
}

func measuresOf(t *testing.T, r *rand.Rand, w *world, v *dataset.View, all tables, x *table, tried, valued map[string]int) {
	if len(x.d.Measures) == 0 {
		return
	}
	q, rows := dataset.Query{Of: x.d}, x.rows
	if paths := by(x.d); len(rows) > 0 && r.IntN(2) == 0 {
		p := pick(r, paths...)
		if is := all.follow(x, pick(r, rows...), p); !is.IsNull() && x.d.Time != p[0] {
			q.Steps = append(q.Steps, dataset.Where{Cond: dataset.Op(pick(r, "eq", "ne"), p, dataset.Lit{Value: is})})
			equal := q.Steps[0].(dataset.Where).Cond.(dataset.Call).Op == "eq"
			rows = slices.DeleteFunc(slices.Clone(rows), func(row []dataset.Value) bool { return dataset.Same(all.follow(x, row, p), is) != equal })
		}
	}
	if r.IntN(3) == 0 { // in whatever order rows come
		q.Steps = append(q.Steps, dataset.Sorted{By: []dataset.Order{{By: pick(r, by(x.d)...), Descending: r.IntN(2) == 0}, {By: dataset.Col(x.d.Key[0]), Descending: true}}})
	}
	g := dataset.GroupBy{}
	var paths []dataset.Path
	for range r.IntN(3) {
		if p := pick(r, by(x.d)...); !slices.ContainsFunc(paths, func(o dataset.Path) bool { return slices.Equal(o, p) }) {
			paths, g.By = append(paths, p), append(g.By, dataset.Named{Name: fmt.Sprintf("By%d", len(paths)), Expr: p})
		}
	}
	for _, m := range x.d.Measures {
		g.Aggs = append(g.Aggs, dataset.Agg{Name: "Of" + m.Name, Measure: m.Name}, dataset.Agg{Name: "WithheldOf" + m.Name, Measure: m.Name, Op: dataset.Withheld})
	}
	q.Steps = append(q.Steps, g)
	groups := map[string][][]dataset.Value{}
	if len(paths) == 0 {
		groups[""] = nil
	}
	for _, row := range rows {
		key := ""
		for _, p := range paths {
			key += all.follow(x, row, p).String() + "|"
		}
		groups[key] = append(groups[key], row)
	}
	_, got := run(t, v, q)
	if len(got) != len(groups) {
		t.Errorf("%s by %v: %d groups, want %d", x.d.Name, paths, len(got), len(groups))
		return
	}
	for _, row := range got {
		key := ""
		for _, k := range row.Values[:len(paths)] {
			key += k.String() + "|"
		}
		members, ok := groups[key]
		if !ok {
			t.Errorf("%s by %v: no group %q", x.d.Name, paths, key)
			continue
		}
		for i, m := range x.d.Measures {
			got, want := resultOf(row.Values[len(paths)+2*i]), all.fold(t, w, x, m, members)
			if hidden := row.Values[len(paths)+2*i+1].Int; (hidden > 0) != (want.why == dataset.NotVisible) {
				t.Errorf("%s.%s by %v at %q is %s, withheld for %d rows", x.d.Name, m.Name, paths, key, want, hidden)
			}
			if got.String() != want.String() {
				t.Errorf("%s.%s by %v at %q over %d rows is %s, want %s", x.d.Name, m.Name, paths, key, len(members), got, want)
			}
			tried[x.d.Name+"."+m.Name]++
			if want.number != nil && want.number.Sign() != 0 {
				valued[x.d.Name+"."+m.Name]++
			}
		}
	}
}
