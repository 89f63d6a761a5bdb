package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// FeedKeyIssuer stands for an issuer where somebody came with a feed key; his subject is the key's identifier.
const FeedKeyIssuer = "FEED_KEY"

const secretSize = 32 // bytes of a feed key's secret

// NewSecret gives a feed key's secret of 256 random bits as text, and the hash that is kept of it.
func NewSecret() (secret, hash string) {
	var bits [secretSize]byte
	_, _ = rand.Read(bits[:]) // it never fails
	secret = base64.RawURLEncoding.EncodeToString(bits[:])
	return secret, SecretHash(secret)
}

// SecretHash gives the hash that is kept of a secret: SHA-256 in hexadecimal. Slow and salted hashes are for words that people choose, since
// those can be guessed. Of 256 random bits nobody can try enough, and the hash has to be made with every request.
func SecretHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
