package tabular

import (
	"testing"

	"pmograph/internal/vocab"
)

// projectsByYear gives each year's projects by key.
func projectsByYear(t *testing.T) map[int]map[string]Record {
	years := map[int]map[string]Record{}
	for _, r := range of(readGmpp(t, Demo()...), "projects") {
		y := r.AsOf.Time().Year()
		if years[y] == nil {
			years[y] = map[string]Record{}
		}
		years[y][r.Key] = r
	}
	return years
}

// Names alone match 48 of 143 projects from 2014 to 2016; the key rule and the known renamings find more, and lose none that
// changes department.
func TestProjectsAreMatchedAcrossYears(t *testing.T) {
	years := projectsByYear(t)
	for _, c := range []struct{ before, after, matched, moved int }{
		{2014, 2016, 88, 0}, {2016, 2018, 80, 15}, {2018, 2020, 90, 0}, {2020, 2021, 88, 4}, {2021, 2022, 158, 6},
	} {
		matched, moved := 0, 0
		for key, now := range years[c.after] {
			if then, ok := years[c.before][key]; ok {
				matched++
				if then.Refs["portfolio_id"] != now.Refs["portfolio_id"] {
					moved++
				}
			}
		}
		if matched != c.matched || moved != c.moved {
			t.Errorf("%d to %d: %d matched, %d of them in another department; want %d, %d", c.before, c.after, matched, moved, c.matched, c.moved)
		}
	}
}

func TestKnownRenamingsAndNamesakes(t *testing.T) {
	rule := gmpp(t).sheets[0].fields[gmpp(t).sheets[0].index["project"]].key
	for _, same := range [][]string{
		{"New Prison -Wales", "North Wales Prison (NWP ) Programme", "Berwyn Programme"},
		{"Joint Combat Aircraft (Lightning)", "Lightning II Programme", "Lightning Programme"},
		{"Successor SSBN", "Dreadnought"},
		{"Novo (NCA Transformation) Programme", "NCA Transformation Programme", "NCA Transformation Portfolio"},
		{"NOMS ICTS Services (NIS) Programme (formally part of Quantum Re-compete Project)", "NOMS ICTS Services (NICTS) Programme"},
		{"Carrier Enabled Power Projection (CEPP)", "CARRIER  ENABLED\nPOWER\u00a0PROJECTION"},
		{"Disclosure & Barring Programme (formerly SIG Convergence Programme)", "Disclosure and Barring  Service (DBS) Programme"},
	} {
		for _, name := range same[1:] {
			if a, b := rule.key(same[0]), rule.key(name); a != b {
				t.Errorf("%q is %q, %q is %q", same[0], a, name, b)
			}
		}
	}
	for _, apart := range [][2]string{
		{"High Speed Rail Programme (HS2)", "HS2 Phase 1"},
		{"HS2 Phase 2a", "HS2 Phase 2b"},
		{"Priority School Building Programme 1", "Priority School Building Programme 2"},
		{"Building Safety Programme (ACM Remediation)", "Building Safety Programme (Non-ACM Remediation)"},
		{"Electronic Monitoring (EM)", "Electronic Monitoring Expansion"},
		{"Making Tax Digital for Individuals", "Making Tax Digital for Business"},
		{"Commercial Capability Programme", "Commercial Capability Expansion Programme"},
	} {
		if rule.key(apart[0]) == rule.key(apart[1]) {
			t.Errorf("%q and %q are one project", apart[0], apart[1])
		}
	}
}

// Single rows, looked up by hand in the published files.
func TestRowsOfEachYear(t *testing.T) {
	day := vocab.NewDate
	pounds := func(minor int64) Money { return Money{minor, "GBP"} }
	reports := map[string]Record{}
	for _, r := range of(readGmpp(t, Demo()...), "status_reports") {
		reports[r.Key] = r
	}
	for key, want := range map[string]map[string]any{
		"fe capital investment/2014-03-31": {"confidence": "AMBER_GREEN", "reported_start": day(2010, 5, 31), "reported_finish": day(2015, 9, 1),
			"whole_life_cost": pounds(5609_460_000_00), "period_budget": pounds(450_370_000_00), "raw_rating": nil, "not_rated_reason": nil},
		"universal credit/2014-03-31": {"confidence": "NOT_RATED", "not_rated_reason": "RESET", "raw_rating": "Reset",
			"reported_finish": nil, "whole_life_cost": nil},
		"new polar research vessel/2016-03-31": {"whole_life_cost": pounds(1186_000_000_00), "reported_finish": day(2019, 8, 5)},
		"geological disposal facility/2018-03-31": {"confidence": "AMBER_RED", "reported_finish": day(2040, 12, 31),
			"whole_life_cost": pounds(12131_500_000_00), "period_start": day(2017, 4, 1)},
		"astute boats 1 7/2018-03-31":                {"reported_start": day(1997, 3, 17), "whole_life_cost": pounds(9941_960_000_00)},
		"maritime patrol aircraft/2021-03-31":        {"confidence": "AMBER_RED", "period_forecast": pounds(654_110_000_00)},
		"submarine dismantling/2022-03-31":           {"confidence": "AMBER", "period_budget": pounds(33_730_000_00)}, // the owner's rating
		"10 000 additional prison places/2022-03-31": {"confidence": "AMBER", "reported_start": day(2020, 3, 2)},      // the authority's
		"future combat air system/2022-03-31":        {"reported_finish": day(2070, 12, 31)},
	} {
		got, ok := reports[key]
		if !ok {
			t.Errorf("no report %q", key)
			continue
		}
		for column, v := range want {
			if got.Set[column] != v {
				t.Errorf("%s: %s is %v, want %v", key, column, got.Set[column], v)
			}
		}
	}
	origin := reports["submarine dismantling/2022-03-31"].Origin
	if origin.File != "gmpp_2022.csv" || origin.Line != 2 || origin.Columns["confidence"] != "SRO Delivery Confidence Assessment" ||
		origin.Columns["period_end"] != "file name" {
		t.Errorf("origin %+v", origin)
	}
}

