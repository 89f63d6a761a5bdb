package decide

import (
	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// SavedQueryCreateInput keeps a question of its actor's.
type SavedQueryCreateInput struct {
	Call
	Name        string
	Description *string
	Shared      bool
	Analysis    dataset.Analysis
}

// SavedQueryCreate keeps a question. It has to be one that its actor can ask.
func SavedQueryCreate(in SavedQueryCreateInput) state.Decision {
	return decision("savedQueryCreate", in, func(w *work) error {
		w.askable(in.Analysis)
		if w.d.User() == 0 {
			w.note("name", "NOT_ALLOWED", "who is no user of the record keeps nothing")
		}
		return create(w, state.SavedQueries, func(q *ent.SavedQuery) {
			q.OwnerID = w.d.User()
			asking(q, in.Name, in.Description, in.Shared, in.Analysis)
		})
	})
}

// SavedQueryUpdateInput says what a question of its actor's is from now on.
type SavedQueryUpdateInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Name            string
	Description     *string
	Shared          bool
	Analysis        dataset.Analysis
}

// SavedQueryUpdate replaces a question, and what is said of it.
func SavedQueryUpdate(in SavedQueryUpdateInput) state.Decision {
	return decision("savedQueryUpdate", in, func(w *work) error {
		q, err := w.ownQuery(in.ID, in.ExpectedVersion)
		if err != nil {
			return err
		}
		w.askable(in.Analysis)
		if err := w.wrong(); err != nil {
			return err
		}
		next := *q
		asking(&next, in.Name, in.Description, in.Shared, in.Analysis)
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

func asking(q *ent.SavedQuery, name string, description *string, shared bool, a dataset.Analysis) {
	q.Name, q.Description, q.Shared, q.Dataset, q.Analysis = name, description, shared, a.Dataset, a.JSON()
}

// askable notes what of a question its actor cannot ask, by what he may see of the record as it was before the mutation.
func (w *work) askable(a dataset.Analysis) {
	v, err := state.NewView(w.d.Base(), auth.Session{Rights: w.d.Rights()}, w.d.Day(), state.ViewOptions{})
	if err == nil {
		err = a.Check(dataset.CatalogueOf(dataset.NewView(v)))
	}
	if err != nil {
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

// fewSaved: a user keeps a bounded number of questions.
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

// savedForm: a saved query is the one written form of a question, about the dataset that its row names.
var savedForm = on(state.SavedQueries, func(_ *state.Draft, _, q *ent.SavedQuery) error {
	a, err := dataset.ParseAnalysis([]byte(q.Analysis))
	if err != nil || a.JSON() != q.Analysis || a.Dataset != q.Dataset {
		return fault.At("analysis", "INVALID", "a saved query holds the JSON of an analysis of its dataset")
	}
	return nil
})
