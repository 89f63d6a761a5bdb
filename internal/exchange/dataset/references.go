package dataset

import (
	"cmp"
	"fmt"
	"slices"
)

// reference is a column of one dataset that names rows of another, and the ways that lead there and back.
type reference struct {
	from, column   string
	name, says     string // the way there
	to, key        string
	back, backSays string // the way back; empty if there is none
}

// references are all there are, by the dataset they start from.
var references = []reference{
	{"Portfolios", "ParentId", "Parent", "Portfolio above.", "Portfolios", "Id", "Children", "Portfolios right below."},
	{"Portfolios", "ManagerId", "Manager", "User who manages it.", "Users", "Id", "ManagedPortfolios", "Portfolios the user manages."},
	{"Programs", "PortfolioId", "Portfolio", "Portfolio it belongs to.", "Portfolios", "Id", "Programs", "Programs right in it."},
	{"Programs", "SponsorId", "Sponsor", "User who answers for its benefits.", "Users", "Id", "SponsoredPrograms", "Programs the user answers for."},
	{"Projects", "PortfolioId", "Portfolio", "Portfolio it belongs to.", "Portfolios", "Id", "Projects", "Projects right in it."},
	{"Projects", "ProgramId", "Program", "Program it belongs to.", "Programs", "Id", "Projects", "Projects of the program."},
	{"Projects", "ManagerId", "Manager", "User who manages it.", "Users", "Id", "ManagedProjects", "Projects the user manages."},
	{"Projects", "SponsorId", "Sponsor", "User who answers for its benefits.", "Users", "Id", "SponsoredProjects", "Projects the user answers for."},
	{"Teams", "ParentId", "Parent", "Team above.", "Teams", "Id", "Children", "Teams right below."},
	{"Teams", "ManagerId", "Manager", "User who manages the people.", "Users", "Id", "ManagedTeams", "Teams the user manages."},
	{"Resources", "TeamId", "Team", "Team it belongs to.", "Teams", "Id", "Resources", "Resources of the team."},
	{"Resources", "ManagerId", "Manager", "User who manages its time.", "Users", "Id", "ManagedResources", "Resources whose time the user manages."},
	{"Resources", "UserId", "User", "User it is.", "Users", "Id", "Resources", "Resources that are the user."},
	{"Kpis", "PortfolioId", "Portfolio", "Portfolio it is for.", "Portfolios", "Id", "Kpis", "Indicators for the portfolio."},
	{"Kpis", "ProgramId", "Program", "Program it is for.", "Programs", "Id", "Kpis", "Indicators for the program."},
	{"Kpis", "OwnerId", "Owner", "User who answers for it.", "Users", "Id", "OwnedKpis", "Indicators the user answers for."},
	{"Baselines", "ProjectId", "Project", "Project it belongs to.", "Projects", "Id", "Baselines", "Baselines of the project."},
	{"ExchangeRates", "FromCurrency", "From", "Currency that is priced.", "Currencies", "Code", "RatesFrom", "What the currency is worth in others."},
	{"ExchangeRates", "ToCurrency", "To", "Currency it is priced in.", "Currencies", "Code", "RatesTo", "What others are worth in the currency."},

	{"CostEntries", "ProjectId", "Project", "Project that bears the cost.", "Projects", "Id", "CostEntries", "What it costs."},
	{"CostEntries", "CategoryId", "Category", "Kind of cost.", "CostCategories", "Id", "CostEntries", "Costs of the kind."},
	{"CostEntries", "Currency", "CurrencyOfAmounts", "Currency of the amounts.", "Currencies", "Code", "", ""},
	{"CostEntries", "Period", "Day", "The period's first day in the calendar.", "Calendar", "Date", "", ""},
	{"BudgetLines", "ProjectId", "Project", "Project the money is approved for.", "Projects", "Id", "BudgetLines", "Money approved for it."},
	{"BudgetLines", "CategoryId", "Category", "Kind of cost.", "CostCategories", "Id", "BudgetLines", "Money approved for the kind."},
	{"BudgetLines", "Currency", "CurrencyOfAmounts", "Currency of the amounts.", "Currencies", "Code", "", ""},
	{"BudgetLines", "Period", "Day", "The period's first day in the calendar.", "Calendar", "Date", "", ""},
	{"BaselineSpread", "ProjectId", "Project", "Project of the baseline.", "Projects", "Id", "BaselineSpread", "What its baselines plan by month."},
	{"BaselineSpread", "BaselineId", "Baseline", "Baseline it belongs to.", "Baselines", "Id", "Spread", "What it plans by month."},
	{"BaselineSpread", "Period", "Day", "The period's first day in the calendar.", "Calendar", "Date", "", ""},
	{"Milestones", "ProjectId", "Project", "Project it belongs to.", "Projects", "Id", "Milestones", "Milestones of the project."},
	{"Milestones", "OwnerId", "Owner", "User who answers for it.", "Users", "Id", "Milestones", "Milestones the user answers for."},
	{"Milestones", "Date", "Day", "Its day in the calendar.", "Calendar", "Date", "", ""},
	{"ActionItems", "ProjectId", "Project", "Project it is for.", "Projects", "Id", "ActionItems", "What is to be done for it."},
	{"ActionItems", "OwnerId", "Owner", "User who has to do it.", "Users", "Id", "ActionItems", "What the user has to do."},
	{"ActionItems", "Due", "DueDay", "Its day in the calendar.", "Calendar", "Date", "", ""},
	{"StatusReports", "ProjectId", "Project", "Project it is of.", "Projects", "Id", "StatusReports", "What it declared about itself."},
	{"StatusReports", "AuthorId", "Author", "User who submitted it.", "Users", "Id", "StatusReports", "Reports the user submitted."},
	{"StatusReports", "PeriodEnd", "Day", "The period's last day in the calendar.", "Calendar", "Date", "", ""},
	{"KpiMeasurements", "KpiId", "Kpi", "Indicator.", "Kpis", "Id", "Measurements", "What was measured of it."},
	{"KpiMeasurements", "ProjectId", "Project", "Project it was measured for.", "Projects", "Id", "KpiMeasurements", "What the project measured."},
	{"KpiMeasurements", "ProgramId", "Program", "Program it was measured for.", "Programs", "Id", "KpiMeasurements", "What the program itself measured."},
	{"KpiMeasurements", "PortfolioId", "Portfolio", "Portfolio it was measured for.", "Portfolios", "Id", "KpiMeasurements", "What the portfolio itself measured."},
	{"KpiMeasurements", "PeriodEnd", "Day", "The period's last day in the calendar.", "Calendar", "Date", "", ""},
	{"CapacityEntries", "ResourceId", "Resource", "Resource whose time it is.", "Resources", "Id", "CapacityEntries", "What is stated of its time."},
	{"CapacityEntries", "PeriodStart", "Day", "The period's first day in the calendar.", "Calendar", "Date", "", ""},
	{"Allocations", "ProjectId", "Project", "Project it is booked for.", "Projects", "Id", "Allocations", "Bookings for the project."},
	{"Allocations", "ResourceId", "Resource", "Resource that is booked.", "Resources", "Id", "Allocations", "Bookings of the resource."},
	{"Allocations", "Start", "StartDay", "Its first day in the calendar.", "Calendar", "Date", "", ""},
	{"AllocationHours", "AllocationId", "Allocation", "Booking they belong to.", "Allocations", "Id", "BookedHours", "Its hours by week."},
	{"AllocationHours", "ProjectId", "Project", "Project they are booked for.", "Projects", "Id", "AllocationHours", "Hours booked for the project."},
	{"AllocationHours", "ResourceId", "Resource", "Resource that is booked.", "Resources", "Id", "AllocationHours", "Hours booked of the resource."},
	{"AllocationHours", "PeriodStart", "Day", "The first day in the calendar.", "Calendar", "Date", "", ""},
	{"Journal", "ActorId", "Actor", "User who did it.", "Users", "Id", "JournalEntries", "What the user did."},
	{"JournalChanges", "Number", "Entry", "Entry it is a part of.", "Journal", "Number", "ChangedThings", "What it changed."},
	{"Journal", "Date", "Day", "Its day in the calendar.", "Calendar", "Date", "", ""},
}

