package main

import (
	"bytes"
	"crypto/ed25519"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/vocab"
)

// printed runs a command in a process of its own and gives what it prints.
func printed(t *testing.T, env []string, args ...string) (out, problem string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), ownProgram(t), args...)
	c.Env = append(append(os.Environ(), asCommand+"=1"), env...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = io.Writer(&stdout), io.Writer(&stderr)
	_ = c.Run() // what it says tells
	return stdout.String(), stderr.String()
}

// stream opens one on the journal.
func (c client) stream(t *testing.T, url string) io.Reader {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/graphql", strings.NewReader(`{"query":"subscription { journalAppended { position } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res.Body
}

// A running server takes a new key, accepts tokens of the one before, and signs heads with the new one; both kinds of head are checked.
func TestKeysRotate(t *testing.T) {
	dir := t.TempDir()
	w, anchors := where{Data: filepath.Join(dir, "data")}, filepath.Join(dir, "anchors")
	w.grant(t, "one")
	w.anchored(t, anchors, "two")
	s := serveProcess(t, ownProgram(t), w, "--anchor-file", anchors)
	old := newClient(t, w, vocab.RoleViewer, "old")
	out, problem := printed(t, nil, "keys", "rotate", "--data", w.Data)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 3 || !strings.Contains(lines[1], "signs") || !strings.Contains(lines[2], "checks tokens") {
		t.Fatalf("%s%s", out, problem)
	}
	fresh := newClient(t, w, vocab.RoleViewer, "fresh")
	eventually(t, "the new key", func() bool { _, ok := fresh.viewer(t, s.url); return ok })
	if _, ok := old.viewer(t, s.url); !ok {
		t.Error("a token of the key before is refused")
	}
	w.grant(t, "three") // there is something new to sign
	s.signal(syscall.SIGTERM)
	<-s.ended
	text, err := os.ReadFile(anchors)
	if err != nil {
		t.Fatal(err)
	}
	heads := strings.Split(strings.TrimSpace(string(text)), "\n")
	r, err := key{dir: w.Data}.ring()
	if err != nil {
		t.Fatal(err)
	}
	for i, by := range map[int][]ed25519.PublicKey{0: r.Public()[1:], len(heads) - 1: r.Public()[:1]} {
		if _, err := auth.ReadHead(heads[i], by); err != nil {
			t.Errorf("head %d: %v", i, err)
		}
	}
	if got := w.checked(t, anchors); got != "" {
		t.Error(got)
	}

	s = serveProcess(t, ownProgram(t), w)
	stream := fresh.stream(t, s.url)
	if out, problem = printed(t, nil, "keys", "rotate", "--data", w.Data, "--copied"); !strings.Contains(out, "checks signed heads only") {
		t.Fatalf("%s%s", out, problem)
	}
	eventually(t, "the end of a copied key", func() bool { _, ok := fresh.viewer(t, s.url); return !ok })
	if text, err := io.ReadAll(stream); err != nil || !strings.Contains(string(text), "UNAUTHENTICATED") {
		t.Errorf("a stream that was open ends with %q, %v", text, err)
	}
	if _, ok := old.viewer(t, s.url); !ok {
		t.Error("the key before the copied one suffers")
	}
	if listed, _ := printed(t, nil, "keys", "list", "--data", w.Data); listed != out {
		t.Errorf("rotate says\n%s\nlist says\n%s", out, listed)
	}
	if err := os.WriteFile(auth.KeyFile(w.Data), []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a word about a broken file", func() bool { return strings.Contains(s.log(), "the signing keys stay as they were") })
	if _, ok := old.viewer(t, s.url); !ok {
		t.Error("a broken file takes the keys away")
	}
}

// A key that was given as a text is rotated by who gives it: several blocks do. What is in no file is not made up by looking.
func TestKeysOfOnesOwn(t *testing.T) {
	one, err := auth.NewRing(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	two, err := one.Rotate(time.Now(), false)
	if err != nil {
		t.Fatal(err)
	}
	text, err := two.Encode()
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"PMO_SIGNING_KEY=" + string(text)}
	if _, problem := printed(t, env, "keys", "rotate"); !strings.Contains(problem, "openssl genpkey") || strings.Contains(problem, "BEGIN") {
		t.Error(problem)
	}
	if out, problem := printed(t, env, "keys", "list"); !strings.Contains(out, auth.KeyID(one.Public()[0])) || strings.Contains(out, "PRIVATE") {
		t.Error(out, problem)
	}
	data := filepath.Join(t.TempDir(), "data")
	if _, problem := printed(t, nil, "keys", "list", "--data", data); !strings.Contains(problem, "no signing key yet") {
		t.Error(problem)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("looking made a directory")
	}

	file := filepath.Join(t.TempDir(), "shared.pem")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, problem := printed(t, nil, "keys", "rotate", "--signing-key-file", file); !strings.Contains(out, auth.KeyID(one.Public()[0])) {
		t.Error(out, problem)
	}
	r, err := key{SigningKeyFile: file}.ring()
	if err != nil || len(r.Keys()) != 3 {
		t.Error(r, err)
	}
}
