package auth

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Head is what a server vouches for: at the instant Signed its journal had Entries entries, the newest of which was of the instant At and
// had the hash Hash. Since hashes chain, that speaks of every entry before it, too.
type Head struct {
	Entries int64
	Hash    [32]byte
	At      time.Time
	Signed  time.Time
}

const headType = "pmo-head+jwt" // which no verifier of tokens accepts

type headClaims struct {
	Entries int64     `json:"entries"`
	Hash    string    `json:"hash"` // hexadecimal
	At      time.Time `json:"at"`
	jwt.RegisteredClaims
}

// SignHead makes one line of a head: a compact JWS.
func SignHead(key ed25519.PrivateKey, h Head) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, headClaims{h.Entries, hex.EncodeToString(h.Hash[:]), h.At.UTC(),
		jwt.RegisteredClaims{IssuedAt: jwt.NewNumericDate(h.Signed)}})
	t.Header["typ"], t.Header["kid"] = headType, KeyID(key.Public().(ed25519.PublicKey))
	return t.SignedString(key)
}

// ReadHead reads a line that SignHead made with one of the keys.
func ReadHead(line string, keys []ed25519.PublicKey) (h Head, err error) {
	var c headClaims
	_, err = jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation()).
		ParseWithClaims(line, &c, func(t *jwt.Token) (any, error) {
			if t.Header["typ"] != headType {
				return nil, errors.New("it is no signed head")
			}
			for _, k := range keys {
				if t.Header["kid"] == KeyID(k) {
					return k, nil
				}
			}
			return nil, fmt.Errorf("it is signed with the key %.40q, which is not at hand", t.Header["kid"])
		})
	if err != nil {
		return h, err
	}
	hash, err := hex.DecodeString(c.Hash)
	if err != nil || len(hash) != len(h.Hash) || c.Entries < 1 || c.IssuedAt == nil {
		return h, errors.New("it is no head of a journal")
	}
	return Head{c.Entries, [32]byte(hash), c.At, c.IssuedAt.Time}, nil
}

// ParsePublicKey reads an Ed25519 public key from the text of one PEM block, as openssl pkey -pubout writes it.
func ParsePublicKey(text []byte) (ed25519.PublicKey, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" || strings.TrimSpace(string(rest)) != "" {
		return nil, errors.New("it must hold one PEM block of the type PUBLIC KEY and nothing else")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("it is not a public key: %w", err)
	}
	key, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("it must be an Ed25519 key, not %T", parsed)
	}
	return key, nil
}
