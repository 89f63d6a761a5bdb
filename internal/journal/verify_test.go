package journal_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/internal/guard"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store/memory"
	"pmograph/internal/vocab"
)

// frozen shows the rows as they were when it was made, and the journal as it is: what a database does whose journal is edited.
type frozen struct {
	*memory.Store
	rows *state.Snapshot
}

func (f frozen) Load(context.Context) (*state.Snapshot, error) { return f.rows, nil }

func recorded(t *testing.T) (*memory.Store, *state.Snapshot) {
	t.Helper()
	db := newStore()
	j := open(t, db)
	home := must(do(t, j, "portfolioCreate", "in", addPortfolio("P", nil))).Results[0].ID
	must(do(t, j, "projectCreate", "in", addProject("A", home)))
	must(do(t, j, "userCreate", "in", func(d *state.Draft) error {
		u := state.Users.New(d)
		name := guard.NewPersonal("Ada Lovelace")
		u.Issuer, u.Subject, u.Name, u.Active = "LOCAL", &name, &name, true
		return state.Users.Put(d, u)
	}))
	must(do(t, j, "projectUpdate", "in", func(d *state.Draft) error {
		p, err := state.Projects.Edit(d, 1, nil)
		if err != nil {
			return err
		}
		p.Name = "changed"
		return state.Projects.Put(d, p)
	}))
	return db, j.Latest()
}

// flip edits one bit, or the nearest thing to it, of a field.
func flip(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		if v.Len() == 0 {
			v.SetString("x")
		} else {
			b := []byte(v.String())
			b[len(b)/2] ^= 1
			v.SetString(string(b))
		}
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() ^ 1)
	case reflect.Pointer:
		if v.IsNil() {
			return false
		}
		own := reflect.New(v.Type().Elem())
		own.Elem().Set(v.Elem())
		flip(own.Elem())
		v.Set(own)
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 || v.Len() == 0 {
			return false
		}
		own := append([]byte(nil), v.Bytes()...)
		own[0] ^= 1
		v.SetBytes(own)
	case reflect.Array:
		v.Index(0).SetUint(v.Index(0).Uint() ^ 1)
	default:
		return false
	}
	return true
}

// One edited bit in any field of any entry, change or erasable value is found.
func TestEveryEditIsFound(t *testing.T) {
	edits := 0
	try := func(name string, edit func([]state.Entry) bool) {
		db, rows := recorded(t)
		edited := false
		db.Tamper(func(e []state.Entry) { edited = edit(e) })
		if !edited {
			return
		}
		edits++
		if _, err := journal.Verify(t.Context(), frozen{db, rows}); err == nil {
			t.Errorf("an edit of %s was not found", name)
		}
	}
	fields := func(v any) int { return reflect.TypeOf(v).NumField() }
	for n := range 4 {
		for f := range fields(state.Entry{}) {
			name := reflect.TypeFor[state.Entry]().Field(f).Name
			if name == "At" {
				try(name, func(e []state.Entry) bool { e[n].At = e[n].At.Add(1000); return true })
				continue
			}
			try(name, func(e []state.Entry) bool { return flip(reflect.ValueOf(&e[n]).Elem().Field(f)) })
		}
		for f := range fields(state.EntryChange{}) {
			try("change."+reflect.TypeFor[state.EntryChange]().Field(f).Name, func(e []state.Entry) bool {
				e[n].Changes = append([]state.EntryChange(nil), e[n].Changes...)
				return flip(reflect.ValueOf(&e[n].Changes[0]).Elem().Field(f))
			})
		}
	}
	for f := range fields(state.Private{}) {
		try("private."+reflect.TypeFor[state.Private]().Field(f).Name, func(e []state.Entry) bool {
			c := &e[2].Changes[0]
			c.Private = append([]state.Private(nil), c.Private...)
			return flip(reflect.ValueOf(&c.Private[0]).Elem().Field(f))
		})
	}
	try("a removed private value", func(e []state.Entry) bool { e[2].Changes[0].Private = nil; return true })
	try("an order", func(e []state.Entry) bool { e[1], e[2] = e[2], e[1]; return true })
	try("a removed change", func(e []state.Entry) bool { e[3].Changes = nil; return true })
	if edits < 50 {
		t.Fatal("only", edits, "edits were tried")
	}
}

// A person is erased: the record verifies, no byte of the name is left in it, and a kept past does not show it either.
func TestErasure(t *testing.T) {
	db, _ := recorded(t)
	j := open(t, db)
	then := j.Latest().Seq()
	past := func() (name string, ok bool) {
		v, err := j.View(t.Context(), auditor, journal.Query{KnownAtSeq: &then})
		if err != nil {
			t.Fatal(err)
		}
		u := state.Users.Get(v, 1)
		return state.Users.Key(v, u).Personal(u.Name)
	}
	must(do(t, j, "portfolioCreate", nil, addPortfolio("Q", nil)))
	if name, _ := past(); name != "Ada Lovelace" {
		t.Fatal("before the erasure the past shows", name)
	}
	must(do(t, j, "userErase", nil, func(d *state.Draft) error {
		u, err := state.Users.Edit(d, 1, nil)
		if err != nil {
			return err
		}
		u.Subject, u.Name, u.Active = nil, nil, false
		return state.Users.Put(d, u)
	}))
	if name, ok := past(); ok {
		t.Error("after the erasure the past shows", name)
	}
	if v, err := journal.Verify(t.Context(), db); err != nil || v.Erased == 0 {
		t.Error("after an erasure:", err)
	}
	db.Tamper(func(entries []state.Entry) {
		for _, e := range entries {
			if strings.Contains(dump(e), "Lovelace") {
				t.Errorf("entry %d still holds the name", e.Seq)
			}
		}
	})
}

var auditor = auth.Identity{Issuer: "LOCAL", Subject: "auditor", ValidUntil: noon.AddDate(100, 0, 0), Claims: []auth.Claim{{Role: vocab.RoleAuditor, Scope: auth.Scope{Kind: vocab.ScopeKindOrganisation}}}}

// dump shows everything an entry holds.
func dump(e state.Entry) string {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return string(b)
}
