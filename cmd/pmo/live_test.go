package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"pmograph/internal/edge"
)

// wire is a client of graphql-transport-ws, written from the protocol.
type wire struct {
	t *testing.T
	*websocket.Conn
}

type frame struct {
	Type    string          `json:"type"`
	ID      string          `json:"id,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// dial opens a WebSocket and gives its token, if any.
func dial(t *testing.T, url, token string) wire {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = c.CloseNow() })
	w := wire{t, c}
	if token != "" {
		w.send(frame{Type: "connection_init", Payload: json.RawMessage(`{"Authorization":"Bearer ` + token + `"}`)})
	}
	return w
}

func (w wire) send(f frame) {
	w.t.Helper()
	text, _ := json.Marshal(f)
	if err := w.Write(w.t.Context(), websocket.MessageText, text); err != nil {
		w.t.Fatal(err)
	}
}

func (w wire) subscribe(id, query string) {
	w.t.Helper()
	payload, _ := json.Marshal(map[string]any{"query": query})
	w.send(frame{Type: "subscribe", ID: id, Payload: payload})
}

// next gives the next message, pings aside; at the end of the connection one of type "closed" with the code.
func (w wire) next() frame {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	for {
		_, text, err := w.Read(ctx)
		if err != nil {
			return frame{Type: "closed", ID: fmt.Sprint(int(websocket.CloseStatus(err)))}
		}
		var f frame
		if err := json.Unmarshal(text, &f); err != nil {
			w.t.Fatal(err)
		}
		if f.Type != "ping" {
			return f
		}
	}
}

func (w wire) want(kind, id, text string) frame {
	w.t.Helper()
	f := w.next()
	if f.Type != kind || f.ID != id || !strings.Contains(string(f.Payload), text) {
		w.t.Fatalf("got %s %s %s, want %s %s with %s", f.Type, f.ID, f.Payload, kind, id, text)
	}
	return f
}

const createPortfolio = `mutation { portfolioCreate(input: { code: "%s", name: "New" }) { number errors { message } } }`

// Everything that HTTP answers is answered over a WebSocket, and streams beside it.
func TestWebSocket(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.organise(t)
		pmo := o.token(t, "PMO", "")
		w := dial(t, o.http.URL, pmo)
		w.want("connection_ack", "", "")
		w.subscribe("q", `{ viewer { day } }`)
		w.want("next", "q", `"day":"2`)
		w.want("complete", "q", "")
		w.subscribe("s", `subscription { journalAppended { number entry { action changes { entity } } } }`)
		w.subscribe("x", `subscription { projectChanged(id: "project-1") { removed } }`)
		w.want("error", "x", `"code":"NOT_FOUND"`)
		w.send(frame{Type: "ping"})
		w.want("pong", "", "")
		w.subscribe("m", fmt.Sprintf(createPortfolio, "NEW"))
		seen := map[string]bool{}
		for range 3 { // the answer, its end, and the event, in any order
			f := w.next()
			seen[f.Type+" "+f.ID] = true
			if f.ID == "s" && !strings.Contains(string(f.Payload), "portfolioCreate") {
				t.Errorf("%s", f.Payload)
			}
		}
		if !seen["next m"] || !seen["complete m"] || !seen["next s"] {
			t.Errorf("got %v", seen)
		}
		w.send(frame{Type: "complete", ID: "s"}) // nothing answers that
		for i := range 20 {
			w.subscribe(fmt.Sprint(i), `subscription { journalAppended { number } }`)
		}
		w.subscribe("late", `subscription { journalAppended { number } }`)
		if f := w.next(); f.Type != "error" || !strings.Contains(string(f.Payload), `"code":"RATE_LIMITED"`) { // they begin in any order
			t.Errorf("one stream too many: %s %s", f.Type, f.Payload)
		}
		_ = w.CloseNow()
		for range 200 {
			if o.api.Streams() == 0 {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if n := o.api.Streams(); n != 0 {
			t.Errorf("%d streams are left without their client", n)
		}
	})
}

