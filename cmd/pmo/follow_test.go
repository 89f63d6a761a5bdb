package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"pmograph/internal/journal/faulttest"
	"pmograph/internal/state"
	"pmograph/internal/store"
)

// news is what every event says, and all of it.
type news struct {
	Number   json.Number
	Position string
	At       time.Time
	Reset    bool
	all      json.RawMessage
	after    time.Duration // from the entry to its arrival
}

func (n news) number() (seq int64) {
	_, _ = fmt.Sscan(strings.Trim(n.Number.String(), `"`), &seq)
	return seq
}

// following says what a follower follows.
type following struct {
	name   string
	token  string
	server func() string // where to connect; "" once there is nowhere to go
	query  string        // with $after
	vars   map[string]any
	place  string // position from which on
}

// follower follows one subscription as a client does: however it is cut, it connects again, wherever it is told to, and goes on from the
// position it has.
type follower struct {
	following
	events bool // by server-sent events, else by a WebSocket
	http   *http.Client

	last    atomic.Int64 // the number it came to
	mu      sync.Mutex
	took    []news
	endings map[string]int // how often its connections ended with each code, "" for none
	away    time.Time      // when it was turned away for good
}

const followJournal = `subscription($after: Position) { journalAppended(after: $after) { number position at reset entry { action changes(first: 5) { id entity operation } } } }`

// run follows until ctx ends, or it is turned away for good.
func (f *follower) run(ctx context.Context) {
	for ctx.Err() == nil {
		url := f.server()
		if url == "" {
			return
		}
		once := f.socket
		if f.events {
			once = f.eventStream
		}
		code := once(ctx, url)
		f.mu.Lock()
		f.endings[code]++
		if code == "FORBIDDEN" || code == "UNAUTHENTICATED" {
			f.away = time.Now()
			f.mu.Unlock()
			return
		}
		f.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (f *follower) variables() map[string]any {
	vars := map[string]any{"after": f.place}
	for name, value := range f.vars {
		vars[name] = value
	}
	return vars
}

// answer takes one answer, and tells the code if it is the last.
func (f *follower) answer(text []byte) (code string, over bool) {
	var a struct {
		Data   map[string]json.RawMessage
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return "NO JSON: " + string(text), true
	}
	if len(a.Errors) > 0 {
		return a.Errors[0].Extensions.Code, true
	}
	for _, event := range a.Data {
		n := news{all: event}
		if err := json.Unmarshal(event, &n); err != nil {
			return "NO EVENT: " + string(event), true
		}
		n.after = time.Since(n.At)
		f.mu.Lock()
		f.took = append(f.took, n)
		f.mu.Unlock()
		f.place = n.Position
		f.last.Store(n.number())
	}
	return "", false
}

// socket follows over one WebSocket until it ends.
func (f *follower) socket(ctx context.Context, url string) (code string) {
	dialing, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, _, err := websocket.Dial(dialing, url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: f.http})
	if err != nil {
		return ""
	}
	defer c.CloseNow()
	c.SetReadLimit(1 << 20)
	send := func(kind string, payload any) error {
		text, _ := json.Marshal(map[string]any{"type": kind, "id": "f", "payload": payload})
		return c.Write(ctx, websocket.MessageText, text)
	}
	if send("connection_init", map[string]any{"Authorization": "Bearer " + f.token}) != nil {
		return ""
	}
	for {
		_, text, err := c.Read(ctx)
		if websocket.CloseStatus(err) == 4403 {
			return "UNAUTHENTICATED"
		}
		var m struct {
			Type    string
			Payload json.RawMessage
		}
		if err != nil || json.Unmarshal(text, &m) != nil {
			return ""
		}
		switch m.Type {
		case "connection_ack":
			err = send("subscribe", map[string]any{"query": f.query, "variables": f.variables()})
		case "ping":
			err = send("pong", nil)
		case "next":
			if code, over := f.answer(m.Payload); over {
				return code
			}
		case "error":
			code, _ = f.answer([]byte(`{"errors":` + string(m.Payload) + `}`))
			return code
		case "complete":
			return ""
		}
		if err != nil {
			return ""
		}
	}
}

// eventStream follows over one answer of events until it ends.
func (f *follower) eventStream(ctx context.Context, url string) (code string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	body, _ := json.Marshal(map[string]any{"query": f.query, "variables": f.variables()})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return ""
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "Authorization": {"Bearer " + f.token}}
	late := time.AfterFunc(10*time.Second, cancel)
	res, err := f.http.Do(r)
	late.Stop()
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1<<16))
		code, _ = f.answer(text)
		return code
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	var data string
	for lines.Scan() {
		if more, ok := strings.CutPrefix(lines.Text(), "data:"); ok {
			data += more
		}
		if lines.Text() != "" || strings.TrimSpace(data) == "" { // an event is one only once an empty line has come
			continue
		}
		code, over := f.answer([]byte(data))
		if data = ""; over {
			return code
		}
	}
	return ""
}

