package graph_test

import (
	"fmt"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/graph"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/memory"
	"pmograph/internal/vocab"
)

// odd is a text with all that a writer of JSON has to look at.
const odd = "größer <&> \"quoted\" \\ \u2028\u2029\t\n\r\x01\x1f\x7f 🛰"

// everythingHouse is a record in which there is something of every entity, and of most words of closed lists: a world's, and what is put here
// beside it. A few entries change it afterwards.
func everythingHouse(t testing.TB, w *world) *house {
	db := &memory.Store{Now: func() time.Time { return now }}
	must(db.Deliver(t.Context(), "test", delivered()))
	h := newHouseOn(t, db)
	h.load(w)
	h.do("userCreate", func(d *state.Draft) error {
		for i, name := range []string{"mia", "ben", "gone"} {
			u := state.Users.New(d)
			u.Issuer, u.Active, u.Locale = "LOCAL", i < 2, opt([]string{"de", "", "en-GB"}[i])
			set(state.Users, u, "subject", name)
			set(state.Users, u, "name", "Person "+name+odd[:12])
			set(state.Users, u, "email", name+"@example.org")
			must(state.Users.Put(d, u))
		}
		return nil
	})
	h.do("import", func(d *state.Draft) error {
		mia := int64(0)
		for u := range state.Users.All(d) {
			mia = max(mia, u.ID-2) // the first of three
		}
		putCalendars(d)
		putStaff(d, mia)
		putRoles(d, mia)
		putKeys(d, mia)
		putPlans(d, mia)
		return nil
	})
	h.do("import", func(d *state.Draft) error {
		putIndicators(d)
		putTime(d)
		putTexts(d)
		return nil
	})
	h.do("projectMove", func(d *state.Draft) error { // what was, is not what is
		p := edited(d, state.Projects, 2)
		p.Name, p.ArchivedAt = "Renamed "+odd, &now
		must(state.Projects.Put(d, p))
		for a := range state.ActionItems.By(d, "project_id", 1) {
			state.ActionItems.Delete(d, a.ID)
			break
		}
		return nil
	})
	return h
}

// words lists a closed list.
func words[E interface {
	~string
	Values() []string
}]() (list []E) {
	for _, v := range E("").Values() {
		list = append(list, E(v))
	}
	return list
}

func edited[T any](d *state.Draft, t *state.Table[T], id int64) *T {
	row, err := t.Edit(d, id, nil)
	must(err)
	return row
}

func putCalendars(d *state.Draft) {
	c := state.WorkCalendars.New(d)
	c.Code, c.Name, c.Timezone, c.WeeklyMinutes = "UK", "United Kingdom", "Europe/London", []int{0, 450, 450, 450, 450, 450, 0}
	c.Exceptions = []vocab.CalendarException{{Date: day("2022-04-15"), Minutes: 0, Name: "Good Friday"}, {Date: day("2022-04-16"), Minutes: 60, Name: odd}}
	must(state.WorkCalendars.Put(d, c))
	p := edited(d, state.Portfolios, 1)
	p.CalendarID, p.Lifecycle = &c.ID, vocab.PortfolioLifecycleClosed
	must(state.Portfolios.Put(d, p))
	for _, role := range []string{"Engineer", "Tester"} {
		for i, from := range []string{"2020-01-01", "2022-01-01"} {
			x := state.RateCards.New(d)
			x.RoleName, x.ValidFrom, x.Currency, x.HourlyRate = role, day(from), "GBP", int64(5_000+i*1_234)
			must(state.RateCards.Put(d, x))
		}
	}
	for i, text := range []string{"{ viewer { day } }", "{ gone }"} {
		x := state.RegisteredDocuments.New(d)
		x.Name, x.Text, x.DocumentID = fmt.Sprint("Document ", i), text, graph.DocumentID(text)
		if i == 0 {
			x.RegisteredByID = &[]int64{1}[0]
		}
		must(state.RegisteredDocuments.Put(d, x))
	}
	for i, dimension := range words[vocab.RagDimension]() {
		x := state.Tolerances.New(d)
		if x.Dimension, x.Green, x.Amber = dimension, 950_000, 850_000; dimension == vocab.RagDimensionMilestone {
			x.Green, x.Amber = 5_000_000, 20_000_000
		}
		x.Category = opt([]string{"", "", "Land"}[i%3])
		must(state.Tolerances.Put(d, x))
	}
}

