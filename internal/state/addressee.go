package state

import (
	"iter"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/guard"
)

// Addressee is what has to be known of a user to write to him, whoever may see it: it is for himself.
type Addressee struct {
	Identity    auth.Identity // as he is on record: no token's claims count
	User        int64
	Version     int64 // of his row
	Name, Email string
	Locale      string // BCP 47; empty if not given
	Timezone    string // IANA: his own, else the organisation's; empty if there is neither
}

// Addressee gives whom mail to a user goes to; ok is false if he is put off or has no address.
func (s *Snapshot) Addressee(user int64) (a Addressee, ok bool) {
	row, _ := s.tables[Users.desc.Slot].rows.get(uint64(user))
	u, _ := row.(*ent.User)
	if u == nil || !u.Active || u.ArchivedAt != nil || u.Email == nil {
		return a, false
	}
	open := func(p *guard.Personal) string {
		if p == nil {
			return ""
		}
		return guard.OpenPersonal(*p)
	}
	a = Addressee{Identity: auth.Identity{Issuer: u.Issuer, Subject: open(u.Subject)}, User: user, Version: u.Seq, Name: open(u.Name), Email: open(u.Email)}
	if u.TokensValidFrom != nil {
		a.Identity.IssuedAt = *u.TokensValidFrom // he has no token that could be refused
	}
	if u.Locale != nil {
		a.Locale = *u.Locale
	}
	if o := s.Organisation(); o != nil {
		a.Timezone = o.Timezone
	}
	if u.Timezone != nil {
		a.Timezone = *u.Timezone
	}
	return a, true
}

// MailSubscriptions gives what users want by mail, for whoever sends it.
func (s *Snapshot) MailSubscriptions() iter.Seq[*ent.MailSubscription] {
	return MailSubscriptions.All(whole{s})
}

// MailSubscription gives one of them; nil if there is none.
func (s *Snapshot) MailSubscription(id int64) *ent.MailSubscription {
	return MailSubscriptions.Get(whole{s}, id)
}

// SavedOf gives the questions that an identity keeps by the record that is shown, whoever may see such rows: it is for the viewer himself, and for
// keys of his.
func (v *View) SavedOf(id auth.Identity) (rows []*ent.SavedQuery) {
	owner := int64(0)
	if u := v.newest.UserOf(id); u != nil {
		owner = u.ID
	} else if k := v.newest.feedKey(id.FeedKey); k != nil {
		owner = k.OwnerID
	}
	for q := range SavedQueries.By(whole{v.s}, "owner_id", owner) {
		rows = append(rows, q)
	}
	return rows
}

// MailOf gives what an identity wants by mail by the record that is shown, whoever may see such rows: it is for the viewer himself.
func (v *View) MailOf(id auth.Identity) (rows []*ent.MailSubscription) {
	if u := v.newest.UserOf(id); u != nil {
		for m := range MailSubscriptions.By(whole{v.s}, "user_id", u.ID) {
			rows = append(rows, m)
		}
	}
	return rows
}
