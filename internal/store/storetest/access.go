package storetest

import (
	"database/sql"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"pmograph/internal/access"
)

// AccessHarness opens journals of access for the suite.
type AccessHarness struct {
	Fresh func(t testing.TB) string // the address of an empty one
	Open  func(t testing.TB, address string) access.Store
	Raw   func(t testing.TB, address string) *sql.DB // a way around it; nil if there is none
}

// Access runs the suite that every journal of access must pass.
func Access(t *testing.T, h AccessHarness) {
	for name, test := range map[string]func(*testing.T, AccessHarness){
		"round trip": accessRoundTrip, "several writers": accessWriters, "pruning": accessPruning, "tampering": accessTampering,
	} {
		if name == "tampering" && h.Raw == nil { // nobody can
			continue
		}
		t.Run(name, func(t *testing.T) { test(t, h) })
	}
}

var accessDay = time.Date(2026, 3, 31, 12, 0, 0, 123456000, time.UTC)

// made gives n entries, an hour apart, each different.
func made(n int) (all []access.Entry) {
	kinds := access.Kinds()
	for i := range n {
		all = append(all, access.Entry{At: accessDay.Add(time.Duration(i) * time.Hour), Kind: kinds[i%len(kinds)], Actor: fmt.Sprintf("user-%d", i),
			Address: "192.0.2.1", What: "dashboard", Request: fmt.Sprint(i), Seq: int64(i), Count: int64(i + 1)})
	}
	return all
}

// filled opens a journal of access and writes n entries, seven at a time.
func filled(t *testing.T, h AccessHarness, n int) (db access.Store, address string) {
	address = h.Fresh(t)
	db = h.Open(t, address)
	t.Cleanup(func() { db.Close() })
	for all := made(n); len(all) > 0; {
		some := all[:min(7, len(all))]
		all = all[len(some):]
		if err := db.Append(t.Context(), func(head access.Mark) []access.Entry { return access.Chain(head, some) }); err != nil {
			t.Fatal(err)
		}
	}
	return db, address
}

func placesOf(entries []access.Entry) (all []int64) {
	for _, e := range entries {
		all = append(all, e.N)
	}
	return all
}

func accessRoundTrip(t *testing.T, h AccessHarness) {
	db, _ := filled(t, h, 0)
	if anchor, head, err := db.Ends(t.Context()); err != nil || anchor != (access.Mark{}) || head != anchor {
		t.Fatal(anchor, head, err)
	}
	db, address := filled(t, h, 30)
	want := access.Chain(access.Mark{}, made(30))
	again := h.Open(t, address) // what another process reads
	defer again.Close()
	got, err := again.Entries(t.Context(), 0, 1000, false, 1000)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v\n got %v\nwant %v", err, got, want)
	}
	if n, head, err := access.Verify(t.Context(), again); n != 30 || head != want[29].Mark() || err != nil {
		t.Error(n, head, err)
	}
	for _, c := range []struct {
		after, upTo int64
		back        bool
		limit       int
		want        []int64
	}{
		{2, 5, false, 9, []int64{3, 4, 5}}, {2, 5, true, 2, []int64{5, 4}}, {28, 99, false, 9, []int64{29, 30}}, {30, 99, false, 9, nil},
	} {
		page, err := db.Entries(t.Context(), c.after, c.upTo, c.back, c.limit)
		if got := placesOf(page); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: %v %v", c, got, err)
		}
	}
	if err := db.Append(t.Context(), func(access.Mark) []access.Entry { return append(made(1), made(1)...) }); err == nil {
		t.Error("two entries of one number were written")
	}
	if n, _, err := access.Verify(t.Context(), db); n != 30 || err != nil {
		t.Error("a refused write left something:", n, err)
	}
}

func accessWriters(t *testing.T, h AccessHarness) {
	_, address := filled(t, h, 0)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			db := h.Open(t, address)
			defer db.Close()
			for range 10 {
				err := db.Append(t.Context(), func(head access.Mark) []access.Entry { return access.Chain(head, made(3)) })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	db := h.Open(t, address)
	defer db.Close()
	if n, head, err := access.Verify(t.Context(), db); n != 120 || head.N != 120 || err != nil {
		t.Error(n, head, err)
	}
}

func accessPruning(t *testing.T, h AccessHarness) {
	db, _ := filled(t, h, 30)
	prune := func(hours int, want int64) {
		t.Helper()
		n, err := db.Prune(t.Context(), accessDay.Add(time.Duration(hours)*time.Hour))
		if n != want || err != nil {
			t.Errorf("before hour %d %d were pruned, want %d: %v", hours, n, want, err)
		}
	}
	holds := func(want, last int64) {
		t.Helper()
		if n, head, err := access.Verify(t.Context(), db); n != want || head.N != last || err != nil {
			t.Errorf("%d entries up to %d, want %d up to %d: %v", n, head.N, want, last, err)
		}
	}
	prune(-1, 0)
	holds(30, 30)
	prune(10, 10)
	prune(10, 0)
	holds(20, 30)
	if err := db.Append(t.Context(), func(head access.Mark) []access.Entry { return access.Chain(head, made(1)) }); err != nil { // its clock is behind
		t.Fatal(err)
	}
	holds(21, 31)
	prune(10, 0) // it waits for those before it
	prune(99, 20)
	holds(1, 31) // the newest stays
	prune(99, 0)
	if page, err := db.Entries(t.Context(), 0, 99, false, 99); len(page) != 1 || err != nil {
		t.Error(page, err)
	}
}

func accessTampering(t *testing.T, h AccessHarness) {
	for _, c := range []struct {
		name, sql string
		want      string
	}{
		{"edited", `UPDATE "access_entry" SET "actor" = 'user-9' WHERE "n" = 12`, "access entry 12 is not the one that was written, or the one before it is not"},
		{"deleted", `DELETE FROM "access_entry" WHERE "n" = 12`, "access entry 12 is missing"},
		{"cut off in front", `DELETE FROM "access_entry" WHERE "n" < 12`, "access entry 1 is missing"},
		{"anchored elsewhere", `UPDATE "access_anchor" SET "n" = 11`, "access entry 12 is not the one that was written, or the one before it is not"},
		{"swapped", `UPDATE "access_entry" SET "n" = 25 - "n" + 100 WHERE "n" IN (12, 13); UPDATE "access_entry" SET "n" = "n" - 100 WHERE "n" > 100`, "access entry 12 is not the one that was written, or the one before it is not"},
	} {
		db, address := filled(t, h, 30)
		if _, err := h.Raw(t, address).Exec(c.sql); err != nil {
			t.Fatal(err)
		}
		if _, _, err := access.Verify(t.Context(), db); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
