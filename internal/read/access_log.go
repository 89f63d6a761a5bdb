package read

import (
	"context"
	"math"
	"slices"
	"time"

	"pmograph/auth"
	"pmograph/internal/access"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// AccessQuery says which part of the journal of access is asked for.
type AccessQuery struct {
	First, Last   *int32
	After, Before *Long
}

// AccessEntry is an entry of the journal of access.
type AccessEntry struct {
	Number  Long
	At      time.Time
	Kind    vocab.AccessKind
	Address *string
	What    *string
	Request *string
	Entry   *Long
	Count   Long
	actor   string
	v       *View
}

// User is who it was, if he is on record.
func (e *AccessEntry) User() *User {
	if u, ok := e.v.Node(e.actor).(*User); ok {
		return u
	}
	return nil
}

// Actor names who is no user.
func (e *AccessEntry) Actor() *string {
	if _, isUser := number(state.Users.Desc(), e.actor); isUser {
		return nil
	}
	return optional(e.actor)
}

// AccessLog gives a page of the journal of access, oldest first, to who sees everywhere who may do what.
func (v *View) AccessLog(ctx context.Context, db access.Store, q AccessQuery) ([]AccessEntry, error) {
	if !v.Rights().Organisation().Has(auth.ReadAudit) {
		return nil, fault.New(fault.Forbidden, "the journal of access is for who sees everywhere who may do what")
	}
	n, back, err := Page{First: q.First, Last: q.Last}.size()
	if err != nil {
		return nil, err
	}
	if db == nil {
		return nil, fault.New(fault.Unavailable, "the journal of access cannot be reached from here")
	}
	after, upTo := int64(0), int64(math.MaxInt64)
	if q.After != nil {
		after = max(after, int64(*q.After))
	}
	if q.Before != nil {
		upTo = max(int64(*q.Before), 1) - 1
	}
	page, err := db.Entries(ctx, after, upTo, back, n)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the journal of access cannot be read")
	}
	if back {
		slices.Reverse(page)
	}
	list := make([]AccessEntry, 0, len(page))
	for _, e := range page {
		shown := AccessEntry{Number: Long(e.N), At: e.At, Kind: e.Kind, Address: optional(e.Address), What: optional(e.What), Request: optional(e.Request), Count: Long(e.Count), actor: e.Actor, v: v}
		if e.Seq > 0 {
			shown.Entry = (*Long)(&e.Seq)
		}
		list = append(list, shown)
	}
	return list, nil
}
