package journal_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store/memory"
)

func subject(s string) *guard.Personal { p := guard.NewPersonal(s); return &p }

// remote is a store that can be out of reach, and counts looks at the head.
type remote struct {
	*memory.Store
	away  atomic.Bool
	looks atomic.Int64
}

func (r *remote) Head(ctx context.Context, seq int64) (head, mine state.Position, err error) {
	r.looks.Add(1)
	if r.away.Load() {
		return head, mine, errors.New("no route")
	}
	return r.Store.Head(ctx, seq)
}

// A process that cannot see the head answers for five seconds and no longer; whoever asks for a position waits after two. When it sees
// the head again it answers again.
func TestFreshness(t *testing.T) {
	db := &remote{Store: newStore()}
	var passed atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	j, err := journal.Open(ctx, db, journal.Options{Now: func() time.Time { return noon.Add(time.Duration(passed.Load())) }, Log: slog.New(slog.DiscardHandler), Poll: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); <-j.Done() })
	must(do(t, j, "portfolioCreate", nil, addPortfolio("P", nil)))
	at := j.Latest().Position()
	who := auth.Identity{Issuer: "LOCAL", Subject: "x", ValidUntil: noon.Add(time.Hour)}
	ask := func(q journal.Query) error {
		_, err := j.View(t.Context(), who, q)
		return err
	}
	db.away.Store(true)
	for _, x := range []struct {
		after       time.Duration
		plain, sure bool
	}{{time.Second, true, true}, {3 * time.Second, true, false}, {5 * time.Second, false, false}, {time.Minute, false, false}} {
		passed.Store(int64(x.after))
		if err := ask(journal.Query{}); (err == nil) != x.plain || err != nil && !fault.Is(err, fault.Unavailable) {
			t.Errorf("after %s: %v", x.after, err)
		}
		if err := ask(journal.Query{AtLeast: at}); (err == nil) != x.sure {
			t.Errorf("a position after %s: %v", x.after, err)
		}
		if err := j.Ready(t.Context()); (err == nil) != x.sure {
			t.Errorf("ready after %s: %v", x.after, err)
		}
		if ask(journal.Query{Exact: true}) == nil {
			t.Errorf("an exact answer after %s without the database", x.after)
		}
	}
	if _, err := do(t, j, "portfolioCreate", nil, addPortfolio("Q", nil)); !fault.Is(err, fault.Unavailable) {
		t.Error("a mutation was decided on an old record:", err)
	}
	db.away.Store(false)
	if err := errors.Join(ask(journal.Query{}), ask(journal.Query{AtLeast: at}), j.Ready(t.Context())); err != nil {
		t.Error(err)
	}
}

// A refusal is final only if the record it was decided on is the newest.
func TestRefusalOfTheNewestRecord(t *testing.T) {
	db := newStore()
	writer, other := open(t, db), behind(t, db)
	must(do(t, writer, "portfolioCreate", nil, addPortfolio("P", nil)))
	if _, err := do(t, other, "projectCreate", nil, addProject("A", 1)); err != nil {
		t.Fatal("refused for what another process has made:", err)
	}
	if _, err := do(t, other, "projectCreate", nil, addProject("B", 9)); !fault.Is(err, fault.Invalid) {
		t.Fatal(err)
	}
}

// behind is a process that never looks of itself.
func behind(t *testing.T, db *memory.Store) *journal.Journal {
	ctx, stop := context.WithCancel(t.Context())
	j, err := journal.Open(ctx, db, journal.Options{Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler), Poll: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); <-j.Done() })
	return j
}

// A question for a position, or for the newest record anywhere, is answered from it although nobody has polled; a position of another
// history is refused.
func TestNewEnough(t *testing.T) {
	db := newStore()
	writer, other := open(t, db), behind(t, db)
	at := must(do(t, writer, "portfolioCreate", nil, addPortfolio("P", nil))).Position
	for _, q := range []journal.Query{{AtLeast: at}, {Exact: true}} {
		v, err := other.View(t.Context(), auth.Identity{}, q)
		if err != nil || v.Position() != at {
			t.Fatal(err)
		}
		must(do(t, writer, "projectCreate", nil, addProject(at.String(), 1)))
		at = writer.Latest().Position()
	}
	at.Mark++
	if _, err := writer.View(t.Context(), auth.Identity{}, journal.Query{AtLeast: at}); !fault.Is(err, fault.Conflict) {
		t.Error("a position of another history:", err)
	}
}

// After entries were lost their numbers are not given again, and the record says why.
func TestLostEntries(t *testing.T) {
	db := newStore()
	j := open(t, db)
	for _, code := range []string{"A", "B", "C"} {
		must(do(t, j, "portfolioCreate", nil, addPortfolio(code, nil)))
	}
	db.Lose(1)
	eventually(t, "the loss on record", func() bool {
		e, err := db.Entries(t.Context(), 1, 2, false, 1)
		return err == nil && len(e) == 1 && e[0].Action == "recordRecover" && e[0].Reason != ""
	})
	if id := must(do(t, j, "portfolioCreate", nil, addPortfolio("D", nil))).Results[0].ID; id != 2+1<<20 {
		t.Errorf("the next portfolio is number %d", id)
	}
	agrees(t, db, j)
}

// A decision that neither ends nor asks its draft for anything holds up nobody else; one that asks is ended.
func TestDecisionsThatOverstay(t *testing.T) {
	j := open(t, newStore())
	for name, overstay := range map[string]func(*state.Draft) error{
		"sleeps": func(*state.Draft) error { time.Sleep(300 * time.Millisecond); return nil },
		"loops": func(d *state.Draft) error {
			for {
				state.Portfolios.Get(d, 1)
			}
		},
	} {
		ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := j.DoAs(ctx, auth.Machine("test"), state.Decision{Action: "portfolioCreate", Run: func(d *state.Draft) error {
			return errors.Join(addPortfolio(name, nil)(d), overstay(d))
		}}, journal.Meta{})
		stop()
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
		must(do(t, j, "portfolioCreate", nil, addPortfolio("after "+name, nil)))
	}
}
