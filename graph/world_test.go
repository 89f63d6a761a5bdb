package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/access"
	"pmograph/internal/decide"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/memory"
	"pmograph/internal/vocab"
)

// The worlds of these tests are plain values: loading them into a record and folding them by hand share nothing.

type world struct {
	currency   string
	fiscal     int
	validity   int
	portfolios []portfolio
	programs   []program
	projects   []project
	rates      []rate
	teams      []team
	people     []person
	bookings   []booking
	indicators []indicator
}

type portfolio struct {
	parent   int // index, -1 at the top
	code     string
	currency string // "" for the parent's
}

type program struct {
	portfolio int
	code      string
}

type project struct {
	portfolio, program int // program -1 for none
	code, name         string
	lifecycle          vocab.ProjectLifecycle
	currency           string
	priority           int // 0 for none
	reports            []report
	milestones         []milestone
	baselines          []baseline
	costs              []cost
	budgets            []budget
}

type report struct {
	end                    vocab.Date
	revision               int
	state                  vocab.ReportState
	health                 vocab.Rag                // "" for none
	confidence             vocab.DeliveryConfidence // "" for none
	currency               string
	cost, budget, forecast *int64
	finish                 *vocab.Date
}

type milestone struct {
	name             string
	state            vocab.MilestoneState
	forecast, actual *vocab.Date
	finish           bool
	budget           *int64
}

type baseline struct {
	state    vocab.BaselineState
	approved *vocab.Date
	dates    []*vocab.Date // by milestone
	plan
}

type rate struct {
	from, to string
	on       vocab.Date
	nano     int64
}

var now = time.Date(2022, 4, 20, 12, 0, 0, 0, time.UTC)

func day(s string) vocab.Date {
	d, err := vocab.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func ptr[T any](v T) *T { return &v }

func opt[E ~string](v E) *E {
	if v == "" {
		return nil
	}
	return &v
}

// set fills a guarded column: an amount in minor units, a text, or nothing.
func set[T any](t *state.Table[T], row *T, column string, value any) {
	if n, ok := value.(*int64); ok {
		if value = nil; n != nil {
			value = *n
		}
	}
	must(t.Desc().SetColumn(row, column, value))
}

// house is a record with the API in front of it.
type house struct {
	t testing.TB
	j *journal.Journal
	h http.Handler
}

func newHouse(t testing.TB) *house {
	t.Helper()
	return newHouseOn(t, &memory.Store{Now: func() time.Time { return now }})
}

func newHouseOn(t testing.TB, db store.Store) *house {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	log := slog.New(slog.DiscardHandler)
	j, err := journal.Open(ctx, db, journal.Options{Now: func() time.Time { return now }, Log: log, Invariants: decide.Invariants, Poll: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); <-j.Done() })
	return &house{t, j, graph.NewServer(j, graph.Options{Log: log, Access: accessed(t)})}
}

