package graph_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/internal/state"
)

func cursorIn(page string) any {
	var got struct {
		Data struct {
			Projects struct {
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
	}
	must(json.Unmarshal([]byte(page), &got))
	if !got.Data.Projects.PageInfo.HasNextPage {
		return nil
	}
	return got.Data.Projects.PageInfo.EndCursor
}

// Following pages meets every project once, forwards and backwards, in every order; ties and missing keys included.
func TestPagesMeetEverythingOnce(t *testing.T) {
	h := newHouse(t)
	w := randomWorld(rand.New(rand.NewPCG(1, 3)))
	h.load(w)
	for _, by := range []string{"NAME", "CODE", "PRIORITY", "START", "FINISH", "CREATED_AT", "UPDATED_AT"} {
		for _, direction := range []string{"ASC", "DESC"} {
			order := map[string]any{"by": by, "direction": direction}
			all := ids(h.answer(finance, `query ($o: ProjectOrder) { projects(order: $o, first: 100) { nodes { id } } }`, map[string]any{"o": order}))
			if len(all) != len(w.projects) {
				t.Fatalf("%d projects, want %d", len(all), len(w.projects))
			}
			forth := follow(h, order, "first", "after", "hasNextPage", "endCursor")
			back := follow(h, order, "last", "before", "hasPreviousPage", "startCursor")
			slices.Reverse(back)
			if !slices.Equal(forth, all) || !slices.Equal(back, all) {
				t.Errorf("%s %s:\nall %v\nforth %v\nback %v", by, direction, all, forth, back)
			}
		}
	}
}

func ids(v any) (list []string) {
	for _, n := range at(v, "projects", "nodes").([]any) {
		list = append(list, fmt.Sprint(at(n, "id")))
	}
	return list
}

func follow(h *house, order any, size, from, more, next string) (list []string) {
	var cursor any
	for range 50 {
		got := h.answer(finance, fmt.Sprintf(`query ($o: ProjectOrder, $c: String) { projects(order: $o, %s: 3, %s: $c) { totalCount nodes { id } pageInfo { %s %s } } }`, size, from, more, next), map[string]any{"o": order, "c": cursor})
		page := ids(got)
		if size == "last" {
			slices.Reverse(page)
		}
		list = append(list, page...)
		if all := h.answer(finance, `{ projects { totalCount } }`, nil); at(got, "projects", "totalCount") != at(all, "projects", "totalCount") {
			panic("the total changes from page to page")
		}
		if at(got, "projects", "pageInfo", more) != true {
			return list
		}
		cursor = at(got, "projects", "pageInfo", next)
	}
	return list
}

// A row that changes its place between two pages neither repeats nor hides another.
func TestARowThatMovesHidesNoOther(t *testing.T) {
	h := governmentHouse(t)
	const page = `query ($c: String) { projects(order: { by: NAME }, first: 3, after: $c) { nodes { id } pageInfo { endCursor } } }`
	first := h.answer(finance, page, nil)
	seen := ids(first)
	h.do("projectUpdate", func(d *state.Draft) error { // the one the cursor was made for moves to the end
		ref, _ := state.ParseID(seen[2])
		p, err := state.Projects.Edit(d, ref.ID, nil)
		must(err)
		p.Name = "Zzz"
		return state.Projects.Put(d, p)
	})
	all := ids(h.answer(finance, `{ projects(order: { by: NAME }, first: 100) { nodes { id } } }`, nil))
	second := ids(h.answer(finance, page, map[string]any{"c": at(first, "projects", "pageInfo", "endCursor")}))
	if want := all[2:5]; !slices.Equal(second, want) {
		t.Errorf("the second page is %v, want %v", second, want)
	}
}

func TestCursorsAndSizesAreChecked(t *testing.T) {
	h := governmentHouse(t)
	cursor := at(h.answer(finance, `{ projects(order: { by: NAME }, first: 3) { pageInfo { endCursor } } }`, nil), "projects", "pageInfo", "endCursor")
	for _, x := range []struct{ args, code string }{
		{`order: { by: PRIORITY }, after: "` + cursor.(string) + `"`, "OTHER_ORDER"},
		{`after: "nonsense"`, "INVALID"},
		{`first: 0`, "OUT_OF_RANGE"},
		{`first: 101`, "OUT_OF_RANGE"},
		{`first: 1, last: 1`, "AMBIGUOUS"},
		{`knownAt: { number: 1, time: "2020-01-01T00:00:00Z" }`, "AMBIGUOUS"},
		{`knownAt: { number: 99 }`, "OUT_OF_RANGE"},
	} {
		got := string(h.ask(finance, `{ projects(`+x.args+`) { totalCount } }`, nil))
		if !strings.Contains(got, `"code":"INVALID"`) || !strings.Contains(got, `"code":"`+x.code+`"`) || !strings.Contains(got, `"requestId":"test-request"`) {
			t.Errorf("%s: %s", x.args, got)
		}
	}
}

// The journal is met whole by its pages, forwards and backwards.
func TestJournalPages(t *testing.T) {
	h := governmentHouse(t)
	var forth, back []string
	var cursor any
	for range 10 {
		got := at(h.answer(finance, `query ($c: Position) { journal(first: 2, after: $c) { nodes { number } pageInfo { hasNextPage endCursor } } }`, map[string]any{"c": cursor}), "journal")
		for _, n := range at(got, "nodes").([]any) {
			forth = append(forth, fmt.Sprint(at(n, "number")))
		}
		if cursor = at(got, "pageInfo", "endCursor"); at(got, "pageInfo", "hasNextPage") != true {
			break
		}
	}
	cursor = nil
	for range 10 {
		got := at(h.answer(finance, `query ($c: Position) { journal(last: 2, before: $c) { nodes { number } pageInfo { hasPreviousPage startCursor } } }`, map[string]any{"c": cursor}), "journal")
		page := []string{}
		for _, n := range at(got, "nodes").([]any) {
			page = append(page, fmt.Sprint(at(n, "number")))
		}
		back = append(page, back...)
		if cursor = at(got, "pageInfo", "startCursor"); at(got, "pageInfo", "hasPreviousPage") != true {
			break
		}
	}
	if want := []string{"1", "2", "3", "4", "5", "6"}; !slices.Equal(forth, want) || !slices.Equal(back, want) {
		t.Errorf("forth %v, back %v", forth, back)
	}
	const whole = ` { nodes { number position at action reason changes { id entity operation fields { name old new } } } } }`
	for _, who := range []auth.Identity{finance, viewer} {
		undone := h.j.PastStats()
		last := h.answer(who, `{ journal(last: 100)`+whole, nil)
		if s := h.j.PastStats(); s.Rebuilds != undone.Rebuilds || s.UndoneEntries != undone.UndoneEntries {
			t.Error("a page from the end rebuilds a snapshot")
		}
		if first := h.answer(who, `{ journal(first: 100)`+whole, nil); !reflect.DeepEqual(first, last) {
			t.Errorf("from the beginning %v\nfrom the end %v", first, last)
		}
	}
	for scope, more := range map[string]bool{"project-1": true, "project-2": false} { // the second changed once only
		got := h.answer(finance, `query ($s: ID) { journal(scope: $s, first: 1) { nodes { number } pageInfo { hasNextPage } } }`, map[string]any{"s": scope})
		if at(got, "journal", "pageInfo", "hasNextPage") != more || at(got, "journal", "nodes", 0, "number") != "2" {
			t.Errorf("%s: %v", scope, got)
		}
	}
}
