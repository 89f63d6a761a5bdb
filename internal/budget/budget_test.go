package budget

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

func at(r Rate) func() Rate { return func() Rate { return r } }

// What is spent comes back with time, and no more than that; what is not enough is not spent.
func TestBuckets(t *testing.T) {
	now := time.Unix(1000, 0)
	b := Buckets[string]{Max: 10, Now: func() time.Time { return now }}
	rate := at(Rate{Bucket: 100, Refill: 10})
	if x := b.Spend("a", 70, rate); x.Left != 30 || x.Wait != 0 || !x.RefillAt.Equal(now.Add(7*time.Second)) {
		t.Errorf("%+v", x)
	}
	if x := b.Spend("a", 50, rate); x.Left != 30 || x.Wait != 2*time.Second {
		t.Errorf("%+v", x)
	}
	if x := b.Return("a", 20, rate); x.Left != 50 || x.Wait != 0 {
		t.Errorf("%+v", x)
	}
	if x := b.Return("a", 1000, rate); x.Left != 100 {
		t.Errorf("%+v", x)
	}
	if x := b.Spend("a", 0, rate); x.Left != 100 {
		t.Errorf("%+v", x)
	}
	if x := b.Spend("b", 100, rate); x.Left != 0 || x.Wait != 0 {
		t.Errorf("of another %+v", x)
	}
	now = now.Add(time.Hour)
	if x := b.Spend("b", 1, rate); x.Left != 99 {
		t.Errorf("%+v", x)
	}
	if x := b.Spend("c", 1<<30, at(Rate{})); x.Wait != 0 {
		t.Errorf("without limits %+v", x)
	}
}

// What an answer came to is taken though it is more than is left; nothing is spent then until it is back.
func TestDebt(t *testing.T) {
	now := time.Unix(1000, 0)
	b := Buckets[string]{Max: 10, Now: func() time.Time { return now }}
	rate := at(Rate{Bucket: 100, Refill: 10})
	b.Take("a", 250, rate)
	if x := b.Spend("a", 1, rate); x.Left != -150 || x.Wait != 15100*time.Millisecond {
		t.Errorf("%+v", x)
	}
	now = now.Add(15100 * time.Millisecond)
	if x := b.Spend("a", 1, rate); x.Left != 0 || x.Wait != 0 {
		t.Errorf("%+v", x)
	}
	b.Take("b", 1<<30, at(Rate{}))
	if x := b.Spend("b", 1<<30, at(Rate{})); x.Wait != 0 {
		t.Errorf("without limits %+v", x)
	}
}

// A new rate holds within ten seconds, and gives nothing that was not there.
func TestRatesChange(t *testing.T) {
	now := time.Unix(1000, 0)
	b := Buckets[string]{Max: 10, Now: func() time.Time { return now }}
	b.Spend("a", 90, at(Rate{Bucket: 100, Refill: 1}))
	now = now.Add(10 * time.Second)
	if x := b.Spend("a", 0, at(Rate{Bucket: 1000, Refill: 1})); x.Left != 20 {
		t.Errorf("%+v", x)
	}
	if x := b.Spend("a", 0, at(Rate{Bucket: 5})); x.Left != 20 {
		t.Errorf("%+v", x)
	}
	now = now.Add(10 * time.Second)
	if x := b.Spend("a", 0, at(Rate{Bucket: 5})); x.Left != 5 {
		t.Errorf("%+v", x)
	}
}

// However many names come, nobody gets more than his bucket and what came back to it, memory stays bounded, and who is known keeps what he has.
func TestNamesGiveNothing(t *testing.T) {
	const seed = 7
	t.Log("seed", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	now := time.Unix(1000, 0)
	b := Buckets[int]{Max: 50, Now: func() time.Time { return now }}
	rate := at(Rate{Bucket: 100, Refill: 10})
	spent := map[int]int{}
	began := now
	strangers := 0
	for range 200_000 {
		now = now.Add(time.Duration(dice.IntN(200)) * time.Microsecond)
		key := dice.IntN(40)
		if dice.IntN(2) == 0 {
			key = 1000 + dice.IntN(100_000)
		}
		points := 1 + dice.IntN(30)
		if x := b.Spend(key, points, rate); x.Wait == 0 {
			if key < 1000 {
				spent[key] += points
			} else {
				strangers += points
			}
		}
		if b.Len() > 50 {
			t.Fatalf("%d buckets", b.Len())
		}
	}
	most := 100 + int(now.Sub(began).Seconds()*10) + 1
	for key, n := range spent {
		if n > most {
			t.Errorf("%d spent %d of %d", key, n, most)
		}
	}
	// The crowd has one bucket, and a place that is free after a sweep gives one more.
	if limit := most + 50*100*(int(now.Sub(began).Seconds())+2); strangers > limit {
		t.Errorf("strangers spent %d", strangers)
	}
}

// Work waits in order, nobody has more than half, and what finds no place is told at once.
func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &Gate[string]{Slots: 4, Queue: 4}
		ctx := t.Context()
		var leave []func()
		enter := func(key string) {
			l, err := g.Enter(ctx, key)
			if err != nil {
				t.Error(key, err)
				return
			}
			leave = append(leave, l)
		}
		enter("a")
		enter("a")
		got := make(chan string, 10)
		wait := func(key string) {
			go func() {
				l, err := g.Enter(ctx, key)
				if err != nil {
					got <- key + " " + err.Error()
					return
				}
				got <- key
				defer l()
				time.Sleep(time.Second)
			}()
			synctest.Wait()
		}
		wait("a") // has his half: waits
		wait("a")
		if _, err := g.Enter(ctx, "a"); !errors.Is(err, ErrBusy) {
			t.Error(err)
		}
		enter("b") // has a slot all the same
		enter("b")
		wait("b")
		wait("c")
		if _, err := g.Enter(ctx, "d"); !errors.Is(err, ErrBusy) {
			t.Error(err)
		}
		leave[2]() // of b: the first two who wait have their half
		synctest.Wait()
		if x := <-got; x != "b" {
			t.Error(x)
		}
		leave[0]()
		synctest.Wait()
		if x := <-got; x != "a" {
			t.Error(x)
		}
		gone, cancel := context.WithCancel(ctx)
		failed := make(chan error)
		go func() { _, err := g.Enter(gone, "e"); failed <- err }()
		synctest.Wait()
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		leave[1]()
		leave[3]()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if working, waiting := g.Working(); working != 0 || waiting != 0 || len(g.of) != 0 {
			t.Error(working, waiting, g.of)
		}
	})
}
