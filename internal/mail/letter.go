package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"net/mail"
	"net/url"
	"strings"
	texttemplate "text/template"
	"time"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

//go:embed templates
var templates embed.FS

var (
	asText = texttemplate.Must(texttemplate.ParseFS(templates, "templates/letter.txt"))
	asHTML = htmltemplate.Must(htmltemplate.ParseFS(templates, "templates/letter.html"))
)

// Letter is a mail before it is sent.
type Letter struct {
	From, To    mail.Address
	Subject     string
	ID          string // the same whenever a reader of the same rights is told of the same entries
	Thread      string // id of what all letters of a subscription belong to
	Unsubscribe string // address that ends them
	Language    string
	At          time.Time
	Text, HTML  string
}

// page is what the templates show.
type page struct {
	Language, Subject, Hello, Intro string
	Groups                          []group
	More                            string
	Footer, Unsubscribe, Link       string
}

// group is what changed in a project, program or portfolio.
type group struct {
	Title, Link string
	Items       []item
}

// item is a changed thing.
type item struct {
	What, By string
	Lines    []string
	Why      string
}

// letter writes what was gathered.
func (p *Post) letter(g *gathering) (Letter, error) {
	s := speaking(g.to.Locale)
	from, err := mail.ParseAddress(p.o.From)
	if err != nil {
		return Letter{}, err
	}
	to, err := mail.ParseAddress(g.to.Email)
	if err != nil {
		return Letter{}, fmt.Errorf("%w: the user's address is none", ErrRefused)
	}
	to.Name = plainLine(g.to.Name)
	place := p.place(g)
	show := page{
		Language: s.Texts["language"], Hello: s.Texts["helloNobody"], Intro: s.say("intro", "from", s.day(g.first.In(g.zone))),
		Groups: p.groups(s, g), Link: p.unsubscribe(g.m.ID),
		Footer: s.say("footer", "scope", place, "zone", g.zone.String()), Unsubscribe: s.Texts["unsubscribe"],
	}
	if to.Name != "" {
		show.Hello = s.say("hello", "name", to.Name)
	}
	switch {
	case g.more == 1:
		show.More = s.Texts["moreOne"]
	case g.more > 1:
		show.More = s.say("moreMany", "n", s.decimal(fmt.Sprint(g.more)))
	}
	show.Subject = s.subject(g, place, show.Groups)
	word := state.MailSubscriptions.Desc().ID(g.m.ID)
	_, domain, _ := strings.Cut(from.Address, "@")
	l := Letter{
		From: *from, To: *to, Subject: show.Subject, Unsubscribe: show.Link, Language: show.Language, At: g.now,
		ID: fmt.Sprintf("%s.%d@%s", word, g.last, domain), Thread: word + "@" + domain,
	}
	var text, html strings.Builder
	if err := asText.Execute(&text, show); err != nil {
		return l, err
	}
	if err := asHTML.Execute(&html, show); err != nil {
		return l, err
	}
	l.Text, l.HTML = text.String(), html.String()
	return l, nil
}

// subject says what the mail is about.
func (s *speech) subject(g *gathering, place string, groups []group) string {
	n := len(g.shown) + g.more
	fill := []string{"scope", place, "n", s.decimal(fmt.Sprint(n)), "date", s.day(g.end.In(g.zone))}
	switch {
	case n == 1 && g.m.Delivery == vocab.MailDeliveryImmediate:
		return s.say("subjectOne", "place", or(groups[0].Title, place), "what", groups[0].Items[0].What)
	case g.m.Delivery == vocab.MailDeliveryImmediate:
		return s.say("subjectImmediate", fill...)
	case n == 1 && g.m.Delivery == vocab.MailDeliveryDaily:
		return s.say("subjectDailyOne", fill...)
	case g.m.Delivery == vocab.MailDeliveryDaily:
		return s.say("subjectDaily", fill...)
	case n == 1:
		return s.say("subjectWeeklyOne", fill...)
	}
	return s.say("subjectWeekly", fill...)
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// place is what the node of the subscription is called; the organisation if it is about everything.
func (p *Post) place(g *gathering) string {
	if id := scope(g.m); id != nil {
		return or(plainLine(g.v.Called(*id)), *id)
	}
	return plainLine(g.v.Called(state.Organisations.Desc().ID(g.v.Snapshot().Organisation().ID)))
}

// groups sorts changes by where they lie, in the order in which something changed there first.
func (p *Post) groups(s *speech, g *gathering) (list []group) {
	at := map[string]int{}
	for _, c := range g.shown {
		id, title, _ := c.Lies()
		i, ok := at[id]
		if !ok {
			i, at[id] = len(list), len(list)
			list = append(list, group{Title: or(plainLine(title), s.Texts["elsewhere"]), Link: p.thing(id)})
		}
		list[i].Items = append(list[i].Items, s.item(c, g.zone))
	}
	return list
}

// thing gives the address where a thing is shown; empty if there is none.
func (p *Post) thing(id string) string {
	if p.o.Things == "" || id == "" {
		return ""
	}
	return strings.ReplaceAll(p.o.Things, "{id}", url.PathEscape(id))
}

// item says what changed in a thing.
func (s *speech) item(c change, zone *time.Location) item {
	what := s.Entities[c.Entity]
	if title := plainLine(c.Title()); title != "" {
		what += " " + s.say("quote", "text", title)
	}
	who := s.Texts["machine"]
	if u := c.entry.Actor(); u != nil {
		who = s.Texts["someone"]
		if name := u.Name(); name != nil {
			who = plainLine(*name)
		}
	}
	at := c.entry.At.In(zone)
	x := item{
		What: s.say(map[string]string{state.OpCreate: "created", state.OpDelete: "deleted", state.OpUpdate: "changed"}[c.Operation], "thing", what),
		By:   s.say("by", "when", s.day(at)+" "+s.hour(at), "who", who),
	}
	if c.entry.Reason != nil {
		x.Why = s.say("why", "text", plainLine(*c.entry.Reason))
	}
	if c.Operation != state.OpDelete {
		x.Lines = s.lines(c, zone)
	}
	return x
}

// apart are fields that are not told: what the record keeps for itself, where the thing lies, and what its title says.
var apart = map[string]bool{"id": true, "createdAt": true, "updatedAt": true, "seq": true, "externalSource": true, "external": true, "archivedAt": true, "textsErasedAt": true}

// lines says what changed in the fields of a thing; of a new one what it has.
func (s *speech) lines(c change, zone *time.Location) (list []string) {
	for _, f := range c.Fields {
		label, known := s.Fields[f.Name]
		if apart[f.Name] || !known || c.Operation == state.OpCreate && (f.Name == "project" || f.Name == "name" || f.Name == "title") {
			continue
		}
		was, err := f.Old()
		is, err2 := f.New()
		if err != nil || err2 != nil || c.Operation == state.OpCreate && (is == nil || *is == "") {
			continue
		}
		key := "fieldChanged"
		if c.Operation == state.OpCreate {
			key = "field"
		}
		list = append(list, s.say(key, "label", label, "old", s.value(f, was, zone), "new", s.value(f, is, zone)))
	}
	return list
}
