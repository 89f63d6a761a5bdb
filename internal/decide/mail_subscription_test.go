package decide

import (
	"testing"

	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// mailOn wants daily mail about a portfolio.
func mailOn(portfolio string) ViewerMailSetInput {
	return ViewerMailSetInput{ScopeKind: vocab.ScopeKindPortfolio, ScopeID: &portfolio, Delivery: vocab.MailDeliveryDaily, Hour: 7, Weekday: vocab.WeekdayMonday, Active: true}
}

func mailActs() []act {
	mail := func(change func(*ViewerMailSetInput)) state.Decision {
		in := mailOn("portfolio-1")
		change(&in)
		return ViewerMailSet(in)
	}
	is := func(run []state.Decision, holds func(m *ent.MailSubscription) bool) func(*testing.T, *record) bool {
		return func(t *testing.T, r *record) bool {
			for _, dec := range run {
				if _, err := r.try(r.session("manager"), dec); err != nil {
					t.Fatal(err)
				}
			}
			return holds(state.MailSubscriptions.Get(r.all(), 1))
		}
	}
	user := func(holds func(u *ent.User) bool) func(*testing.T, *record) bool {
		return func(_ *testing.T, r *record) bool { return holds(state.Users.Get(r.all(), 3)) }
	}
	return []act{
		{"his language and time zone", "manager", ViewerUpdate(ViewerUpdateInput{Patch: map[string]any{"locale": "de", "timezone": "Europe/Berlin"}}), "",
			user(func(u *ent.User) bool { return *u.Locale == "de" && *u.Timezone == "Europe/Berlin" && u.Active })},
		{"his time zone is none", "manager", ViewerUpdate(ViewerUpdateInput{Patch: map[string]any{"timezone": "Mars/Base"}}), "input.patch.timezone UNKNOWN_TIMEZONE", nil},
		{"what is not his to change", "manager", ViewerUpdate(ViewerUpdateInput{Patch: map[string]any{"email": "x@example.org"}}), "input.patch.email UNKNOWN_FIELD", nil},
		{"mail", "manager", ViewerMailSet(mailOn("portfolio-1")), "",
			is(nil, func(m *ent.MailSubscription) bool { return m.UserID == 3 && m.AboutMoney && m.AboutPlan && m.Active })},
		{"mail of one node set again", "manager", ViewerMailSet(mailOn("portfolio-1")), "",
			is([]state.Decision{mail(func(in *ViewerMailSetInput) {
				in.About, in.Delivery = []vocab.MailTopic{vocab.MailTopicPlan}, vocab.MailDeliveryImmediate
			})}, func(m *ent.MailSubscription) bool {
				return m.AboutPlan && !m.AboutMoney && m.Delivery == vocab.MailDeliveryImmediate
			})},
		{"mail of what he does not see", "manager", ViewerMailSet(mailOn("portfolio-2")), "input.scopeId NOT_FOUND", nil},
		{"mail of no node", "manager", mail(func(in *ViewerMailSetInput) { in.ScopeID = nil }), "input.scopeId REQUIRED", nil},
		{"mail of one's own", "manager", mail(func(in *ViewerMailSetInput) { in.ScopeKind, in.ScopeID = vocab.ScopeKindOwn, nil }), "input.scopeKind NOT_ALLOWED", nil},
		{"mail about nothing", "manager", mail(func(in *ViewerMailSetInput) { in.About = []vocab.MailTopic{} }), "input.about REQUIRED", nil},
		{"mail at no hour", "manager", mail(func(in *ViewerMailSetInput) { in.Hour = 24 }), "input.hour INVALID", nil},
		{"mail no longer", "manager", ViewerMailSet(mailOn("portfolio-1")), "",
			is([]state.Decision{ViewerMailDelete(ViewerMailDeleteInput{ID: "mail-subscription-1"})}, func(m *ent.MailSubscription) bool { return m == nil })},
		{"mail that is not there", "manager", ViewerMailDelete(ViewerMailDeleteInput{ID: "mail-subscription-1"}), "input.id NOT_FOUND", nil},
		{"mail of somebody else", "manager", ViewerMailSet(mailOn("portfolio-1")), "",
			func(t *testing.T, r *record) bool {
				_, err := r.try(r.session("pmo"), ViewerMailDelete(ViewerMailDeleteInput{ID: "mail-subscription-1"}))
				wants(t, err, "input.id NOT_FOUND")
				return true
			}},
		{"mail set and the user erased", "manager", ViewerMailSet(mailOn("portfolio-1")), "",
			func(_ *testing.T, r *record) bool {
				r.do(UserErase(UserEraseInput{ID: "user-3"}))
				return state.MailSubscriptions.Get(r.all(), 1) == nil
			}},
		{"unsubscribed by the link, though the node is gone", "manager", ViewerMailSet(mailOn("portfolio-1")), "",
			func(_ *testing.T, r *record) bool {
				r.do(MailUnsubscribe(1))
				r.do(MailUnsubscribe(1))
				return !state.MailSubscriptions.Get(r.all(), 1).Active
			}},
		{"unsubscribed from what is not there", "", MailUnsubscribe(9), "", nil},
		{"the program's own mutation by a user", "manager", MailUnsubscribe(1), "FORBIDDEN", nil},
	}
}

func mailRules() []rule {
	put := func(change func(*ent.MailSubscription)) func(*state.Draft) error {
		return making(state.MailSubscriptions, func(m *ent.MailSubscription) {
			m.UserID, m.ScopeKind, m.ScopeID = 3, vocab.ScopeKindPortfolio, ptr(int64(1))
			m.Delivery, m.Weekday = vocab.MailDeliveryDaily, vocab.WeekdayMonday
			change(m)
		})
	}
	many := func(d *state.Draft) error {
		for range mostMail + 1 {
			if err := put(func(m *ent.MailSubscription) { m.ScopeID = ptr(int64(2)) })(d); err != nil {
				return err
			}
		}
		return nil
	}
	return []rule{
		{"mail is about a node of the tree", mailScope, put(func(*ent.MailSubscription) {}), put(func(m *ent.MailSubscription) { m.ScopeKind = vocab.ScopeKindTeam }), "scope_kind NOT_ALLOWED"},
		{"one mail subscription for each node", mailScope, put(func(*ent.MailSubscription) {}), many, "scope_id TAKEN"},
	}
}

// A user has few mail subscriptions.
func TestFewMailSubscriptions(t *testing.T) {
	r := world(t)
	for i := range mostMail + 1 {
		p := r.do(ProjectCreate(ProjectCreateInput{PortfolioID: "portfolio-1", Code: "M" + string(rune('a'+i)), Name: "Many"}))
		in := mailOn(p)
		in.ScopeKind = vocab.ScopeKindProject
		if _, err := r.try(r.session("pmo"), ViewerMailSet(in)); i == mostMail {
			wants(t, err, "input OUT_OF_RANGE")
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
