package main

import "pmograph/internal/vocab"

// today is the last day the sample knows of: a Friday.
var today = day("2026-11-20")

// project is the story of one: what was planned, and how it goes.
type project struct {
	code, name         string
	portfolio, program string
	lifecycle, method  string
	start              vocab.Date // first day of a month
	months             int        // planned duration
	budget             int64      // thousands of pounds, contingency included
	pace               int        // months of the plan that a hundred months bring
	cpi                int        // pounds earned by a hundred pounds spent
	baseline           string     // day of approval of the plan in force; empty: none
	before             string     // day of approval of an earlier plan, three months shorter and a tenth cheaper; empty: none
	cancelled          int        // number of the milestone that was given up; 0: none
	labour             int64      // per cent of the cost
}

var projects = []project{
	{code: "PORTAL", name: "Customer portal", portfolio: "CUSTOMERS", program: "SELF-SERVICE", lifecycle: "EXECUTING", method: "AGILE",
		start: day("2025-10-01"), months: 18, budget: 1240, pace: 104, cpi: 103, baseline: "2025-09-22", labour: 70},
	{code: "CLAIMS", name: "Claims handling", portfolio: "CUSTOMERS", program: "SELF-SERVICE", lifecycle: "EXECUTING", method: "HYBRID",
		start: day("2025-12-01"), months: 16, budget: 960, pace: 98, cpi: 80, baseline: "2025-11-17", labour: 64},
	{code: "MOBILE", name: "Mobile app", portfolio: "CUSTOMERS", program: "SELF-SERVICE", lifecycle: "EXECUTING", method: "AGILE",
		start: day("2025-12-01"), months: 15, budget: 720, pace: 76, cpi: 96, baseline: "2025-11-24", labour: 72},
	{code: "CONTACT", name: "Contact centre", portfolio: "CUSTOMERS", lifecycle: "CLOSED", method: "PREDICTIVE",
		start: day("2025-10-01"), months: 10, budget: 410, pace: 104, cpi: 104, baseline: "2025-09-15", labour: 48},
	{code: "DEPOT", name: "Depot renewal", portfolio: "OPERATIONS", lifecycle: "EXECUTING", method: "PREDICTIVE",
		start: day("2025-11-01"), months: 20, budget: 1800, pace: 96, cpi: 93, baseline: "2025-10-20", labour: 35},
	{code: "FLEET", name: "Fleet telematics", portfolio: "OPERATIONS", lifecycle: "EXECUTING", method: "PREDICTIVE",
		start: day("2025-10-01"), months: 18, budget: 640, pace: 100, cpi: 97, baseline: "2026-06-15", before: "2025-09-29", labour: 44},
	{code: "ENERGY", name: "Energy metering", portfolio: "OPERATIONS", lifecycle: "AUTHORISED", method: "PREDICTIVE",
		start: day("2027-01-01"), months: 6, budget: 350, pace: 100, cpi: 100, baseline: "2026-11-09", labour: 40},
	{code: "WAREHOUSE", name: "Warehouse scanning", portfolio: "OPERATIONS", lifecycle: "PLANNING", method: "HYBRID",
		start: day("2026-09-01"), months: 9, budget: 280, pace: 100, cpi: 100, labour: 55},
	{code: "LAKE", name: "Data platform", portfolio: "DATA", program: "PLATFORM", lifecycle: "EXECUTING", method: "AGILE",
		start: day("2025-10-01"), months: 21, budget: 1420, pace: 102, cpi: 89, baseline: "2025-09-08", labour: 60},
	{code: "IDENTITY", name: "Single sign-on", portfolio: "DATA", program: "PLATFORM", lifecycle: "EXECUTING", method: "HYBRID",
		start: day("2026-03-01"), months: 12, budget: 480, pace: 90, cpi: 101, baseline: "2026-02-23", labour: 58},
	{code: "REPORTING", name: "Management reporting", portfolio: "DATA", program: "PLATFORM", lifecycle: "EXECUTING", method: "AGILE",
		start: day("2026-02-01"), months: 14, budget: 390, pace: 97, cpi: 106, baseline: "2026-01-26", cancelled: 8, labour: 75},
	{code: "ARCHIVE", name: "Records archive", portfolio: "DATA", lifecycle: "CLOSING", method: "PREDICTIVE",
		start: day("2025-10-01"), months: 12, budget: 530, pace: 89, cpi: 98, baseline: "2025-09-01", labour: 52},
}

