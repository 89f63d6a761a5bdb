package mail_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pmograph/internal/decide"
	"pmograph/internal/vocab"
)

// What somebody else changes arrives after the minute, as far as the reader sees it.
func TestAtOnce(t *testing.T) {
	o := newOffice(t)
	o.wants(vocab.MailDeliveryImmediate)
	o.forecast("milestone-1", vocab.NewDate(2026, 11, 1), "The steel is late")
	o.forecast("milestone-2", vocab.NewDate(2026, 11, 1), "")
	if early := o.tell(1); len(early) != 0 {
		t.Fatalf("%d mails within the minute", len(early))
	}
	o.wait(time.Minute)
	mails := o.tell(1)
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	m := mails[0]
	for what, ok := range map[string]bool{
		"over TLS, signed in": m.TLS && m.User == "pmo",
		"from and to":         m.From == "pmo@example.org" && m.To == "Ada@example.org",
		"subject":             m.Subject == "Bridge: Milestone “Gate” – changed",
		"what changed":        strings.Contains(m.Text, "Forecast date: 1 Oct 2026 → 1 Nov 2026"),
		"nothing hidden":      !strings.Contains(m.Raw, "Hidden") && !strings.Contains(m.Raw, "Secret") && !strings.Contains(m.Raw, "Bob"),
		"where":               strings.Contains(m.HTML, `<a href="https://pmo.example.org/show/project-1">Bridge</a>`),
		"greeting":            strings.HasPrefix(m.Text, "Hello Ada Byron,\n"),
	} {
		if !ok {
			t.Errorf("%s: %s\n%s", what, m.Subject, m.Text)
		}
	}
	if again := o.tell(1); len(again) != 0 {
		t.Errorf("%d mails more", len(again))
	}
}

// A daily digest gathers a day of the reader, by project, and says it in his language. A day without anything that he sees sends nothing.
func TestDailyDigest(t *testing.T) {
	o := newOffice(t)
	o.by(ada, decide.ViewerUpdate(decide.ViewerUpdateInput{Patch: map[string]any{"locale": "de-AT", "timezone": "Europe/Vienna"}}), "")
	o.wants(vocab.MailDeliveryDaily)
	o.forecast("milestone-1", vocab.NewDate(2026, 11, 1), "")
	o.wait(5 * time.Hour)
	o.by(bob, decide.ProjectUpdate(decide.ProjectUpdateInput{ID: "project-2", Patch: map[string]any{"name": "Tunnel <b>&"}}), "")
	o.forecast("milestone-1", vocab.NewDate(2026, 12, 1), "")
	if early := o.tell(1); len(early) != 0 {
		t.Fatalf("%d mails before the hour", len(early))
	}
	o.turn(time.Date(2026, 3, 5, 5, 59, 59, 0, time.UTC))
	if early := o.tell(1); len(early) != 0 {
		t.Fatalf("%d mails a second before the hour", len(early))
	}
	o.wait(time.Second)
	o.forecast("milestone-1", vocab.NewDate(2027, 1, 1), "of the next day")
	mails := o.tell(1)
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	m := mails[0]
	if want := "Works: 3 Änderungen, 05.03.2026"; m.Subject != want {
		t.Errorf("the subject is %q, not %q", m.Subject, want)
	}
	want := `Guten Tag Ada Byron,

das hat sich seit 04.03.2026 geändert, soweit Sie es sehen dürfen:


Bridge
https://pmo.example.org/show/project-1

* Meilenstein „Gate“ – geändert
  04.03.2026 13:00, jemand
  Voraussichtlich am: 01.10.2026 → 01.11.2026

* Meilenstein „Gate“ – geändert
  04.03.2026 18:00, jemand
  Voraussichtlich am: 01.11.2026 → 01.12.2026


Tunnel <b>&
https://pmo.example.org/show/project-2

* Projekt „Tunnel <b>&“ – geändert
  04.03.2026 18:00, jemand
  Name: Tunnel → Tunnel <b>&

-- 
`
	if !strings.HasPrefix(m.Text, want) {
		t.Errorf("it says\n%s", m.Text)
	}
	if strings.Contains(m.HTML, "<b>&") || !strings.Contains(m.HTML, "Tunnel &lt;b&gt;&amp;") {
		t.Errorf("what users write is markup:\n%s", m.HTML)
	}
	o.wait(24 * time.Hour)
	if next := o.tell(1); len(next) != 1 || !strings.Contains(next[0].Text, "01.12.2026 → 01.01.2027") || next[0].Header.Get("Message-Id") == m.Header.Get("Message-Id") ||
		next[0].Header.Get("References") != m.Header.Get("References") {
		t.Errorf("the next day there are %v", next)
	}
	for range 3 {
		o.wait(24 * time.Hour)
		o.forecast("milestone-2", vocab.Date(20000+int32(o.off.Load()%1000)), "not for everybody")
		if quiet := o.tell(1); len(quiet) != 0 {
			t.Errorf("a day of hidden changes sends %s", quiet[0].Raw)
		}
	}
}

