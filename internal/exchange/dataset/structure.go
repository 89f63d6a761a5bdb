package dataset

import (
	"iter"
	"strings"

	"pmograph/ent"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// projectDay is the day that a project's figures are of.
func projectDay(v *View, p *ent.Project) vocab.Date {
	if p.StatusDate != nil {
		return *p.StatusDate
	}
	return v.Day()
}

// projectFigure declares a figure of a project: one that does not add up over projects, since they are of several days and currencies.
func projectFigure(name string, unit vocab.Unit, scale int8, description string, of func(r *figure.Rollup) figure.Figure) Column {
	c := col(name, Decimal, description+" As on the project's status date, or else the day of the question. Null where GraphQL's figure of the same name gives a reason instead of a value.", func(v *View, p *ent.Project) Value {
		return ofFigure(of(v.Book.Single(p, projectDay(v, p))))
	}).level(unit, scale).closed(vocab.ClassMoney)
	if unit == vocab.UnitMoney {
		c = c.in("Currency")
	}
	return c
}

func optionalInt(n *int) Value {
	if n == nil {
		return None
	}
	return OfInt(*n)
}

var (
	_ = declare(Dataset{
		Name: "Projects", Singular: "Project", Title: "Projects", Key: []string{"Id"}, Entity: state.Projects.Desc(),
		Description: "Projects, with how they stand and what their figures come to.",
		Columns: []Column{
			idOf(state.Projects, "the project"),
			col("Code", Text, "Short name, unique within its portfolio.", func(_ *View, p *ent.Project) Value { return OfText(p.Code) }).dimension().text(),
			col("Name", Text, "Name.", func(_ *View, p *ent.Project) Value { return OfText(p.Name) }).dimension().text(),
			refOf("PortfolioId", state.Portfolios, "Portfolios", "Portfolio it belongs to.", func(p *ent.Project) *int64 { return &p.PortfolioID }),
			refOf("ProgramId", state.Programs, "Programs", "Program it belongs to.", func(p *ent.Project) *int64 { return p.ProgramID }),
			refOf("ManagerId", state.Users, "Users", "User who manages it.", func(p *ent.Project) *int64 { return p.ManagerID }),
			refOf("SponsorId", state.Users, "Users", "User who answers for its benefits.", func(p *ent.Project) *int64 { return p.SponsorID }),
			col("Lifecycle", Text, "Where it stands between idea and end.", func(_ *View, p *ent.Project) Value { return OfText(p.Lifecycle) }).dimension().words(vocab.ProjectLifecycle("").Values()),
			col("DeliveryMethod", Text, "How the work is organised; null if not said.", func(_ *View, p *ent.Project) Value { return OfOptional(p.DeliveryMethod) }).dimension().nullable().words(vocab.DeliveryMethod("").Values()),
			col("Category", Text, "Kind of project in the organisation's own words; null if none.", func(_ *View, p *ent.Project) Value { return OfOptional(p.Category) }).dimension().nullable().text(),
			col("Priority", Int, "Rank among the projects of the organisation, 1 first; null if not ranked.", func(_ *View, p *ent.Project) Value { return optionalInt(p.Priority) }).level(vocab.UnitCount, 0).nullable(),
			col("Currency", Text, "ISO 4217 code of its money.", func(_ *View, p *ent.Project) Value { return OfText(p.Currency) }).dimension(),
			col("StatusDate", Date, "Day up to which its actuals count; null means the day of the question.", func(_ *View, p *ent.Project) Value { return OfDay(p.StatusDate) }).nullable(),
			col("PlannedStart", Date, "Day it is to start; null if unknown.", func(_ *View, p *ent.Project) Value { return OfDay(p.PlannedStart) }).nullable(),
			col("PlannedFinish", Date, "Day it is to finish; null if unknown.", func(_ *View, p *ent.Project) Value { return OfDay(p.PlannedFinish) }).nullable(),
			col("BaselineFinish", Date, "Day its finish is fixed for by the baseline in force; null without one.", func(v *View, p *ent.Project) Value {
				return OfDay(v.Book.BaselineFinish(p, projectDay(v, p)))
			}).nullable(),
			col("Reporting", Text, "How it stands with its status reports.", func(v *View, p *ent.Project) Value { return OfText(v.Book.Standing(p, projectDay(v, p)).Reporting) }).dimension(),
			col("Health", Text, "Declared health that counts; null if the project does not count.", func(v *View, p *ent.Project) Value {
				return wordOrNone(v.Book.Standing(p, projectDay(v, p)).Health())
			}).dimension().nullable().words(vocab.Rag("").Values()),
			col("Confidence", Text, "Declared delivery confidence that counts; null if the project does not count.", func(v *View, p *ent.Project) Value {
				return wordOrNone(v.Book.Standing(p, projectDay(v, p)).Confidence())
			}).dimension().nullable().words(vocab.DeliveryConfidence("").Values()),
			col("SlipDays", Decimal, "Working days that its finish lies behind the baseline in force, below zero ahead of it; null without either.", func(v *View, p *ent.Project) Value {
				if m := v.Book.Finish(p); m != nil {
					return ofFigure(v.Book.Slip(p, m, projectDay(v, p)))
				}
				return None
			}).level(vocab.UnitWorkingDays, 0).nullable(),
			projectFigure("Budget", vocab.UnitMoney, Varies, "Approved budget without management reserve.", func(r *figure.Rollup) figure.Figure { return r.Costs().Budget() }),
			projectFigure("PlannedCost", vocab.UnitMoney, Varies, "Planned cost.", func(r *figure.Rollup) figure.Figure { return r.Costs().Planned() }),
			projectFigure("ActualCost", vocab.UnitMoney, Varies, "Cost booked for months that had begun.", func(r *figure.Rollup) figure.Figure { return r.Costs().Actual() }),
			projectFigure("CommittedCost", vocab.UnitMoney, Varies, "Ordered and not yet invoiced.", func(r *figure.Rollup) figure.Figure { return r.Costs().Committed() }),
			projectFigure("ForecastCost", vocab.UnitMoney, Varies, "What it is going to cost: actual, committed and still to be spent.", func(r *figure.Rollup) figure.Figure { return r.Costs().Forecast() }),
			projectFigure("CostVariance", vocab.UnitMoney, Varies, "Approved budget less the forecast: below zero is over budget.", func(r *figure.Rollup) figure.Figure { return r.Costs().Variance() }),
			projectFigure("BudgetAtCompletion", vocab.UnitMoney, Varies, "Budget of the baseline in force (BAC).", func(r *figure.Rollup) figure.Figure { return r.Earned().BAC() }),
			projectFigure("PlannedValue", vocab.UnitMoney, Varies, "Budget of the work that should be done (PV).", func(r *figure.Rollup) figure.Figure { return r.Earned().PV() }),
			projectFigure("EarnedValue", vocab.UnitMoney, Varies, "Budget of the work that is done (EV).", func(r *figure.Rollup) figure.Figure { return r.Earned().EV() }),
			projectFigure("CostPerformanceIndex", vocab.UnitRatio, 6, "Earned value over actual cost (CPI).", func(r *figure.Rollup) figure.Figure { return r.Earned().CPI() }),
			projectFigure("SchedulePerformanceIndex", vocab.UnitRatio, 6, "Earned value over planned value (SPI).", func(r *figure.Rollup) figure.Figure { return r.Earned().SPI() }),
			col("CreatedAt", Instant, "Instant it was recorded.", func(_ *View, p *ent.Project) Value { return OfTime(p.CreatedAt) }),
			col("UpdatedAt", Instant, "Instant it was last changed; its costs and milestones change by themselves.", func(_ *View, p *ent.Project) Value { return OfTime(p.UpdatedAt) }),
			versionOf(state.Projects),
		},
		Measures: []Measure{counted("Projects", "projects")},
		source:   rowsOfTable(state.Projects, map[string]string{"PortfolioId": "portfolio_id", "ProgramId": "program_id", "ManagerId": "manager_id", "SponsorId": "sponsor_id"}),
	})

	_ = declare(Dataset{
		Name: "Portfolios", Singular: "Portfolio", Title: "Portfolios", Key: []string{"Id"}, Entity: state.Portfolios.Desc(),
		Description: "Portfolios, with where they lie in the tree.",
		Columns: []Column{
			idOf(state.Portfolios, "the portfolio"),
			col("Code", Text, "Short name, unique among the portfolios below the same one.", func(_ *View, p *ent.Portfolio) Value { return OfText(p.Code) }).dimension().text(),
			col("Name", Text, "Name.", func(_ *View, p *ent.Portfolio) Value { return OfText(p.Name) }).dimension().text(),
			refOf("ParentId", state.Portfolios, "Portfolios", "Portfolio above.", func(p *ent.Portfolio) *int64 { return p.ParentID }),
			col("Path", Text, "Names from the topmost portfolio that is visible down to it, with > between.", func(v *View, p *ent.Portfolio) Value { return OfText(strings.Join(pathOf(v, p), " > ")) }).dimension(),
			levelOf(1), levelOf(2), levelOf(3), levelOf(4), levelOf(5),
			col("Depth", Int, "How many visible portfolios lead to it; 1 at the top.", func(v *View, p *ent.Portfolio) Value { return OfInt(len(pathOf(v, p))) }).level(vocab.UnitCount, 0),
			col("Lifecycle", Text, "Whether it is in use.", func(_ *View, p *ent.Portfolio) Value { return OfText(p.Lifecycle) }).dimension().words(vocab.PortfolioLifecycle("").Values()),
			refOf("ManagerId", state.Users, "Users", "User who manages it.", func(p *ent.Portfolio) *int64 { return p.ManagerID }),
			col("Currency", Text, "ISO 4217 code that its totals are shown in.", func(v *View, p *ent.Portfolio) Value { return OfText(v.Book.CurrencyOf(p)) }).dimension(),
			versionOf(state.Portfolios),
		},
		Measures: []Measure{counted("Portfolios", "portfolios")},
		source:   rowsOfTable(state.Portfolios, map[string]string{"ParentId": "parent_id", "ManagerId": "manager_id"}),
	})

	_ = declare(Dataset{
		Name: "Programs", Singular: "Program", Title: "Programs", Key: []string{"Id"}, Entity: state.Programs.Desc(),
		Description: "Programs: related projects managed together.",
		Columns: []Column{
			idOf(state.Programs, "the program"),
			col("Code", Text, "Short name, unique within its portfolio.", func(_ *View, p *ent.Program) Value { return OfText(p.Code) }).dimension().text(),
			col("Name", Text, "Name.", func(_ *View, p *ent.Program) Value { return OfText(p.Name) }).dimension().text(),
			refOf("PortfolioId", state.Portfolios, "Portfolios", "Portfolio it belongs to.", func(p *ent.Program) *int64 { return &p.PortfolioID }),
			refOf("SponsorId", state.Users, "Users", "User who answers for its benefits.", func(p *ent.Program) *int64 { return p.SponsorID }),
			col("Lifecycle", Text, "Whether it is in use.", func(_ *View, p *ent.Program) Value { return OfText(p.Lifecycle) }).dimension().words(vocab.PortfolioLifecycle("").Values()),
			versionOf(state.Programs),
		},
		Measures: []Measure{counted("Programs", "programs")},
		source:   rowsOfTable(state.Programs, map[string]string{"PortfolioId": "portfolio_id", "SponsorId": "sponsor_id"}),
	})

	_ = declare(Dataset{
		Name: "CostCategories", Singular: "CostCategory", Title: "Kinds of cost", Key: []string{"Id"}, Entity: state.CostCategories.Desc(),
		Description: "Kinds of cost.",
		Columns: []Column{
			idOf(state.CostCategories, "the kind of cost"),
			col("Code", Text, "Short name, unique in the organisation.", func(_ *View, c *ent.CostCategory) Value { return OfText(c.Code) }).dimension().text(),
			col("Name", Text, "Name.", func(_ *View, c *ent.CostCategory) Value { return OfText(c.Name) }).dimension().text(),
			versionOf(state.CostCategories),
		},
		source: rowsOfTable(state.CostCategories, nil),
	})

	_ = declare(Dataset{
		Name: "Calendar", Singular: "CalendarDay", Title: "Calendar", Key: []string{"Date"}, Time: "Date",
		Description: "Days, from the first of January ten years before the day of the question to the last of December ten years after it, and what they belong to.",
		Columns: []Column{
			calendarColumn("Date", Date, "The day.", OfDate).key(),
			calendarColumn("Year", Int, "Calendar year.", func(d vocab.Date) Value { y, _, _ := d.Civil(); return OfInt(y) }).dimension(),
			calendarColumn("Quarter", Int, "Quarter of the calendar year, 1 to 4.", func(d vocab.Date) Value { _, m, _ := d.Civil(); return OfInt((int(m) + 2) / 3) }).dimension(),
			calendarColumn("Month", Int, "Month of the calendar year, 1 to 12.", func(d vocab.Date) Value { _, m, _ := d.Civil(); return OfInt(int(m)) }).dimension(),
			calendarColumn("Week", Int, "Week of the year by ISO 8601, 1 to 53.", func(d vocab.Date) Value { _, w := d.Time().ISOWeek(); return OfInt(w) }).dimension(),
			calendarColumn("WeekYear", Int, "Year that the week belongs to by ISO 8601.", func(d vocab.Date) Value { y, _ := d.Time().ISOWeek(); return OfInt(y) }).dimension(),
			calendarColumn("Weekday", Int, "Day of the week by ISO 8601: 1 is Monday, 7 Sunday.", func(d vocab.Date) Value { return OfInt((int(d.Weekday())+6)%7 + 1) }).dimension(),
			bucketColumn("WeekStart", byWeek, "Monday of the week."),
			bucketColumn("MonthStart", byMonth, "First day of the month."),
			bucketColumn("QuarterStart", byQuarter, "First day of the quarter."),
			bucketColumn("YearStart", byYear, "First day of the calendar year."),
			bucketColumn("FiscalYearStart", byFiscalYear, "First day of the organisation's fiscal year."),
		},
		source: source{rows: calendarRows, hold: func(row any) any { d := *row.(*vocab.Date); return &d }},
	})
)

func wordOrNone[S ~string](s S) Value {
	if s == "" {
		return None
	}
	return OfText(s)
}

// pathOf gives the names from the topmost visible portfolio down to one.
func pathOf(v *View, p *ent.Portfolio) []string {
	return once(v, p, func() []string {
		if up := state.Portfolios.Ref(v, p.ParentID); up != nil {
			above := pathOf(v, up)
			return append(above[:len(above):len(above)], p.Name)
		}
		return []string{p.Name}
	})
}

// levelOf is the column of the portfolio at a depth above a portfolio, or itself.
func levelOf(n int) Column {
	name := "Level" + string(rune('0'+n))
	return col(name, Text, "Name of the portfolio at depth "+name[5:]+" of its path; null if the path is shorter.", func(v *View, p *ent.Portfolio) Value {
		if path := pathOf(v, p); len(path) >= n {
			return OfText(path[n-1])
		}
		return None
	}).dimension().nullable()
}

func calendarColumn(name string, kind Kind, description string, of func(d vocab.Date) Value) Column {
	return col(name, kind, description, func(_ *View, d *vocab.Date) Value { return of(*d) })
}

func bucketColumn(name, by, description string) Column {
	return col(name, Date, description, func(v *View, d *vocab.Date) Value {
		first, _ := bucket(*d, by, v.Book.FiscalYearStart())
		return OfDate(first)
	}).dimension()
}

// calendarYears is how many years the calendar has before and after that of the question.
const calendarYears = 10

// calendarSpan is the days from its first to its last.
func calendarSpan(v *View) (first, last vocab.Date) {
	year, _, _ := v.Day().Civil()
	return vocab.NewDate(year-calendarYears, 1, 1), vocab.NewDate(year+calendarYears, 12, 31)
}

func calendarRows(v *View, in hint) iter.Seq[any] {
	return func(yield func(any) bool) {
		from, to := calendarSpan(v)
		if in.from != nil {
			from = max(from, *in.from)
		}
		if in.to != nil {
			to = min(to, *in.to)
		}
		if day, ok := in.one("Date"); ok {
			from, to = max(from, day.Day()), min(to, day.Day())
		}
		if len(in.after) > 0 {
			from = max(from, in.after[0].Day())
		}
		for d := from; d <= to; d++ {
			if !yield(&d) {
				return
			}
		}
	}
}
