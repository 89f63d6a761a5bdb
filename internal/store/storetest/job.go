package storetest

import (
	"context"
	"testing"
	"time"

	"pmograph/internal/store"
)

// jobs keeps the last word of each import, by owner and name, until it is forgotten.
func jobs(t *testing.T, h Harness) {
	ctx := context.Background()
	address := h.Fresh(t)
	db := openAt(t, h, address)
	put := func(j store.Job) {
		t.Helper()
		if err := db.PutJob(ctx, j); err != nil {
			t.Fatal(err)
		}
	}
	want := func(want store.Job, there bool) {
		t.Helper()
		have, found, err := db.Job(ctx, want.Owner, want.Name)
		if at := have.At; at.Equal(want.At) {
			have.At = want.At
		}
		if err != nil || found != there || there && have != want {
			t.Fatalf("%+v, %v, %v, want %+v, %v", have, found, err, want, there)
		}
	}
	j := store.Job{Owner: "LOCAL ada", Name: "a \"key\"", Phase: "READING", Done: 1, At: noon}
	want(j, false)
	put(j)
	want(j, true)
	j.Phase, j.Done, j.Total, j.Ended, j.Outcome, j.At = "COMMITTING", 1<<40, 1<<41, true, `{"report":{}}`, noon.Add(time.Minute)
	put(j)
	want(j, true)
	want(store.Job{Owner: "LOCAL bob", Name: j.Name}, false)
	other := store.Job{Owner: "LOCAL bob", Name: j.Name, Phase: "READING", At: noon}
	put(other)
	if err := db.DropJobs(ctx, j.At); err != nil {
		t.Fatal(err)
	}
	want(other, false)
	want(j, true)
}
