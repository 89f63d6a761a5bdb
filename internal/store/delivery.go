package store

import (
	"context"
	"errors"
	"math"
	"time"

	"pmograph/internal/state"
)

// How far recipients outside were told lies in delivery, what they were not told in dead_letter: outside the journal, and without content.

// Deliveries keeps how far recipients outside were told of the journal. One process at a time tells them: who has the lead.
type Deliveries interface {
	// Deliveries lists the recipients of a channel, in the order of their numbers.
	Deliveries(ctx context.Context, channel string) ([]state.Delivery, error)
	// DeadLetters lists what recipients of a channel were not told, those of one recipient unless it is 0: newest first, at most limit.
	DeadLetters(ctx context.Context, channel string, recipient int64, limit int) ([]state.DeadLetter, error)
	// Lead takes the lead for a holder and a time, or keeps it; ok is false while another has it. By the database's clock.
	Lead(ctx context.Context, holder string, length time.Duration) (ok bool, err error)
	// Resign gives the lead back if the holder has it.
	Resign(ctx context.Context, holder string) error
	// Deliver writes what a holder has done, all of it or nothing; ErrNoLead if he has lost the lead.
	Deliver(ctx context.Context, holder string, d Delivered) error
}

// Delivered is what happened to the recipients of a channel.
type Delivered struct {
	Channel string
	State   []state.Delivery   // as these are now
	Gone    []int64            // recipients that are no more
	Drop    []DeadSpan         // dead letters that go, before Dead come
	Dead    []state.DeadLetter // dead letters that come
}

// DeadSpan names the dead letters of a recipient with numbers in [From, To], or those of every recipient that are older than an instant.
type DeadSpan struct {
	Recipient int64
	From, To  int64
	Before    time.Time // zero: it is about one recipient
}

// ErrNoLead says that another process tells the recipients by now.
var ErrNoLead = errors.New("another process has taken the lead")

var deliveryColumns = []column{
	{"channel", state.KindText},
	{"recipient", state.KindInt},
	{"up_to", state.KindText},
	{"round", state.KindInt},
	{"version", state.KindInt},
	{"due_at", state.KindTime},
	{"told_at", state.KindTime},
	{"failed", state.KindInt},
	{"since", state.KindTime},
	{"error", state.KindText},
	{"stopped", state.KindBool},
}

type deliveryRow struct {
	Channel   string   `json:"channel"`
	Recipient int64    `json:"recipient"`
	UpTo      string   `json:"up_to"`
	Round     int64    `json:"round"`
	Version   int64    `json:"version"`
	Due       *instant `json:"due_at"`
	Told      *instant `json:"told_at"`
	Failed    int      `json:"failed"`
	Since     *instant `json:"since"`
	Error     string   `json:"error"`
	Stopped   bool     `json:"stopped"`
}

var deadColumns = []column{
	{"channel", state.KindText}, {"recipient", state.KindInt}, {"number", state.KindInt}, {"at", state.KindTime}, {"attempts", state.KindInt}, {"error", state.KindText},
}

type deadRow struct {
	Channel   string  `json:"channel"`
	Recipient int64   `json:"recipient"`
	Number    int64   `json:"number"`
	At        instant `json:"at"`
	Attempts  int     `json:"attempts"`
	Error     string  `json:"error"`
}

// unless gives an instant that there is, nil for none.
func unless(at time.Time) *instant {
	if at.IsZero() {
		return nil
	}
	i := instant(at)
	return &i
}

func (t *instant) orZero() time.Time {
	if t == nil {
		return time.Time{}
	}
	return time.Time(*t)
}

func (q query) deliveries(ctx context.Context, channel string) (all []state.Delivery, err error) {
	var d state.Delivery
	var upTo string
	var due, told, since *instant
	err = q.each(ctx, []any{&d.Recipient, &upTo, &d.Round, &d.Version, &due, &told, &d.Failed, &since, &d.Error, &d.Stopped}, func() (err error) {
		d.Due, d.ToldAt, d.Since = due.orZero(), told.orZero(), since.orZero()
		d.UpTo, err = state.ParsePosition(upTo)
		all = append(all, d)
		return err
	}, "SELECT "+list(deliveryColumns[1:], quoted)+` FROM "delivery" WHERE "channel" = $1 ORDER BY "recipient"`, channel)
	return all, err
}

func (q query) deadLetters(ctx context.Context, channel string, recipient int64, limit int) (all []state.DeadLetter, err error) {
	var d state.DeadLetter
	var at instant
	err = q.each(ctx, []any{&d.Recipient, &d.Number, &at, &d.Attempts, &d.Error}, func() error {
		d.At = time.Time(at)
		all = append(all, d)
		return nil
	}, "SELECT "+list(deadColumns[1:], quoted)+` FROM "dead_letter" WHERE "channel" = $1 AND "recipient" BETWEEN $2 AND $3 ORDER BY "at" DESC, "recipient", "number" DESC LIMIT $4`,
		channel, recipient, upTo(recipient), limit)
	return all, err
}

// upTo gives the end of the numbers that one stands for: 0 stands for all.
func upTo(recipient int64) int64 {
	if recipient == 0 {
		return math.MaxInt64
	}
	return recipient
}

// deliver writes what happened, within a transaction.
func (f flavour) deliver(ctx context.Context, exec execute, d Delivered) error {
	var rows []deliveryRow
	for _, s := range d.State {
		rows = append(rows, deliveryRow{d.Channel, s.Recipient, s.UpTo.String(), s.Round, s.Version, unless(s.Due), unless(s.ToldAt), s.Failed, unless(s.Since), s.Error, s.Stopped})
	}
	if len(rows) > 0 {
		if err := exec(ctx, f.upsert("delivery", deliveryColumns, 2), set(rows)); err != nil {
			return err
		}
	}
	for _, id := range d.Gone {
		if err := exec(ctx, `DELETE FROM "delivery" WHERE "channel" = $1 AND "recipient" = $2`, d.Channel, id); err != nil {
			return err
		}
	}
	for _, x := range d.Drop {
		sql, args := `DELETE FROM "dead_letter" WHERE "channel" = $1 AND "recipient" = $2 AND "number" BETWEEN $3 AND $4`, []any{d.Channel, x.Recipient, x.From, x.To}
		if !x.Before.IsZero() {
			sql, args = `DELETE FROM "dead_letter" WHERE "channel" = $1 AND "at" < $2`, []any{d.Channel, instant(x.Before).String()}
		}
		if err := exec(ctx, sql, args...); err != nil {
			return err
		}
	}
	var dead []deadRow
	for _, x := range d.Dead {
		dead = append(dead, deadRow{d.Channel, x.Recipient, x.Number, instant(x.At), x.Attempts, x.Error})
	}
	if len(dead) == 0 {
		return nil
	}
	return exec(ctx, f.upsert("dead_letter", deadColumns, 3), set(dead))
}

// upsert gives the statement that writes rows, whether or not there are others of their keys: the first so many columns.
func (f flavour) upsert(table string, cols []column, key int) string {
	return f.insert(table, cols) + " WHERE true ON CONFLICT (" + list(cols[:key], quoted) + ") DO UPDATE SET " +
		list(cols[key:], func(c column) string { return quote(c.name) + " = excluded." + quote(c.name) })
}