// A WebSocket is opened by pages of known origins, with the one protocol, and by who has a token.
func TestWebSocketIsRefused(t *testing.T) {
	o := start(t, where{Data: t.TempDir()})
	for _, x := range []struct {
		origin, protocol string
		status           int
	}{
		{"", "graphql-ws", 400}, {"", "", 400}, {"https://elsewhere.example", "graphql-transport-ws", 403}, {"null", "graphql-transport-ws", 403},
		{o.http.URL, "graphql-transport-ws", 101}, {"", "graphql-ws, graphql-transport-ws", 101},
	} {
		opt := &websocket.DialOptions{HTTPHeader: http.Header{}}
		if x.origin != "" {
			opt.HTTPHeader.Set("Origin", x.origin)
		}
		if x.protocol != "" {
			opt.Subprotocols = strings.Split(x.protocol, ", ")
		}
		c, res, err := websocket.Dial(t.Context(), o.http.URL+"/graphql", opt)
		if err == nil {
			_ = c.CloseNow()
		}
		if res == nil || res.StatusCode != x.status {
			t.Errorf("origin %q, protocol %q: %v, want %d", x.origin, x.protocol, res, x.status)
		}
	}
	bad := dial(t, o.http.URL, o.token(t, "PMO", "")+"x")
	bad.want("closed", "4403", "")
	early := dial(t, o.http.URL, "")
	early.subscribe("q", `{ viewer { day } }`)
	early.want("closed", "4401", "")
	big := dial(t, o.http.URL, o.token(t, "PMO", ""))
	big.want("connection_ack", "", "")
	big.subscribe("q", "{ viewer { day } } # "+strings.Repeat("x", 65<<10))
	big.want("closed", "1009", "")
	for i := range 51 {
		w := dial(t, o.http.URL, o.token(t, "AUDITOR", ""))
		if i < 50 {
			w.want("connection_ack", "", "")
		} else {
			w.want("closed", "1013", "")
		}
	}
}

// tail follows a subscription as server-sent events, line by line.
func tail(t *testing.T, url, token, query string) *bufio.Scanner {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"query": query})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "Authorization": {"Bearer " + token}}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	return bufio.NewScanner(res.Body)
}

// until reads lines up to one that holds a text.
func until(t *testing.T, s *bufio.Scanner, text string) string {
	t.Helper()
	last := ""
	for s.Scan() {
		if strings.Contains(s.Text(), text) {
			return s.Text()
		}
		if strings.HasPrefix(s.Text(), "data: {") {
			last = s.Text()
		}
	}
	t.Fatalf("the stream ended without %s: %v; last: %s", text, s.Err(), last)
	return ""
}

// An event stream outlives the time that a request may take to be read.
func TestEventStreamOutlivesReadTimeout(t *testing.T) {
	o := start(t, where{Data: t.TempDir()})
	o.organise(t)
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = edge.Server(edge.Handler(o.config), quiet())
	srv.Config.ReadTimeout = 300 * time.Millisecond
	srv.Start()
	t.Cleanup(srv.Close)
	s := tail(t, srv.URL, o.token(t, "VIEWER", ""), `subscription { journalAppended { number entry { action } } }`)
	time.Sleep(3 * srv.Config.ReadTimeout)
	var any map[string]json.RawMessage
	o.ask(t, o.token(t, "PMO", ""), fmt.Sprintf(createPortfolio, "LATE"), nil, &any)
	until(t, s, "portfolioCreate")
}

