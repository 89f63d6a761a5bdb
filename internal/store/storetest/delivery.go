package storetest

import (
	"context"
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"pmograph/internal/state"
	"pmograph/internal/store"
)

// deliveries keeps how far recipients were told and what they were not, apart for each channel, and leaves the record as it was.
func deliveries(t *testing.T, h Harness) {
	ctx := context.Background()
	r := newRecord(t, openAt(t, h, h.Fresh(t)))
	r.must(func(d *state.Draft) { team(t, d, "a", nil) })
	have := func(channel string, want ...state.Delivery) {
		t.Helper()
		if all, err := r.db.Deliveries(ctx, channel); err != nil || !reflect.DeepEqual(all, want) {
			t.Fatalf("told: %v, %v, not %v", all, err, want)
		}
	}
	dead := func(recipient int64, limit int, want ...int64) {
		t.Helper()
		all, err := r.db.DeadLetters(ctx, "post", recipient, limit)
		var numbers []int64
		for _, d := range all {
			numbers = append(numbers, d.Number)
		}
		if err != nil || !reflect.DeepEqual(numbers, want) {
			t.Fatalf("dead letters: %v, %v, not %v", all, err, want)
		}
	}
	do := func(d store.Delivered) {
		t.Helper()
		if err := r.db.Deliver(ctx, "a", d); err != nil {
			t.Fatal(err)
		}
	}
	if ok, err := r.db.Lead(ctx, "a", time.Minute); !ok || err != nil {
		t.Fatal(ok, err)
	}
	have("post")
	dead(0, 9)
	one := state.Delivery{Recipient: 1, UpTo: state.Position{Seq: 7, Mark: math.MaxUint64}, Round: 1, Version: 5, Due: noon, ToldAt: noon.Add(time.Microsecond), Failed: 3, Since: noon.Add(-time.Hour), Error: "it said 500", Stopped: true}
	two := state.Delivery{Recipient: 2}
	do(store.Delivered{Channel: "post", State: []state.Delivery{one, two}})
	do(store.Delivered{Channel: "other", State: []state.Delivery{one}})
	have("post", one, two)
	one = state.Delivery{Recipient: 1, UpTo: state.Position{Seq: 8}}
	do(store.Delivered{Channel: "post", State: []state.Delivery{one}, Dead: []state.DeadLetter{
		{Recipient: 1, Number: 8, At: noon, Attempts: 9, Error: "gone"}, {Recipient: 2, Number: 9, At: noon.Add(time.Hour)}, {Recipient: 1, Number: 5, At: noon.Add(time.Minute)},
	}})
	do(store.Delivered{Channel: "other", Dead: []state.DeadLetter{{Recipient: 1, Number: 4, At: noon}}})
	have("post", one, two)
	dead(0, 9, 9, 5, 8)
	dead(0, 2, 9, 5)
	dead(1, 9, 5, 8)
	do(store.Delivered{Channel: "post", Drop: []store.DeadSpan{{Recipient: 1, From: 6, To: 8}}, Dead: []state.DeadLetter{{Recipient: 1, Number: 5, At: noon.Add(2 * time.Hour), Attempts: 2}}})
	dead(0, 9, 5, 9)
	do(store.Delivered{Channel: "post", Gone: []int64{1}, Drop: []store.DeadSpan{{Before: noon.Add(90 * time.Minute)}}})
	have("post", two)
	dead(0, 9, 5)
	if all, err := r.db.DeadLetters(ctx, "other", 0, 9); err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	r.check()
}

// lead is with one of two processes at a time, and goes over when it ends or is given back.
func lead(t *testing.T, h Harness) {
	ctx := context.Background()
	address := h.Fresh(t)
	a := openAt(t, h, address)
	b := openAt(t, h, address)
	leads := func(db store.Store, holder string, length time.Duration) bool {
		t.Helper()
		ok, err := db.Lead(ctx, holder, length)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if !leads(a, "a", time.Hour) {
		t.Fatal("nobody leads, and yet it cannot be had")
	}
	if h.Files != nil {
		return // one process has the file
	}
	if leads(b, "b", time.Hour) || !leads(a, "a", time.Hour) {
		t.Fatal("the lead went over")
	}
	d := store.Delivered{Channel: "post", State: []state.Delivery{{Recipient: 1}}}
	if err := b.Deliver(ctx, "b", d); !errors.Is(err, store.ErrNoLead) {
		t.Fatalf("written without the lead: %v", err)
	}
	if all, err := b.Deliveries(ctx, "post"); err != nil || len(all) > 0 {
		t.Fatal(all, err)
	}
	if err := a.Deliver(ctx, "a", d); err != nil {
		t.Fatal(err)
	}
	if err := b.Resign(ctx, "b"); err != nil || leads(b, "b", time.Hour) {
		t.Fatal("who has no lead gave it back", err)
	}
	if err := a.Resign(ctx, "a"); err != nil || !leads(b, "b", time.Millisecond) {
		t.Fatal("what was given back cannot be had", err)
	}
	for end := time.Now().Add(time.Minute); !leads(a, "a", time.Hour); {
		if time.Now().After(end) {
			t.Fatal("a lead that has ended cannot be had")
		}
	}
}
