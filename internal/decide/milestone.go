package decide

import (
	"strings"

	"pmograph/ent"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// MilestoneCreate makes a milestone.
func MilestoneCreate(in MilestoneCreateInput) state.Decision {
	return decision("milestoneCreate", in, func(w *work) error {
		project := w.find(state.Projects.Desc(), "projectId", in.ProjectID)
		owner := w.findIf(state.Users.Desc(), "ownerId", in.OwnerID)
		return create(w, state.Milestones, func(m *ent.Milestone) {
			m.ProjectID, m.Name, m.State, m.OwnerID = project, in.Name, vocab.MilestoneStatePlanned, owner
			m.ForecastDate, m.Weight = in.ForecastDate, or(in.Weight, 1)
			m.IsContractual, m.IsFinish = or(in.IsContractual, false), or(in.IsFinish, false)
			if n, ok := w.amount("budget", in.Budget, currencyOf(w.d, m)); ok {
				budget := guard.NewMoney(n)
				m.Budget = &budget
			}
		})
	})
}

// MilestoneUpdate changes a milestone.
func MilestoneUpdate(in MilestoneUpdateInput) state.Decision {
	return decision("milestoneUpdate", in, func(w *work) error {
		return update(w, state.Milestones, in.ID, in.ExpectedVersion, in.Patch, "name", "state", "forecast_date", "actual_date", "weight", "budget", "is_contractual", "is_finish", "owner_id")
	})
}

// MilestoneForecast says when a milestone that is still to come is expected.
func MilestoneForecast(in MilestoneForecastInput) state.Decision {
	return decision("milestoneForecast", in, func(w *work) error {
		id := w.find(state.Milestones.Desc(), "id", in.ID)
		return change(w, state.Milestones, id, in.ExpectedVersion, func(m *ent.Milestone) {
			w.unless(m.State, vocab.MilestoneStateReached, vocab.MilestoneStateCancelled)
			m.ForecastDate = in.ForecastDate
		})
	})
}

// MilestoneReach says that a milestone was reached, or corrects the day.
func MilestoneReach(in MilestoneReachInput) state.Decision {
	return decision("milestoneReach", in, func(w *work) error {
		id := w.find(state.Milestones.Desc(), "id", in.ID)
		return change(w, state.Milestones, id, in.ExpectedVersion, func(m *ent.Milestone) {
			w.unless(m.State, vocab.MilestoneStateCancelled)
			m.State, m.ActualDate = vocab.MilestoneStateReached, &in.ActualDate
		})
	})
}

// MilestoneCancel says that a milestone is no longer wanted.
func MilestoneCancel(in MilestoneCancelInput) state.Decision {
	return decision("milestoneCancel", in, func(w *work) error {
		id := w.find(state.Milestones.Desc(), "id", in.ID)
		return change(w, state.Milestones, id, in.ExpectedVersion, func(m *ent.Milestone) {
			w.unless(m.State, vocab.MilestoneStateReached)
			m.State = vocab.MilestoneStateCancelled
		})
	})
}

// unless notes that a milestone's state forbids what is asked.
func (w *work) unless(is vocab.MilestoneState, forbidden ...vocab.MilestoneState) {
	for _, s := range forbidden {
		if is == s {
			w.note("id", "WRONG_STATE", "the milestone is %s; change its state first", strings.ToLower(string(s)))
		}
	}
}

// MilestoneDelete removes a milestone that no baseline fixes.
func MilestoneDelete(in MilestoneDeleteInput) state.Decision {
	return decision("milestoneDelete", in, func(w *work) error {
		return remove(w, state.Milestones, in.ID, in.ExpectedVersion)
	})
}
