package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

const (
	maxKeySet   = 1 << 20 // bytes of a fetched document
	maxWaiting  = 64      // readers who wait for a fetch of an issuer's keys; more are refused at once
	refreshTime = 5 * time.Minute
	unknownTime = 10 * time.Second // at most one fetch in this time because of an unknown key
	fetchTime   = 5 * time.Second
)

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
	issuer   string
	discover bool   // the issuer's own document says where its keys are
	url      string // where they are; while nothing was discovered empty. run's own
	client   *http.Client
	now      func() time.Time
	notice   func(string)

	set     atomic.Pointer[keySet] // nil until a fetch succeeds
	ask     chan chan struct{}     // readers ask for a fetch; the inner channel is closed when it is over
	waiting chan struct{}          // a place for each reader who may wait
	ended   chan struct{}
}

// keySet is a set as it was published, by kid.
type keySet map[string]*remoteKey

// remoteKey is a published key and what is known of it: the voucher is the one of the set before if the key is the same.
type remoteKey struct {
	parsed keyfunc.Keyfunc
	text   string // equal for equal keys
	by     *voucher
}

// newRemoteKeys takes an issuer that was checked.
func newRemoteKeys(t TrustedIssuer, client *http.Client, now func() time.Time, notice func(string)) *remoteKeys {
	return &remoteKeys{issuer: t.Issuer, discover: t.JWKSURL == "", url: t.JWKSURL, client: withoutRedirects(client), now: now, notice: notice,
		ask: make(chan chan struct{}), waiting: make(chan struct{}, maxWaiting), ended: make(chan struct{})}
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
func (r *remoteKeys) key(ctx context.Context, t *jwt.Token) (any, *voucher, error) {
	kid, _ := t.Header["kid"].(string)
	found, ok := r.known(kid)
	if !ok {
		r.refresh(ctx)
		if found, ok = r.known(kid); !ok {
			return nil, nil, fmt.Errorf("the issuer's key set holds no key %.80q", kid)
		}
	}
	key, err := found.parsed.Keyfunc(t) // refuses an algorithm other than the key's own
	if err != nil {
		return nil, nil, err
	}
	if fits := algorithms[t.Method.Alg()]; fits == nil || !fits(key) {
		return nil, nil, fmt.Errorf("the key %.80q does not fit the algorithm %s", kid, t.Method.Alg())
	}
	return key, found.by, nil
}

func (r *remoteKeys) known(kid string) (*remoteKey, bool) {
	set := r.set.Load()
	if set == nil {
		return nil, false
	}
	k, ok := (*set)[kid]
	return k, ok
}

// refresh asks for a fetch and waits until it is over or was not due. Where many wait already nobody joins them.
func (r *remoteKeys) refresh(ctx context.Context) {
	select {
	case r.waiting <- struct{}{}:
		defer func() { <-r.waiting }()
	default:
		return
	}
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
			r.notice(fmt.Sprintf("issuer %q: its key set stays as it was: %v", r.issuer, err))
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
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	if r.discover {
		if found, err := r.discovered(ctx); err == nil {
			r.url = found
		} else if r.url == "" {
			return err
		} else {
			r.notice(fmt.Sprintf("issuer %q: its keys are looked for where they were last: %v", r.issuer, err))
		}
	}
	body, err := r.get(ctx, r.url)
	if err != nil {
		return err
	}
	keys, err := parseKeySet(body)
	if err != nil {
		return fmt.Errorf("%s: %w", r.url, err)
	}
	var gone []*remoteKey
	if before := r.set.Load(); before != nil {
		for kid, k := range *before {
			if same := keys[kid]; same != nil && same.text == k.text {
				same.by = k.by
			} else {
				gone = append(gone, k)
			}
		}
	}
	r.set.Store(&keys) // nobody else stores one
	for _, k := range gone {
		k.by.withdraw()
	}
	return nil
}

// discovered asks the issuer where its keys are, as OpenID Connect Discovery 1.0 says: the answer must be of this very issuer.
func (r *remoteKeys) discovered(ctx context.Context) (string, error) {
	address := strings.TrimSuffix(r.issuer, "/") + "/.well-known/openid-configuration"
	body, err := r.get(ctx, address)
	if err != nil {
		return "", err
	}
	var document map[string]any
	if err := json.Unmarshal(body, &document); err != nil {
		return "", fmt.Errorf("%s: the answer is not a JSON object", address)
	}
	if document["issuer"] != r.issuer {
		return "", fmt.Errorf("%s: the answer is of the issuer %.80q", address, document["issuer"])
	}
	found, _ := document["jwks_uri"].(string)
	if err := checkAddress(found, strings.HasPrefix(r.issuer, "http://")); err != nil {
		return "", fmt.Errorf("%s: its jwks_uri cannot be used: %w", address, err)
	}
	return found, nil
}

// get fetches a document of at most maxKeySet bytes.
func (r *remoteKeys) get(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json, application/jwk-set+json")
	res, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: the answer has status %d instead of 200; redirects are not followed", address, res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxKeySet+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxKeySet {
		return nil, fmt.Errorf("%s: the answer is longer than %d bytes", address, maxKeySet)
	}
	return body, nil
}

// publishedKey is what we read of a key. Certificates beside it are left out: it is the address that vouches for the key.
type publishedKey struct {
	Kid string `json:"kid"`
	Kty string `json:"kty"`
	Use string `json:"use,omitempty"`
	Alg string `json:"alg,omitempty"`
	Crv string `json:"crv,omitempty"`
	X   string `json:"x,omitempty"`
	Y   string `json:"y,omitempty"`
	N   string `json:"n,omitempty"`
	E   string `json:"e,omitempty"`
	D   string `json:"d,omitempty"`
}

// parseKeySet reads the keys for checking signatures. Keys of other kinds are passed over, as RFC 7517 asks; a set without any usable
// key, or with two of one name, is an error.
func parseKeySet(body []byte) (keySet, error) {
	var published struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(body, &published); err != nil {
		return nil, fmt.Errorf("the answer is not a key set: %w", err)
	}
	set := keySet{}
	for _, raw := range published.Keys {
		var k publishedKey
		if json.Unmarshal(raw, &k) != nil || k.Kid == "" || k.Kty == "oct" || k.Use != "" && k.Use != "sig" || k.D != "" {
			continue // nameless, symmetric, for encryption, or a private key that is no longer private
		}
		own, err := json.Marshal(k)
		if err != nil {
			return nil, err
		}
		parsed, err := keyfunc.NewJWKJSON(own)
		if err != nil {
			continue // of a kind we do not know
		}
		if _, twice := set[k.Kid]; twice {
			return nil, fmt.Errorf("two keys have the name %.80q", k.Kid)
		}
		set[k.Kid] = &remoteKey{parsed, string(own), &voucher{}}
	}
	if len(set) == 0 {
		return nil, errors.New("the answer holds no usable key")
	}
	return set, nil
}
