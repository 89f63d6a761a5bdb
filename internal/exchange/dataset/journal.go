package dataset

import (
	"context"
	"iter"
	"strings"
	"time"

	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// listedThings is how many changed things of an entry are named in its row, journalPage how many entries are read at a time.
const (
	listedThings = 10
	listedMost   = 100
	journalPage  = 100
)

// journalWindow is how many numbers of the journal are looked at where nothing says from where on.
const journalWindow = 10_000

// journalled is an entry, or a change of one.
type journalled struct {
	*read.JournalEntry
	change  read.Change
	ordinal int
}

var (
	entryNumber = col("Number", Int, "Number of the entry.", func(_ *View, x *journalled) Value { return OfInt(int64(x.Number)) })
	entryAt     = col("At", Instant, "Instant it was recorded.", func(_ *View, x *journalled) Value { return OfTime(x.At) })
	entryDate   = col("Date", Date, "Day of that instant in UTC.", func(_ *View, x *journalled) Value { return OfDate(vocab.DateOf(x.At.UTC())) }).dimension()

	_ = declare(Dataset{
		Name: "Journal", Singular: "JournalEntry", Title: "Journal", Facts: true, Key: []string{"Number"}, Time: "Date",
		Description: "Entries of the journal that changed something the viewer sees, each one mutation. Without a lower bound on Date, or a Number, they are those among the last ten thousand numbers.",
		Columns: []Column{
			entryNumber.key(), entryAt, entryDate,
			textOf("Action", "What was done.", func(x *journalled) string { return x.Action }).text(),
			col("ActorId", ID, "User who did it; null if the program itself did, or the user is not visible.", func(_ *View, x *journalled) Value {
				if u := x.Actor(); u != nil {
					return asID(OfText(u.ID().String()))
				}
				return None
			}).dimension().nullable().refers("Users"),
			col("Machine", Text, "Part of the program that did it; null if a user did.", func(_ *View, x *journalled) Value { return OfOptional(x.Machine()) }).dimension().nullable(),
			col("Reason", Text, "Why; null if not said, and unless the viewer sees everything that changed.", func(_ *View, x *journalled) Value { return OfOptional(x.Reason) }).nullable().text(),
			changedThings,
			col("Things", Text, "Identifiers of the first ten things that changed, with spaces between.", func(_ *View, x *journalled) Value {
				var ids []string
				for _, c := range x.listed(listedThings) {
					ids = append(ids, c.ID)
				}
				return OfText(strings.Join(ids, " "))
			}).text(),
		},
		Measures: []Measure{counted("Entries", "entries"), summed("TotalChanges", "Number of changes of things.", changedThings)},
		source:   source{rows: journalRows},
	})

	changedThings = col("Changes", Int, "How many things changed, as far as the viewer may see them.", func(_ *View, x *journalled) Value { return OfInt(x.MoreChanges(0)) }).adds(vocab.UnitCount, 0)

	_ = declare(Dataset{
		Name: "JournalChanges", Singular: "JournalChange", Title: "Changes in the journal", Facts: true, Key: []string{"Number", "Ordinal"}, Time: "Date",
		Description: "The first hundred things that each entry of the journal changed, as far as the viewer may see them. Which entries: as in Journal.",
		Columns: []Column{
			entryNumber.key().refers("Journal"),
			col("Ordinal", Int, "Number of the change within the entry, from 1.", func(_ *View, x *journalled) Value { return OfInt(x.ordinal) }).key(),
			entryAt, entryDate,
			textOf("ThingId", "Identifier of what changed; it may be gone.", func(x *journalled) string { return x.change.ID }).text(),
			textOf("Entity", "Kind of thing.", func(x *journalled) string { return x.change.Entity }).text(),
			textOf("Operation", "Whether it was made, changed or deleted.", func(x *journalled) string { return x.change.Operation }),
			col("Fields", Text, "Names of the fields that changed, with spaces between.", func(_ *View, x *journalled) Value {
				var names []string
				for _, f := range x.change.Fields {
					names = append(names, f.Name)
				}
				return OfText(strings.Join(names, " "))
			}).text(),
		},
		Measures: []Measure{counted("Changes", "changes")},
		source:   source{rows: changeRows},
	})
)

// listed are the first changes.
func (x *journalled) listed(n int32) []read.Change {
	list, err := x.Changes(n)
	if err != nil {
		panic(err)
	}
	return list
}

// lastEntry is what a view keeps the entry by that it handed out last: what is beside an entry or its changes asks for that one again.
type lastEntry struct{}

// journalRows hands out the visible entries of the journal.
func journalRows(v *View, in hint) iter.Seq[any] {
	return func(yield func(any) bool) {
		number, one := in.one("Number")
		if last, ok := v.memo[lastEntry{}].(*read.JournalEntry); ok && one && int64(last.Number) == number.Int && len(in.after) == 0 {
			yield(&journalled{JournalEntry: last})
			return
		}
		from, to := journalSpan(v, in)
		at := read.Since{Position: state.Position{Seq: from}}
		for more := true; more; {
			steps, upTo, goesOn, err := v.Steps(context.Background(), at, nil, journalPage)
			if err != nil {
				panic(err)
			}
			for _, s := range steps {
				x := &journalled{JournalEntry: s.Entry}
				if int64(x.Number) > to || in.to != nil && vocab.DateOf(x.At.UTC()) > *in.to {
					return
				}
				if v.memo[lastEntry{}] = s.Entry; !yield(x) {
					return
				}
			}
			at, more = upTo, goesOn && upTo.Position.Seq < to
		}
	}
}

// journalSpan gives after which number entries are looked at, and up to which.
func journalSpan(v *View, in hint) (from, to int64) {
	here := v.Position().Seq
	from, to = max(0, here-journalWindow), here
	in = dayHint(in)
	if in.from != nil {
		before := time.Unix(int64(*in.from)*86400, 0).Add(-time.Microsecond)
		then, err := v.At(&read.KnownAt{Time: &before})
		if err != nil {
			panic(err)
		}
		from = then.Position().Seq
	}
	if number, ok := in.one("Number"); ok {
		from, to = max(0, number.Int-1), min(here, number.Int)
	}
	if len(in.after) > 0 {
		from = max(0, in.after[0].Int-1)
	}
	return from, to
}

func changeRows(v *View, in hint) iter.Seq[any] {
	return func(yield func(any) bool) {
		for row := range journalRows(v, in) {
			entry := row.(*journalled)
			for i, c := range entry.listed(listedMost) {
				x := &journalled{entry.JournalEntry, c, i + 1}
				if len(in.after) > 1 && int64(x.Number) == in.after[0].Int && int64(x.ordinal) < in.after[1].Int {
					continue
				}
				if !yield(x) {
					return
				}
			}
		}
	}
}
