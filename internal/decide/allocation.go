package decide

import (
	"reflect"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// AllocationRequestInput asks for a resource for a project.
type AllocationRequestInput struct {
	Call
	ProjectID, ResourceID string
	Start, Finish         vocab.Date
	Probability           *int // thousandths; nil counts as certain
	Note                  *string
}

// AllocationAcceptInput gives what was asked for.
type AllocationAcceptInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Commitment      *vocab.Commitment // nil: HARD
}

// AllocationDeclineInput refuses what was asked for, or takes back what was given.
type AllocationDeclineInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// AllocationUpdateInput changes what is asked for. Patch: start, finish, probability, note.
type AllocationUpdateInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Patch           map[string]any
}

// AllocationDeleteInput removes a booking.
type AllocationDeleteInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// AllocationRequest asks for a resource for a project.
func AllocationRequest(in AllocationRequestInput) state.Decision {
	return decision("allocationRequest", in, func(w *work) error {
		project := w.find(state.Projects.Desc(), "projectId", in.ProjectID)
		resource := w.find(state.Resources.Desc(), "resourceId", in.ResourceID)
		return create(w, state.Allocations, func(a *ent.Allocation) {
			a.ProjectID, a.ResourceID, a.Start, a.Finish, a.Probability, a.Note = project, resource, in.Start, in.Finish, in.Probability, in.Note
			a.State, a.Commitment = vocab.AllocationStateRequested, vocab.CommitmentSoft
		})
	})
}

// AllocationAccept gives what was asked for. A hard booking has no probability any more.
func AllocationAccept(in AllocationAcceptInput) state.Decision {
	return decision("allocationAccept", in, func(w *work) error {
		id := w.find(state.Allocations.Desc(), "id", in.ID)
		return change(w, state.Allocations, id, in.ExpectedVersion, func(a *ent.Allocation) {
			if a.State == vocab.AllocationStateDeclined {
				w.note("id", "WRONG_STATE", "it was declined; it has to be asked for anew")
			}
			if a.State, a.Commitment = vocab.AllocationStateAccepted, or(in.Commitment, vocab.CommitmentHard); a.Commitment == vocab.CommitmentHard {
				a.Probability = nil
			}
		})
	})
}

// AllocationDecline refuses what was asked for, or takes back what was given.
func AllocationDecline(in AllocationDeclineInput) state.Decision {
	return decision("allocationDecline", in, func(w *work) error {
		id := w.find(state.Allocations.Desc(), "id", in.ID)
		return change(w, state.Allocations, id, in.ExpectedVersion, func(a *ent.Allocation) {
			a.State, a.Commitment = vocab.AllocationStateDeclined, vocab.CommitmentSoft
		})
	})
}

// AllocationUpdate changes what is asked for. An answer was to what was asked before: it is asked anew.
func AllocationUpdate(in AllocationUpdateInput) state.Decision {
	return decision("allocationUpdate", in, func(w *work) error {
		id := w.find(state.Allocations.Desc(), "id", in.ID)
		p := w.read(state.Allocations.Desc(), in.Patch, []string{"start", "finish", "probability", "note"})
		return change(w, state.Allocations, id, in.ExpectedVersion, func(a *ent.Allocation) {
			before := *a
			if p.apply(w, a); !reflect.DeepEqual(before, *a) {
				a.State, a.Commitment = vocab.AllocationStateRequested, vocab.CommitmentSoft
			}
		})
	})
}

// AllocationDelete removes a booking with its hours.
func AllocationDelete(in AllocationDeleteInput) state.Decision {
	return decision("allocationDelete", in, func(w *work) error {
		ref, _ := state.ParseID(in.ID)
		booked := state.Allocations.Get(w.d, ref.ID)
		if err := remove(w, state.Allocations, in.ID, in.ExpectedVersion); err != nil {
			return err
		}
		return unbook(w.d, booked)
	})
}

var (
	allocationStays = stays(state.Allocations, func(a *ent.Allocation) int64 { return a.ProjectID }, "project_id")
	bookedStays     = stays(state.Allocations, func(a *ent.Allocation) int64 { return a.ResourceID }, "resource_id")
)

// allocationDates: a booking does not finish before it starts.
var allocationDates = on(state.Allocations, func(_ *state.Draft, _, a *ent.Allocation) error {
	return inOrder(&a.Start, &a.Finish, "finish", "the last day lies before the first")
})

// hardAccepted: a booking binds only once it was accepted.
var hardAccepted = on(state.Allocations, func(_ *state.Draft, _, a *ent.Allocation) error {
	if a.Commitment == vocab.CommitmentHard && a.State != vocab.AllocationStateAccepted {
		return fault.At("commitment", "NOT_ACCEPTED", "a booking is HARD only once it was accepted")
	}
	return nil
})

// softProbability: what binds is certain.
var softProbability = on(state.Allocations, func(_ *state.Draft, _, a *ent.Allocation) error {
	if a.Probability != nil && a.Commitment != vocab.CommitmentSoft {
		return fault.At("probability", "NOT_ALLOWED", "only a SOFT booking has a probability")
	}
	return nil
})
