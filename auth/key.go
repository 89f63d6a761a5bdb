package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	mathrand "math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

const (
	keyFile     = "signing.key"
	pemType     = "PRIVATE KEY"
	maxKeyFile  = 64 << 10
	maxKeySet   = 1 << 20 // bytes of a fetched key set
	refreshTime = 5 * time.Minute
	unknownTime = 10 * time.Second // at most one fetch in this time because of an unknown key
	fetchTime   = 5 * time.Second
)

// LoadOrCreateKey reads the local signing key DIR/signing.key, and makes it if there is none. Any number of processes may start
// together: the file appears whole or not at all, the first one wins, and all get its key. A file that the group or others can read
// is refused.
func LoadOrCreateKey(dir string) (ed25519.PrivateKey, error) {
	path := filepath.Join(dir, keyFile)
	key, err := loadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := createKey(dir, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the signing key %s: %w", path, err)
	}
	return loadKey(path)
}

func loadKey(path string) (ed25519.PrivateKey, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the signing key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the signing key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the signing key %s is not a file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("the signing key %s can be used by others than its owner (mode %04o): run chmod 600 on it, or delete it to get a new key if somebody may have copied it", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, fmt.Errorf("read the signing key %s: %w", path, err)
	}
	key, err := ParseKey(text)
	if err != nil {
		return nil, fmt.Errorf("the signing key %s: %w", path, err)
	}
	return key, nil
}