// putStaff puts teams and resources of every kind beside those there are.
func putStaff(d *state.Draft, mia int64) {
	top := state.Teams.New(d)
	top.Code, top.Name, top.ManagerID = "ENG", "Team "+odd, &mia
	must(state.Teams.Put(d, top))
	below := state.Teams.New(d)
	below.Code, below.Name, below.ParentID = "SYS", "Systems", &top.ID
	must(state.Teams.Put(d, below))
	for i, kind := range words[vocab.ResourceKind]() {
		for _, code := range []string{"A", "B"} {
			x := state.Resources.New(d)
			x.Code, x.Kind, x.RoleName, x.ContractShare, x.TeamID = fmt.Sprintf("%s-%s", kind, code), kind, pickOf(i, "Engineer", "Tester"), 800, pickOf(i, &below.ID, &top.ID)
			x.RateCurrency = ptr("GBP")
			set(state.Resources, x, "standard_rate", int64(8_050))
			if kind != vocab.ResourceKindPlaceholder {
				set(state.Resources, x, "name", "The "+code)
			}
			if code == "B" {
				x.ValidTo = dayp("2022-04-22")
			}
			must(state.Resources.Put(d, x))
		}
	}
}

func pickOf[T any](i int, of ...T) T { return of[i%len(of)] }

func putRoles(d *state.Draft, user int64) {
	for i, x := range []struct {
		role  vocab.Role
		scope vocab.ScopeKind
		on    int64
	}{
		{vocab.RolePmo, vocab.ScopeKindOrganisation, 0}, {vocab.RolePortfolioManager, vocab.ScopeKindPortfolio, 1}, {vocab.RoleSponsor, vocab.ScopeKindPortfolio, 2},
		{vocab.RoleProjectManager, vocab.ScopeKindProject, 1}, {vocab.RoleResourceManager, vocab.ScopeKindTeam, 1}, {vocab.RoleContributor, vocab.ScopeKindProject, 2},
		{vocab.RoleAdmin, vocab.ScopeKindOrganisation, 0}, {vocab.RoleAuditor, vocab.ScopeKindOrganisation, 0}, {vocab.RoleFinance, vocab.ScopeKindPortfolio, 2},
		{vocab.RoleService, vocab.ScopeKindOrganisation, 0}, {vocab.RoleViewer, vocab.ScopeKindProgram, 1}, {vocab.RoleSponsor, vocab.ScopeKindOwn, 0},
	} {
		r := state.RoleAssignments.New(d)
		r.UserID, r.Role, r.ScopeKind = user+int64(1+i%2), x.role, x.scope // ben, and one who is gone
		if x.on > 0 {
			r.ScopeID = &x.on
		}
		if i%2 == 0 {
			r.ValidFrom, r.ValidTo = dayp("2020-01-01"), dayp("2023-01-01")
		}
		must(state.RoleAssignments.Put(d, r))
	}
}

// delivered is how far webhooks were told: one to whom nothing arrives any more, and one who was told.
func delivered() store.Delivered {
	return store.Delivered{
		Channel: read.WebhookChannel,
		State: []state.Delivery{
			{Recipient: 1, UpTo: state.Position{Seq: 1, Mark: 7}, Due: now, Failed: 2, Since: now, Error: "it answered " + odd, Stopped: true},
			{Recipient: 2, UpTo: state.Position{Seq: 2, Mark: 8}, ToldAt: now},
		},
		Dead: []state.DeadLetter{{Recipient: 1, Number: 1, At: now, Attempts: 30, Error: odd}, {Recipient: 1, Number: 2, At: now.Add(time.Hour)}},
	}
}

