package webhook

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"pmograph/ent"
	"pmograph/internal/read"
	"pmograph/internal/state"
)

// envelope is the body of a message, in the form of Standard Webhooks.
type envelope struct {
	Type      string    `json:"type"` // the mutation
	Timestamp time.Time `json:"timestamp"`
	Data      entry     `json:"data"`
}

// entry is an entry of the journal as the webhook may see it.
type entry struct {
	Number      int64    `json:"number"`
	Position    string   `json:"position"`
	Action      string   `json:"action"`
	Actor       *string  `json:"actor"`   // the user who did it; null if none did, or he is not visible
	Machine     *string  `json:"machine"` // the part of the program that did it; null if a user did
	Reason      *string  `json:"reason"`
	Changes     []change `json:"changes"`
	MoreChanges int      `json:"moreChanges"`
}

type change struct {
	Entity    string  `json:"entity"`
	ID        string  `json:"id"`
	Operation string  `json:"operation"`
	Fields    []field `json:"fields"`
}

type field struct {
	Name string  `json:"name"`
	Old  *string `json:"old"`
	New  *string `json:"new"`
}

const (
	maxChanges = 500
	maxBody    = 256 << 10 // bytes of changes; one change is told however long it is
)

// messageID names the message of an entry to a webhook: the same at every attempt, and when it is told again.
func messageID(hook *ent.Webhook, p state.Position) string {
	return fmt.Sprintf("webhook-%d_%d-%016x", hook.ID, p.Seq, p.Mark)
}

// message gives what a webhook is told of an entry; nil if it asks for none of it. An entry with more changes than are looked at is told whatever the
// webhook asks for.
func message(hook *ent.Webhook, e *read.JournalEntry) ([]byte, error) {
	changes, err := e.Changes(maxChanges)
	if err != nil {
		return nil, err
	}
	shown := envelope{e.Action, e.At, entry{
		Number: int64(e.Number), Position: state.Position(e.Position).String(), Action: e.Action, Machine: e.Machine(), Reason: e.Reason,
		Changes: []change{}, MoreChanges: e.MoreChanges(maxChanges),
	}}
	if u := e.Actor(); u != nil {
		id := u.ID().String()
		shown.Data.Actor = &id
	}
	size := 0
	for _, c := range changes {
		x, asked := changed(hook, c)
		if !asked {
			continue
		}
		if err := x.fill(c); err != nil {
			return nil, err
		}
		b, err := json.Marshal(x)
		if err != nil {
			return nil, err
		}
		if size += len(b); size > maxBody && len(shown.Data.Changes) > 0 {
			shown.Data.MoreChanges++
			continue
		}
		shown.Data.Changes = append(shown.Data.Changes, x)
	}
	if len(shown.Data.Changes)+shown.Data.MoreChanges == 0 {
		return nil, nil
	}
	return json.Marshal(shown)
}

// changed names a change, and tells whether a webhook asks for it.
func changed(hook *ent.Webhook, c read.Change) (x change, asked bool) {
	ref, _ := state.ParseID(c.ID)
	x = change{Entity: ref.Table.Word, ID: c.ID, Operation: strings.ToLower(c.Operation)}
	return x, slices.ContainsFunc(hook.Events, func(e string) bool { return e == "*" || e == x.Entity || e == x.Entity+"."+x.Operation })
}

// fill tells the changed fields.
func (x *change) fill(c read.Change) error {
	x.Fields = []field{}
	for _, f := range c.Fields {
		before, err := f.Old()
		if err != nil {
			return err
		}
		after, err := f.New()
		if err != nil {
			return err
		}
		x.Fields = append(x.Fields, field{f.Name, before, after})
	}
	return nil
}
