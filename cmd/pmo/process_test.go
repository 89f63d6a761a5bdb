package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/journal/faulttest"
	"pmograph/internal/vocab"
)

// asCommand names the environment variable that makes the test's own program be pmo: processes to be killed need no build.
const asCommand = "PMO_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(run(ctx, os.Args[1:]))
	}
	code := m.Run()
	logged.Lock()
	if found := leaks(logged.text.String()); len(found) > 0 {
		fmt.Fprintf(os.Stderr, "%q stand in logs of the servers that were started\n", found)
		code = 1
	}
	logged.Unlock()
	os.Exit(code)
}

// logged is what all servers logged that the tests started in processes of their own.
var logged struct {
	sync.Mutex
	text strings.Builder
}

// process is a pmo serve in a process of its own.
type process struct {
	cmd   *exec.Cmd
	url   string
	ended chan struct{} // closed when it has ended
	err   error         // how, afterwards

	mu    sync.Mutex
	lines []string // of its log
}

// serveProcess starts pmo serve and waits until it serves. It is killed at the end of the test, if not before.
func serveProcess(t testing.TB, program string, w where, args ...string) *process {
	t.Helper()
	args = append([]string{"serve", "--data", w.Data, "--addr", "127.0.0.1:0"}, args...)
	if w.Database != "" {
		args = append(args, "--database", w.Database)
	}
	p := &process{cmd: exec.Command(program, args...), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), asCommand+"=1")
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	serving := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			p.mu.Lock()
			p.lines = append(p.lines, lines.Text())
			p.mu.Unlock()
			logged.Lock()
			logged.text.WriteString(lines.Text() + "\n")
			logged.Unlock()
			var line struct{ Msg, Address string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" && strings.HasPrefix(line.Address, "http") {
				select {
				case serving <- line.Address:
				default:
				}
			}
		}
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() { p.kill() })
	select {
	case p.url = <-serving:
	case <-p.ended:
		t.Fatalf("pmo serve ended: %v\n%s", p.err, p.log())
	case <-time.After(60 * time.Second):
		t.Fatalf("pmo serve does not serve\n%s", p.log())
	}
	return p
}

func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// kill ends it as a crash would, and waits until it is gone.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}

func ownProgram(t testing.TB) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self
}

// client asks servers as programs of others do.
type client struct {
	http  *http.Client
	token string
}

// newClient makes a client with a token for a subject; its role is on the token, or if that is "" on record.
func newClient(t testing.TB, w where, role vocab.Role, subject string) client {
	t.Helper()
	private, err := key{dir: w.Data}.private()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := auth.NewSigner(private, issuer, audience)
	if err != nil {
		t.Fatal(err)
	}
	id := auth.Identity{Issuer: issuer, Subject: subject}
	if role != "" {
		id.Claims = []auth.Claim{{Role: role, Scope: auth.Scope{Kind: vocab.ScopeKindOrganisation}}}
	}
	token, err := signer.Sign(id, time.Now(), 12*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return client{&http.Client{Transport: transport, Timeout: 15 * time.Second}, token}
}

// errNoAnswer says that the server answered nothing one could rely on.
var errNoAnswer = errors.New("no answer")

// ask puts a question; a refusal is a fault of its code.
func (c client) ask(ctx context.Context, url, query string, vars map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	var answer struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code fault.Kind }
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Data == nil && len(answer.Errors) == 0 {
		return fault.New(fault.Unavailable, "%s: %s", res.Status, text)
	}
	if len(answer.Errors) > 0 {
		return fault.New(answer.Errors[0].Extensions.Code, "%s", answer.Errors[0].Message)
	}
	return json.Unmarshal(answer.Data, into)
}

const createItem = `mutation($project: ID!, $key: String!) {
  actionItemCreate(input: {projectId: $project, title: $key, idempotencyKey: $key}) { actionItem { id title } }
}`

// create makes an action item that has its key as title, and asks again with the key until the outcome is known. server is asked for
// each attempt which server to ask; it gives "" when the test is over.
func (c client) create(ctx context.Context, server func() string, project, key string) (faulttest.Told, error) {
	for told := faulttest.Not; ; {
		url := server()
		if url == "" {
			return told, nil
		}
		var made struct {
			ActionItemCreate struct{ ActionItem struct{ ID, Title string } }
		}
		err := c.ask(ctx, url, createItem, map[string]any{"project": project, "key": key}, &made)
		if err == nil {
			if made.ActionItemCreate.ActionItem.Title != key {
				err = fmt.Errorf("asked for %s, answered %+v", key, made)
			}
			return faulttest.Done, err
		}
		var f *fault.Error
		switch {
		case errors.Is(err, errNoAnswer), errors.As(err, &f) && f.Kind == fault.Unavailable:
			told = faulttest.Unknown
			time.Sleep(20 * time.Millisecond)
		default:
			return told, err
		}
	}
}
