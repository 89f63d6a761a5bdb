package mail

import (
	"context"
	"slices"
	"time"

	"pmograph/ent"
	"pmograph/internal/deliver"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// The bounds of one mail.
const (
	mostShown = 100 // changes; others are counted
	pageSize  = 100 // entries read at once
)

// gathering is what is looked at for one mail.
type gathering struct {
	v    *read.View
	m    *ent.MailSubscription
	to   state.Addressee
	zone *time.Location
	now  time.Time

	shown []change
	more  int        // changes beyond those
	first time.Time  // of the first entry that it tells of
	last  read.Long  // number of the last
	end   time.Time  // before which they lie
	upTo  read.Since // what comes after it is not in it
	next  time.Time  // when to look again; zero: when there is more
}

// change is a changed thing, and the entry it is of.
type change struct {
	read.Change
	entry *read.JournalEntry
}

// topics says which entities a topic is about.
var topics = map[string]vocab.MailTopic{
	"Portfolio": vocab.MailTopicStructure, "Program": vocab.MailTopicStructure, "Project": vocab.MailTopicStructure,
	"Milestone": vocab.MailTopicPlan, "Baseline": vocab.MailTopicPlan, "BaselineEntry": vocab.MailTopicPlan,
	"StatusReport": vocab.MailTopicReports, "ActionItem": vocab.MailTopicReports, "KpiMeasurement": vocab.MailTopicReports,
	"BudgetLine": vocab.MailTopicMoney, "CostEntry": vocab.MailTopicMoney, "BaselinePeriod": vocab.MailTopicMoney,
	"Allocation": vocab.MailTopicPeople, "AllocationHour": vocab.MailTopicPeople,
}

var scopes = map[vocab.ScopeKind]*state.Desc{
	vocab.ScopeKindPortfolio: state.Portfolios.Desc(), vocab.ScopeKindProgram: state.Programs.Desc(), vocab.ScopeKindProject: state.Projects.Desc(),
}

// from gathers what the next mail tells of after a place. Nothing is shown if there is nothing, or if it is to be told later. The first thing
// that the reader sees begins a period; all that he sees of it, and of those after it that have ended too, is one mail.
func (g *gathering) from(ctx context.Context, at read.Since) error {
	for g.upTo = at; ; {
		steps, upTo, more, err := g.steps(ctx, g.upTo)
		if unseen(err) {
			g.upTo = g.v.Here()
			return nil
		}
		if err != nil {
			return err
		}
		for _, s := range steps {
			if !g.take(s.Entry) {
				return nil
			}
			g.upTo = s.After
		}
		if g.upTo = upTo; !more {
			return nil
		}
	}
}

// early gives the end of the period that a place lies in, if it is a digest's and still to come: until then nothing is looked at, so that those
// who want digests cost nothing while things change, and go on from the same place.
func (g *gathering) early(from read.Since) (end time.Time, err error) {
	if g.m.Delivery == vocab.MailDeliveryImmediate {
		return end, nil
	}
	entries, err := g.v.Past().Entries(from.Position.Seq-1, from.Position.Seq, false, 1)
	if err != nil || len(entries) == 0 {
		return end, err
	}
	if end = ends(g.m, entries[0].At, g.zone); g.now.Before(end) {
		return end, nil
	}
	return time.Time{}, nil
}

// take takes an entry into the mail; it gives false if the entry is for a later one.
func (g *gathering) take(e *read.JournalEntry) bool {
	about, more := g.about(e)
	if len(about) == 0 {
		return true
	}
	if g.first.IsZero() {
		end := ends(g.m, e.At, g.zone)
		if g.now.Before(end) {
			g.next = end
			return false
		}
		g.first, g.end = e.At, lastEnd(g.m, end, g.now, g.zone)
	}
	if !e.At.Before(g.end) {
		g.next = ends(g.m, e.At, g.zone)
		return false
	}
	room := min(mostShown-len(g.shown), len(about))
	for _, c := range about[:room] {
		g.shown = append(g.shown, change{c, e})
	}
	g.more, g.last = g.more+len(about)-room+more, e.Number
	return true
}

// listed is how many changes of an entry are looked at.
const listed = 500

// about gives what of an entry the subscription is about, and how much more of it there is. What somebody did himself he knows.
func (g *gathering) about(e *read.JournalEntry) (list []read.Change, more int) {
	if who := e.Actor(); who != nil && who.ID().String() == state.Users.Desc().ID(g.to.User) {
		return nil, 0
	}
	wanted := read.Topics(g.m)
	all, err := e.Changes(listed)
	if err != nil {
		return nil, 0
	}
	for _, c := range all {
		if t, known := topics[c.Entity]; known && slices.Contains(wanted, t) {
			list = append(list, c)
		}
	}
	if len(list) == len(all) {
		more = e.MoreChanges(listed)
	}
	return list, more
}

// steps reads entries after a place in the subscription's scope.
func (g *gathering) steps(ctx context.Context, from read.Since) (steps []read.Step, upTo read.Since, more bool, err error) {
	if from.Snapshot == nil || !from.Snapshot.SameRecord(g.v.Snapshot()) {
		from.Snapshot = nil
		known, err := g.v.Knows(from.Position)
		switch {
		case err != nil:
			return nil, from, false, err
		case !known && from.Position.Seq > g.v.Position().Seq: // this process has not come so far yet
			return nil, from, false, nil
		case !known:
			return nil, from, false, deliver.ErrLost
		}
	}
	steps, upTo, more, err = g.v.Steps(ctx, from, scope(g.m), pageSize)
	if read.TooFar(err) {
		err = deliver.ErrLost
	}
	return steps, upTo, more, err
}
