package read

import (
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// MailSubscription is what a user wants by mail of the changes he may see at a node.
type MailSubscription struct {
	thing[ent.MailSubscription]
	ScopeKind vocab.ScopeKind
	Delivery  vocab.MailDelivery
	Hour      int
	Weekday   vocab.Weekday
	Active    bool
}

func newMailSubscription(v *View, r *ent.MailSubscription) *MailSubscription {
	return &MailSubscription{thing: thingOf(v, r), ScopeKind: r.ScopeKind, Delivery: r.Delivery, Hour: r.Hour, Weekday: r.Weekday, Active: r.Active}
}

// User is whose it is.
func (m *MailSubscription) User() *User {
	return maybe(m.v, state.Users.Get(m.v, m.row.UserID), newUser)
}

// Scope is the node it is about, and below.
func (m *MailSubscription) Scope() Node {
	if m.row.ScopeID == nil {
		return nil
	}
	return m.v.scopeNode(m.ScopeKind, *m.row.ScopeID)
}

// About is what it tells of.
func (m *MailSubscription) About() []vocab.MailTopic { return Topics(m.row) }

// Topics names what a subscription tells of.
func Topics(r *ent.MailSubscription) []vocab.MailTopic {
	list := []vocab.MailTopic{}
	for i, about := range []bool{r.AboutStructure, r.AboutPlan, r.AboutReports, r.AboutMoney, r.AboutPeople} {
		if about {
			list = append(list, vocab.MailTopic(vocab.MailTopic("").Values()[i]))
		}
	}
	return list
}

// MailSubscriptions are what the user wants by mail, as far as the viewer may see it.
func (u *User) MailSubscriptions() []*MailSubscription {
	list := []*MailSubscription{}
	for r := range state.MailSubscriptions.By(u.v, "user_id", u.row.ID) {
		list = append(list, newMailSubscription(u.v, r))
	}
	return list
}

// MailSubscriptions are what he wants by mail.
func (w *Viewer) MailSubscriptions() []*MailSubscription {
	list := []*MailSubscription{}
	for _, r := range w.v.MailOf(w.id) {
		list = append(list, newMailSubscription(w.v, r))
	}
	return list
}

// MailPayload answers what a viewer does with his mail.
type MailPayload struct {
	Outcome
	MailSubscription *MailSubscription
}

// NewMailPayload shows the viewer the subscription of his that a mutation was about, though he may not see such rows.
func NewMailPayload(o Outcome, w *Viewer, about []state.Ref) *MailPayload {
	p := &MailPayload{Outcome: o}
	if w == nil {
		return p
	}
	for _, m := range w.MailSubscriptions() {
		for _, r := range about {
			if r.Table == state.MailSubscriptions.Desc() && r.ID == m.row.ID {
				p.MailSubscription = m
			}
		}
	}
	return p
}