// What portfolios and programs are called. Every portfolio says what it is.
var names = map[string]string{
	"CUSTOMERS":    "Synthetic sample: customer services",
	"OPERATIONS":   "Synthetic sample: operations",
	"DATA":         "Synthetic sample: data and records",
	"SELF-SERVICE": "Synthetic sample: self-service",
	"PLATFORM":     "Synthetic sample: common platform",
}

// gate is a milestone that each project has, and the share of the planned time after which it is due, in thousandths.
type gate struct {
	name string
	at   int
}

var gates = []gate{
	{"Requirements agreed", 60}, {"Design approved", 180}, {"First part built", 300}, {"Second part built", 420}, {"All parts built", 540},
	{"Integration tested", 660}, {"Users accept", 780}, {"First site live", 890}, {"All sites live", 1000},
}

var categories = []string{"LABOUR", "SERVICE", "LICENCE", "MATERIAL"}

// team is people who work together, and the projects they are booked for.
type team struct {
	code, name string
	roles      []string // one for each person
	projects   []string
}

var teams = []team{
	{"APPS", "Synthetic sample: applications", []string{"Developer", "Developer", "Analyst", "Developer", "Tester", "Project lead"}, []string{"PORTAL", "CLAIMS", "MOBILE", "CONTACT"}},
	{"DATA", "Synthetic sample: data", []string{"Developer", "Architect", "Analyst", "Developer", "Tester", "Analyst"}, []string{"LAKE", "REPORTING", "PORTAL"}},
	{"SYSTEMS", "Synthetic sample: systems", []string{"Engineer", "Engineer", "Architect", "Engineer", "Project lead", "Tester"}, []string{"IDENTITY", "ARCHIVE", "LAKE"}},
	{"SITES", "Synthetic sample: sites", []string{"Engineer", "Engineer", "Project lead", "Analyst", "Engineer", "Tester"}, []string{"DEPOT", "FLEET", "WAREHOUSE"}},
}

// hourly is what an hour of a role costs, in pence, until and from October 2026.
var hourly = map[string][2]int64{
	"Analyst": {6400, 6600}, "Architect": {9200, 9500}, "Developer": {7600, 7900}, "Engineer": {7100, 7300}, "Project lead": {8300, 8600}, "Tester": {5900, 6100},
}

// indicator is one of the portfolio's; limits are in units.
type indicator struct {
	code, name, description                         string
	unit, direction, source, metric, rollup, weight string
	money                                           bool
	green, amber                                    string
}

var indicators = []indicator{
	{code: "DEFECTS", name: "open defects", description: "Defects known and not yet mended, at the end of the month.",
		unit: "COUNT", direction: "DOWN_GOOD", source: "MEASURED", rollup: "SUM", green: "40", amber: "160"},
	{code: "SATISFACTION", name: "stakeholders satisfied", description: "Share of the stakeholders asked in the month who say they are satisfied.",
		unit: "RATIO", direction: "UP_GOOD", source: "MEASURED", rollup: "WEIGHTED", weight: "EQUAL", green: "0.8", amber: "0.65"},
	{code: "PREDICTABILITY", name: "releases on the day promised", description: "Releases made on the day promised, over those promised for the month.",
		unit: "RATIO", direction: "UP_GOOD", source: "MEASURED", rollup: "RATIO", green: "0.85", amber: "0.7"},
	{code: "BUDGET-VARIANCE", name: "budget left at the end", description: "Approved budget less what the work is expected to cost, over the budget.",
		unit: "RATIO", direction: "UP_GOOD", source: "COMPUTED", metric: "BUDGET_VARIANCE", rollup: "NONE", money: true, green: "-0.02", amber: "-0.1"},
	{code: "CPI", name: "cost performance index", description: "Earned value over actual cost.",
		unit: "RATIO", direction: "UP_GOOD", source: "COMPUTED", metric: "CPI", rollup: "NONE", money: true, green: "0.95", amber: "0.85"},
}
