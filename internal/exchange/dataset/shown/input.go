package shown

import (
	"pmograph/internal/decide"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/state"
)

// SavedQueryCreateInput keeps an analysis.
type SavedQueryCreateInput struct {
	decide.Call
	Name        string
	Description *string
	Shared      bool
	Analysis    dataset.Analysis
}

func (in SavedQueryCreateInput) kept() decide.SavedQueryCreateInput {
	return decide.SavedQueryCreateInput{Call: in.Call, Name: in.Name, Description: in.Description, Shared: in.Shared, Dataset: in.Analysis.Dataset, Analysis: in.Analysis.JSON()}
}

// Decision is the mutation.
func (in SavedQueryCreateInput) Decision() state.Decision {
	return decide.SavedQueryCreate(in.kept(), askable(in.Analysis))
}

// SavedQueryUpdateInput replaces an analysis.
type SavedQueryUpdateInput struct {
	SavedQueryCreateInput
	ID              string
	ExpectedVersion *int64
}

// Decision is the mutation.
func (in SavedQueryUpdateInput) Decision() state.Decision {
	return decide.SavedQueryUpdate(decide.SavedQueryUpdateInput{SavedQueryCreateInput: in.kept(), ID: in.ID, ExpectedVersion: in.ExpectedVersion}, askable(in.Analysis))
}

func askable(a dataset.Analysis) decide.Askable {
	return func(v *state.View) error { return a.Check(dataset.CatalogueOf(dataset.NewView(v))) }
}
