package graph_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"pmograph/graph"
	"pmograph/internal/state"
)

// A server that stops tells every stream where to go on and when, not all at once, and closes; nothing of them is left.
func TestStopTellsAll(t *testing.T) {
	const n = 500
	h := governmentHouse(t)
	goroutines := runtime.NumGoroutine()
	s := h.serving(graph.Options{Lines: n + 1, Verify: h.known(finance)})
	srv := httptest.NewServer(http.HandlerFunc(s.ServeHTTP))
	all := make([]wired, n)
	for i := range all {
		all[i] = connect(t, srv.Listener.Addr().String(), followedName)
	}
	for s.Live().Open < n {
		time.Sleep(time.Millisecond)
	}
	h.rename(1, "The last")
	s.Stop(t.Context())
	at := h.j.Latest().Position()
	waits := map[int]int{}
	for i, w := range all {
		var heard []string
		for m := w.next(); m != nil; m = w.next() {
			heard = append(heard, string(m))
		}
		last := len(heard) - 1
		if last < 1 || heard[last][2:] != "going away" {
			t.Fatalf("stream %d heard %q", i, heard)
		}
		var told struct {
			Type    string
			Payload []struct {
				Extensions struct {
					Code, Position string
					RetryAfter     int
				}
			}
		}
		must(json.Unmarshal([]byte(heard[last-1]), &told))
		x := told.Payload[0].Extensions
		p, err := state.ParsePosition(x.Position)
		must(err)
		if told.Type != "error" || x.Code != "UNAVAILABLE" || p.Seq < at.Seq-1 || p == at != strings.Contains(strings.Join(heard, ""), "The last") {
			t.Fatalf("stream %d heard %q; the record is at %v", i, heard, at)
		}
		waits[x.RetryAfter]++
		w.Close()
	}
	if len(waits) < 4 || waits[0] > 0 {
		t.Errorf("they come back after %v", waits)
	}
	if l := s.Live(); l.Open != 0 || l.Lines != 0 {
		t.Errorf("left are %+v", l)
	}
	srv.Close()
	for deadline := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > goroutines+5; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left of %d", runtime.NumGoroutine(), goroutines)
		}
	}
}