// A weekly digest comes on its day, in French.
func TestWeeklyDigest(t *testing.T) {
	o := newOffice(t)
	o.by(ada, decide.ViewerUpdate(decide.ViewerUpdateInput{Patch: map[string]any{"locale": "fr"}}), "")
	o.wants(vocab.MailDeliveryWeekly)
	o.forecast("milestone-1", vocab.NewDate(2026, 11, 1), "")
	for o.now().Before(time.Date(2026, 3, 9, 6, 0, 0, 0, time.UTC)) {
		if early := o.tell(1); len(early) != 0 {
			t.Fatalf("a mail at %s", o.now())
		}
		o.wait(6 * time.Hour)
	}
	o.turn(time.Date(2026, 3, 9, 7, 0, 0, 0, time.UTC))
	if mails := o.tell(1); len(mails) != 1 || mails[0].Subject != "Works : 1 modification, semaine au 09/03/2026" || !strings.Contains(mails[0].Text, "Date prévue : 01/10/2026 → 01/11/2026") {
		t.Errorf("there are %v", mails)
	}
}

// Changes that the reader does not see leave no trace in what he is sent, but for numbers of the journal.
func TestHiddenChangesLeaveNoTrace(t *testing.T) {
	numbers := regexp.MustCompile(`mail-subscription-1\.[0-9a-f]+|boundary=\w+|--[0-9a-f]{32}`)
	for _, delivery := range []vocab.MailDelivery{vocab.MailDeliveryImmediate, vocab.MailDeliveryDaily, vocab.MailDeliveryWeekly} {
		var sent [2][]string
		for i := range sent {
			o := newOffice(t)
			hide := func(day vocab.Date) {
				if i == 1 {
					o.forecast("milestone-2", day, "hidden")
					o.by(bob, decide.PortfolioUpdate(decide.PortfolioUpdateInput{ID: "portfolio-2", Patch: map[string]any{"name": "Other " + day.String()}}), "hidden")
				}
			}
			o.wants(delivery)
			for n := range 30 {
				hide(vocab.NewDate(2027, 1, 1+n))
				if n%3 == 0 {
					o.forecast("milestone-1", vocab.NewDate(2026, 11, 1+n), "seen")
				}
				hide(vocab.NewDate(2028, 1, 1+n))
				for _, m := range o.tell(1) {
					sent[i] = append(sent[i], numbers.ReplaceAllString(m.Raw, "#"))
				}
				o.wait(7 * time.Hour)
			}
		}
		if len(sent[0]) < 2 && delivery != vocab.MailDeliveryWeekly || !slices.Equal(sent[0], sent[1]) {
			t.Errorf("%s: %d mails without what is hidden, %d with it\n%s\n%s", delivery, len(sent[0]), len(sent[1]), sent[0], sent[1])
		}
	}
}

