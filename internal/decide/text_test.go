package decide

import (
	"slices"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// An import puts long texts once; a replay knows them by their addresses, erased ones too, and puts none. An earlier text comes back with
// its row only.
func TestImportOfTexts(t *testing.T) {
	narrative := func(body string) tabular.Result {
		res := result(said{year: 2020, project: "P", department: "N", name: "One"})
		i := slices.IndexFunc(res.Records, func(r tabular.Record) bool { return r.Entity == "status_reports" })
		res.Records[i].Set["highlights"], res.Records[i].Origin.Columns["highlights"] = body, "Narrative"
		return res
	}
	r := empty(t)
	bring := func(body string, want ...string) {
		t.Helper()
		d, err := r.try(auth.Machine("test"), Import(narrative(body)))
		if err != nil {
			t.Fatal(err)
		}
		var put []string
		for _, x := range d.Texts() {
			if x.Address != r.s.TextAddress(x.Body) {
				t.Errorf("%q has the address %s", x.Body, x.Address)
			}
			put = append(put, x.Body)
		}
		if !slices.Equal(put, want) {
			t.Errorf("put %q, not %q", put, want)
		}
	}
	bring("It went well.", "It went well.")
	if at := *state.StatusReports.Get(r.all(), 1).Highlights; at != r.s.TextAddress("It went well.") {
		t.Errorf("the row holds %q", at)
	}
	bring("It went well.")
	bring("It went badly.", "It went badly.")
	r.do(StatusReportErase(StatusReportEraseInput{ID: "status-report-1"}))
	at := r.s.Seq()
	bring("It went badly.")
	if r.s.Seq() == at {
		t.Fatal("the test does not see entries")
	}
	bring("It went so so.") // nobody would see it
	_, err := r.try(auth.Machine("test"), Import(narrative(strings.Repeat("x", state.MaxText+1))))
	wants(t, err, "2020.csv.2.Narrative INVALID")
}

// A new revision of a report whose texts were erased does not bring them back.
func TestErasedTextsAreNotTakenOver(t *testing.T) {
	r := world(t)
	r.do(ProjectHealthDeclare(ProjectHealthDeclareInput{ID: "project-1", Health: ptr(vocab.RagAmber), Highlights: ptr("late"), NextSteps: ptr("hurry")}))
	r.do(ProjectHealthDeclare(ProjectHealthDeclareInput{ID: "project-1", Health: ptr(vocab.RagRed)}))
	if n := state.StatusReports.Get(r.all(), 3); *n.Highlights != r.s.TextAddress("late") || *n.NextSteps != r.s.TextAddress("hurry") {
		t.Fatal("the texts were not taken over")
	}
	r.do(StatusReportErase(StatusReportEraseInput{ID: "status-report-3"}))
	r.do(ProjectHealthDeclare(ProjectHealthDeclareInput{ID: "project-1", Health: ptr(vocab.RagGreen), Highlights: ptr("in time")}))
	if n := state.StatusReports.Get(r.all(), 4); *n.Highlights != r.s.TextAddress("in time") || n.NextSteps != nil || n.TextsErasedAt != nil {
		t.Fatal("the texts were taken over")
	}
}