// putKeys puts mail subscriptions, webhooks, feed keys that read every class, one of them revoked, and revoked tokens.
func putKeys(d *state.Draft, user int64) {
	for i, scope := range []vocab.ScopeKind{vocab.ScopeKindPortfolio, vocab.ScopeKindProject, vocab.ScopeKindOrganisation} {
		k := state.FeedKeys.New(d)
		k.Name, k.OwnerID, k.ScopeKind, k.SecretHash, k.ValidTo = "Feed "+odd, user, scope, auth.SecretHash(odd), now.AddDate(1, 0, 0)
		if k.ReadsMoney, k.ReadsRate, k.ReadsPersonal = true, i > 0, i > 0; i < 2 {
			k.ScopeID, k.RevokedAt = ptr(int64(1)), []*time.Time{&now, nil}[i]
		}
		must(state.FeedKeys.Put(d, k))
		h := state.Webhooks.New(d)
		h.Name, h.OwnerID, h.ScopeKind, h.ScopeID, h.URL, h.Events, h.Active = "Hook "+odd, user, scope, k.ScopeID, "https://example.org/", []string{"*", "project"}, i > 0
		if h.ReadsMoney, h.ReadsRate, h.ReadsPersonal = true, i > 0, i > 0; i < 2 {
			h.SecretRotatedAt = &now
		}
		must(state.Webhooks.Put(d, h))
		x := state.TokenRevocations.New(d)
		x.Issuer, x.TokenID, x.ExpiresAt = "LOCAL", fmt.Sprint(odd, i), now.Add(time.Hour)
		must(state.TokenRevocations.Put(d, x))
	}
	for i, text := range []string{
		`{"dataset":"Projects","measures":[{"measure":"Projects"}]}`,
		`{"dataset":"CostEntries","groupBy":[{"column":"Project/Portfolio/Name"}],"measures":[{"measure":"TotalPlannedReporting"}]}`,
		`{"dataset":"Nothing","measures":[{"op":"COUNT"}]}`,
	} {
		q := state.SavedQueries.New(d)
		q.Name, q.OwnerID, q.Shared, q.Analysis = fmt.Sprint("Kept", odd, i), user+int64(i%2), i != 1, text
		q.Dataset = []string{"Projects", "CostEntries", "Nothing"}[i]
		if i > 0 {
			q.Description, q.ExternalSource, q.ExternalID, q.ArchivedAt = ptr(odd), ptr("BI"), ptr(fmt.Sprint(i)), &now
		}
		must(state.SavedQueries.Put(d, q))
	}
	for i, day := range words[vocab.Weekday]() {
		m := state.MailSubscriptions.New(d)
		m.UserID, m.ScopeKind, m.Delivery, m.Hour, m.Weekday, m.Active = user+int64(i%2), vocab.ScopeKindOrganisation, words[vocab.MailDelivery]()[i%3], i*3, day, i > 0
		m.AboutStructure, m.AboutPlan, m.AboutReports, m.AboutMoney, m.AboutPeople = i != 1, i != 2, i != 3, i != 4, i != 5
		if i > 1 {
			m.ScopeKind, m.ScopeID, m.ExternalSource, m.ExternalID = vocab.ScopeKindProject, ptr(int64(i)), ptr("HR"), ptr(fmt.Sprint(odd, i))
			m.ArchivedAt = &now
		}
		must(state.MailSubscriptions.Put(d, m))
	}
	u := edited(d, state.Users, user+2) // who is gone
	u.TokensValidFrom = &now
	must(state.Users.Put(d, u))
}

// putPlans puts what hangs on single projects: who manages them, how, what is to be done, a plan in force.
func putPlans(d *state.Draft, mia int64) {
	for i, method := range words[vocab.DeliveryMethod]() {
		p := edited(d, state.Projects, int64(i+1))
		p.DeliveryMethod, p.ManagerID, p.SponsorID, p.Category = &method, &mia, ptr(mia+1), opt(pickOf(i, "Land", "", odd))
		p.PlannedStart, p.PlannedFinish, p.ExternalSource, p.ExternalID = dayp("2020-01-06"), dayp("2023-06-30"), ptr("GMPP"), ptr(fmt.Sprintf("<%d>", i))
		must(state.Projects.Put(d, p))
		for n := range 2 {
			a := state.ActionItems.New(d)
			if a.ProjectID, a.Title, a.Due = p.ID, "Do "+odd, dayp("2022-04-01"); n == 0 {
				a.OwnerID, a.DoneOn = &mia, dayp("2022-03-30")
			}
			must(state.ActionItems.Put(d, a))
		}
		b := state.Baselines.New(d)
		b.ProjectID, b.Number, b.State, b.Reason, b.Currency = p.ID, 50, vocab.BaselineStateDraft, odd, ptr("GBP")
		must(state.Baselines.Put(d, b))
		e := state.BaselineEntries.New(d)
		e.BaselineID, e.ProjectID, e.ItemKind, e.Start, e.Finish = b.ID, p.ID, vocab.BaselineItemKindProject, dayp("2020-01-06"), dayp("2023-03-31")
		must(state.BaselineEntries.Put(d, e))
	}
	for i, s := range words[vocab.ProjectLifecycle]() {
		if p := state.Projects.Get(d, int64(4+i)); p != nil {
			p = edited(d, state.Projects, p.ID)
			p.Lifecycle = s
			must(state.Projects.Put(d, p))
		}
	}
	for i, s := range words[vocab.MilestoneState]() {
		m := state.Milestones.New(d)
		if m.ProjectID, m.Name, m.State, m.ForecastDate, m.Weight, m.OwnerID = 1, fmt.Sprintf("State %d", i), s, dayp("2022-05-02"), 1, &mia; s == vocab.MilestoneStateReached {
			m.ActualDate = dayp("2022-03-01")
		}
		must(state.Milestones.Put(d, m))
	}
}