// Years the mapping was not written against, under headers as the publisher varied them.
func TestUnseenYears(t *testing.T) {
	for name, text := range map[string]string{
		"gmpp_2015.csv": ",Project Name,Department,\"MPA RAG Rating\n(A Delivery Confidence Assessment of the project at a fixed point in time)\"," +
			"Description / Aims,Project - Start Date (Latest approved start date),Project - End Date (Latest approved end date)," +
			"2014/15 Budget (£million),2014/15 Forecast (£million),Variance Budget / Forecast %age,Total budgeted whole life costs (£million) (including Non-government costs)\n" +
			"1,Crossrail,DfT,Amber/Green,Trains,22/07/2008,31/12/2019,\"£1,000.50\",£990,1%,\"£14,500\"\n",
		"GMPP 2017 data.csv": "Project Name,Department,IPA RAG rating,Project - Start Date,Project - End Date," +
			"2016/2017 TOTAL Budget (£million),2016/2017 TOTAL Forecast (£million),Whole Life Cost TOTAL Budget (£m)\n" +
			"Crossrail Programme,DFT,Amber / Green,2008-07-22,31 December 2019,1000.5,990,14500\n",
		"2019.csv": "Project Name;Department;IPA RAG rating;Start Date;End Date;2018/19 TOTAL Baseline £m (including Non-Government Costs);" +
			"2018/19 TOTAL Forecast £m (including Non-Government Costs);Whole Life Cost TOTAL Baseline £m (including Non-Government Costs)\n" +
			"Crossrail Programme;Department for Transport;AMBER/GREEN;22.07.2008;31.12.19;1000.50;990;14500\n",
		"gmpp_2023.csv": "GMPP ID Number,Project Name,Department,Annual Report Category,Description / Aims,IPA Delivery Confidence Assessment," +
			"SRO Delivery Confidence Assessment,Departmental commentary on actions planned or taken on the IPA RAG rating.,Project - Start Date (Latest Approved Start Date)," +
			"Project - End Date (Latest Approved End Date),Departmental narrative on schedule,Financial Year Baseline (£m) (including Non-Government Costs)," +
			"Financial Year Forecast (£m) (including Non-Government Costs),Financial Year Variance (%),TOTAL Baseline Whole Life Costs (£m) (including Non-Government Costs)," +
			"Departmental Narrative on Budgeted Whole Life Costs,TOTAL Baseline Benefits (£m),Departmental Narrative on Budgeted Benefits\n" +
			"DfT_0001_2223-Q4,Crossrail Programme,DFT,Infrastructure and Construction,Trains,,Amber/Green,c,2008-07-22,2019-12-31,n,1000.5,990,1%,14500,n,99,n\n",
	} {
		res := readGmpp(t, file(name, text))
		if len(of(res, "status_reports")) != 1 {
			t.Errorf("%s: %v", name, res.Records)
			continue
		}
		r := of(res, "status_reports")[0]
		for column, want := range map[string]any{
			"confidence": "AMBER_GREEN", "reported_start": vocab.NewDate(2008, 7, 22), "reported_finish": vocab.NewDate(2019, 12, 31),
			"period_budget": Money{1000_500_000_00, "GBP"}, "period_forecast": Money{990_000_000_00, "GBP"}, "whole_life_cost": Money{14500_000_000_00, "GBP"},
		} {
			if r.Set[column] != want {
				t.Errorf("%s: %s is %v, want %v", name, column, r.Set[column], want)
			}
		}
		if r.Refs["project_id"] != (Ref{Entity: "projects", Key: "crossrail"}) || of(res, "portfolios")[0].Set["code"] != "DFT" {
			t.Errorf("%s: %v", name, res.Records)
		}
	}
}
