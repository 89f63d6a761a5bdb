package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// liveLoad is a running server that is measured: PMO_LIVE_URL, PMO_LIVE_PID, PMO_PEERS_TOKEN.
type liveLoad struct{ url, token, pid string }

// subscriber is a WebSocket that follows something; frames are read by hand, since ten thousand are.
type subscriber struct {
	conn net.Conn
	in   *bufio.Reader
}

func (l *liveLoad) subscribe(query string) subscriber {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(l.url, "http://"))
	must(err)
	s := subscriber{conn, bufio.NewReaderSize(conn, 1024)}
	_, err = fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: pmo\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	must(err)
	for line := "x"; strings.TrimSpace(line) != ""; {
		line, err = s.in.ReadString('\n')
		must(err)
	}
	payload, _ := json.Marshal(map[string]string{"query": query})
	s.send(`{"type":"connection_init","payload":{"Authorization":"Bearer ` + l.token + `"}}`)
	s.send(`{"type":"subscribe","id":"1","payload":` + string(payload) + `}`)
	if text, err := s.read(); err != nil || !bytes.Contains(text, []byte("connection_ack")) {
		panic(fmt.Sprintf("%s %v", text, err))
	}
	return s
}

// send sends a text; a mask of zeros leaves it as it is.
func (s subscriber) send(text string) {
	frame := []byte{0x81}
	if len(text) < 126 {
		frame = append(frame, 0x80|byte(len(text)))
	} else {
		frame = binary.BigEndian.AppendUint16(append(frame, 0x80|126), uint16(len(text)))
	}
	_, _ = s.conn.Write(append(append(frame, 0, 0, 0, 0), text...))
}

// read gives the next message that is not a ping.
func (s subscriber) read() ([]byte, error) {
	for {
		var head [4]byte
		if _, err := io.ReadFull(s.in, head[:2]); err != nil {
			return nil, err
		}
		n := int(head[1] & 127)
		if n == 126 {
			if _, err := io.ReadFull(s.in, head[2:]); err != nil {
				return nil, err
			}
			n = int(binary.BigEndian.Uint16(head[2:]))
		}
		text := make([]byte, n)
		if _, err := io.ReadFull(s.in, text); err != nil {
			return nil, err
		}
		if head[0] != 0x89 {
			return text, nil
		}
		_, _ = s.conn.Write(append([]byte{0x8a, 0x80 | byte(n), 0, 0, 0, 0}, text...)) // a ping's answer
	}
}

