package decide

import (
	"encoding/json"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// SavedQueryCreateInput keeps a question of its actor's. Whether it can be asked, who knows the datasets tells.
type SavedQueryCreateInput struct {
	Call
	Name        string
	Description *string
	Shared      bool
	Dataset     string
	Analysis    string // JSON, in its one written form
}

// Askable tells what of a question who has a view cannot ask; nil if he can.
type Askable func(*state.View) error

// SavedQueryCreate keeps a question. It has to be one that its actor can ask, by what he may see of the record as it was before.
func SavedQueryCreate(in SavedQueryCreateInput, check Askable) state.Decision {
	return decision("savedQueryCreate", in, func(w *work) error {
		w.askable(check)
		if w.d.User() == 0 {
			w.note("name", "NOT_ALLOWED", "who is no user of the record keeps nothing")
		}
		return create(w, state.SavedQueries, func(q *ent.SavedQuery) {
			q.Name, q.Description, q.OwnerID, q.Shared, q.Dataset, q.Analysis = in.Name, in.Description, w.d.User(), in.Shared, in.Dataset, in.Analysis
		})
	})
}

// SavedQueryUpdateInput says what a question of its actor's is from now on.
type SavedQueryUpdateInput struct {
	SavedQueryCreateInput
	ID              string
	ExpectedVersion *int64
}

// SavedQueryUpdate replaces a question, and what is said of it.
func SavedQueryUpdate(in SavedQueryUpdateInput, check Askable) state.Decision {
	return decision("savedQueryUpdate", in, func(w *work) error {
		q, err := w.ownQuery(in.ID, in.ExpectedVersion)
		if err != nil {
			return err
		}
		w.askable(check)
		if err := w.wrong(); err != nil {
			return err
		}
		next := *q
		next.Name, next.Description, next.Shared, next.Dataset, next.Analysis = in.Name, in.Description, in.Shared, in.Dataset, in.Analysis
		return state.SavedQueries.Put(w.d, &next)
	})
}

// SavedQueryDeleteInput drops a question of its actor's.
type SavedQueryDeleteInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// SavedQueryDelete drops a question.
func SavedQueryDelete(in SavedQueryDeleteInput) state.Decision {
	return decision("savedQueryDelete", in, func(w *work) error {
		q, err := w.ownQuery(in.ID, in.ExpectedVersion)
		if err == nil {
			state.SavedQueries.Delete(w.d, q.ID)
		}
		return err
	})
}

func (w *work) askable(check Askable) {
	if err := check(w.d.Head()); err != nil {
		w.errs = append(w.errs, fault.Within("input", fault.Within("analysis", err)))
	}
}

// ownQuery finds a question of its actor's, whether he may see such rows or not.
func (w *work) ownQuery(id string, version *int64) (*ent.SavedQuery, error) {
	for q := range state.SavedQueries.By(state.All(w.d), "owner_id", w.d.User()) {
		if state.SavedQueries.Desc().ID(q.ID) == id {
			if version != nil && *version != q.Seq {
				return nil, conflict("it has changed; read it again")
			}
			w.d.Result(state.SavedQueries.Desc(), q.ID)
			return q, nil
		}
	}
	w.find(state.SavedQueries.Desc(), "id", "")
	return nil, w.wrong()
}

// mostSaved is how many questions a user keeps at the most.
const mostSaved = 200

// fewSaved: a user keeps a bounded number of questions, and they stay his.
var fewSaved = on(state.SavedQueries, func(d *state.Draft, before, q *ent.SavedQuery) error {
	if before != nil {
		if before.OwnerID != q.OwnerID {
			return fault.At("owner_id", "FIXED", "a saved query stays its owner's")
		}
		return nil
	}
	n := 0
	for range state.SavedQueries.By(state.All(d), "owner_id", q.OwnerID) {
		n++
	}
	if n > mostSaved {
		return fault.At("name", "OUT_OF_RANGE", "a user keeps at most %d queries; delete one", mostSaved)
	}
	return nil
})

// savedForm: a saved query is JSON that names the dataset of its row.
var savedForm = on(state.SavedQueries, func(_ *state.Draft, _, q *ent.SavedQuery) error {
	var question struct{ Dataset string }
	if err := json.Unmarshal([]byte(q.Analysis), &question); err != nil || question.Dataset != q.Dataset {
		return fault.At("analysis", "INVALID", "a saved query holds the JSON of an analysis of its dataset")
	}
	return nil
})