// A server that is told to stop tells its streams where to go on, and ends.
func TestServeEndsWithStreamsOpen(t *testing.T) {
	data := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := on.Addr().String()
	_ = on.Close()
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve", "--data", data, "--addr", addr, "--log-format", "text"}) }()
	for range 400 {
		if res, err := http.Get("http://" + addr + "/readyz"); err == nil {
			_ = res.Body.Close()
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	o := &office{where: where{Data: data}}
	token := o.token(t, "VIEWER", "")
	w := dial(t, "http://"+addr, token)
	w.want("connection_ack", "", "")
	w.subscribe("s", `subscription { rollupChanged(initial: true) { reset } }`)
	w.want("next", "s", `"reset":false`)
	s := tail(t, "http://"+addr, token, `subscription { rollupChanged(initial: true) { reset } }`)
	until(t, s, `"reset":false`)
	idle := dial(t, "http://"+addr, token)
	idle.want("connection_ack", "", "")
	began := time.Now()
	stop()
	w.want("error", "s", `"position":"0.`)
	w.want("closed", "1001", "")
	idle.want("closed", "1001", "")
	until(t, s, `"code":"UNAVAILABLE"`)
	until(t, s, "event: complete")
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d", code)
	}
	t.Logf("ended after %s", time.Since(began))
}

// script gives what runs a script of web/e2e against a server; it skips the test where something is missing, unless that is demanded.
func script(t *testing.T, name string, needs ...string) func(url string, environment ...string) {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("PMO_REQUIRE_CHROMIUM") != "" {
		missing = t.Fatalf
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("node is missing: install Node 20")
	}
	for _, file := range append(needs, "../../web/node_modules/graphql-sse") {
		if _, err := os.Stat(file); err != nil {
			missing("%s is missing: run `make web` first, and scripts/setup.sh", file)
		}
	}
	return func(url string, environment ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), node, "e2e/"+name, url)
		command.Dir = "../../web"
		command.Env = append(os.Environ(), environment...)
		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, output)
		}
	}
}

// The clients that others have written understand both transports.
func TestClientsOfOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		run := script(t, "streams.mjs")
		o.organise(t)
		run(o.http.URL, "TOKEN="+o.token(t, "PMO", ""), "OTHER="+o.token(t, "FINANCE", "portfolio:NONE"))
	})
}

// GraphiQL shows events.
func TestGraphiQLFollows(t *testing.T) {
	chromium := cmp.Or(os.Getenv("CHROMIUM"), "/usr/bin/chromium")
	run := script(t, "subscribe.mjs", chromium, "../../web/dist/index.html")
	o := start(t, where{Data: t.TempDir()})
	o.organise(t)
	run(o.http.URL, "TOKEN="+o.token(t, "PMO", ""), "CHROMIUM="+chromium)
}

// A client that takes nothing is cut, over both transports; others go on.
func TestStuckReadersAreCut(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits until the server loses patience")
	}
	o := start(t, where{Data: t.TempDir()})
	o.organise(t)
	pmo := o.token(t, "PMO", "")
	var any map[string]json.RawMessage
	o.ask(t, pmo, fmt.Sprintf(createPortfolio, "P"), nil, &any)
	figures := `value unit asOf reason coverage { included withheld missing complete } explain { formula }`
	large := `subscription { rollupChanged(initial: true) { rollup { trend(by: MONTH, from: "2015-01-01", to: "2024-12-31") { projects { total { ` + figures + ` } byConfidence { count { ` + figures + ` } share { ` + figures + ` } } byHealth { count { ` + figures + ` } } } cost { wholeLife { ` + figures + ` } } } now: projects { byLifecycle { count { value } } } } } }`
	w := dial(t, o.http.URL, o.token(t, "VIEWER", ""))
	w.want("connection_ack", "", "")
	w.subscribe("stuck", large)
	stuck := tail(t, o.http.URL, o.token(t, "VIEWER", ""), large)
	healthy := tail(t, o.http.URL, o.token(t, "VIEWER", ""), `subscription { rollupChanged(initial: true) { rollup { projects { total { value } } } } }`)
	until(t, healthy, `"value":"0"`)
	for o.api.Streams() < 3 { // they begin in any order
		time.Sleep(10 * time.Millisecond)
	}
	for i := 0; o.api.Streams() > 1; i++ {
		if i == 2000 {
			t.Fatalf("%d streams are left", o.api.Streams())
		}
		o.ask(t, pmo, fmt.Sprintf(`mutation { projectCreate(input: { portfolioId: "portfolio-1", code: "J%d", name: "J" }) { number errors { message } } }`, i), nil, &any)
		until(t, healthy, fmt.Sprintf(`"value":"%d"`, i+1))
		time.Sleep(10 * time.Millisecond)
	}
	stuck.Buffer(nil, 64<<20)
	for stuck.Scan() { // what had been sent can still be read
	}
	if stuck.Err() == nil {
		t.Error("the stream ended as if it were complete")
	}
}
