package auth

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"
)

// A signed head reads back; another key, an edited line, a token and another algorithm do not; nor is a head a token.
func TestHeads(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	public := []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}
	other := ed25519.NewKeyFromSeed([]byte(strings.Repeat("x", 32)))
	at := time.Date(2026, 3, 4, 5, 6, 7, 89000, time.UTC)
	h := Head{Entries: 1 << 60, Hash: [32]byte{1, 2, 255}, At: at, Signed: at.Truncate(time.Second)}
	line, err := SignHead(key, h)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadHead(line, append([]ed25519.PublicKey{other.Public().(ed25519.PublicKey)}, public...))
	if err != nil || got.Entries != h.Entries || got.Hash != h.Hash || !got.At.Equal(h.At) || !got.Signed.Equal(h.Signed) {
		t.Fatalf("%+v, %v", got, err)
	}
	signer, err := NewSigner(key, "LOCAL", "pmo")
	if err != nil {
		t.Fatal(err)
	}
	token, err := signer.Sign(Identity{Subject: "s"}, at, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(line, ".")
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	edited := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(claims), "1152921504606846976", "1152921504606846975", 1)))
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"pmo-head+jwt","kid":"` + KeyID(public[0]) + `"}`))
	for what, text := range map[string]string{
		"edited": parts[0] + "." + edited + "." + parts[2], "a token": token, "unsigned": none + "." + parts[1] + ".", "cut off": line[:len(line)-3], "empty": "",
	} {
		if got, err := ReadHead(text, public); err == nil {
			t.Errorf("%s: %+v", what, got)
		}
	}
	if _, err := ReadHead(line, []ed25519.PublicKey{other.Public().(ed25519.PublicKey)}); err == nil || !strings.Contains(err.Error(), KeyID(public[0])) {
		t.Errorf("by another key: %v", err)
	}
	v, err := NewVerifier(VerifierConfig{Local: testLocal()})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if _, err := v.Verify(t.Context(), line); err == nil {
		t.Error("a head passes as a token")
	}
}

func TestPublicKeys(t *testing.T) {
	want := ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(want)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	if got, err := ParsePublicKey(text); err != nil || !got.Equal(want) {
		t.Errorf("%x, %v", got, err)
	}
	for _, bad := range []string{"", string(text) + "x", strings.ReplaceAll(string(text), "PUBLIC", "PRIVATE"), "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"} {
		if got, err := ParsePublicKey([]byte(bad)); err == nil {
			t.Errorf("%q: %x", bad, got)
		}
	}
}
