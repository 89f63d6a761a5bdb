package auth

import (
	"bytes"
	"crypto/ed25519"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A rotation keeps the tokens of the key before until the last has expired, and the key itself for the heads it signed.
func TestRotation(t *testing.T) {
	dir := t.TempDir()
	first, err := LoadOrCreateRing(dir, testNow)
	if err != nil {
		t.Fatal(err)
	}
	now := testNow
	local := LocalIssuer{testIssuer, testAudience, NewLocalKeys(first)}
	v, err := NewVerifier(VerifierConfig{Local: local, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	token := func(r *Ring) string {
		t.Helper()
		s, err := NewSigner(r.Signing(), testIssuer, testAudience)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := s.Sign(Identity{Subject: "ann"}, now, maxLifetime)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	old := token(first)
	head, err := SignHead(first.Signing(), Head{Entries: 1, Signed: now})
	if err != nil {
		t.Fatal(err)
	}
	second, err := RotateRing(KeyFile(dir), now, false)
	if err != nil {
		t.Fatal(err)
	}
	fresh := token(second)
	if !accepts(t, v, old) || accepts(t, v, fresh) {
		t.Error("before the ring is in use")
	}
	local.Keys.Use(second)
	if !accepts(t, v, old) || !accepts(t, v, fresh) {
		t.Error("both keys must do")
	}
	if second.Signing().Equal(first.Signing()) || !second.Public()[1].Equal(first.Public()[0]) {
		t.Error("the ring is not the new key and the one before")
	}
	if _, err := ReadHead(head, second.Public()); err != nil {
		t.Error("a head of the key before:", err)
	}
	text, err := os.ReadFile(KeyFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("PRIVATE KEY")); n != 2 || bytes.Contains(text, der(t, first)) {
		t.Errorf("the file still holds the private key of before:\n%d", n)
	}
	again, err := LoadRing(KeyFile(dir))
	if err != nil || !slices.EqualFunc(again.Keys(), second.Keys(), func(a, b RingKey) bool {
		return a.Public.Equal(b.Public) && a.Since.Equal(b.Since) && a.Until.Equal(b.Until)
	}) {
		t.Errorf("read again: %+v, %v; want %+v", again, err, second)
	}

	now = testNow.Add(maxLifetime + 29*time.Second)
	if !accepts(t, v, old) {
		t.Error("refused before it ended")
	}
	now = second.Keys()[1].Until.Add(-1)
	late, err := NewSigner(first.Signing(), testIssuer, testAudience)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := late.Sign(Identity{Subject: "eve"}, now, time.Hour) // by who has a copy
	if err != nil {
		t.Fatal(err)
	}
	id, err := v.Verify(t.Context(), forged)
	if err != nil || !id.ValidUntil.Equal(second.Keys()[1].Until) {
		t.Errorf("a token outlives its key: %+v, %v", id, err)
	}
	now = second.Keys()[1].Until
	if accepts(t, v, old) || accepts(t, v, forged) {
		t.Error("a key is accepted after its end")
	}
	if _, err := ReadHead(head, second.Public()); err != nil {
		t.Error("a head after the end of its key's tokens:", err)
	}
}

func der(t *testing.T, r *Ring) []byte {
	t.Helper()
	text, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	return pem.EncodeToMemory(block)
}

// Of a key that somebody may have copied, every token ends at once.
func TestRotationOfACopiedKey(t *testing.T) {
	now := testNow
	keys := testLocal().Keys
	v, err := NewVerifier(VerifierConfig{Local: LocalIssuer{testIssuer, testAudience, keys}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	raw := newForgery().raw(t)
	id, err := v.Verify(t.Context(), raw)
	if err != nil || id.Ended(now) {
		t.Fatal("refused")
	}
	next, err := keys.Ring().Rotate(now, true)
	if err != nil {
		t.Fatal(err)
	}
	keys.Use(next)
	if accepts(t, v, raw) || !id.Ended(now) {
		t.Error("accepted, or who came in before stays")
	}
}

// However often keys are rotated, a ring stays small enough to be read.
func TestRingIsBounded(t *testing.T) {
	r, err := NewRing(testNow)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 * maxRing {
		if r, err = r.Rotate(testNow.Add(time.Duration(i)*time.Hour), false); err != nil {
			t.Fatal(err)
		}
	}
	text, err := r.Encode()
	if err != nil || len(text) > maxKeyFile {
		t.Fatal(len(text), err)
	}
	if again, err := ParseRing(text); err != nil || len(again.Keys()) != maxRing || !again.Signing().Equal(r.Signing()) {
		t.Error(err)
	}
}

// A ring of one's own: the first private key signs, the others check, without an end if none is given.
func TestRingOfSeveralBlocks(t *testing.T) {
	one := &Ring{edKey(1), []RingKey{{Public: edKey(1).Public().(ed25519.PublicKey)}}}
	text := append(der(t, &Ring{signing: edKey(2)}), der(t, one)...)
	r, err := ParseRing(text)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Signing().Equal(edKey(2)) || len(r.Keys()) != 2 || !r.Public()[1].Equal(edKey(1).Public()) || !r.Keys()[1].Until.IsZero() {
		t.Errorf("%+v", r)
	}
}

// What openssl reads of a ring is the key that signs: its public half checks heads elsewhere.
func TestOpensslReadsTheRing(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	dir := t.TempDir()
	if _, err := LoadOrCreateRing(dir, testNow); err != nil {
		t.Fatal(err)
	}
	r, err := RotateRing(KeyFile(dir), testNow, false)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), openssl, "pkey", "-in", KeyFile(dir), "-pubout").Output()
	if err != nil {
		t.Fatal(err)
	}
	if k, err := ParsePublicKey(out); err != nil || !k.Equal(r.Signing().Public()) {
		t.Errorf("%s: %v", out, err)
	}
}

// Rotations at once come one after the other: none is lost. A file that a killed process left is in nobody's way, and at every moment the
// ring can be read.
func TestRotationsAtOnce(t *testing.T) {
	dir := t.TempDir()
	first, err := LoadOrCreateRing(dir, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(KeyFile(dir)+".next", []byte("-----BEGIN PRIV"), 0o600); err != nil {
		t.Fatal(err)
	}
	var rotating, reading sync.WaitGroup
	over := make(chan struct{})
	reading.Go(func() {
		for {
			if _, err := LoadRing(KeyFile(dir)); err != nil {
				t.Error(err)
				return
			}
			select {
			case <-over:
				return
			default:
			}
		}
	})
	for range 8 {
		rotating.Go(func() {
			if _, err := RotateRing(KeyFile(dir), testNow, false); err != nil {
				t.Error(err)
			}
		})
	}
	rotating.Wait()
	close(over)
	reading.Wait()
	r, err := LoadRing(KeyFile(dir))
	if err != nil || len(r.Keys()) != 9 || !r.Public()[8].Equal(first.Public()[0]) {
		t.Errorf("%d keys, %v", len(r.Keys()), err)
	}
	info, err := os.Stat(KeyFile(dir))
	if err != nil || info.Mode() != 0o600 {
		t.Error(info.Mode(), err)
	}
	if names := filesIn(t, dir); !slices.Equal(names, []string{"signing.key", "signing.key.lock"}) {
		t.Errorf("left behind: %v", names)
	}
}

func TestRotationRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := RotateRing(KeyFile(dir), testNow, false); err == nil {
		t.Error("a ring that is not there was rotated")
	}
	if _, err := LoadOrCreateRing(dir, testNow); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(KeyFile(dir), link); err != nil {
		t.Fatal(err)
	}
	if _, err := RotateRing(link, testNow, false); err == nil || !strings.Contains(err.Error(), "link") {
		t.Error(err)
	}
	if err := os.Chmod(KeyFile(dir), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := RotateRing(KeyFile(dir), testNow, false); err == nil || !strings.Contains(err.Error(), "chmod") {
		t.Error(err)
	}
}