// putIndicators puts indicators of every kind of source, roll-up and unit that goes with them, and measurements.
func putIndicators(d *state.Draft) {
	for i, x := range []struct {
		rollup vocab.KpiRollup
		weight vocab.KpiWeight
		unit   vocab.Unit
		money  bool
	}{
		{"SUM", "", vocab.UnitCount, false}, {"SUM", "", vocab.UnitMoney, true}, {"RATIO", "", vocab.UnitRatio, false}, {"WEIGHTED", "BUDGET", vocab.UnitHours, true},
		{"WEIGHTED", "EQUAL", vocab.UnitDays, false}, {"LAST", "", vocab.UnitFte, false}, {"NONE", "", vocab.UnitMonths, false},
	} {
		k := state.KpiDefinitions.New(d)
		k.Code, k.Name, k.Description, k.Unit, k.AboutMoney, k.Direction, k.Source, k.FormulaVersion = fmt.Sprintf("E%d", i), "Measured "+odd, ptr(odd), x.unit, x.money, pickOf(i, vocab.KpiDirectionUpGood, vocab.KpiDirectionDownGood), vocab.KpiSourceMeasured, 1
		if x.unit == vocab.UnitMoney {
			k.Currency = ptr("GBP")
		}
		k.Rollup, k.Weight, k.Cadence = x.rollup, opt(x.weight), words[vocab.Cadence]()[i%4]
		if k.Green, k.Amber = ptr(int64(20)), ptr(int64(5)); k.Direction == vocab.KpiDirectionDownGood {
			k.Green, k.Amber = k.Amber, k.Green
		}
		must(state.KpiDefinitions.Put(d, k))
		for n, end := range []string{"2021-12-31", "2022-03-31"} {
			measure := func(m *ent.KpiMeasurement) {
				m.KpiDefinitionID, m.PeriodStart, m.PeriodEnd = k.ID, ptr(day(end).AddMonths(-1)+1), day(end)
				column := "value"
				if x.rollup == vocab.KpiRollupRatio {
					column = "numerator"
					setFact(state.KpiMeasurements.Desc(), m, prefixed(x.money, "denominator"), ptr(int64(4_000_000)))
				}
				setFact(state.KpiMeasurements.Desc(), m, prefixed(x.money, column), ptr(int64(1+n)*3_000_000))
				if x.rollup != vocab.KpiRollupRatio {
					setFact(state.KpiMeasurements.Desc(), m, prefixed(x.money, "target"), ptr(int64(10_000_000)))
				}
				must(state.KpiMeasurements.Put(d, m))
			}
			measure(&ent.KpiMeasurement{ProjectID: ptr(int64(1 + n))})
			measure(&ent.KpiMeasurement{PortfolioID: ptr(int64(2))})
		}
		for n, reason := range words[vocab.Reason]() {
			if reason == vocab.ReasonNotVisible || reason == vocab.ReasonStaleInput {
				continue // these follow from who looks, and when
			}
			must(state.KpiMeasurements.Put(d, &ent.KpiMeasurement{ProjectID: ptr(int64(3)), KpiDefinitionID: k.ID, PeriodEnd: day("2021-01-31").AddMonths(n).MonthEnd(), Reason: &reason}))
		}
	}
	for i, metric := range words[vocab.KpiMetric]() {
		k := state.KpiDefinitions.New(d)
		k.Code, k.Name, k.Unit, k.Direction, k.Source, k.Metric, k.FormulaVersion = fmt.Sprintf("C%d", i), "Computed", vocab.UnitRatio, vocab.KpiDirectionBand, vocab.KpiSourceComputed, &metric, 1
		k.AboutMoney, k.Rollup, k.Cadence = metric != vocab.KpiMetricOnTimeRate, vocab.KpiRollupNone, vocab.CadenceMonth
		k.Amber, k.Green, k.GreenHigh, k.AmberHigh = ptr(int64(500_000)), ptr(int64(900_000)), ptr(int64(1_100_000)), ptr(int64(1_500_000))
		if i == 0 {
			k.PortfolioID = ptr(int64(2))
		}
		must(state.KpiDefinitions.Put(d, k))
	}
}

