package faulttest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
)

// Compare holds the account against the journal: every mutation that was acknowledged stands there once, in its caller's order; none that
// was refused stands there; none stands there twice; each count follows the one before. Then every process must show what a fresh load
// and a replay show.
func Compare(t testing.TB, db store.Store, a *Account, processes ...*Process) {
	t.Helper()
	CompareBut(t, db, a, func(Call) bool { return false }, processes...)
}

// CompareBut is Compare for a record that lost entries: lost tells which acknowledged mutations may be missing.
func CompareBut(t testing.TB, db store.Store, a *Account, lost func(Call) bool, processes ...*Process) {
	t.Helper()
	entries := Entries(t, db)
	at := map[string]int64{}
	counts := map[int64]int{}
	for i := range entries {
		e := &entries[i]
		if e.Seq != int64(i)+1 {
			t.Fatalf("entry %d stands at %d: there is a gap", e.Seq, i+1)
		}
		if e.Action == "projectUpdate" {
			counted(t, e, counts)
		}
		if e.Key == "" || e.Action == "recordRecover" {
			continue
		}
		if before, twice := at[e.Key]; twice {
			t.Errorf("the key %s stands at %d and at %d", e.Key, before, e.Seq)
		}
		at[e.Key] = e.Seq
	}
	last := map[int]Call{}
	missing := 0
	for _, c := range a.Calls() {
		seq, recorded := at[c.Key]
		switch {
		case c.Told == Done && !recorded && lost(c):
			missing++
			continue
		case c.Told == Done && !recorded:
			t.Errorf("%s was acknowledged at %s and is not in the journal", c.Key, c.Position)
		case c.Told == Not && recorded:
			t.Errorf("%s stands at %d, and its caller was told that nothing was applied: %v", c.Key, seq, c.Err)
		}
		if !recorded {
			continue
		}
		if before, ok := last[c.Caller]; ok && at[before.Key] >= seq {
			t.Errorf("caller %d: %s stands at %d, %s after it at %d", c.Caller, before.Key, at[before.Key], c.Key, seq)
		}
		last[c.Caller] = c
	}
	t.Logf("%d entries; %d calls acknowledged, %d refused, %d left unknown; %d of the acknowledged lost with an older copy; 99 of 100 orderly calls within %s, all within %s",
		len(entries), a.Count(Done), a.Count(Not), a.Count(Unknown), missing, a.Wait(0.99).Round(time.Millisecond), a.Wait(1).Round(time.Millisecond))
	Same(t, db, processes...)
}

// counted follows the number in a project's name.
func counted(t testing.TB, e *state.Entry, counts map[int64]int) {
	t.Helper()
	for _, c := range e.Changes {
		var columns map[string][2]string
		var n int
		if c.Entity != "projects" {
			continue
		}
		var raw map[string][2]json.RawMessage
		err := json.Unmarshal([]byte(c.Columns), &raw)
		if err == nil && raw["name"][1] != nil {
			columns = map[string][2]string{}
			var text string
			if err = json.Unmarshal(raw["name"][1], &text); err == nil {
				_, err = fmt.Sscan(text, &n)
			}
		}
		if err != nil {
			t.Fatalf("entry %d: %v", e.Seq, err)
		}
		if columns != nil && n != counts[c.ID]+1 {
			t.Errorf("entry %d: project %d counts to %d after %d: an update was lost", e.Seq, c.ID, n, counts[c.ID])
		}
		counts[c.ID] = n
	}
}

// Entries reads the whole journal.
func Entries(t testing.TB, db store.Store) (all []state.Entry) {
	t.Helper()
	for {
		page, err := db.Entries(t.Context(), int64(len(all)), 1<<40, false, 5000)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
	}
}

// Same fails unless verification passes and every process shows, at the head, what a fresh load shows.
func Same(t testing.TB, db store.Store, processes ...*Process) {
	t.Helper()
	v, err := journal.Verify(t.Context(), db)
	if err != nil {
		t.Error("verification: ", err)
	}
	fresh, err := db.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if v.Position != fresh.Position() {
		t.Errorf("verified up to %s, the head is %s", v.Position, fresh.Position())
	}
	for i, p := range processes {
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		_, err := p.View(ctx, auth.Identity{}, journal.Query{AtLeast: fresh.Position()})
		cancel()
		s := p.Latest()
		if err != nil || s.Position() != fresh.Position() {
			t.Errorf("process %d is at %s, the head is %s: %v", i, s.Position(), fresh.Position(), err)
			continue
		}
		if d := state.Diff(s, fresh) + state.DiffNext(s, fresh); d != "" {
			t.Errorf("process %d differs from a fresh load: %s", i, d)
		}
	}
}
