package graph_test

import (
	"fmt"
	"strings"
	"testing"
)

// Streams whose events may show what is not shared are told apart: each gets what it asked for, however alike the others are.
func TestUnsharedStreamsAreApart(t *testing.T) {
	h := governmentHouse(t)
	const of = `subscription ($scope: ID!, $after: Position) { e: journalAppended(scope: $scope, after: $after) { position entry { changes { id node { id } } } } }`
	after := at(h.answer(finance, `{ viewer { position } }`, nil), "viewer", "position")
	gone := h.listen(finance, of, map[string]any{"scope": "project-999999", "after": after})
	if e := next(t, gone); at(e, "errors") == nil {
		t.Errorf("a scope that is not there: %v", e)
	}
	one, other := h.listen(finance, of, map[string]any{"scope": "project-1", "after": after}), h.listen(finance, of, map[string]any{"scope": "project-2", "after": after})
	h.rename(2, "Two")
	h.rename(1, "One")
	for id, events := range map[string]<-chan map[string]any{"project-1": one, "project-2": other} {
		if e := fmt.Sprint(next(t, events)); !strings.Contains(e, "id:"+id+" ") {
			t.Errorf("%s was told of %v", id, e)
		}
	}
}
