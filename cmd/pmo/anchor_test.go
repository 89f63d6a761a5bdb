package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pmograph/auth"
)

// localKeys are the keys of a data directory, as a server has them.
func (w where) localKeys(t testing.TB) *auth.LocalKeys {
	t.Helper()
	r, err := key{dir: w.Data}.ring()
	if err != nil {
		t.Fatal(err)
	}
	return auth.NewLocalKeys(r)
}

// anchored opens a record, signs its head to a file after each grant, and closes it.
func (w where) anchored(t *testing.T, file string, subjects ...string) {
	t.Helper()
	a, err := newAnchor(file, w.localKeys(t), quiet(), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range subjects {
		w.grant(t, s)
		w.during(t, func(r *record) {
			for range 2 { // the second time there is nothing new to sign
				a.sign(r.journal.Latest(), time.Now())
			}
		})
	}
}

// checked verifies a record, then against signed heads, and gives what is said of the latter.
func (w where) checked(t *testing.T, file string) string {
	t.Helper()
	if code := pmo(t, "verify", "--data", w.Data); code != 0 {
		t.Fatalf("without the anchor the record does not verify: %d", code)
	}
	db, err := w.reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	keys, err := (&verifyCommand{where: w}).keys()
	if err != nil {
		t.Fatal(err)
	}
	_, err = checkAnchors(t.Context(), db, file, keys)
	if code := pmo(t, "verify", "--data", w.Data, "--anchor", file); (code == 0) != (err == nil) {
		t.Errorf("verify --anchor: %d, %v", code, err)
	}
	if err == nil {
		return ""
	}
	return err.Error()
}

// A journal that was cut off, or written anew as a whole, is sound in itself: only the heads signed before tell.
func TestAnchorFindsWhatTheChainCannot(t *testing.T) {
	tmp := t.TempDir()
	w, file := where{Data: filepath.Join(tmp, "data")}, filepath.Join(tmp, "anchors")
	w.anchored(t, file, "a", "b")
	early := filepath.Join(tmp, "early.db")
	if pmo(t, "backup", "--data", w.Data, early) != 0 {
		t.Fatal("no backup")
	}
	w.anchored(t, file, "c", "d")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines", len(lines))
	}
	if got := w.checked(t, file); got != "" {
		t.Fatal(got)
	}
	other := where{Data: filepath.Join(tmp, "other")}
	for _, s := range []string{"a", "forged", "c", "d"} {
		other.grant(t, s)
	}
	replace := func(from string) {
		t.Helper()
		whole, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"-wal", "-shm"} {
			_ = os.Remove(w.file() + s)
		}
		if err := os.WriteFile(w.file(), whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	replace(early)
	if got := w.checked(t, file); !strings.Contains(got, "line 3") || !strings.Contains(got, "cut off") {
		t.Errorf("cut off: %q", got)
	}
	replace(other.file())
	if got := w.checked(t, file); !strings.Contains(got, "line 1") || !strings.Contains(got, "written anew") {
		t.Errorf("written anew: %q", got)
	}
	replace(early)
	for what, text := range map[string]string{"edited": strings.Replace(lines[0], ".", ".x", 1), "none": "", "a word": "head\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := w.checked(t, file); got == "" {
			t.Errorf("%s: passed", what)
		}
	}
}

// Heads are checked with public keys alone, of former servers too.
func TestAnchorWithPublicKeys(t *testing.T) {
	tmp := t.TempDir()
	w, file := where{Data: filepath.Join(tmp, "data")}, filepath.Join(tmp, "anchors")
	var keys []string
	for i, s := range []string{"a", "b"} {
		w.anchored(t, file, s)
		private, err := key{dir: w.Data}.private()
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKIXPublicKey(private.Public().(ed25519.PublicKey))
		if err != nil {
			t.Fatal(err)
		}
		public := filepath.Join(tmp, s+".pem")
		if err := os.WriteFile(public, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, "--anchor-key", public)
		if err := os.Remove(filepath.Join(w.Data, "signing.key")); err != nil {
			t.Fatal(err)
		}
		if code := pmo(t, append([]string{"verify", "--data", w.Data, "--anchor", file}, keys...)...); code != 0 {
			t.Errorf("with %d keys: %d", i+1, code)
		}
	}
	if code := pmo(t, append([]string{"verify", "--data", w.Data, "--anchor", file}, keys[2:]...)...); code != exitRefused {
		t.Errorf("without the first key: %d", code)
	}
}

// What cannot be written is counted and signed again later; a server that cannot write at all does not start.
func TestAnchorIsWrittenLater(t *testing.T) {
	dir := t.TempDir()
	w, file := where{Data: filepath.Join(dir, "data")}, filepath.Join(dir, "sub", "anchors")
	w.grant(t, "a")
	if _, err := newAnchor(file, w.localKeys(t), quiet(), prometheus.NewRegistry()); err == nil {
		t.Error("a file that cannot be written was taken")
	}
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	a, err := newAnchor(file, w.localKeys(t), quiet(), reg)
	if err != nil {
		t.Fatal(err)
	}
	away := filepath.Join(dir, "away")
	if err := os.Rename(filepath.Dir(file), away); err != nil {
		t.Fatal(err)
	}
	w.during(t, func(r *record) {
		a.sign(r.journal.Latest(), time.Now())
		if got := gathered(t, reg)["pmo_anchor_failures_total"]; got != 1 {
			t.Errorf("%v failures", got)
		}
		if err := os.Rename(away, filepath.Dir(file)); err != nil {
			t.Fatal(err)
		}
		a.sign(r.journal.Latest(), time.Now())
	})
	if got := w.checked(t, file); got != "" {
		t.Error(got)
	}
}
