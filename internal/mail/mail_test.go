package mail_test

import (
	"strings"
	"testing"
	"time"

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