// accessed is a journal of access with an entry of each kind, by users, strangers and the program.
func accessed(t testing.TB) access.Store {
	db := &memory.Access{}
	err := db.Append(context.Background(), func(head access.Mark) (all []access.Entry) {
		for i, k := range access.Kinds() {
			e := access.Entry{At: now.Add(time.Duration(i) * time.Minute), Kind: k, Actor: []string{"user-1", access.Stranger + "0123456789abcdef", "operator", ""}[i%4], Count: int64(1 + i)}
			if i%2 == 0 {
				e.Address, e.What, e.Request, e.Seq = "192.0.2.1", "Dashboard", "abcdefghijklmnop", int64(i+1)
			}
			all = append(all, e)
		}
		return access.Chain(head, all)
	})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// do changes the record as the machine.
func (h *house) do(action string, run func(*state.Draft) error) {
	h.t.Helper()
	_, err := h.j.DoAs(h.t.Context(), auth.Machine("test"), state.Decision{Action: action, Input: action, Run: run}, journal.Meta{Reason: "because of " + action})
	if err != nil {
		h.t.Fatalf("%s: %v", action, err)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// load puts a world into the record: things get the numbers of their places, from 1.
func (h *house) load(w *world) {
	h.t.Helper()
	h.do("organisationUpdate", func(d *state.Draft) error {
		o := state.Organisations.New(d)
		o.Name, o.Currency, o.Timezone, o.FiscalYearStart, o.StandardWeekMinutes, o.ReportValidityMonths = "Government", w.currency, "UTC", w.fiscal, 2250, w.validity
		must(state.Organisations.Put(d, o))
		for _, r := range w.rates {
			x := state.ExchangeRates.New(d)
			x.FromCurrency, x.ToCurrency, x.ValidFrom, x.Rate = r.from, r.to, r.on, r.nano
			must(state.ExchangeRates.Put(d, x))
		}
		return nil
	})
	h.do("import", func(d *state.Draft) error {
		loadCategories(d)
		for _, p := range w.portfolios {
			x := state.Portfolios.New(d)
			x.Code, x.Name, x.Lifecycle, x.Currency = p.code, "Portfolio "+p.code, vocab.PortfolioLifecycleActive, opt(p.currency)
			if p.parent >= 0 {
				x.ParentID = ptr(int64(p.parent + 1))
			}
			must(state.Portfolios.Put(d, x))
		}
		for _, p := range w.programs {
			x := state.Programs.New(d)
			x.Code, x.Name, x.Lifecycle, x.PortfolioID = p.code, "Program "+p.code, vocab.PortfolioLifecycleActive, int64(p.portfolio+1)
			must(state.Programs.Put(d, x))
		}
		for _, p := range w.projects {
			loadProject(d, p)
		}
		loadPeople(d, w)
		return nil
	})
}

func loadProject(d *state.Draft, p project) {
	x := state.Projects.New(d)
	x.Code, x.Name, x.PortfolioID, x.Lifecycle, x.Currency = p.code, p.name, int64(p.portfolio+1), p.lifecycle, p.currency
	if p.program >= 0 {
		x.ProgramID = ptr(int64(p.program + 1))
	}
	if p.priority > 0 {
		x.Priority = &p.priority
	}
	must(state.Projects.Put(d, x))
	for _, r := range p.reports {
		y := state.StatusReports.New(d)
		y.ProjectID, y.PeriodStart, y.PeriodEnd, y.Revision, y.State, y.Currency = x.ID, r.end.AddMonths(-12)+1, r.end, r.revision, r.state, r.currency
		y.Health, y.Confidence, y.ReportedFinish = opt(r.health), opt(r.confidence), r.finish
		if r.confidence == vocab.DeliveryConfidenceNotRated {
			y.NotRatedReason = ptr(vocab.NotRatedReasonExempt)
		}
		if r.state != vocab.ReportStateDraft {
			y.SubmittedAt = &now
		}
		set(state.StatusReports, y, "whole_life_cost", r.cost)
		set(state.StatusReports, y, "period_budget", r.budget)
		set(state.StatusReports, y, "period_forecast", r.forecast)
		must(state.StatusReports.Put(d, y))
	}
	loadMoney(d, x.ID, p)
	var ids []int64
	for _, m := range p.milestones {
		y := state.Milestones.New(d)
		y.ProjectID, y.Name, y.State, y.ForecastDate, y.ActualDate, y.Weight, y.IsFinish = x.ID, m.name, m.state, m.forecast, m.actual, 1, m.finish
		set(state.Milestones, y, "budget", m.budget)
		must(state.Milestones.Put(d, y))
		ids = append(ids, y.ID)
	}
	for n, b := range p.baselines {
		y := state.Baselines.New(d)
		y.ProjectID, y.Number, y.State, y.ApprovedOn, y.Reason, y.Currency = x.ID, n+1, b.state, b.approved, "agreed", opt(b.currency)
		must(state.Baselines.Put(d, y))
		loadSpread(d, x.ID, y.ID, b.plan)
		for i, date := range b.dates {
			if date == nil {
				continue
			}
			e := state.BaselineEntries.New(d)
			e.BaselineID, e.ProjectID, e.ItemKind, e.MilestoneID, e.Finish = y.ID, x.ID, vocab.BaselineItemKindMilestone, &ids[i], date
			set(state.BaselineEntries, e, "weight", b.weight(i))
			must(state.BaselineEntries.Put(d, e))
		}
	}
}

// who is an identity that holds roles by its token.
func who(subject string, claims ...auth.Claim) auth.Identity {
	return auth.Identity{Issuer: "LOCAL", Subject: subject, Claims: claims}
}

func role(r vocab.Role, scope string) auth.Claim {
	s, err := auth.ParseScope(scope)
	must(err)
	return auth.Claim{Role: r, Scope: s}
}

var finance = who("finance", role(vocab.RoleFinance, ""))
var viewer = who("viewer", role(vocab.RoleViewer, ""))
var admin = who("admin", role(vocab.RoleAdmin, ""))

// ask answers a document as HTTP does.
func (h *house) ask(id auth.Identity, query string, variables map[string]any) []byte {
	h.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	must(err)
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, r.WithContext(graph.WithRequestID(graph.WithIdentity(r.Context(), id), "test-request")))
	return w.Body.Bytes()
}

// answer asks and decodes; errors end the test.
func (h *house) answer(id auth.Identity, query string, variables map[string]any) map[string]any {
	h.t.Helper()
	raw := h.ask(id, query, variables)
	var got struct {
		Data   map[string]any
		Errors []any
	}
	if err := json.Unmarshal(raw, &got); err != nil || len(got.Errors) > 0 {
		h.t.Fatalf("%.2000s", raw)
	}
	return got.Data
}

// at goes down an answer: names and indexes.
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			v = v.([]any)[p]
		}
	}
	return v
}
