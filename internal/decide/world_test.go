package decide

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var (
	noon  = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	today = vocab.DateOf(noon)
)

func day(t testing.TB, s string) *vocab.Date {
	t.Helper()
	d, err := vocab.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

func ptr[T any](v T) *T { return &v }

// record is a record that grows by decisions, as the journal would run them.
type record struct {
	t testing.TB
	s *state.Snapshot
}

// try runs a decision for a session; what it changed is on record only if it was not refused.
func (r *record) try(session auth.Session, dec state.Decision) (*state.Draft, error) {
	d, err := state.NewDraft(r.s, session, dec.Action, noon, today)
	if err != nil {
		return nil, err
	}
	if err := dec.Run(d); err != nil {
		return nil, err
	}
	if err := d.Finish(Invariants); err != nil {
		return nil, err
	}
	if _, err := d.Entry(state.Entry{}); err != nil {
		return nil, err
	}
	r.s = d.Published()
	return d, nil
}

// do runs a decision for the machine and gives the id of its first result.
func (r *record) do(dec state.Decision) string {
	r.t.Helper()
	d, err := r.try(auth.Machine("test"), dec)
	if err != nil {
		r.t.Fatalf("%s: %v", dec.Action, err)
	}
	if len(d.Results()) == 0 {
		return ""
	}
	return d.Results()[0].String()
}

// put changes rows as only a test can, past every decision but not past the invariants.
func (r *record) put(action string, run func(*state.Draft) error) error {
	_, err := r.try(auth.Machine("test"), state.Decision{Action: action, Run: run})
	return err
}

// session gives the session of a user of this server's tokens.
func (r *record) session(subject string) auth.Session {
	r.t.Helper()
	s, err := r.s.Session(auth.Identity{Issuer: LocalIssuer, Subject: subject}, noon, today, noon.Add(24*time.Hour))
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *record) all() state.Reader { return state.NewWhole(r.s) }

func (r *record) grant(subject string, role vocab.Role, scope string) {
	r.t.Helper()
	s, err := auth.ParseScope(scope)
	if err != nil {
		r.t.Fatal(err)
	}
	r.do(OperatorGrant(subject, role, s))
}

func number(id string) int64 { ref, _ := state.ParseID(id); return ref.ID }

// world is a small organisation:
//
//	portfolio-1 A ─ portfolio-3 A/S ─ project-2 SUB
//	            ├ program-1 PRG, project-1 ONE (finish milestone-1 with a budget, milestone-2, status-report-1 for 2025)
//	portfolio-2 B ─ program-2 OTHER, project-3 TWO
//
// with users admin (ADMIN), pmo (PMO), manager (portfolio manager of A), worker (contributor of ONE) and viewer (viewer of A).
func world(t testing.TB) *record {
	t.Helper()
	r := &record{t: t, s: state.Empty()}
	r.do(OrganisationUpdate(OrganisationUpdateInput{Patch: map[string]any{"name": "Office", "currency": "EUR", "timezone": "Europe/Berlin"}}))
	r.do(PortfolioCreate(PortfolioCreateInput{Code: "A", Name: "Alpha", Currency: ptr("GBP")}))
	r.do(PortfolioCreate(PortfolioCreateInput{Code: "B", Name: "Beta"}))
	r.do(PortfolioCreate(PortfolioCreateInput{Code: "S", Name: "Sub", ParentID: ptr("portfolio-1")}))
	r.do(ProgramCreate(ProgramCreateInput{PortfolioID: "portfolio-1", Code: "PRG", Name: "Program"}))
	r.do(ProgramCreate(ProgramCreateInput{PortfolioID: "portfolio-2", Code: "OTHER", Name: "Other"}))
	r.do(ProjectCreate(ProjectCreateInput{PortfolioID: "portfolio-1", Code: "ONE", Name: "One", ProgramID: ptr("program-1"), PlannedStart: day(t, "2025-01-01"), PlannedFinish: day(t, "2026-12-31")}))
	r.do(ProjectCreate(ProjectCreateInput{PortfolioID: "portfolio-3", Code: "SUB", Name: "Sub"}))
	r.do(ProjectCreate(ProjectCreateInput{PortfolioID: "portfolio-2", Code: "TWO", Name: "Two"}))
	r.do(MilestoneCreate(MilestoneCreateInput{ProjectID: "project-1", Name: "Finish", IsFinish: ptr(true), ForecastDate: day(t, "2026-12-31"), Budget: ptr("1000.50")}))
	r.do(MilestoneCreate(MilestoneCreateInput{ProjectID: "project-1", Name: "Design", ForecastDate: day(t, "2025-06-30")}))
	r.do(StatusReportSubmit(StatusReportSubmitInput{ProjectID: "project-1", PeriodStart: *day(t, "2025-01-01"), PeriodEnd: *day(t, "2025-12-31"),
		Health: ptr(vocab.RagGreen), WholeLifeCost: ptr("5000000")}))
	r.grant("admin", vocab.RoleAdmin, "")
	r.grant("pmo", vocab.RolePmo, "")
	r.grant("manager", vocab.RolePortfolioManager, "portfolio:A")
	r.grant("worker", vocab.RoleContributor, "project:ONE")
	r.grant("viewer", vocab.RoleViewer, "portfolio:A")
	r.do(ActionItemCreate(ActionItemCreateInput{ProjectID: "project-1", Title: "Order the crane"}))
	return r
}

// wants holds an error to what a test expects: "" for none, else "path CODE" of one of its fields or, without a space, its kind.
func wants(t testing.TB, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		return
	}
	e := (*fault.Error)(nil)
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want %s", err, want)
	}
	if string(e.Kind) == want {
		return
	}
	for _, f := range e.Fields {
		if strings.Join(f.Path, ".")+" "+f.Code == want {
			return
		}
	}
	t.Fatalf("got %s %+v, want %s", e.Kind, e.Fields, want)
}

func milestone(r *record, id string) *ent.Milestone {
	return state.Milestones.Get(r.all(), number(id))
}
func project(r *record, id string) *ent.Project { return state.Projects.Get(r.all(), number(id)) }

func pence(m *guard.Money) int64 {
	if m == nil {
		return -1
	}
	n, _ := m.Value()
	return n.(int64)
}
