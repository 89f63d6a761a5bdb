package decide

import (
	"slices"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// ViewerUpdateInput changes how things are said to who asks. Patch: locale, timezone.
type ViewerUpdateInput struct {
	Call
	ExpectedVersion *int64
	Patch           map[string]any
}

// ViewerUpdate changes how things are said to its actor.
func ViewerUpdate(in ViewerUpdateInput) state.Decision {
	return decision("viewerUpdate", in, func(w *work) error {
		p := w.read(state.Users.Desc(), in.Patch, []string{"locale", "timezone"})
		return change(w, state.Users, w.d.User(), in.ExpectedVersion, func(u *ent.User) { p.apply(w, u) })
	})
}

// ViewerMailSetInput says what of the changes at a node its actor wants by mail, and when.
type ViewerMailSetInput struct {
	Call
	ScopeKind vocab.ScopeKind
	ScopeID   *string           // the node; nil for ORGANISATION
	About     []vocab.MailTopic // nil: everything
	Delivery  vocab.MailDelivery
	Hour      int // of his day, for digests
	Weekday   vocab.Weekday
	Active    bool
}

// ViewerMailSet makes its actor's subscription to a node, or replaces it.
func ViewerMailSet(in ViewerMailSetInput) state.Decision {
	return decision("viewerMailSet", in, func(w *work) error {
		node := w.scope(in.ScopeKind, in.ScopeID)
		if in.About != nil && len(in.About) == 0 {
			w.note("about", "REQUIRED", "name a topic at least, or leave it out for all")
		}
		about := func(t vocab.MailTopic) bool { return in.About == nil || slices.Contains(in.About, t) }
		fill := func(m *ent.MailSubscription) {
			m.UserID, m.ScopeKind, m.ScopeID = w.d.User(), in.ScopeKind, node
			m.AboutStructure, m.AboutPlan, m.AboutReports = about(vocab.MailTopicStructure), about(vocab.MailTopicPlan), about(vocab.MailTopicReports)
			m.AboutMoney, m.AboutPeople = about(vocab.MailTopicMoney), about(vocab.MailTopicPeople)
			m.Delivery, m.Hour, m.Weekday, m.Active = in.Delivery, in.Hour, in.Weekday, in.Active
		}
		if err := w.wrong(); err != nil {
			return err
		}
		for have := range state.MailSubscriptions.By(state.All(w.d), "user_id", w.d.User()) {
			if have.ScopeKind == in.ScopeKind && same(have.ScopeID, node) {
				return w.changeMail(*have, fill)
			}
		}
		return create(w, state.MailSubscriptions, fill)
	})
}

// ViewerMailDeleteInput ends a subscription of who asks.
type ViewerMailDeleteInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// ViewerMailDelete removes a subscription of its actor.
func ViewerMailDelete(in ViewerMailDeleteInput) state.Decision {
	return decision("viewerMailDelete", in, func(w *work) error {
		for m := range state.MailSubscriptions.By(state.All(w.d), "user_id", w.d.User()) {
			if state.MailSubscriptions.Desc().ID(m.ID) == in.ID {
				if in.ExpectedVersion != nil && *in.ExpectedVersion != m.Seq {
					return conflict("it has changed; read it again")
				}
				w.d.Result(state.MailSubscriptions.Desc(), m.ID)
				state.MailSubscriptions.Delete(w.d, m.ID)
				return nil
			}
		}
		w.find(state.MailSubscriptions.Desc(), "id", "")
		return w.wrong()
	})
}

// MailUnsubscribe ends what is sent for a subscription, for who came by the link in a mail. One that is gone or has ended stays so.
func MailUnsubscribe(id int64) state.Decision {
	return decision("mailUnsubscribe", id, func(w *work) error {
		m := state.MailSubscriptions.Get(w.d, id)
		if m == nil {
			return nil
		}
		return w.changeMail(*m, func(m *ent.MailSubscription) { m.Active = false })
	})
}

// changeMail changes a subscription whose user need not be able to see such rows.
func (w *work) changeMail(m ent.MailSubscription, edit func(*ent.MailSubscription)) error {
	edit(&m)
	w.d.Result(state.MailSubscriptions.Desc(), m.ID)
	return state.MailSubscriptions.Put(w.d, &m)
}

// mostMail is how many subscriptions a user has at the most.
const mostMail = 20

// mailScope: a subscription is about the organisation or a node of the tree that is there when it is made; there is one for each, and few for
// each user.
var mailScope = on(state.MailSubscriptions, func(d *state.Draft, before, m *ent.MailSubscription) error {
	switch {
	case before != nil && before.UserID == m.UserID && before.ScopeKind == m.ScopeKind && same(before.ScopeID, m.ScopeID):
		return nil
	case before != nil:
		return fault.At("scope_id", "FIXED", "a mail subscription stays where it was made")
	case m.ScopeKind == vocab.ScopeKindOwn || m.ScopeKind == vocab.ScopeKindTeam:
		return fault.At("scope_kind", "NOT_ALLOWED", "mail is about ORGANISATION, a portfolio, a program or a project, not %s", m.ScopeKind)
	}
	if err := scopeNamed(d, m.ScopeKind, m.ScopeID); err != nil {
		return err
	}
	n := 0
	for x := range state.MailSubscriptions.By(state.All(d), "user_id", m.UserID) {
		if n++; x.ID != m.ID && x.ScopeKind == m.ScopeKind && same(x.ScopeID, m.ScopeID) {
			return fault.At("scope_id", "TAKEN", "there is a mail subscription for it already")
		}
	}
	if n > mostMail {
		return fault.At("id", "OUT_OF_RANGE", "a user has at most %d mail subscriptions", mostMail)
	}
	return nil
})
