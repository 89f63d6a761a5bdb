package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// attack is a request that is made to cost much; its head and body are sent as they are.
type attack struct {
	name   string
	head   string // further header lines
	body   string
	status string // of which one must be the answer's
}

func document(query string) string {
	text, _ := json.Marshal(map[string]any{"query": query})
	return string(text)
}

// attacks are requests of every kind that a server on an open network meets, for whoever holds a token.
func attacks() []attack {
	packed := func() string {
		var b strings.Builder
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(strings.Repeat(" ", 50<<20)))
		_ = z.Close()
		return b.String()
	}()
	rep := strings.Repeat
	var bomb strings.Builder
	for i := range 8 {
		fmt.Fprintf(&bomb, "fragment F%d on Portfolio { id ...F%d a: children { nodes { ...F%d } } b: children { nodes { ...F%d } } } ", i, i+1, i+1, i+1)
	}
	list := []attack{
		{"a gzip bomb", "Content-Encoding: gzip\r\n", packed, "415"},
		{"a body that says it is packed", "Content-Encoding: br\r\n", "x", "415"},
		{"a body beyond the cap", "", rep("x", 257<<10), "413"},
		{"a form", "Content-Type: application/x-www-form-urlencoded\r\n", "query=1", "415"},
		{"parts", "Content-Type: multipart/form-data; boundary=x\r\n", "--x--", "415"},
		{"a batch", "", "[" + document("{ viewer { day } }") + "]", "400"},
		{"no JSON", "", rep("{", 100_000), "400"},
		{"deep JSON", "", `{"query":"{ viewer { day } }","variables":{"a":` + rep("[", 100_000) + "}}", "400"},
		{"equal fields", "", document("{ viewer { " + rep("day ", 480) + "} }"), "200 400"},
		{"inline fragments", "", document("{ viewer { " + rep("...{", 200) + rep("day ", 200) + rep("}", 200) + " } }"), "200 400"},
		{"aliases", "", document("{ " + numbered(200, "a#: viewer { day } ") + "}"), "200 400"},
		{"fragments in each other", "", document("{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }"), "200 400"},
		{"a bomb of fragments", "", document("{ portfolios(first: 100) { nodes { ...F0 } } } " + bomb.String() + "fragment F8 on Portfolio { id }"), "200 400"},
		{"pages of pages", "", document("{ portfolios(first: 100) { nodes { projects(first: 100) { nodes { milestones(first: 100) { nodes { id name } } } } } } }"), "200 400"},
		{"a dear heat map", "", document(`{ capacity(by: RESOURCE, grain: DAY, from: "2025-01-01", to: "2026-01-31") { rows(first: 100) { nodes { cells { hard { value } } } } } }`), "200 400"},
		{"the schema, deep", "", document("{ __schema { types { " + rep("fields { type { ", 12) + "name" + rep(" } }", 12) + " } } }"), "200 400"},
		{"unknown fields", "", document("{ viewer { " + numbered(400, "f# ") + "} }"), "200 400"},
		{"a long name", "", document("{ " + rep("x", 200_000) + " }"), "200 400"},
		{"tokens", "", document(rep("{", 200_000)), "200 400"},
		{"comments", "", document(rep("#\n", 50_000)), "200 400"},
		{"a block string", "", document(`{ project(path: """` + rep(" x\n", 60_000) + `""") { id } }`), "200"},
		{"cursors", "", document(`{ projects(after: "` + rep("A", 10_000) + `") { totalCount } }`), "200 422"},
		{"many ids", "", document(`{ nodes(ids: [` + rep(`"project-1" `, 900) + `]) { id } }`), "200 400 422"},
		{"keys of mutations", "", document(`mutation { projectHealthDeclare(input: {id: "project-1", health: GREEN, idempotencyKey: "` + rep("k", 100_000) + `"}) { errors { code } } }`), "200 422"},
	}
	for i := range list {
		if !strings.Contains(list[i].head, "Content-Type:") {
			list[i].head += "Content-Type: application/json\r\n"
		}
		list[i].head += fmt.Sprintf("Content-Length: %d\r\n", len(list[i].body))
	}
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 64<<10, rep("x", 64<<10))
	return append(list,
		attack{"chunks without an end", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", rep(chunk, 6), "413"},
		attack{"a length that is none", "Content-Type: application/json\r\nContent-Length: x\r\n", "{}", "400"},
		attack{"two lengths", "Content-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 3\r\n", "{}", "400"},
		attack{"a negative length", "Content-Type: application/json\r\nContent-Length: -1\r\n", "{}", "400"},
		attack{"a length beyond all bounds", "Content-Type: application/json\r\nContent-Length: 9223372036854775807\r\n", "{}", "413"},
		attack{"a length and chunks", "Content-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", "400"},
		attack{"many fields", numbered(300, "X-#: y\r\n"), "", "413 431"},
		attack{"a long field", "X-Long: " + rep("x", 64<<10) + "\r\n", "", "431 415"},
		attack{"a field without a name", ": x\r\n", "", "400"},
		attack{"a long list of what is accepted", "Content-Type: application/json\r\nContent-Length: 2\r\nAccept: " + rep("a/b;q=0.1,", 3000) + "*/*\r\n", "{}", "400"},
	)
}

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)))
	}
	return b.String()
}

