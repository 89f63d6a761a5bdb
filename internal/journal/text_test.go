package journal_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/memory"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

// write makes reports of project-1 with highlights.
func write(bodies ...string) func(*state.Draft) error {
	return func(d *state.Draft) error {
		for _, body := range bodies {
			r := state.StatusReports.New(d)
			a, err := d.Text(body)
			r.ProjectID, r.Revision, r.State, r.Currency, r.Highlights = 1, int(r.ID), vocab.ReportStateSubmitted, "EUR", &a
			if err := errors.Join(err, state.StatusReports.Put(d, r)); err != nil {
				return err
			}
		}
		return nil
	}
}

func editReport(id int64, edit func(d *state.Draft, r *ent.StatusReport)) func(*state.Draft) error {
	return func(d *state.Draft) error {
		r, err := state.StatusReports.Edit(d, id, nil)
		if err != nil {
			return err
		}
		edit(d, r)
		return state.StatusReports.Put(d, r)
	}
}

func eraseReport(id int64) func(*state.Draft) error {
	return editReport(id, func(d *state.Draft, r *ent.StatusReport) { at := d.At(); r.TextsErasedAt = &at })
}

// asks counts the statements that read texts by address.
type asks struct {
	store.Store
	n int
}

func (a *asks) Texts(ctx context.Context, addresses []vocab.TextAddress) (map[vocab.TextAddress]string, error) {
	a.n++
	return a.Store.Texts(ctx, addresses)
}

// onEach runs a test on every kind of store.
func onEach(t *testing.T, now time.Time, test func(t *testing.T, db store.Store, now func() time.Time)) {
	t.Run("memory", func(t *testing.T) { test(t, newStore(), func() time.Time { return now }) })
	t.Run("SQLite", func(t *testing.T) {
		db, err := store.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "pmo.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		test(t, db, time.Now)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		db, err := store.OpenPostgres(t.Context(), pgtest.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		test(t, db, time.Now)
	})
}

func TestLongTexts(t *testing.T) {
	onEach(t, noon, func(t *testing.T, under store.Store, now func() time.Time) {
		if err := under.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		db := &asks{Store: under}
		j := openWith(t, db, journal.Options{Now: now})
		holds := func(body string) bool { // the database
			t.Helper()
			found, err := under.Texts(t.Context(), []vocab.TextAddress{j.Latest().TextAddress(body)})
			if err != nil {
				t.Fatal(err)
			}
			return len(found) == 1
		}
		sees := func(v *state.View, body string) bool {
			t.Helper()
			a := j.Latest().TextAddress(body)
			found, err := v.Past().Texts([]vocab.TextAddress{a})
			if err != nil {
				t.Fatal(err)
			}
			return found[a] == body
		}
		view := func() *state.View {
			t.Helper()
			id := auditor
			id.ValidUntil = now().AddDate(1, 0, 0)
			v, err := j.View(t.Context(), id, journal.Query{})
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		verified := func() error { _, err := journal.Verify(t.Context(), under); return err }
		must(do(t, j, "portfolioCreate", nil, addPortfolio("P", nil)))
		must(do(t, j, "projectCreate", nil, addProject("A", 1)))

		preview, err := j.DoAs(t.Context(), auth.Machine("test"), state.Decision{Action: "statusReportSubmit", Run: write("only thought of")}, journal.Meta{Preview: true})
		if err != nil || !sees(preview.View, "only thought of") || holds("only thought of") {
			t.Error("a preview shows its texts and writes none:", err)
		}
		out := must(do(t, j, "statusReportSubmit", nil, write("one", "shared")))
		if !sees(out.View, "one") || db.n != 0 || !holds("one") {
			t.Errorf("an outcome shows its texts without reading: %d read", db.n)
		}
		must(do(t, j, "statusReportSubmit", nil, func(d *state.Draft) error {
			_, err := d.Text("dropped")
			return errors.Join(err, write("shared")(d))
		}))
		if holds("dropped") {
			t.Error("the text of no row was written")
		}
		if v := view(); !sees(v, "one") || !sees(v, "one") || db.n != 1 {
			t.Errorf("a text is read once: %d", db.n)
		}
		var many []string
		for i := range 1100 {
			many = append(many, fmt.Sprint("large ", i))
		}
		must(do(t, j, "import", nil, write(many...)))
		if !holds("large 0") || !holds("large 1099") {
			t.Error("a large mutation did not write its texts")
		}
		if err := verified(); err != nil {
			t.Fatal(err)
		}
		then := j.Latest().Seq()
		must(do(t, j, "statusReportErase", nil, eraseReport(1)))
		must(do(t, j, "statusReportErase", nil, eraseReport(2)))
		if holds("one") || sees(view(), "one") {
			t.Error("an erased text is there")
		}
		if !holds("shared") {
			t.Error("a text that another report has was erased")
		}
		id := auditor
		id.ValidUntil = now().AddDate(1, 0, 0)
		v, err := j.View(t.Context(), id, journal.Query{KnownAtSeq: &then})
		if err != nil {
			t.Fatal(err)
		}
		for report, erased := range map[int64]bool{1: true, 2: true, 3: false} {
			if v.TextsErased(state.StatusReports.Desc(), report) != erased || view().TextsErased(state.StatusReports.Desc(), report) != erased {
				t.Errorf("report %d: erased is not %v, now and in the past", report, erased)
			}
		}
		must(do(t, j, "statusReportErase", nil, eraseReport(3)))
		if holds("shared") {
			t.Error("nobody has the text any more")
		}
		must(do(t, j, "statusReportSubmit", nil, write("one")))
		if !holds("one") || !view().TextsErased(state.StatusReports.Desc(), 1) {
			t.Error("who writes the same again is read, and the erased report is not")
		}
		list, err := under.Erased(t.Context())
		if err != nil || len(list) != 3 || list[0].Entity != "status_reports" {
			t.Errorf("on the list of erasures are %v, %v", list, err)
		}
		if err := verified(); err != nil {
			t.Error("after erasures:", err)
		}
	})
}

// spoiled hands out other texts than were written.
type spoiled struct {
	*memory.Store
	spoil func([]state.Text) []state.Text
}

func (s spoiled) TextsAfter(ctx context.Context, after vocab.TextAddress, limit int) ([]state.Text, error) {
	page, err := s.Store.TextsAfter(ctx, after, limit)
	return s.spoil(page), err
}

// Verification finds a text that is missing, and one that was edited.
func TestEditedTextsAreFound(t *testing.T) {
	db := newStore()
	j := open(t, db)
	must(do(t, j, "portfolioCreate", nil, addPortfolio("P", nil)))
	must(do(t, j, "projectCreate", nil, addProject("A", 1)))
	must(do(t, j, "statusReportSubmit", nil, write("one", "two")))
	for want, spoil := range map[string]func([]state.Text) []state.Text{
		"":                    func(page []state.Text) []state.Text { return page },
		"is missing":          func(page []state.Text) []state.Text { return page[:len(page)/2] },
		"is not the recorded": func(page []state.Text) []state.Text { page[0].Body += "."; return page },
	} {
		_, err := journal.Verify(t.Context(), spoiled{db, func(page []state.Text) []state.Text {
			if len(page) == 0 {
				return page
			}
			return spoil(page)
		}})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