// referencesByTime are those of a set by time.
func referencesByTime(name string) []reference {
	costs, planned, load, booked := "CostsBy"+name, "BaselineBy"+name, "LoadBy"+name, "AllocationsBy"+name
	all := []reference{
		{costs, "CostEntryId", "CostEntry", "Cost entry it is a part of.", "CostEntries", "Id", "By" + name, "Its parts by " + name + "."},
		{costs, "ProjectId", "Project", "Project that bears the cost.", "Projects", "Id", costs, "What it costs, by " + name + "."},
		{costs, "CategoryId", "Category", "Kind of cost.", "CostCategories", "Id", costs, "Costs of the kind, by " + name + "."},
		{planned, "BaselineMonthId", "BaselineMonth", "Month of the plan it is a part of.", "BaselineSpread", "Id", "By" + name, "Its parts by " + name + "."},
		{planned, "ProjectId", "Project", "Project of the baseline.", "Projects", "Id", planned, "What its baselines plan, by " + name + "."},
		{planned, "BaselineId", "Baseline", "Baseline it belongs to.", "Baselines", "Id", "By" + name, "What it plans, by " + name + "."},
		{load, "ResourceId", "Resource", "Person.", "Resources", "Id", load, "What time it has and is booked for, by " + name + "."},
		{load, "TeamId", "Team", "Team of the person.", "Teams", "Id", load, "The load of its people, by " + name + "."},
		{booked, "AllocationId", "Allocation", "Booking.", "Allocations", "Id", "By" + name, "Its hours by " + name + "."},
		{booked, "ProjectId", "Project", "Project it is booked for.", "Projects", "Id", booked, "Hours booked for it, by " + name + "."},
		{booked, "ResourceId", "Resource", "Resource that is booked.", "Resources", "Id", booked, "Hours booked of it, by " + name + "."},
	}
	for _, set := range []string{costs, planned, load, booked} {
		all = append(all, reference{set, "Date", "Day", "The first day in the calendar.", "Calendar", "Date", "", ""})
	}
	return all
}

// link gives the datasets their references, and puts the catalogue in order: facts before what they are about, each by name.
func link() {
	all := slices.Clone(references)
	for _, g := range grains {
		all = append(all, referencesByTime(g.name)...)
	}
	for _, r := range all {
		from, to := mustDeclared(r.from, r.column), mustDeclared(r.to, r.key)
		from.Navs = append(from.Navs, Nav{Name: r.name, Description: r.says, To: r.to, On: [][2]string{{r.column, r.key}}, Back: r.back})
		if r.back != "" {
			to.Navs = append(to.Navs, Nav{Name: r.back, Description: r.backSays, To: r.from, Many: true, On: [][2]string{{r.key, r.column}}, Back: r.name})
		}
	}
	slices.SortFunc(declared, func(a, b *Dataset) int {
		return cmp.Or(int(countedAs(b.Facts).Int-countedAs(a.Facts).Int), cmp.Compare(a.Name, b.Name))
	})
}

func mustDeclared(name, column string) *Dataset {
	d, ok := declaredSet(name)
	if ok {
		if _, ok = d.Column(column); ok {
			return d
		}
	}
	panic(fmt.Sprintf("dataset: a reference names %s of %s, and there is none", column, name))
}