// ask asks a mutation and gives its answer.
func (l *liveLoad) ask(query string) []byte {
	body, _ := json.Marshal(map[string]string{"query": query})
	r, _ := http.NewRequest(http.MethodPost, l.url+"/graphql", bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+l.token)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		panic(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	if !bytes.Contains(text, []byte(`"errors":[]`)) {
		panic(string(text))
	}
	return text
}

// resident is what the server's process takes, in KiB.
func (l *liveLoad) resident() int {
	text, err := os.ReadFile("/proc/" + l.pid + "/status")
	if err != nil {
		panic(err)
	}
	n, _ := strconv.Atoi(regexp.MustCompile(`VmRSS:\s+(\d+)`).FindStringSubmatch(string(text))[1])
	return n
}

// many opens subscribers of queries in turn, each told what it is sent.
func (l *liveLoad) many(n int, query func(i int) string, event func(text []byte)) (leave func()) {
	all := make([]subscriber, n)
	var opening sync.WaitGroup
	gate := make(chan struct{}, 32)
	for i := range all {
		gate <- struct{}{}
		opening.Go(func() {
			all[i] = l.subscribe(query(i))
			<-gate
		})
	}
	opening.Wait()
	for _, s := range all {
		go func() {
			for {
				text, err := s.read()
				if err != nil {
					return
				}
				event(text)
			}
		}()
	}
	return func() {
		for _, s := range all {
			s.conn.Close()
		}
	}
}

func declare(project string, i int) string {
	return fmt.Sprintf(`mutation { projectHealthDeclare(input: {id: %q, health: %s}) { number errors { message } } }`, project, []string{"GREEN", "AMBER", "RED"}[i%3])
}

// writes counts the mutations of 16 writers in some seconds.
func (l *liveLoad) writes(d time.Duration) int {
	var n atomic.Int64
	var writers sync.WaitGroup
	end := time.Now().Add(d)
	for w := range 16 {
		writers.Go(func() {
			for i := w; time.Now().Before(end); i++ {
				l.ask(declare(fmt.Sprintf("project-%d", 1+rand.IntN(5000)), i))
				n.Add(1)
			}
		})
	}
	writers.Wait()
	return int(n.Load())
}

// TestLiveLoad measures what many subscribers cost. See docs/benchmarks.md.
func TestLiveLoad(t *testing.T) {
	l := &liveLoad{os.Getenv("PMO_LIVE_URL"), os.Getenv("PMO_PEERS_TOKEN"), os.Getenv("PMO_LIVE_PID")}
	if l.url == "" {
		t.Skip("PMO_LIVE_URL is not set")
	}
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = 64
	t.Run("writers", l.writers)
	t.Run("portfolios", l.portfolios)
	t.Run("stop", l.stop)
}

// stop measures how a server with five thousand subscribers stops; it is gone then.
func (l *liveLoad) stop(t *testing.T) {
	var told, closed atomic.Int64
	leave := l.many(5000, func(int) string { return `subscription { projectChanged(id: "project-1") { project { id health } } }` }, func(text []byte) {
		switch {
		case bytes.Contains(text, []byte(`"retryAfter"`)) && bytes.Contains(text, []byte(`"position"`)):
			told.Add(1)
		case bytes.HasSuffix(text, []byte("going away")):
			closed.Add(1)
		}
	})
	defer leave()
	time.Sleep(2 * time.Second)
	pid, err := strconv.Atoi(l.pid)
	must(t, err)
	began := time.Now()
	must(t, syscall.Kill(pid, syscall.SIGTERM))
	for {
		stat, err := os.ReadFile("/proc/" + l.pid + "/stat")
		if err != nil || bytes.Contains(stat, []byte(") Z ")) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Logf("SIGTERM with 5,000 subscribers: gone after %.1f s, %d told where to go on, %d closed in order", time.Since(began).Seconds(), told.Load(), closed.Load())
}

// writers measures what subscribers take from those who write.
func (l *liveLoad) writers(t *testing.T) {
	silent := func([]byte) {}
	project := func(int) string {
		return `subscription { projectChanged(id: "project-1") { project { id health lifecycle } } }`
	}
	for range 3 { // in turn, since the machine is not the same twice
		alone := l.writes(4 * time.Second)
		leave := l.many(5000, project, silent)
		time.Sleep(2 * time.Second)
		with := l.writes(4 * time.Second)
		leave()
		time.Sleep(2 * time.Second)
		t.Logf("16 writers for 4 s: %d alone, %d with 5,000 subscribers of one project: %.2f", alone, with, float64(with)/float64(alone))
	}
}

// portfolios measures ten thousand subscribers of five hundred portfolios.
func (l *liveLoad) portfolios(t *testing.T) {
	stamp := strconv.FormatInt(time.Now().Unix(), 36)
	ids := regexp.MustCompile(`"id":"((?:portfolio|project)-\d+)"`)
	portfolios, projects := make([]string, 500), make([]string, 500)
	for i := range portfolios {
		portfolios[i] = string(ids.FindSubmatch(l.ask(fmt.Sprintf(`mutation { portfolioCreate(input: {code: "L%s%d", name: "Live"}) { portfolio { id } errors { message } } }`, stamp, i)))[1])
		projects[i] = string(ids.FindSubmatch(l.ask(fmt.Sprintf(`mutation { projectCreate(input: {portfolioId: %q, code: "L%s%d", name: "Live", currency: "EUR"}) { project { id } errors { message } } }`, portfolios[i], stamp, i)))[1])
	}
	var mu sync.Mutex
	sent, latencies := map[string]time.Time{}, []float64{}
	number := regexp.MustCompile(`"number":"?(\d+)`)
	before := l.resident()
	began := time.Now()
	leave := l.many(10_000, func(i int) string {
		return fmt.Sprintf(`subscription { rollupChanged(node: %q) { number rollup { projects { byHealth { health count { value } } } } } }`, portfolios[i%500])
	}, func(text []byte) {
		now := time.Now()
		mu.Lock()
		defer mu.Unlock()
		if at, ok := sent[string(number.FindSubmatch(text)[1])]; ok {
			latencies = append(latencies, now.Sub(at).Seconds()*1000)
		}
	})
	t.Logf("10,000 subscribers in %.1f s", time.Since(began).Seconds())
	time.Sleep(5 * time.Second)
	after := l.resident()
	t.Logf("the process takes %d MiB before and %d MiB with 10,000 subscribed WebSockets, %.1f KiB each", before>>10, after>>10, float64(after-before)/10_000)
	const changes = 100
	for i := range changes {
		n := rand.IntN(500)
		at := time.Now()
		mu.Lock()
		sent[string(number.FindSubmatch(l.ask(declare(projects[n], i+n)))[1])] = at
		mu.Unlock()
		time.Sleep(50 * time.Millisecond)
	}
	for range 100 {
		time.Sleep(50 * time.Millisecond)
		mu.Lock()
		n := len(latencies)
		mu.Unlock()
		if n == changes*20 {
			break
		}
	}
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(latencies)
	if len(latencies) == 0 {
		t.Fatal("no event came")
	}
	t.Logf("%d changes of 500 portfolios with 20 subscribers each: %d of %d events, median %.1f ms, p99 %.1f ms, last %.1f ms", changes, len(latencies), changes*20,
		latencies[len(latencies)/2], latencies[len(latencies)*99/100], latencies[len(latencies)-1])
	leave()
}
