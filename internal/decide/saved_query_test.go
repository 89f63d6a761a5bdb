package decide

import (
	"testing"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// asking keeps a question.
func asking(name, text string, shared bool) SavedQueryCreateInput {
	return SavedQueryCreateInput{Name: name, Description: ptr("All of them"), Shared: shared, Dataset: "Projects", Analysis: text}
}

const (
	byLifecycle = `{"dataset":"Projects","groupBy":[{"column":"Lifecycle"}]}`
	byCode      = `{"dataset":"Projects","groupBy":[{"column":"Code"}]}`
)

func good(*state.View) error { return nil }

// bad is what tells of a question that its actor, who is shown the record, cannot ask.
func bad(v *state.View) error {
	return fault.At("groupBy.0.column", "UNKNOWN_COLUMN", "at %d there is none", v.Position().Seq)
}

func savedActs() []act {
	saved := func(run []state.Decision, holds func(q *ent.SavedQuery) bool) func(*testing.T, *record) bool {
		return func(t *testing.T, r *record) bool {
			for _, dec := range run {
				if _, err := r.try(r.session("manager"), dec); err != nil {
					t.Fatal(err)
				}
			}
			return holds(state.SavedQueries.Get(r.all(), 1))
		}
	}
	refused := func(who string, dec state.Decision, want string) func(*testing.T, *record) bool {
		return func(t *testing.T, r *record) bool {
			_, err := r.try(r.session(who), dec)
			wants(t, err, want)
			return true
		}
	}
	create := SavedQueryCreate(asking("By lifecycle", byLifecycle, true), good)
	update := SavedQueryUpdateInput{SavedQueryCreateInput: asking("By code", byCode, false), ID: "saved-query-1"}
	stale := update
	stale.ExpectedVersion = ptr(int64(1))
	return []act{
		{"a question kept", "manager", create, "", saved(nil, func(q *ent.SavedQuery) bool {
			return q.OwnerID == 3 && q.Shared && q.Dataset == "Projects" && q.Analysis == byLifecycle
		})},
		{"a question that cannot be asked", "manager", SavedQueryCreate(asking("x", byCode, true), bad), "input.analysis.groupBy.0.column UNKNOWN_COLUMN", nil},
		{"a question that is none", "manager", SavedQueryCreate(asking("x", "{}", true), good), "input.analysis INVALID", nil},
		{"a question of nobody", "", create, "input.name NOT_ALLOWED", nil},
		{"a question in other words", "manager", create, "", saved([]state.Decision{SavedQueryUpdate(update, good)}, func(q *ent.SavedQuery) bool {
			return q.Name == "By code" && *q.Description == "All of them" && !q.Shared && q.Analysis == byCode
		})},
		{"a question that has changed since", "manager", create, "", refused("manager", SavedQueryUpdate(stale, good), "input.expectedVersion CONFLICT")},
		{"a question that cannot be asked any more", "manager", create, "", refused("manager", SavedQueryUpdate(update, bad), "input.analysis.groupBy.0.column UNKNOWN_COLUMN")},
		{"a question of somebody else", "manager", create, "", refused("pmo", SavedQueryUpdate(update, good), "input.id NOT_FOUND")},
		{"a question of somebody else dropped", "manager", create, "", refused("pmo", SavedQueryDelete(SavedQueryDeleteInput{ID: "saved-query-1"}), "input.id NOT_FOUND")},
		{"a question dropped", "manager", create, "", saved([]state.Decision{SavedQueryDelete(SavedQueryDeleteInput{ID: "saved-query-1"})}, func(q *ent.SavedQuery) bool { return q == nil })},
		{"a question that is not there", "manager", SavedQueryDelete(SavedQueryDeleteInput{ID: "saved-query-1"}), "input.id NOT_FOUND", nil},
		{"what an erased user shared stays", "manager", create, "", func(_ *testing.T, r *record) bool {
			r.do(UserErase(UserEraseInput{ID: "user-3"}))
			return state.SavedQueries.Get(r.all(), 1) != nil
		}},
		{"what an erased user kept for himself goes", "manager", SavedQueryCreate(asking("Mine", byCode, false), good), "", func(_ *testing.T, r *record) bool {
			r.do(UserErase(UserEraseInput{ID: "user-3"}))
			return state.SavedQueries.Get(r.all(), 1) == nil
		}},
	}
}

func savedRules() []rule {
	put := func(change func(*ent.SavedQuery)) func(*state.Draft) error {
		return making(state.SavedQueries, func(q *ent.SavedQuery) {
			q.Name, q.OwnerID, q.Dataset, q.Analysis = "x", 3, "Projects", byCode
			change(q)
		})
	}
	many := func(d *state.Draft) error {
		for range mostSaved + 1 {
			if err := put(func(*ent.SavedQuery) {})(d); err != nil {
				return err
			}
		}
		return nil
	}
	return []rule{
		{"a user keeps a bounded number of queries", fewSaved, put(func(*ent.SavedQuery) {}), many, "name OUT_OF_RANGE"},
		{"a saved query is an analysis", savedForm, put(func(*ent.SavedQuery) {}), put(func(q *ent.SavedQuery) { q.Analysis = "{}" }), "analysis INVALID"},
		{"a saved query names its dataset", savedForm, put(func(*ent.SavedQuery) {}), put(func(q *ent.SavedQuery) { q.Dataset = "CostEntries" }), "analysis INVALID"},
	}
}

// A saved query stays its owner's.
func TestSavedQueryStays(t *testing.T) {
	r := world(t)
	if _, err := r.try(r.session("manager"), SavedQueryCreate(asking("x", byCode, false), good)); err != nil {
		t.Fatal(err)
	}
	err := r.put("import", func(d *state.Draft) error {
		q := *state.SavedQueries.Get(state.All(d), 1)
		q.OwnerID = 1
		if err := state.SavedQueries.Put(d, &q); err != nil {
			return err
		}
		return d.Finish(Invariants)
	})
	wants(t, err, "owner_id FIXED")
}
