package journal_test

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

// BenchmarkVerify verifies a journal of small mutations.
func BenchmarkVerify(b *testing.B) {
	const entries = 50_000
	for name, open := range map[string]func() (store.Store, error){
		"sqlite": func() (store.Store, error) {
			return store.OpenSQLite(b.Context(), filepath.Join(b.TempDir(), "record.db"))
		},
		"postgres": func() (store.Store, error) { return store.OpenPostgres(b.Context(), pgtest.Database(b)) },
	} {
		b.Run(name, func(b *testing.B) {
			db, err := open()
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			if err := db.Migrate(b.Context()); err != nil {
				b.Fatal(err)
			}
			small(b, db, entries)
			from := processor(b)
			for b.Loop() {
				if _, err := journal.Verify(b.Context(), db); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*entries/b.Elapsed().Seconds(), "entries/s")
			b.ReportMetric(float64((processor(b)-from).Nanoseconds())/float64(b.N)/entries, "cpu-ns/entry")
		})
	}
}

// processor gives the processor's time this process has used.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// small fills a record with mutations that make an action item each.
func small(b *testing.B, db store.Store, n int) {
	s := state.Empty()
	const batch = 2000
	for done := 0; done < n; {
		var w store.Batch
		var layers [][]*state.Change
		for range batch {
			d, err := state.NewDraft(s, auth.Machine("bench"), "import", noon, vocab.DateOf(noon))
			if err != nil {
				b.Fatal(err)
			}
			if done == 0 {
				err = addPortfolio("P", nil)(d)
				for i := range 500 {
					if err == nil {
						err = addProject(fmt.Sprint(i), 1)(d)
					}
				}
			} else {
				a := state.ActionItems.New(d)
				a.ProjectID, a.Title = int64(done%500)+1, "do it"
				err = state.ActionItems.Put(d, a)
			}
			if err == nil {
				err = d.Finish(nil)
			}
			if err != nil {
				b.Fatal(err)
			}
			e, err := d.Entry(state.Entry{Key: fmt.Sprint(done), Input: make([]byte, 32), RequestID: "0123456789abcdef"})
			if err != nil {
				b.Fatal(err)
			}
			w.Entries, layers, s = append(w.Entries, *e), append(layers, d.Changes()), d.Published()
			done++
		}
		w.Changes = state.Merge(layers)
		tx, err := db.Begin(b.Context())
		if err == nil {
			err = tx.Commit(b.Context(), w)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