// send sends a request as it is and gives the status.
func (a attack) send(address, token string) (status string, err error) {
	c, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(15 * time.Second))
	auth := ""
	if token != "" {
		auth = "Authorization: Bearer " + token + "\r\n"
	}
	go func() { // the answer may come before all of it is read
		_, _ = io.WriteString(c, "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+auth+a.head+"\r\n"+a.body)
	}()
	line, err := bufio.NewReader(c).ReadString('\n')
	_, status, _ = strings.Cut(strings.TrimSpace(line), " ")
	status, _, _ = strings.Cut(status, " ")
	return status, err
}

// Each attack is answered with the status that fits, with a token and without, and the server answers others as before.
func TestAttacksAreAnswered(t *testing.T) {
	o := start(t, where{Data: t.TempDir()})
	token := o.token(t, "PMO", "")
	address := strings.TrimPrefix(o.http.URL, "http://")
	for _, a := range attacks() {
		status, err := a.send(address, token)
		if err != nil || !strings.Contains(a.status, status) {
			t.Errorf("%s: status %q, %v; want %s", a.name, status, err, a.status)
		}
		if status, err := a.send(address, ""); err != nil || !strings.Contains("401 400 413 415 431 429", status) {
			t.Errorf("%s of a stranger: status %q, %v", a.name, status, err)
		}
	}
	var answer struct{ Viewer struct{ Day string } }
	o.ask(t, token, `{ viewer { day } }`, nil, &answer)
	t.Logf("%d kinds, each with a token and without", len(attacks()))
}

// Who fails to say who he is again and again is told to stay away, and so is who has spent what he may; health is told all the same.
func TestFloodsAreCutOff(t *testing.T) {
	o := start(t, where{Data: t.TempDir()})
	seen := map[int]int{}
	for range 150 {
		status, _ := o.post(t, "/graphql", "x", "application/json", strings.NewReader(document("{ viewer { day } }")))
		seen[status]++
	}
	if seen[http.StatusUnauthorized] < 50 || seen[http.StatusTooManyRequests] < 10 {
		t.Errorf("strangers got %v", seen)
	}
	res, err := http.Get(o.http.URL + "/healthz")
	must(t, err)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("health: %d", res.StatusCode)
	}
}

// WebSockets that send what nobody should are closed with the code that fits, or answered; the server goes on.
func TestSocketFloods(t *testing.T) {
	o := start(t, where{Data: t.TempDir()})
	token := o.token(t, "PMO", "")
	for name, x := range map[string]struct{ send, want string }{
		"no JSON":              {"x", "4400 1001"},
		"an unknown message":   {`{"type":"x"}`, "4400 1001"},
		"deep JSON":            {`{"type":"subscribe","id":"a","payload":` + strings.Repeat("[", 20_000) + "}", "4400 1001"},
		"a large message":      {`{"type":"ping","payload":{"a":"` + strings.Repeat("x", 65<<10) + `"}}`, "1009"},
		"a second connection":  {`{"type":"connection_init"}`, "4400 4429 1001"},
		"what the server says": {`{"type":"connection_ack"}`, "4400 1001"},
	} {
		w := dial(t, o.http.URL, token)
		w.want("connection_ack", "", "")
		must(t, w.Write(t.Context(), websocket.MessageText, []byte(x.send)))
		code := ""
		for code == "" {
			if _, _, err := w.Read(t.Context()); err != nil {
				code = fmt.Sprint(int(websocket.CloseStatus(err)))
			}
		}
		if !strings.Contains(x.want, code) {
			t.Errorf("%s: closed with %s, want %s", name, code, x.want)
		}
	}
	w := dial(t, o.http.URL, token)
	w.want("connection_ack", "", "")
	for range 200 {
		must(t, w.Write(t.Context(), websocket.MessageText, []byte(`{"type":"ping"}`)))
	}
	for i := range 30 { // more at a time than are carried
		w.subscribe(fmt.Sprint("s", i), `subscription { journalChanged { position } }`)
	}
	errors := 0
	for pongs := 0; pongs < 200 || errors < 10; {
		_, text, err := w.Read(t.Context())
		must(t, err)
		switch {
		case strings.Contains(string(text), `"pong"`):
			pongs++
		case strings.Contains(string(text), `"error"`):
			errors++
		}
	}
	var answer struct{ Viewer struct{ Day string } }
	o.ask(t, token, `{ viewer { day } }`, nil, &answer)
}
