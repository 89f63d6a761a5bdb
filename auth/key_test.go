package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestLoadOrCreateRing(t *testing.T) {
	dir := t.TempDir()
	made, err := LoadOrCreateRing(dir, testNow)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "signing.key"))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the file's mode is %v, %v; want 0600", info.Mode(), err)
	}
	again, err := LoadOrCreateRing(dir, testNow)
	if err != nil || !made.Signing().Equal(again.Signing()) {
		t.Errorf("the second call gives another key, %v", err)
	}
	if names := filesIn(t, dir); !slices.Equal(names, []string{"signing.key"}) {
		t.Errorf("left behind: %v", names)
	}
	other, err := LoadOrCreateRing(t.TempDir(), testNow)
	if err != nil || other.Signing().Equal(made.Signing()) {
		t.Errorf("two directories share a key, %v", err)
	}
}

func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestLoadOrCreateKeyRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(path string) error
		says    string
	}{
		"readable by the group": {func(p string) error { return os.Chmod(p, 0o640) }, "chmod 600"},
		"readable by others":    {func(p string) error { return os.Chmod(p, 0o604) }, "chmod 600"},
		"writable by the group": {func(p string) error { return os.Chmod(p, 0o620) }, "chmod 600"},
		"empty":                 {func(p string) error { return os.Truncate(p, 0) }, "PEM"},
		"cut":                   {func(p string) error { return os.Truncate(p, 60) }, "PEM"},
		"a directory":           {func(p string) error { os.Remove(p); return os.Mkdir(p, 0o700) }, "not a file"},
		"a link to nowhere":     {func(p string) error { os.Remove(p); return os.Symlink(p+".gone", p) }, "no such file"},
		"no directory":          {func(p string) error { return os.RemoveAll(filepath.Dir(p)) }, "no such file"},
	} {
		dir := t.TempDir()
		if _, err := LoadOrCreateRing(dir, testNow); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "signing.key")
		if err := c.prepare(path); err != nil {
			t.Fatal(err)
		}
		key, err := LoadOrCreateRing(dir, testNow)
		if key != nil || err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "signing.key") {
			t.Errorf("%s: %v; want an error that names the file and says %q", name, err, c.says)
		}
	}
}

// A key that can only be read, as a mounted secret is, will do.
func TestReadOnlyKey(t *testing.T) {
	dir := t.TempDir()
	made, err := LoadOrCreateRing(dir, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "signing.key"), 0o400); err != nil {
		t.Fatal(err)
	}
	if key, err := LoadOrCreateRing(dir, testNow); err != nil || !key.Signing().Equal(made.Signing()) {
		t.Error(err)
	}
}

func TestParseRing(t *testing.T) {
	block := func(kind string, key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	good := block("PRIVATE KEY", testKey)
	public := func(times map[string]string) []byte {
		der, err := x509.MarshalPKIXPublicKey(testKey.Public())
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Headers: times, Bytes: der})
	}
	if r, err := ParseRing(append(good, " \n"...)); err != nil || !r.Signing().Equal(testKey) {
		t.Errorf("the good one: %v", err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"nothing":         nil,
		"no PEM":          []byte("secret"),
		"another type":    block("EC PRIVATE KEY", testKey),
		"another curve":   block("PRIVATE KEY", curve),
		"a cut block":     append(slices.Clone(good), good[:60]...),
		"cut, then whole": append(slices.Clone(good[:60]), append([]byte("\n"), good...)...),
		"a certificate":   append(slices.Clone(good), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})...),
		"public alone":    public(nil),
		"an odd instant":  append(slices.Clone(good), public(map[string]string{"Until": "tomorrow"})...),
		"an odd header":   append(slices.Clone(good), public(map[string]string{"Unless": "2026-01-01T00:00:00Z"})...),
		"signs no more":   append(slices.Clone(good), public(map[string]string{"Until": "2026-01-01T00:00:00Z"})...),
		"text behind":     append(slices.Clone(good), "x"...),
		"not PKCS #8":     pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: testKey}),
		"a changed byte":  bytes.Replace(good, []byte("MC4CAQAw"), []byte("MC4CAQAx"), 1),
	} {
		if r, err := ParseRing(text); r != nil || err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestKeyID(t *testing.T) {
	// The SHA-256 of 32 zero bytes starts with 66687aadf862bd77.
	if got := KeyID(make(ed25519.PublicKey, 32)); got != "66687aadf862bd77" {
		t.Error(got)
	}
}

// Goroutines that start together get one key.
func TestKeyRaceOfGoroutines(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		var (
			start = make(chan struct{})
			wg    sync.WaitGroup
			keys  [16]*Ring
		)
		for i := range keys {
			wg.Go(func() {
				<-start
				var err error
				if keys[i], err = LoadOrCreateRing(dir, testNow); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		wg.Wait()
		for _, k := range keys {
			if !k.Signing().Equal(keys[0].Signing()) {
				t.Fatal("two goroutines have different keys")
			}
		}
		if names := filesIn(t, dir); !slices.Equal(names, []string{"signing.key"}) {
			t.Fatalf("left behind: %v", names)
		}
	}
}

const raceDir = "PMO_TEST_KEY_DIR"

// TestKeyRaceOfProcesses starts this test binary several times; each copy waits for the starting signal and prints its key's name.
func TestKeyRaceOfProcesses(t *testing.T) {
	if dir := os.Getenv(raceDir); dir != "" {
		for {
			if _, err := os.Stat(filepath.Join(dir, "go")); err == nil {
				break
			}
		}
		key, err := LoadOrCreateRing(dir, testNow)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("\nkey=%s\n", KeyID(key.Public()[0]))
		return
	}
	dir := t.TempDir()
	var copies []*exec.Cmd
	var outputs [6]bytes.Buffer
	for i := range outputs {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKeyRaceOfProcesses$")
		c.Env = append(os.Environ(), raceDir+"="+dir)
		c.Stdout, c.Stderr = &outputs[i], &outputs[i]
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, c)
	}
	time.Sleep(200 * time.Millisecond) // let them reach the line
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, c := range copies {
		if err := c.Wait(); err != nil {
			t.Fatalf("%v: %s", err, outputs[i].String())
		}
	}
	key, err := LoadOrCreateRing(dir, testNow)
	if err != nil {
		t.Fatal(err)
	}
	for i := range outputs {
		if want := "\nkey=" + KeyID(key.Public()[0]) + "\n"; !strings.Contains(outputs[i].String(), want) {
			t.Errorf("process %d says %q, want %q", i, outputs[i].String(), want)
		}
	}
}