func prefixed(money bool, column string) string {
	if money {
		return "money_" + column
	}
	return column
}

// putTime puts bookings in every state, hours, and what of people's time differs from their calendars.
func putTime(d *state.Draft) {
	monday := day("2022-04-04")
	must(state.CapacityEntries.Put(d, &ent.CapacityEntry{ResourceID: 2, PeriodStart: day("2022-07-04"), Grain: vocab.CapacityGrainWeek, Source: vocab.CapacitySourceCalendar, Minutes: 2_000}))
	for resource := range int64(3) {
		for i, s := range words[vocab.AllocationState]() {
			a := state.Allocations.New(d)
			a.ProjectID, a.ResourceID, a.State, a.Commitment, a.Start, a.Finish, a.Note = 1+int64(i%3), 1+resource, s, vocab.CommitmentSoft, monday, monday+41, ptr(odd)
			if a.Probability = ptr(500); s == vocab.AllocationStateAccepted {
				a.Commitment, a.Probability = vocab.CommitmentHard, nil
			}
			must(state.Allocations.Put(d, a))
			for week := range 3 {
				start := monday + vocab.Date(7*week)
				must(state.AllocationHours.Put(d, &ent.AllocationHour{ResourceID: a.ResourceID, AllocationID: a.ID, PeriodStart: start, PeriodEnd: start + 6, Minutes: 400 * (1 + week)}))
			}
		}
		for i, source := range []vocab.CapacitySource{vocab.CapacitySourceAbsence, vocab.CapacitySourceOverride} {
			start := monday + vocab.Date(7*i)
			must(state.CapacityEntries.Put(d, &ent.CapacityEntry{ResourceID: 1 + resource, PeriodStart: start, Grain: vocab.CapacityGrainWeek, Source: source, Minutes: 1_200}))
		}
	}
	must(state.CapacityEntries.Put(d, &ent.CapacityEntry{ResourceID: 2, PeriodStart: day("2022-06-01"), Grain: vocab.CapacityGrainMonth, Source: vocab.CapacitySourceOverride, Minutes: 9_000}))
	must(state.CapacityEntries.Put(d, &ent.CapacityEntry{ResourceID: 1, PeriodStart: day("2022-05-02"), Grain: vocab.CapacityGrainDay, Source: vocab.CapacitySourceAbsence, Minutes: 100}))
}

// putTexts puts reports of every confidence, and for every reason of having none, with long texts.
func putTexts(d *state.Draft) {
	end, reasons := day("2018-12-31"), words[vocab.NotRatedReason]()
	for i, c := range append(words[vocab.DeliveryConfidence](), vocab.DeliveryConfidenceNotRated, vocab.DeliveryConfidenceNotRated, vocab.DeliveryConfidenceNotRated) {
		r := state.StatusReports.New(d)
		r.ProjectID, r.PeriodStart, r.PeriodEnd, r.Revision, r.State, r.Currency = 1, end-30, end, 1, vocab.ReportStateSubmitted, "GBP"
		r.Confidence, r.Health, r.RawRating, r.SubmittedAt = &c, opt(pickOf(i, vocab.RagGreen, vocab.RagAmber, vocab.RagRed)), ptr(odd), &now
		if c == vocab.DeliveryConfidenceNotRated {
			r.NotRatedReason = &reasons[i%len(reasons)]
		}
		for _, column := range []string{"override_reason", "highlights", "next_steps"} {
			must(d.SetColumn(state.StatusReports.Desc(), r, column, fmt.Sprint(column, i, odd)))
		}
		must(state.StatusReports.Put(d, r))
		end = end.AddMonths(-1).MonthEnd()
	}
}

// askers are people with different rights, from all to next to none.
func askers(w *world) []auth.Identity {
	return []auth.Identity{
		finance, viewer, admin, pmo, mia, who("ben"), who("nobody"),
		who("auditor", role(vocab.RoleAuditor, "")),
		who("team", role(vocab.RoleResourceManager, "")),
		who("part", role(vocab.RoleFinance, "project:"+w.projects[0].code), role(vocab.RoleContributor, "project:"+w.projects[1].code)),
		who("portfolio", role(vocab.RolePortfolioManager, "portfolio:"+w.portfolios[len(w.portfolios)-1].code)),
		who("service", role(vocab.RoleService, "")),
	}
}
