package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/edge"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/pgtest"
)

// pmo runs a command and gives its exit code.
func pmo(t *testing.T, args ...string) int {
	t.Helper()
	return run(t.Context(), args)
}

func (w where) grant(t *testing.T, subject string) {
	t.Helper()
	if code := pmo(t, "grant", "--data", w.Data, "--subject", subject, "--role", "VIEWER"); code != 0 {
		t.Fatalf("grant %s: %d", subject, code)
	}
}

// during opens the record, has something done to it, and closes it.
func (w where) during(t *testing.T, f func(r *record)) {
	t.Helper()
	r, err := w.open(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	f(r)
}

func (w where) erase(t *testing.T, id string) {
	t.Helper()
	w.during(t, func(r *record) {
		if _, err := edge.Operator(r.journal)(t.Context(), decide.UserErase(decide.UserEraseInput{ID: id}), journal.Meta{}); err != nil {
			t.Fatal(err)
		}
	})
}

func dataFiles(t *testing.T, dir string) (all string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "pmo.db*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
	}
	return all
}

// What was erased after a backup is erased again by its restore, from the record that is replaced or from a list; a person known only to
// the lost entries leaves nothing, and nobody gets his number.
func TestRestoreErasesAgain(t *testing.T) {
	for _, how := range []string{"replace", "list", "both"} {
		t.Run(how, func(t *testing.T) {
			tmp := t.TempDir()
			w := where{Data: filepath.Join(tmp, "data")}
			w.grant(t, "keeps-his-name")
			w.grant(t, "wants-to-be-forgotten")
			backup := filepath.Join(tmp, "backup.db")
			if pmo(t, "backup", "--data", w.Data, backup) != 0 {
				t.Fatal("no backup")
			}
			w.grant(t, "came-later")
			w.erase(t, "user-2")
			w.erase(t, "user-3")
			list := filepath.Join(tmp, "erased.jsonl")
			if pmo(t, "export", "erasures", "--data", w.Data, "--out", list) != 0 {
				t.Fatal("no list")
			}
			args := []string{"restore", backup, "--data", w.Data}
			if pmo(t, args...) != exitRefused {
				t.Fatal("a record was replaced without being asked for")
			}
			switch how {
			case "replace":
				args = append(args, "--replace")
			case "list":
				w.Data = filepath.Join(tmp, "other")
				args = []string{"restore", backup, "--data", w.Data, "--erasures", list}
			case "both":
				args = append(args, "--replace", "--erasures", list)
			}
			if code := pmo(t, args...); code != 0 {
				t.Fatalf("%v: %d", args, code)
			}
			kept, err := filepath.Glob(filepath.Join(w.Data, "pmo.db.replaced-*"))
			if err != nil || (how == "list") != (len(kept) == 0) {
				t.Errorf("kept aside: %v, %v", kept, err)
			}
			text := dataFiles(t, w.Data)
			if strings.Contains(text, "wants-to-be-forgotten") || strings.Contains(text, "came-later") || !strings.Contains(text, "keeps-his-name") {
				t.Error("not exactly what was erased is gone")
			}
			if pmo(t, "verify", "--data", w.Data) != 0 {
				t.Error("the restored record does not verify")
			}
			w.during(t, func(r *record) {
				erased, err := r.db.Erased(t.Context())
				if err != nil || len(erased) != 1 || erased[0].Entity != "users" || erased[0].ID != 2 {
					t.Errorf("erased: %v, %v", erased, err)
				}
				if n := r.journal.Latest().Next(state.Users.Desc()); n < 1<<20 {
					t.Errorf("the next user is %d, which a lost entry may have given", n)
				}
			})
		})
	}
}

