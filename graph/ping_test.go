package graph_test

import (
	"sync"
	"testing"
	"time"

	"pmograph/graph"
)

// Whoever answers pings stays, whatever he repeats of them; who does not is cut.
func TestPings(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for three pings")
	}
	h := governmentHouse(t)
	_, address := h.crowd(graph.Options{})
	var all sync.WaitGroup
	for about, x := range map[string]struct {
		answers func(w framed, ping []byte)
		stays   bool
	}{
		"as RFC 6455 says": {func(w framed, ping []byte) { w.frame(0x8a, ping) }, true},
		"with nothing":     {func(w framed, _ []byte) { w.frame(0x8a, nil) }, true},
		"not at all":       {func(framed, []byte) {}, false},
	} {
		w := open(t, address)
		must(w.SetDeadline(time.Now().Add(58 * time.Second)))
		w.frame(text, []byte(hello))
		w.frame(text, []byte(subscribes("1", followedName)))
		all.Go(func() {
			pings := 0
			for kind, payload, ok := w.next(); ok; kind, payload, ok = w.next() {
				if kind == 0x89 {
					pings++
					x.answers(w, payload)
				}
			}
			if stayed := pings == 3; stayed != x.stays { // the fourth comes after a minute
				t.Errorf("who answers %s gets %d pings", about, pings)
			}
		})
	}
	all.Wait()
}

// next gives the next frame; false at the end.
func (w framed) next() (kind byte, payload []byte, ok bool) {
	head := make([]byte, 2)
	for at := 0; at < 2; {
		n, err := w.in.Read(head[at:])
		if err != nil {
			return 0, nil, false
		}
		at += n
	}
	payload = make([]byte, head[1])
	for at := 0; at < len(payload); {
		n, err := w.in.Read(payload[at:])
		if err != nil {
			return 0, nil, false
		}
		at += n
	}
	return head[0], payload, true
}
