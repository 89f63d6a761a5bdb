package mail

import (
	"context"
	"crypto/hmac"
	htmltemplate "html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/journal"
	"pmograph/internal/state"
)

// Path is where subscriptions are ended.
const Path = "/mail/unsubscribe"

// link is what the address that ends a subscription names it by: its identifier, and a code that nobody can make who has not the record. It
// does not run out, since mail is kept; it can end this one subscription and nothing else.
func link(s *state.Snapshot, subscription int64) string {
	id := state.MailSubscriptions.Desc().ID(subscription)
	return id + "." + string(s.TextAddress("mail unsubscribe\x00"+id))
}

func (p *Post) unsubscribe(subscription int64) string {
	return p.o.Public.JoinPath(Path).String() + "?" + url.Values{"s": {link(p.src.Latest(), subscription)}}.Encode()
}

// Door is what a subscription is ended through; *journal.Journal is one.
type Door interface {
	Latest() *state.Snapshot
	DoAs(ctx context.Context, machine auth.Session, dec state.Decision, m journal.Meta) (journal.Outcome, error)
}

var unsubscribePage = htmltemplate.Must(htmltemplate.ParseFS(templates, "templates/unsubscribe.html"))

// Unsubscribe answers who comes by the link in a mail: a GET, which a scanner of mail may send as well, shows a page with a button and changes
// nothing; a POST, of that page or by the reader's program (RFC 8058), ends the subscription. Neither tells what the subscription is about.
func Unsubscribe(door Door, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := speaking(r.Header.Get("Accept-Language"))
		show := func(status int, title, text, button string) {
			h := w.Header()
			h.Set("Content-Type", "text/html; charset=utf-8")
			h.Set("Cache-Control", "no-store")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'")
			w.WriteHeader(status)
			_ = unsubscribePage.Execute(w, map[string]string{"Language": s.Texts["language"], "Title": s.Texts[title], "Text": s.Texts[text], "Button": s.Texts[button]}) // who has left reads nothing
		}
		id, ok := named(door.Latest(), r.URL.Query().Get("s"))
		switch {
		case !ok:
			show(http.StatusNotFound, "pageGone", "", "")
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			show(http.StatusOK, "pageTitle", "pageText", "pageButton")
		case r.Method != http.MethodPost:
			w.Header().Set("Allow", "GET, HEAD, POST")
			show(http.StatusMethodNotAllowed, "pageGone", "", "")
		default:
			if _, err := door.DoAs(r.Context(), auth.Machine("mail"), decide.MailUnsubscribe(id), journal.Meta{Reason: "unsubscribed by the link in a mail"}); err != nil {
				log.Warn("a mail subscription was not ended", "subscription", id, "error", err)
				http.Error(w, "try again later", http.StatusServiceUnavailable)
				return
			}
			show(http.StatusOK, "pageDone", "", "")
		}
	})
}

// named gives the number of the subscription that a link names; ok is false if it is not one of ours.
func named(s *state.Snapshot, text string) (id int64, ok bool) {
	name, _, _ := strings.Cut(text, ".")
	ref, ok := state.ParseID(name)
	if !ok || ref.Table != state.MailSubscriptions.Desc() || !hmac.Equal([]byte(link(s, ref.ID)), []byte(text)) {
		return 0, false
	}
	return ref.ID, true
}