// news gives what it took so far.
func (f *follower) news() []news {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.took)
}

// ended tells how its connections ended, and when it was turned away for good.
func (f *follower) ended() (endings map[string]int, away time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.endings), f.away
}

// followers are of one test, and end with it.
type followers struct {
	t    *testing.T
	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup
	all  []*follower
}

func newFollowers(t *testing.T) *followers {
	ctx, stop := context.WithCancel(context.Background())
	all := &followers{t: t, ctx: ctx, stop: stop}
	t.Cleanup(all.end)
	return all
}

func (all *followers) end() { all.stop(); all.wg.Wait() }

// add starts two followers, one on each transport.
func (all *followers) add(what following) {
	all.start(what, false)
	all.start(what, true)
}

// start starts a follower, by server-sent events or by a WebSocket.
func (all *followers) start(what following, events bool) *follower {
	f := &follower{following: what, events: events, endings: map[string]int{}}
	f.name += map[bool]string{false: " by WebSocket", true: " by events"}[events]
	connections := &http.Transport{}
	all.t.Cleanup(connections.CloseIdleConnections)
	f.http = &http.Client{Transport: connections}
	all.all = append(all.all, f)
	all.wg.Go(func() { f.run(all.ctx) })
	return f
}

// reach waits until every follower has come to a number.
func (all *followers) reach(seq int64) {
	all.t.Helper()
	for _, f := range all.all {
		faulttest.Eventually(all.t, time.Minute, fmt.Sprint(f.name, " comes to ", seq), func() bool {
			if _, away := f.ended(); !away.IsZero() {
				all.t.Fatal(f.name, " is turned away")
			}
			return f.last.Load() >= seq
		})
	}
}

// complete fails unless every follower took the entries of some numbers, each once and in order, and was never told to begin anew.
func (all *followers) complete(want []int64) {
	all.t.Helper()
	for _, f := range all.all {
		var got []int64
		for _, n := range f.news() {
			if got = append(got, n.number()); n.Reset {
				all.t.Errorf("%s was reset at %d", f.name, n.number())
			}
		}
		if !slices.Equal(got, want) {
			all.t.Errorf("%s took %d entries of %d:\n%v\n%v", f.name, len(got), len(want), got, want)
		}
	}
}

// since lists the numbers of the entries after a position.
func since(t *testing.T, db store.Store, place string) (numbers []int64) {
	t.Helper()
	from, err := state.ParsePosition(place)
	must(t, err)
	for _, e := range faulttest.Entries(t, db) {
		if e.Seq > from.Seq {
			numbers = append(numbers, e.Seq)
		}
	}
	return numbers
}

// head asks a server where the record is.
func (c client) head(t testing.TB, url string) string {
	t.Helper()
	var a struct {
		Journal struct{ PageInfo struct{ EndCursor string } }
	}
	must(t, c.ask(t.Context(), url, `{ journal(last: 1) { pageInfo { endCursor } } }`, nil, &a))
	return a.Journal.PageInfo.EndCursor
}