// createKey writes a new key beside path and links it there; the link fails with fs.ErrExist if another process was first.
func createKey(dir, path string) (err error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, keyFile+".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = errors.Join(pem.Encode(f, &pem.Block{Type: pemType, Bytes: der}), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a new name in dir survive a power cut.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // it has no such call
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// ParseKey reads an Ed25519 private key from the text of one PEM block of PKCS #8.
func ParseKey(text []byte) (ed25519.PrivateKey, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != pemType || strings.TrimSpace(string(rest)) != "" {
		return nil, errors.New("it must hold one PEM block of the type PRIVATE KEY and nothing else")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("it is not a PKCS #8 private key: %w", err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("it must be an Ed25519 key, not %T", parsed)
	}
	return key, nil
}

// KeyID gives the name by which a token refers to a key: the first 16 hexadecimal digits of the SHA-256 of the public key.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}

// algorithms are those that an issuer may be configured with, each with the test whether a key fits it. Every one is asymmetric.
var algorithms = map[string]func(key any) bool{
	"EdDSA": func(key any) bool { k, ok := key.(ed25519.PublicKey); return ok && len(k) == ed25519.PublicKeySize },
	"ES256": onCurve(elliptic.P256()),
	"ES384": onCurve(elliptic.P384()),
	"ES512": onCurve(elliptic.P521()),
	"RS256": isRSA, "RS384": isRSA, "RS512": isRSA,
	"PS256": isRSA, "PS384": isRSA, "PS512": isRSA,
}

func onCurve(c elliptic.Curve) func(key any) bool {
	return func(key any) bool { k, ok := key.(*ecdsa.PublicKey); return ok && k.Curve == c }
}

// isRSA asks for 2048 bits at least, as RFC 7518 does, and for 8192 at most, because checking takes time.
func isRSA(key any) bool {
	k, ok := key.(*rsa.PublicKey)
	return ok && k.N.BitLen() >= 2048 && k.N.BitLen() <= 8192
}

// remoteKeys is the published key set (JWKS) of another issuer. One goroutine, run, does all fetching, so that nothing is fetched
// twice at once; readers see the last good set, however old, and never wait unless they ask for a key that is not in it.
type remoteKeys struct {
	url    string
	client *http.Client
	now    func() time.Time
	report func(string)

	set   atomic.Pointer[keySet] // nil until a fetch succeeds
	ask   chan chan struct{}     // readers ask for a fetch; the inner channel is closed when it is over
	ended chan struct{}
}

// keySet is a set as it was published.
type keySet struct {
	number int64                      // how many were fetched before it, and itself
	keys   map[string]keyfunc.Keyfunc // by kid
}

func newRemoteKeys(address string, client *http.Client, now func() time.Time, report func(string)) (*remoteKeys, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("the address of the key set %.200q is not a plain URL", address)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return nil, fmt.Errorf("the address of the key set %.200q must start with https:// unless it is on this machine", address)
	}
	return &remoteKeys{url: address, client: withoutRedirects(client), now: now, report: report,
		ask: make(chan chan struct{}), ended: make(chan struct{})}, nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// withoutRedirects gives a copy of a client that follows no redirect, keeps no cookie and gives up after fetchTime.
func withoutRedirects(given *http.Client) *http.Client {
	var c http.Client
	if given != nil {
		c = *given
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.Jar = nil
	c.Timeout = fetchTime
	return &c
}

// key gives the key that a token names, if it fits the token's algorithm. An unknown name causes a fetch, but not within unknownTime
// of the last one.
func (r *remoteKeys) key(ctx context.Context, t *jwt.Token) (any, error) {
	kid, _ := t.Header["kid"].(string)
	found, ok := r.known(kid)
	if !ok {
		r.refresh(ctx)
		if found, ok = r.known(kid); !ok {
			return nil, fmt.Errorf("the issuer's key set holds no key %.80q", kid)
		}
	}
	key, err := found.Keyfunc(t) // refuses an algorithm other than the key's own
	if err != nil {
		return nil, err
	}
	if fits := algorithms[t.Method.Alg()]; fits == nil || !fits(key) {
		return nil, fmt.Errorf("the key %.80q does not fit the algorithm %s", kid, t.Method.Alg())
	}
	return key, nil
}

func (r *remoteKeys) known(kid string) (keyfunc.Keyfunc, bool) {
	set := r.set.Load()
	if set == nil {
		return nil, false
	}
	k, ok := set.keys[kid]
	return k, ok
}

// number gives the number of the set in use, 0 while there is none.
func (r *remoteKeys) number() int64 {
	if set := r.set.Load(); set != nil {
		return set.number
	}
	return 0
}

// refresh asks for a fetch and waits until it is over or was not due.
func (r *remoteKeys) refresh(ctx context.Context) {
	over := make(chan struct{})
	select {
	case r.ask <- over:
	case <-ctx.Done():
		return
	case <-r.ended:
		return
	}
	select {
	case <-over:
	case <-ctx.Done():
	case <-r.ended:
	}
}

// run fetches the set at once, then every interval with a tenth of jitter, and when a reader asks. It ends with ctx.
func (r *remoteKeys) run(ctx context.Context, interval time.Duration) {
	defer close(r.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last time.Time
	fetch := func() {
		last = r.now()
		if err := r.fetch(ctx); err != nil {
			r.report(fmt.Sprintf("the key set %s stays as it was: %v", r.url, err))
		}
		timer.Reset(interval*9/10 + mathrand.N(interval/5))
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			fetch()
		case over := <-r.ask:
			if r.now().Sub(last) >= unknownTime {
				fetch()
			}
			close(over)
		}
	}
}

// fetch replaces the set by the published one; after an error the set is as before.
func (r *remoteKeys) fetch(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	res, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer has status %d instead of 200; redirects are not followed", res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxKeySet+1))
	if err != nil {
		return err
	}
	if len(body) > maxKeySet {
		return fmt.Errorf("the answer is longer than %d bytes", maxKeySet)
	}
	keys, err := parseKeySet(body)
	if err != nil {
		return err
	}
	r.set.Store(&keySet{r.number() + 1, keys}) // nobody else stores one
	return nil
}

// parseKeySet reads the keys for checking signatures. Keys of other kinds are passed over, as RFC 7517 asks; a set without any usable
// key, or with two of one name, is an error.
func parseKeySet(body []byte) (map[string]keyfunc.Keyfunc, error) {
	var published struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(body, &published); err != nil {
		return nil, fmt.Errorf("the answer is not a key set: %w", err)
	}
	set := map[string]keyfunc.Keyfunc{}
	for _, raw := range published.Keys {
		var k struct{ Kid, Kty, Use, D string }
		if json.Unmarshal(raw, &k) != nil || k.Kid == "" || k.Kty == "oct" || k.Use != "" && k.Use != "sig" || k.D != "" {
			continue // nameless, symmetric, for encryption, or a private key that is no longer private
		}
		parsed, err := keyfunc.NewJWKJSON(raw)
		if err != nil {
			continue // of a kind we do not know
		}
		if _, twice := set[k.Kid]; twice {
			return nil, fmt.Errorf("two keys have the name %.80q", k.Kid)
		}
		set[k.Kid] = parsed
	}
	if len(set) == 0 {
		return nil, errors.New("the answer holds no usable key")
	}
	return set, nil
}