// Texts of a report that were erased after a backup are erased again by its restore, whose file holds none of them; others are kept.
func TestRestoreErasesTextsAgain(t *testing.T) {
	tmp := t.TempDir()
	w := where{Data: filepath.Join(tmp, "data")}
	const gone, kept = "he-was-late-again", "all-went-well"
	w.during(t, func(r *record) {
		do := func(dec state.Decision) {
			if _, err := r.journal.DoAs(t.Context(), auth.Machine("test"), dec, journal.Meta{}); err != nil {
				t.Fatal(err)
			}
		}
		do(decide.OrganisationUpdate(decide.OrganisationUpdateInput{Patch: map[string]any{"name": "Office", "currency": "EUR", "timezone": "Etc/UTC"}}))
		do(decide.PortfolioCreate(decide.PortfolioCreateInput{Code: "A", Name: "A"}))
		for n, text := range []string{gone, kept} {
			do(decide.ProjectCreate(decide.ProjectCreateInput{PortfolioID: "portfolio-1", Code: text, Name: "P"}))
			do(decide.StatusReportSubmit(decide.StatusReportSubmitInput{ProjectID: state.Projects.Desc().ID(int64(n + 1)), PeriodStart: 20000, PeriodEnd: 20030, Highlights: new("text: " + text)}))
		}
	})
	backup := filepath.Join(tmp, "backup.db")
	if pmo(t, "backup", "--data", w.Data, backup) != 0 {
		t.Fatal("no backup")
	}
	w.during(t, func(r *record) {
		if _, err := edge.Operator(r.journal)(t.Context(), decide.StatusReportErase(decide.StatusReportEraseInput{ID: "status-report-1"}), journal.Meta{}); err != nil {
			t.Fatal(err)
		}
	})
	for name, files := range map[string]string{"erased": dataFiles(t, w.Data), "restored": func() string {
		if pmo(t, "restore", backup, "--data", w.Data, "--replace") != 0 {
			t.Fatal("not restored")
		}
		text, err := os.ReadFile(filepath.Join(w.Data, "pmo.db"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}()} {
		if strings.Contains(files, "text: "+gone) || !strings.Contains(files, "text: "+kept) {
			t.Errorf("%s: not exactly what was erased is gone", name)
		}
	}
	if pmo(t, "verify", "--data", w.Data) != 0 {
		t.Error("the restored record does not verify")
	}
	w.during(t, func(r *record) {
		erased, err := r.db.Erased(t.Context())
		if err != nil || len(erased) != 1 || erased[0].Entity != "status_reports" || erased[0].ID != 1 {
			t.Errorf("erased: %v, %v", erased, err)
		}
	})
}

// A restore touches nothing unless it can be finished: with a backup that is damaged or not one, while a server runs, and when nobody
// knows what was erased.
func TestRestoreRefuses(t *testing.T) {
	tmp := t.TempDir()
	w := where{Data: filepath.Join(tmp, "data")}
	w.grant(t, "somebody")
	backup := filepath.Join(tmp, "backup.db")
	if pmo(t, "backup", "--data", w.Data, backup) != 0 {
		t.Fatal("no backup")
	}
	if info, err := os.Stat(backup); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup's mode: %v, %v", info.Mode(), err)
	}
	if pmo(t, "backup", "--data", w.Data, backup) != exitRefused {
		t.Error("a backup was overwritten")
	}
	restore := func(what, file string, more ...string) {
		t.Helper()
		if code := pmo(t, append([]string{"restore", file, "--data", w.Data, "--replace"}, more...)...); code != exitRefused {
			t.Errorf("%s: %d", what, code)
		}
		if left, _ := filepath.Glob(filepath.Join(w.Data, "pmo.db.*")); len(left) > 0 {
			t.Errorf("%s: left %v", what, left)
		}
	}
	whole, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		path := filepath.Join(tmp, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	restore("half a backup", write("half.db", string(whole[:len(whole)/2])))
	restore("an edited backup", write("edited.db", strings.ReplaceAll(string(whole), "somebody", "sombodyy")))
	restore("no backup", write("no.db", "no database"))
	restore("a list that is none", backup, "--erasures", write("list", "users 4"))
	restore("a list of something else", backup, "--erasures", write("list", `{"entity":"cats","id":1,"entry":2}`))
	w.during(t, func(*record) { restore("a record in use", backup) })
	for _, f := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(w.file() + f)
	}
	write("data/pmo.db", "overwritten by something")
	restore("a record that cannot be read", backup)
	if code := pmo(t, "restore", backup, "--data", w.Data, "--replace", "--erasures", write("none", "")); code != 0 {
		t.Errorf("with an empty list: %d", code)
	}
	if pmo(t, "verify", "--data", w.Data) != 0 {
		t.Error("the restored record does not verify")
	}
	for _, command := range []string{"backup", "restore"} {
		if code := pmo(t, command, backup, "--database", "postgres://nobody@127.0.0.1:1/none"); code != exitUsage {
			t.Errorf("%s of PostgreSQL: %d", command, code)
		}
	}
}

// An export has every entry, from both databases; what was erased is not in it.
func TestExportJournal(t *testing.T) {
	for name, w := range map[string]where{"sqlite": {Data: t.TempDir()}, "postgres": {Data: t.TempDir(), Database: pgtest.Database(t)}} {
		t.Run(name, func(t *testing.T) {
			w.during(t, func(r *record) {
				for _, s := range []string{"stays", "leaves"} {
					if err := edge.GrantRole(t.Context(), edge.Operator(r.journal), edge.GrantRequest{Subject: s, Role: "VIEWER"}); err != nil {
						t.Fatal(err)
					}
				}
			})
			w.erase(t, "user-2")
			for after, want := range map[string]int{"0": 3, "2": 1, "3": 0, "9": 0} {
				out := filepath.Join(t.TempDir(), "journal.jsonl")
				if code := pmo(t, "export", "journal", "--data", w.Data, "--database", w.Database, "--after", after, "--out", out); code != 0 {
					t.Fatal(code)
				}
				text, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				if n := strings.Count(string(text), "\n"); n != want {
					t.Errorf("after %s: %d entries", after, n)
				}
				if after == "0" && (strings.Contains(string(text), "leaves") || !strings.Contains(string(text), "stays")) {
					t.Errorf("not exactly what was erased is gone:\n%s", text)
				}
				for line := range strings.Lines(string(text)) {
					if !json.Valid([]byte(line)) {
						t.Errorf("not a line of JSON: %q", line)
					}
				}
			}
		})
	}
}

// After PostgreSQL's own tools brought a record back, what was erased is erased again, and numbers go on where none can have been lost.
func TestRecover(t *testing.T) {
	w := where{Data: t.TempDir(), Database: pgtest.Database(t)}
	list := filepath.Join(t.TempDir(), "erased.jsonl")
	if err := os.WriteFile(list, []byte(`{"entity":"users","id":1,"entry":7}`+"\n"+`{"entity":"users","id":5,"entry":9}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--data", w.Data, "--database", w.Database}
	if code := pmo(t, append([]string{"grant", "--subject", "somebody", "--role", "VIEWER"}, args...)...); code != 0 {
		t.Fatal(code)
	}
	for range 2 { // the second time there is nothing to erase
		if code := pmo(t, append([]string{"recover", "--erasures", list}, args...)...); code != 0 {
			t.Fatal(code)
		}
	}
	w.during(t, func(r *record) {
		erased, err := r.db.Erased(t.Context())
		if err != nil || len(erased) != 1 || erased[0].ID != 1 {
			t.Errorf("erased: %v, %v", erased, err)
		}
		if s := r.journal.Latest(); s.Seq() != 4 || s.Next(state.Users.Desc()) < 2<<20 {
			t.Errorf("%d entries, the next user is %d", s.Seq(), s.Next(state.Users.Desc()))
		}
	})
}

// A row erased again that the record does not hold, or holds erased, makes no entry.
func TestNothingToEraseAgain(t *testing.T) {
	w := where{Data: t.TempDir()}
	w.grant(t, "somebody")
	w.erase(t, "user-1")
	w.during(t, func(r *record) {
		before := r.journal.Latest().Seq()
		list := []store.Erasure{{Entity: "users", ID: 1, Seq: 7}, {Entity: "users", ID: 99, Seq: 8}, {Entity: "resources", ID: 4, Seq: 8}}
		if err := eraseAgain(t.Context(), r.journal, nil, list); err != nil {
			t.Fatal(err)
		}
		if s := r.journal.Latest(); s.Seq() != before || s.Count(state.Users.Desc()) != 1 {
			t.Errorf("entries %d, before %d", s.Seq(), before)
		}
	})
}
