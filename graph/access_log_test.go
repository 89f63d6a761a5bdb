package graph_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pmograph/graph"
	"pmograph/internal/access"
	"pmograph/internal/vocab"
)

// The journal of access is paged from both ends, shows users as the viewer may see them, and is for who sees everywhere who may do what.
func TestAccessLog(t *testing.T) {
	h := governmentHouse(t)
	auditor := who("auditor", role(vocab.RoleAuditor, ""))
	numbers := func(arguments string) (all []string) {
		for _, e := range at(h.answer(auditor, `{ accessLog(`+arguments+`) { number } }`, nil), "accessLog").([]any) {
			all = append(all, fmt.Sprint(at(e, "number")))
		}
		return all
	}
	for arguments, want := range map[string]string{
		"first: 2": "[1 2]", "first: 2, after: 9": "[10 11]", "first: 9, after: 11": "[]", "last: 2": "[10 11]", "last: 3, before: 3": "[1 2]", "first: 100, before: 3": "[1 2]",
	} {
		if got := fmt.Sprint(numbers(arguments)); got != want {
			t.Errorf("%s: %s, want %s", arguments, got, want)
		}
	}
	const all = `{ accessLog { number at kind user { id } actor address what request entry count } }`
	list := at(h.answer(auditor, all, nil), "accessLog").([]any)
	for i, want := range []string{
		"map[actor:<nil> address:192.0.2.1 count:1 entry:1 kind:STARTED number:1 request:abcdefghijklmnop user:map[id:user-1] what:Dashboard]",
		"map[actor:stranger-0123456789abcdef address:<nil> count:2 entry:<nil> kind:SIGN_IN number:2 request:<nil> user:<nil> what:<nil>]",
	} {
		got := list[i].(map[string]any)
		if got["at"] == nil {
			t.Error("it does not say when")
		}
		if delete(got, "at"); fmt.Sprint(got) != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
	for _, text := range [][]byte{h.ask(viewer, all, nil), h.ask(finance, all, nil)} {
		if !strings.Contains(string(text), `"code":"FORBIDDEN"`) || strings.Contains(string(text), "192.0.2.1") {
			t.Errorf("%s", text)
		}
	}
}

// What was answered of the journal of access is not kept: it goes on while the record stands still.
func TestAccessLogIsNotKept(t *testing.T) {
	h := governmentHouse(t)
	db := accessed(t)
	s := graph.NewServer(h.j, graph.Options{Access: db, Kept: 1 << 20})
	for i := range 3 {
		r := get(s, admin, query(`{ accessLog(last: 1) { number } }`))
		if want := fmt.Sprintf(`"number":"%d"`, 11+i); !strings.Contains(r.Body.String(), want) || r.Header().Get("ETag") != "" {
			t.Errorf("%s %v, want %s", r.Body.String(), r.Header(), want)
		}
		err := db.Append(context.Background(), func(head access.Mark) []access.Entry {
			return access.Chain(head, []access.Entry{{Kind: access.SignIn, Count: 1}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