// A role that was withdrawn before the digest is sent counts: nothing of what he no longer sees is in it.
func TestWithdrawnBeforeTheDigest(t *testing.T) {
	o := newOffice(t)
	o.wants(vocab.MailDeliveryDaily)
	o.forecast("milestone-1", vocab.NewDate(2026, 11, 1), "")
	o.tell(1)
	o.do(decide.RoleRevoke(decide.RoleRevokeInput{ID: "role-assignment-1"}))
	o.do(decide.RoleGrant(decide.RoleGrantInput{UserID: "user-1", Role: vocab.RoleViewer, ScopeKind: vocab.ScopeKindProject, ScopeID: ptr("project-2")}))
	o.by(bob, decide.ProjectUpdate(decide.ProjectUpdateInput{ID: "project-2", Patch: map[string]any{"priority": int64(3)}}), "")
	o.wait(24 * time.Hour)
	if mails := o.tell(1); len(mails) != 1 || strings.Contains(mails[0].Raw, "Gate") || !strings.Contains(mails[0].Text, "Priority: – → 3") {
		t.Errorf("there are %v", mails)
	}
	o.do(decide.RoleRevoke(decide.RoleRevokeInput{ID: "role-assignment-3"}))
	o.by(bob, decide.ProjectUpdate(decide.ProjectUpdateInput{ID: "project-2", Patch: map[string]any{"priority": int64(4)}}), "")
	o.wait(24 * time.Hour)
	if mails := o.tell(1); len(mails) != 0 {
		t.Errorf("who holds no role gets %v", mails)
	}
	o.do(decide.UserUpdate(decide.UserUpdateInput{ID: "user-1", Patch: map[string]any{"active": false}}))
	if list := o.post.Recipients(o.j.Latest()); len(list) != 0 {
		t.Errorf("who is put off is told: %v", list)
	}
}

// A subscription tells of its node and its topics, and of nothing that the reader did himself.
func TestNodeTopicsAndOwnChanges(t *testing.T) {
	o := newOffice(t)
	o.do(decide.RoleGrant(decide.RoleGrantInput{UserID: "user-1", Role: vocab.RoleProjectManager, ScopeKind: vocab.ScopeKindProject, ScopeID: ptr("project-1")}))
	o.wants(vocab.MailDeliveryImmediate, func(in *decide.ViewerMailSetInput) {
		in.ScopeKind, in.ScopeID, in.About = vocab.ScopeKindProject, ptr("project-1"), []vocab.MailTopic{vocab.MailTopicPlan, vocab.MailTopicMoney}
	})
	o.by(ada, decide.MilestoneForecast(decide.MilestoneForecastInput{ID: "milestone-1", ForecastDate: ptr(vocab.NewDate(2026, 11, 1))}), "")
	o.by(bob, decide.ProjectUpdate(decide.ProjectUpdateInput{ID: "project-1", Patch: map[string]any{"priority": int64(3)}}), "")
	o.by(bob, decide.ProjectUpdate(decide.ProjectUpdateInput{ID: "project-2", Patch: map[string]any{"priority": int64(3)}}), "")
	o.wait(2 * time.Minute)
	if mails := o.tell(1); len(mails) != 0 {
		t.Errorf("there are %v", mails)
	}
	o.by(bob, decide.MilestoneUpdate(decide.MilestoneUpdateInput{ID: "milestone-1", Patch: map[string]any{"budget": "1234567.5"}}), "")
	o.by(bob, decide.MilestoneDelete(decide.MilestoneDeleteInput{ID: "milestone-1"}), "")
	o.wait(2 * time.Minute)
	mails := o.tell(1)
	if len(mails) != 1 || !strings.Contains(mails[0].Text, "Budget: – → GBP 1,234,567.50") || !strings.Contains(mails[0].Text, "* Milestone “Gate” – deleted\n  4 Mar 2026 12:02, Bob Byron") || mails[0].Subject != "Bridge: 2 changes" {
		t.Errorf("there are %v", mails)
	}
}
