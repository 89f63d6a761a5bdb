package dataset

import (
	"cmp"
	"fmt"
	"iter"
	"regexp"
	"slices"

	"pmograph/ent"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// measured is a measurement with what it is of, and what it was measured for: one of the three.
type measured struct {
	state.Fact
	kpi       *ent.KpiDefinition
	project   *ent.Project
	program   *ent.Program
	portfolio *ent.Portfolio
	all       state.Rows // of the node
}

// kpiNumber is a number of measurements: indicators about money keep theirs apart.
type kpiNumber struct{ plain, money state.Col }

func kpiNumberOf(name string) kpiNumber {
	return kpiNumber{state.KpiMeasurements.Col(name), state.KpiMeasurements.Col("money_" + name)}
}

var (
	kpiOf, kpiEnd                     = state.KpiMeasurements.Col("kpi_definition_id"), state.KpiMeasurements.Col("period_end")
	kpiStart, kpiReason               = state.KpiMeasurements.Col("period_start"), state.KpiMeasurements.Col("reason")
	kpiValue, kpiTarget               = kpiNumberOf("value"), kpiNumberOf("target")
	kpiNumerator, kpiDenominator      = kpiNumberOf("numerator"), kpiNumberOf("denominator")
	kpiNodes                          = []string{"PROJECT", "PROGRAM", "PORTFOLIO"}
	kpiDigits                    int8 = 6
)

// of gives the number; ok is false if there is none, or it is closed.
func (n kpiNumber) of(x *measured) (parts int64, ok bool) {
	if x.kpi.AboutMoney {
		return x.Int(n.money)
	}
	return x.Int(n.plain)
}

// closed tells whether the viewer may not see a measurement's numbers.
func (x *measured) closed() bool { return x.kpi.AboutMoney && !x.Sees(vocab.ClassMoney) }

// kpiColumn is a column of a number.
func kpiColumn(name, description string, of func(x *measured) Value) Column {
	return col(name, Decimal, description+" Hidden if the indicator is about money and the viewer sees none here.", func(_ *View, x *measured) Value {
		if x.closed() {
			return Hidden
		}
		return of(x)
	}).level("", kpiDigits).nullable()
}

func (n kpiNumber) value(x *measured) Value {
	if parts, ok := n.of(x); ok {
		return OfUnits(parts, kpiDigits)
	}
	return None
}

// measuredValue is the value measured, or the quotient of what was measured.
func measuredValue(x *measured) Value {
	v := kpiValue.value(x)
	over, under := kpiNumerator.value(x), kpiDenominator.value(x)
	if v.IsNull() && !over.IsNull() && !under.IsNull() {
		return quotient(over, under)
	}
	return v
}

func kpiWord(name, description string, of func(d *ent.KpiDefinition) string) Column {
	return textOf(name, description, func(x *measured) string { return of(x.kpi) })
}

var (
	_ = declare(Dataset{
		Name: "KpiMeasurements", Singular: "KpiMeasurement", Title: "Measurements of indicators", Facts: true, Key: []string{"Id"}, Order: []string{"NodeKind", "NodeId", "KpiId", "PeriodEnd"}, Time: "PeriodEnd", Entity: state.KpiMeasurements.Desc(),
		Description: "What projects, programs and portfolios measured of indicators: one row for each node, indicator and period. Values of several indicators never add up; those of one do as the indicator says.",
		Columns: []Column{
			col("Id", ID, "Identifier of the measurement; it never changes and is never given twice.", func(_ *View, x *measured) Value { return OfID(state.KpiMeasurements.Desc(), x.ID()) }).key(),
			col("Version", Int, versionText, func(_ *View, x *measured) Value { return OfInt(x.Seq()) }),
			col("NodeKind", Text, "What it was measured for.", func(_ *View, x *measured) Value { return OfText(kpiNodes[x.kind()]) }).dimension().words(kpiNodes),
			col("NodeId", ID, "Project, program or portfolio it was measured for.", func(_ *View, x *measured) Value { return x.node() }).dimension(),
			col("ProjectId", ID, "Project it was measured for; null if it is another node.", func(_ *View, x *measured) Value { return x.nodeIf(x.project != nil) }).dimension().nullable().refers("Projects"),
			col("ProgramId", ID, "Program it was measured for; null if it is another node.", func(_ *View, x *measured) Value { return x.nodeIf(x.program != nil) }).dimension().nullable().refers("Programs"),
			col("PortfolioId", ID, "Portfolio it was measured for; null if it is another node.", func(_ *View, x *measured) Value { return x.nodeIf(x.portfolio != nil) }).dimension().nullable().refers("Portfolios"),
			col("KpiId", ID, "Indicator.", func(_ *View, x *measured) Value { return OfID(state.KpiDefinitions.Desc(), x.kpi.ID) }).dimension().refers("Kpis"),
			kpiWord("KpiCode", "Short name of the indicator.", func(d *ent.KpiDefinition) string { return d.Code }),
			kpiWord("Unit", "Unit of its values.", func(d *ent.KpiDefinition) string { return string(d.Unit) }).words(vocab.Unit("").Values()),
			col("Currency", Text, "ISO 4217 code of values of unit MONEY; null for other units.", func(_ *View, x *measured) Value { return OfOptional(x.kpi.Currency) }).dimension().nullable(),
			col("PeriodStart", Date, "First day of the period; null for a value of a day.", func(_ *View, x *measured) Value {
				if n, ok := x.Int(kpiStart); ok {
					return Value{Kind: Date, Int: n}
				}
				return None
			}).nullable(),
			col("PeriodEnd", Date, "Last day of the period.", func(_ *View, x *measured) Value { return OfDate(x.Day(kpiEnd)) }).dimension(),
			kpiColumn("Value", "Value measured, or the numerator over the denominator.", measuredValue),
			kpiColumn("Target", "Value aimed at; null if there is none.", kpiTarget.value),
			kpiColumn("Numerator", "Numerator of a value that rolls up as a RATIO; null for others.", kpiNumerator.value),
			kpiColumn("Denominator", "Denominator of a value that rolls up as a RATIO; null for others.", kpiDenominator.value),
			col("Reason", Text, "Why there is no value; null if there is one.", func(_ *View, x *measured) Value {
				if n, ok := x.Int(kpiReason); ok && !x.closed() {
					return OfText(kpiReason.Word(n))
				}
				return None
			}).dimension().nullable(),
			col("Current", Bool, "Whether it counts on the day of the question: it is the node's latest by then, and not older than two cadences.", func(v *View, x *measured) Value {
				in, ok := figure.Counting(x.kpi, x.all, v.Day())
				return OfBool(ok && in.ID() == x.ID())
			}).dimension(),
			col("OfProject", Bool, "Whether it was measured for a project.", func(_ *View, x *measured) Value { return OfBool(x.project != nil) }).dimension(),
		},
		Measures: []Measure{
			counted("Measurements", "measurements"),
			rolled("RolledValue", "Value of a group of projects: the last measurement of each in the group, put together as the indicator says", false),
			rolled("RolledTarget", "What a group of projects aimed at: by the last measurement of each in the group, put together as the indicator says", true),
		},
		source: source{rows: measurements, hold: func(row any) any { x := *row.(*measured); return &x }},
	})

	_ = declare(Dataset{
		Name: "Kpis", Singular: "Kpi", Title: "Indicators", Key: []string{"Id"}, Entity: state.KpiDefinitions.Desc(),
		Description: "Key performance indicators: what they mean and how they are judged.",
		Columns: []Column{
			idOf(state.KpiDefinitions, "the indicator"),
			textOf("Code", "Short name, unique in its scope.", func(d *ent.KpiDefinition) string { return d.Code }).text(),
			textOf("Name", "Name.", func(d *ent.KpiDefinition) string { return d.Name }).text(),
			col("Description", Text, "What it tells; null if not said.", func(_ *View, d *ent.KpiDefinition) Value { return OfOptional(d.Description) }).nullable().text(),
			refOf("PortfolioId", state.Portfolios, "Portfolios", "Portfolio it is for, with all below.", func(d *ent.KpiDefinition) *int64 { return d.PortfolioID }),
			refOf("ProgramId", state.Programs, "Programs", "Program it is for.", func(d *ent.KpiDefinition) *int64 { return d.ProgramID }),
			refOf("OwnerId", state.Users, "Users", "User who answers for it.", func(d *ent.KpiDefinition) *int64 { return d.OwnerID }),
			wordOf("Unit", "Unit of its values.", func(d *ent.KpiDefinition) vocab.Unit { return d.Unit }),
			col("Currency", Text, "ISO 4217 code of values of unit MONEY; null for other units.", func(_ *View, d *ent.KpiDefinition) Value { return OfOptional(d.Currency) }).dimension().nullable(),
			truthOf("AboutMoney", "Whether its values tell of money: they are open only to who sees money.", func(_ *View, d *ent.KpiDefinition) bool { return d.AboutMoney }),
			wordOf("Direction", "Which values are good.", func(d *ent.KpiDefinition) vocab.KpiDirection { return d.Direction }),
			wordOf("Source", "Whether values are measured and recorded, or computed.", func(d *ent.KpiDefinition) vocab.KpiSource { return d.Source }),
			wordOf("Metric", "Figure that a computed one shows; null for a measured one.", func(d *ent.KpiDefinition) vocab.KpiMetric { return orEmpty(d.Metric) }).nullable(),
			wordOf("Rollup", "How values of several nodes become one.", func(d *ent.KpiDefinition) vocab.KpiRollup { return d.Rollup }),
			wordOf("Weight", "What a WEIGHTED roll-up weighs with; null for others.", func(d *ent.KpiDefinition) vocab.KpiWeight { return orEmpty(d.Weight) }).nullable(),
			wordOf("Cadence", "How often it is measured.", func(d *ent.KpiDefinition) vocab.Cadence { return d.Cadence }),
			kpiLimit("Green", "Limit of green: the least green value, with DOWN_GOOD the greatest, of a BAND the least; null if there is none.", func(d *ent.KpiDefinition) *int64 { return d.Green }),
			kpiLimit("Amber", "Limit of amber in the same way; null if there is none.", func(d *ent.KpiDefinition) *int64 { return d.Amber }),
			kpiLimit("GreenHigh", "Greatest green value of a BAND; null for other directions.", func(d *ent.KpiDefinition) *int64 { return d.GreenHigh }),
			kpiLimit("AmberHigh", "Greatest amber value of a BAND; null for other directions.", func(d *ent.KpiDefinition) *int64 { return d.AmberHigh }),
			versionOf(state.KpiDefinitions),
		},
		Measures: []Measure{counted("Kpis", "indicators")},
		source:   rowsOfTable(state.KpiDefinitions, map[string]string{"PortfolioId": "portfolio_id", "ProgramId": "program_id", "OwnerId": "owner_id"}),
	})
)

func kpiLimit(name, description string, get func(d *ent.KpiDefinition) *int64) Column {
	return col(name, Decimal, description, func(_ *View, d *ent.KpiDefinition) Value {
		if n := get(d); n != nil {
			return OfUnits(*n, kpiDigits)
		}
		return None
	}).level("", kpiDigits).nullable()
}

// kind is the place of the node's kind in kpiNodes.
func (x *measured) kind() int {
	switch {
	case x.project != nil:
		return 0
	case x.program != nil:
		return 1
	}
	return 2
}

func (x *measured) node() Value {
	return OfID([]*state.Desc{state.Projects.Desc(), state.Programs.Desc(), state.Portfolios.Desc()}[x.kind()], x.Owner())
}

func (x *measured) nodeIf(is bool) Value {
	if is {
		return x.node()
	}
	return None
}

// kpiOwner is a kind of node that measures.
type kpiOwner struct {
	columns []string // of the dataset, that name it
	table   *state.Desc
	owned   string
	ids     func(v *View, in hint, column string, from int64) []int64
	of      func(v *View, id int64, x *measured) bool
}

var kpiOwners = []kpiOwner{
	{[]string{"ProjectId", "NodeId"}, state.Projects.Desc(), "project_id", func(v *View, in hint, column string, from int64) []int64 {
		return ownersOf(v, in, state.Projects, column, from)
	}, func(v *View, id int64, x *measured) bool {
		x.project = state.Projects.Get(v, id)
		return x.project != nil
	}},
	{[]string{"ProgramId", "NodeId"}, state.Programs.Desc(), "program_id", func(v *View, in hint, column string, from int64) []int64 {
		return ownersOf(v, in, state.Programs, column, from)
	}, func(v *View, id int64, x *measured) bool {
		x.program = state.Programs.Get(v, id)
		return x.program != nil
	}},
	{[]string{"PortfolioId", "NodeId"}, state.Portfolios.Desc(), "portfolio_id", func(v *View, in hint, column string, from int64) []int64 {
		return ownersOf(v, in, state.Portfolios, column, from)
	}, func(v *View, id int64, x *measured) bool {
		x.portfolio = state.Portfolios.Get(v, id)
		return x.portfolio != nil
	}},
}

var measurementKey = []keyPart{keyID(kpiOf), keyDay(kpiEnd)}

// measurements hands out the measurements of projects, then of programs, then of portfolios.
func measurements(v *View, in hint) iter.Seq[any] {
	return func(yield func(any) bool) {
		if id, ok := in.one("Id"); ok {
			measurement(v, id, yield)
			return
		}
		first, from := 0, int64(0)
		if len(in.after) > 0 {
			first = max(0, slices.Index(kpiNodes, in.after[0].Text))
			if len(in.after) > 1 {
				from = in.after[1].Int
			}
		}
		for n := first; n < len(kpiOwners); n++ {
			o := &kpiOwners[n]
			column := o.columns[0]
			if _, named := in.equal[column]; !named {
				column = o.columns[1]
			}
			if o.excluded(in) {
				continue
			}
			least := int64(0)
			if n == first {
				least = from
			}
			for _, id := range o.ids(v, in, column, least) {
				x := measured{}
				if !o.of(v, id, &x) {
					continue
				}
				x.all = state.KpiMeasurements.Of(v, id, o.owned)
				rows := x.all
				if n == first && id == from && len(in.after) > 2 {
					rows = rows.Since(prefixOf(measurementKey, in.after[2:])...)
				}
				for f := range rows.All() {
					if x.Fact = f; x.find(v) && !yield(&x) {
						return
					}
				}
			}
		}
	}
}

// excluded tells that a hint asks for another kind of node.
func (o *kpiOwner) excluded(in hint) bool {
	for i := range kpiOwners {
		if _, named := in.equal[kpiOwners[i].columns[0]]; named && &kpiOwners[i] != o {
			return true
		}
	}
	return false
}

// find looks up the indicator of a measurement.
func (x *measured) find(v *View) bool {
	if id := x.Val(kpiOf); x.kpi == nil || x.kpi.ID != id {
		x.kpi = state.KpiDefinitions.Get(v, id)
	}
	return x.kpi != nil
}

// measurement hands out the one of an identifier.
func measurement(v *View, id Value, yield func(any) bool) {
	if id.Kind != ID || id.Table != state.KpiMeasurements.Desc() {
		return
	}
	f, ok := state.KpiMeasurements.Fact(v, id.Int)
	if !ok {
		return
	}
	row := state.KpiMeasurements.Row(f)
	x := measured{Fact: f}
	for n, owner := range []*int64{row.ProjectID, row.ProgramID, row.PortfolioID} {
		if o := &kpiOwners[n]; owner != nil && o.of(v, *owner, &x) && x.find(v) {
			x.all = state.KpiMeasurements.Of(v, *owner, o.owned)
			yield(&x)
		}
	}
}

// added columns: one for each indicator of the whole organisation.

func init() { added["Projects"] = kpiColumns }

var noIdentifier = regexp.MustCompile(`[^A-Za-z0-9_]`)

// kpiColumns gives a column for each indicator that is for every project of the organisation.
func kpiColumns(v *View) (all []Column) {
	var everywhere []*ent.KpiDefinition
	for d := range state.KpiDefinitions.All(v) {
		if d.PortfolioID == nil && d.ProgramID == nil {
			everywhere = append(everywhere, d)
		}
	}
	slices.SortFunc(everywhere, func(a, b *ent.KpiDefinition) int { return cmp.Compare(a.ID, b.ID) })
	taken := map[string]bool{}
	for _, d := range everywhere {
		name := "Kpi_" + noIdentifier.ReplaceAllString(d.Code, "_")
		if taken[name] {
			name += fmt.Sprintf("_%d", d.ID)
		}
		taken[name] = true
		c := col(name, Decimal, fmt.Sprintf("Indicator %s, %s, on the project's status date, or else the day of the question. Null without a value that counts then.", d.Code, d.Name), func(v *View, p *ent.Project) Value {
			k := v.Book.Kpi(kpiNodeOf(v, p), d)
			return ofFigure(k.At(projectDay(v, p)).Value().Now())
		}).level(d.Unit, Varies).nullable()
		if d.AboutMoney {
			c.Class = vocab.ClassMoney
		}
		all = append(all, c)
	}
	return all
}

// kpiNodeOf is a project as a node of indicators; the last one asked for is remembered, since its columns are asked for one after the other.
func kpiNodeOf(v *View, p *ent.Project) *figure.KpiNode {
	last := once(v, kpiNodeKey{}, func() *figure.KpiNode { return nil })
	if last == nil || last.Project != p {
		opens := state.Projects.Key(v, p).Sees
		last = &figure.KpiNode{Ref: state.Ref{Table: state.Projects.Desc(), ID: p.ID}, Project: p, Opens: opens}
		last.Complete = opens
		v.memo[kpiNodeKey{}] = last
	}
	return last
}

type kpiNodeKey struct{}
