package odata

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// token says what somebody has read, so that he can go on from there. It is signed with the record's key together with whose it is, by which rights he
// read, and what he asked: it shows nobody else anything, nor him of the past what he could not read then.
type token struct {
	From string `json:"f"`           // position of the record that was shown
	Day  string `json:"d"`           // on which it was
	At   int64  `json:"a"`           // when it was given, in seconds
	Page *pages `json:"p,omitempty"` // of a page of changes: where it goes on
}

// pages is a place among the pages of changes.
type pages struct {
	To    string `json:"t"`           // position of the record up to which they tell
	Day   string `json:"d"`           // on which that was shown
	Then  string `json:"o,omitempty"` // cursor among the rows as they were; empty: at the beginning
	Now   string `json:"n,omitempty"` // among those of now
	Known int    `json:"k,omitempty"` // changes behind the cursors that were told
}

const (
	// pinnedOption names a page's record in its address.
	pinnedOption = "snapshot"
	// pinnedTime is how long the pages of one answer may be read.
	pinnedTime = time.Hour
)

// apart are the options that may differ between the parts of one answer.
var apart = []string{"skiptoken", "deltatoken", "top", "skip", "count", "format", "orderby", pinnedOption}

// question is what a token is about.
func (c *call) question() string {
	var parts []string
	for name, value := range c.req.Options {
		if !slices.Contains(apart, name) {
			parts = append(parts, name+"="+value)
		}
	}
	slices.Sort(parts)
	return strings.TrimSuffix(c.r.URL.EscapedPath(), "/$query") + "\x00" + strings.Join(parts, "\x00")
}

// seal signs a token's text.
func (c *call) seal(text string) string {
	return string(c.view.Snapshot().TextAddress(strings.Join([]string{"odata", c.Caller(c.r.Context()), c.view.Rights().Canonical(), c.question(), text}, "\x00")))
}

// sealed is the text of a token.
func (c *call) sealed(t *token) string {
	b, _ := json.Marshal(t) // texts and numbers alone
	text := base64.RawURLEncoding.EncodeToString(b)
	return text + "." + c.seal(text)
}

// opened reads a token that this caller was given, for this question.
func (c *call) opened(s string) (*token, error) {
	text, mark, _ := strings.Cut(s, ".")
	if !hmac.Equal([]byte(mark), []byte(c.seal(text))) {
		return nil, gone("the link was not given for this question and these rights")
	}
	t := &token{}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(b, t) != nil {
		return nil, gone("the link cannot be read")
	}
	if t.Page != nil && c.Now().Sub(time.Unix(t.At, 0)) > pinnedTime {
		return nil, gone("the pages were left unread too long")
	}
	return t, nil
}

// here is the token of who has read everything of the newest record.
func (c *call) here() *token {
	return &token{From: c.view.Position().String(), Day: c.view.Day().String(), At: c.Now().Unix()}
}

func (c *call) position(text string) (state.Position, error) {
	p, err := state.ParsePosition(text)
	if err != nil {
		return p, gone("the link cannot be read")
	}
	return p, nil
}

// seenAt is what the caller saw of the record at a position, on a day, by the rights he has.
func (c *call) seenAt(position, day string) (*dataset.View, error) {
	p, err := c.position(position)
	if err != nil {
		return nil, err
	}
	d, err := vocab.ParseDate(day)
	if err != nil {
		return nil, gone("the link cannot be read")
	}
	s := c.view.Snapshot()
	if s.Position() != p {
		if p.Seq > s.Seq() {
			return nil, gone("the record went on differently")
		}
		s, err = c.view.Within(c.r.Context()).Past().At(p.Seq, time.Time{})
	}
	switch {
	case fault.Is(err, fault.Invalid):
		return nil, gone("what was read lies too far in the past")
	case err != nil:
		return nil, err
	case s.Position() != p:
		return nil, gone("the record went on differently")
	}
	return c.seeing(c.view.WasNewest(s, c.view.Rights(), d)), nil
}

// follows tells whether changes are told to whoever reads an answer to its end.
func (c *call) follows() bool {
	q := &c.req.Query
	plain := len(q.Steps) == 0 && q.Top == 0 && q.Skip == 0 && len(c.req.Hops) == 0
	return plain && c.form.track || c.req.Options[pinnedOption] != ""
}

// pin has a later page show the record that its first showed.
func (c *call) pin() (*token, error) {
	said := c.req.Options[pinnedOption]
	if said == "" {
		return nil, nil
	}
	t, err := c.opened(said)
	if err != nil {
		return nil, err
	}
	if c.Now().Sub(time.Unix(t.At, 0)) > pinnedTime {
		return nil, gone("the pages were left unread too long")
	}
	c.data, err = c.seenAt(t.From, t.Day)
	if err != nil {
		return nil, err
	}
	c.req, err = c.read(c.data, c.path)
	return t, err
}

// changesSince is the address that tells what changed since what a token says was read; since now, if it is nil.
func (c *call) changesSince(t *token) string {
	if t == nil {
		t = c.here()
	}
	change := map[string]string{"$deltatoken": c.sealed(t)}
	for _, name := range []string{"skiptoken", "top", "skip", "count", "orderby"} {
		change["$"+name] = ""
	}
	change[pinnedOption] = ""
	return c.address(change)
}
