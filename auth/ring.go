package auth

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Ring is the keys of this server's own tokens: one signs, the others check what they signed before. It is a value.
type Ring struct {
	signing ed25519.PrivateKey
	keys    []RingKey // the one that signs first, then the newest
}

// RingKey is a key of a ring.
type RingKey struct {
	Public ed25519.PublicKey
	Since  time.Time // the instant from which it signed; zero if that is not known
	Until  time.Time // the instant from which its tokens are refused; zero if none is set
}

const (
	privateType = "PRIVATE KEY"
	publicType  = "PUBLIC KEY"
	sinceHeader = "Since"
	untilHeader = "Until"

	// maxRing is how many keys a ring keeps. Those whose tokens have ended check the heads that they signed.
	maxRing = 100
)

// NewRing makes a ring of one new key.
func NewRing(now time.Time) (*Ring, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return &Ring{private, []RingKey{{Public: public, Since: now.UTC().Truncate(time.Second)}}}, nil
}

// Rotate gives a ring in which a new key signs. The private half of the one before is gone; its tokens are good until the last of them has
// expired, or, if somebody may have a copy, to the end of this instant.
func (r *Ring) Rotate(now time.Time, copied bool) (*Ring, error) {
	next, err := NewRing(now)
	if err != nil {
		return nil, err
	}
	old := slices.Clone(r.keys)
	if old[0].Until = now.UTC().Truncate(time.Second).Add(maxLifetime + leeway + time.Second); copied {
		old[0].Until = now.UTC()
	}
	next.keys = append(next.keys, old...)
	if len(next.keys) > maxRing {
		next.keys = next.keys[:maxRing]
	}
	return next, nil
}

// Keys lists the keys, the one that signs first.
func (r *Ring) Keys() []RingKey { return slices.Clone(r.keys) }

// Signing is the key that signs.
func (r *Ring) Signing() ed25519.PrivateKey { return r.signing }

// Public lists the public keys, those whose tokens have ended included: a signed head does not end.
func (r *Ring) Public() (all []ed25519.PublicKey) {
	for _, k := range r.keys {
		all = append(all, k.Public)
	}
	return all
}

// Encode gives the text form: the private key that signs, then every public key with its times.
func (r *Ring) Encode() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(r.signing)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: privateType, Bytes: der})
	for _, k := range r.keys {
		der, err := x509.MarshalPKIXPublicKey(k.Public)
		if err != nil {
			return nil, err
		}
		times := map[string]string{}
		for name, at := range map[string]time.Time{sinceHeader: k.Since, untilHeader: k.Until} {
			if !at.IsZero() {
				times[name] = at.Format(time.RFC3339Nano)
			}
		}
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: publicType, Headers: times, Bytes: der})...)
	}
	return text, nil
}

// ParseRing reads PEM blocks of Ed25519 keys: PRIVATE KEY in PKCS #8, the first of which signs, and PUBLIC KEY, which may say in headers
// since when it signed and until when its tokens are good. One private key alone is a ring, too.
func ParseRing(text []byte) (*Ring, error) {
	r := &Ring{}
	blocks := 0
	for rest := text; ; blocks++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			if strings.TrimSpace(string(rest)) != "" || blocks == 0 || bytes.Count(text, []byte("-----BEGIN ")) != blocks {
				return nil, errors.New("it must hold PEM blocks of the types PRIVATE KEY and PUBLIC KEY and nothing else")
			}
			break
		}
		if err := r.add(block); err != nil {
			return nil, err
		}
	}
	if r.signing == nil {
		return nil, errors.New("it holds no PRIVATE KEY, so nothing could be signed")
	}
	signs := r.signing.Public().(ed25519.PublicKey)
	at := slices.IndexFunc(r.keys, func(k RingKey) bool { return k.Public.Equal(signs) })
	first := r.keys[at]
	if !first.Until.IsZero() {
		return nil, errors.New("the key that signs must not have an end")
	}
	r.keys = append([]RingKey{first}, slices.Delete(r.keys, at, at+1)...)
	return r, nil
}

func (r *Ring) add(block *pem.Block) error {
	var parsed any
	var err error
	switch block.Type {
	case privateType:
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case publicType:
		parsed, err = x509.ParsePKIXPublicKey(block.Bytes)
	default:
		return fmt.Errorf("a PEM block of the type %.40q is neither PRIVATE KEY nor PUBLIC KEY", block.Type)
	}
	if err != nil {
		return fmt.Errorf("it is not a key: %w", err)
	}
	var k RingKey
	switch key := parsed.(type) {
	case ed25519.PrivateKey:
		if k.Public = key.Public().(ed25519.PublicKey); r.signing == nil {
			r.signing = key
		}
	case ed25519.PublicKey:
		k.Public = key
	default:
		return fmt.Errorf("it must be an Ed25519 key, not %T", parsed)
	}
	for name, text := range block.Headers {
		at, err := time.Parse(time.RFC3339, text)
		switch {
		case err != nil:
			return fmt.Errorf("the header %.40q is no instant like 2026-01-31T12:00:00Z", name)
		case name == sinceHeader:
			k.Since = at
		case name == untilHeader:
			k.Until = at
		default:
			return fmt.Errorf("the header %.40q is neither %s nor %s", name, sinceHeader, untilHeader)
		}
	}
	if at := slices.IndexFunc(r.keys, func(have RingKey) bool { return have.Public.Equal(k.Public) }); at >= 0 {
		if block.Type == publicType { // it says the times of a private key before it
			r.keys[at] = k
		}
		return nil
	}
	r.keys = append(r.keys, k)
	return nil
}

// KeyID gives the name by which a token refers to a key: the first 16 hexadecimal digits of the SHA-256 of the public key.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}

// LocalKeys are the ring in use. Another one may take its place while tokens are signed and checked.
type LocalKeys struct{ ring atomic.Pointer[usedRing] }

type usedRing struct {
	*Ring
	vouchers map[string]*voucher // of its keys, by kid
}

// NewLocalKeys begins with a ring.
func NewLocalKeys(r *Ring) *LocalKeys {
	l := &LocalKeys{}
	l.Use(r)
	return l
}

// Ring is the one in use.
func (l *LocalKeys) Ring() *Ring { return l.ring.Load().Ring }

// Use replaces the ring. One goroutine at a time may do so.
func (l *LocalKeys) Use(r *Ring) {
	next, before := &usedRing{r, map[string]*voucher{}}, l.ring.Load()
	for _, k := range r.keys {
		v := &voucher{}
		if before != nil && before.vouchers[KeyID(k.Public)] != nil {
			v = before.vouchers[KeyID(k.Public)]
		}
		v.end(k.Until)
		next.vouchers[KeyID(k.Public)] = v
	}
	l.ring.Store(next)
	if before == nil {
		return
	}
	for kid, v := range before.vouchers {
		if next.vouchers[kid] == nil {
			v.withdraw()
		}
	}
}

func (l *LocalKeys) key(_ context.Context, t *jwt.Token) (any, *voucher, error) {
	ring := l.ring.Load()
	for _, k := range ring.keys {
		if kid := KeyID(k.Public); t.Header["kid"] == kid {
			return k.Public, ring.vouchers[kid], nil
		}
	}
	return nil, nil, errors.New("it names another key than those of this server")
}
