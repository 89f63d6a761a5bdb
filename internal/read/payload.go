package read

import "pmograph/internal/state"

// FieldError is one thing wrong with an input.
type FieldError struct {
	Path    []string `json:"path"`
	Code    string   `json:"code"`
	Message string   `json:"message"`
}

// Outcome is what every mutation answers beside the thing it is about.
type Outcome struct {
	Position *Position
	Number   *Long
	Preview  bool
	Repeated bool
	Changes  []Change
	// MoreChanges is how many more things changed, as far as the actor may see them.
	MoreChanges int
	Errors      []FieldError
}

// IsPayload marks a Payload.
func (Outcome) IsPayload() {}

// Payload is what a mutation answers.
type Payload interface{ IsPayload() }

// maxChanges is how many changed things a payload, or an entry of the journal, lists.
const maxChanges = 500

// Decided fills in what a mutation did, as its actor may see it.
func (v *View) Decided(p state.Position, preview, repeated bool, changes []*state.Change) Outcome {
	pos, n := Position(p), Long(p.Seq)
	o := Outcome{Position: &pos, Number: &n, Preview: preview, Repeated: repeated, Changes: []Change{}, Errors: []FieldError{}}
	for _, c := range changes {
		o.MoreChanges += v.list(&o.Changes, c)
	}
	return o
}

// list adds what the viewer sees of a change, each changed fact by itself, while there is room; it gives how many more there are.
func (v *View) list(to *[]Change, c *state.Change) (more int) {
	if !v.lists(c.Table) {
		return 0
	}
	if c.Table.IsFacts() {
		n, _ := v.Tally(c)
		more = n.All()
	}
	for one := range c.Each() {
		full := len(*to) == maxChanges
		if full && c.Table.IsFacts() {
			break
		}
		shown, ok := v.changed(one)
		switch {
		case !ok:
		case full:
			more++
		default:
			if *to = append(*to, shown); c.Table.IsFacts() {
				more--
			}
		}
	}
	return more
}

// Refused is the answer to an input that breaks a rule.
func Refused(preview bool, errors []FieldError) Outcome {
	return Outcome{Preview: preview, Changes: []Change{}, Errors: errors}
}

// Result gives the thing a mutation was about; nil if it is gone or not visible.
func Result[N Node](v *View, refs []state.Ref) (n N) {
	for _, r := range refs {
		if x, ok := v.node(r).(N); ok {
			return x
		}
	}
	return n
}

// The payloads, one a kind of thing.
type (
	// OrganisationPayload answers mutations of the organisation.
	OrganisationPayload struct {
		Outcome
		Organisation *Organisation
	}
	// WorkCalendarPayload answers mutations of working calendars.
	WorkCalendarPayload struct {
		Outcome
		WorkCalendar *WorkCalendar
	}
	// ExchangeRatePayload answers mutations of exchange rates.
	ExchangeRatePayload struct {
		Outcome
		ExchangeRate *ExchangeRate
	}
	// UserPayload answers mutations of users.
	UserPayload struct {
		Outcome
		User *User
	}
	// RoleAssignmentPayload answers mutations of role assignments.
	RoleAssignmentPayload struct {
		Outcome
		RoleAssignment *RoleAssignment
	}
	// TeamPayload answers mutations of teams.
	TeamPayload struct {
		Outcome
		Team *Team
	}
	// ResourcePayload answers mutations of resources.
	ResourcePayload struct {
		Outcome
		Resource *Resource
	}
	// PortfolioPayload answers mutations of portfolios.
	PortfolioPayload struct {
		Outcome
		Portfolio *Portfolio
	}
	// ProgramPayload answers mutations of programs.
	ProgramPayload struct {
		Outcome
		Program *Program
	}
	// ProjectPayload answers mutations of projects.
	ProjectPayload struct {
		Outcome
		Project *Project
	}
	// MilestonePayload answers mutations of milestones.
	MilestonePayload struct {
		Outcome
		Milestone *Milestone
	}
	// BaselinePayload answers mutations of baselines.
	BaselinePayload struct {
		Outcome
		Baseline *Baseline
	}
	// StatusReportPayload answers mutations of status reports.
	StatusReportPayload struct {
		Outcome
		StatusReport *StatusReport
	}
)
