package auth

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"pmograph/internal/fault"
	"pmograph/internal/vocab"
)

// ErrUnauthenticated is the one error for every token that is not accepted; the reason goes to the log only.
var ErrUnauthenticated error = fault.New(fault.Unauthenticated, "the token is not valid")

// VerifierConfig says whose tokens are accepted.
type VerifierConfig struct {
	Audience string // what a token must be made for; required
	Local    LocalKey
	Issuers  []TrustedIssuer

	Now        func() time.Time    // the clock; time.Now if nil
	HTTPClient *http.Client        // fetches key sets; its redirects, cookies and timeout are not used
	Reason     func(reason string) // told why a token or a key set was refused, never the token; must be safe for concurrent use; may be nil
}

// LocalKey is the key of our own tokens.
type LocalKey struct {
	Issuer string
	Key    ed25519.PublicKey
}

// TrustedIssuer is another party whose tokens are accepted.
type TrustedIssuer struct {
	Issuer     string   // the exact iss of its tokens
	JWKSURL    string   // where its keys are published; https, or http on this machine
	Algorithms []string // exactly those accepted: EdDSA, ES256, ES384, ES512, RS256 … PS512

	// RoleClaim names the claim with one role or a list of them. If empty, the issuer's tokens carry no roles.
	RoleClaim string
	// ScopeClaim names the claim with one scope or a list of them, as ParseScope reads them; without that claim a token carries no roles.
	// If the name is empty, the roles hold on the whole organisation.
	ScopeClaim string
	// Ceiling lists the roles the issuer may give. Others are passed over, and so are words that are no role.
	Ceiling []vocab.Role
}

// Verifier checks tokens. There is one, shared by all doors; it is safe for concurrent use.
type Verifier struct {
	issuers map[string]*issuer
	kept    *keptTokens
	reason  func(string)
	stop    context.CancelFunc
	fetches sync.WaitGroup
}

// issuer is a party whose tokens are accepted, ready for use.
type issuer struct {
	name       string
	parser     *jwt.Parser
	validator  *jwt.Validator // the parser's rules on claims alone
	key        func(context.Context, *jwt.Token) (any, error)
	keys       func() int64 // number of the set that key chooses from: another set has another number
	roleClaim  string
	scopeClaim string
	ceiling    []vocab.Role
}

// NewVerifier gives a verifier and starts fetching the key sets of the trusted issuers, one goroutine each until Close. It does not
// wait for them: a server starts while an issuer is down, and refuses that issuer's tokens until its keys are there.
func NewVerifier(c VerifierConfig) (*Verifier, error) { return newVerifier(c, refreshTime) }

func newVerifier(c VerifierConfig, interval time.Duration) (*Verifier, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Reason == nil {
		c.Reason = func(string) {}
	}
	if !wellFormed(c.Audience, maxName) {
		return nil, fmt.Errorf("the audience %.80q of accepted tokens must be 1 to %d printable characters", c.Audience, maxName)
	}
	if len(c.Local.Key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("the local public key has %d bytes instead of %d", len(c.Local.Key), ed25519.PublicKeySize)
	}
	v := &Verifier{issuers: map[string]*issuer{}, kept: newKeptTokens(), reason: c.Reason}
	err := v.trust(c, TrustedIssuer{Issuer: c.Local.Issuer, Algorithms: []string{"EdDSA"},
		RoleClaim: roleClaim, ScopeClaim: scopeClaim, Ceiling: allRoles()}, c.Local.key, func() int64 { return 0 })
	if err != nil {
		return nil, fmt.Errorf("the local issuer: %w", err)
	}
	var sets []*remoteKeys
	for _, t := range c.Issuers {
		keys, err := newRemoteKeys(t.JWKSURL, c.HTTPClient, c.Now, c.Reason)
		if err == nil {
			err = v.trust(c, t, keys.key, keys.number)
		}
		if err != nil {
			return nil, fmt.Errorf("issuer %.80q: %w", t.Issuer, err)
		}
		sets = append(sets, keys)
	}
	ctx, stop := context.WithCancel(context.Background())
	v.stop = stop
	for _, keys := range sets {
		v.fetches.Go(func() { keys.run(ctx, interval) })
	}
	return v, nil
}

// Close ends the fetching of key sets and waits for it. Keys already fetched stay in use.
func (v *Verifier) Close() {
	v.stop()
	v.fetches.Wait()
}

// trust adds an issuer whose keys are given by key, from the set of the number that keys gives.
func (v *Verifier) trust(c VerifierConfig, t TrustedIssuer, key func(context.Context, *jwt.Token) (any, error), keys func() int64) error {
	if !wellFormed(t.Issuer, maxName) {
		return fmt.Errorf("the name %.80q must be 1 to %d printable characters", t.Issuer, maxName)
	}
	if v.issuers[t.Issuer] != nil {
		return errors.New("it is configured twice; each issuer, the local one too, needs a name of its own")
	}
	if len(t.Algorithms) == 0 {
		return errors.New("it has no algorithm; name those its tokens are signed with, for example RS256")
	}
	for _, a := range t.Algorithms {
		if algorithms[a] == nil {
			return fmt.Errorf("the algorithm %.80q is not accepted; choose among EdDSA, ES256 to ES512, RS256 to RS512, PS256 to PS512", a)
		}
	}
	if (t.RoleClaim == "") != (len(t.Ceiling) == 0) {
		return errors.New("a role claim and a ceiling of roles belong together; give both or neither")
	}
	for _, r := range t.Ceiling {
		if !vocab.Valid(r) {
			return fmt.Errorf("%.80q in its ceiling is not a role; choose among %v", r, r.Values())
		}
	}
	rules := []jwt.ParserOption{
		jwt.WithValidMethods(slices.Clone(t.Algorithms)),
		jwt.WithIssuer(t.Issuer),
		jwt.WithAudience(c.Audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(c.Now),
	}
	v.issuers[t.Issuer] = &issuer{name: t.Issuer, parser: jwt.NewParser(rules...), validator: jwt.NewValidator(rules...), key: key, keys: keys,
		roleClaim: t.RoleClaim, scopeClaim: t.ScopeClaim, ceiling: slices.Clone(t.Ceiling)}
	return nil
}

func allRoles() (all []vocab.Role) {
	for _, r := range vocab.Role("").Values() {
		all = append(all, vocab.Role(r))
	}
	return all
}

// key gives the local key to a token that names it.
func (l LocalKey) key(_ context.Context, t *jwt.Token) (any, error) {
	if t.Header["kid"] != KeyID(l.Key) {
		return nil, errors.New("it names another key than the local one")
	}
	return l.Key, nil
}

// Verify checks a token and says who its bearer is. Whatever is wrong, the error is ErrUnauthenticated. It waits, within ctx and some
// seconds, only for a token of a trusted issuer that names a key not seen before. The claims of an identity are shared: they must not be
// changed.
func (v *Verifier) Verify(ctx context.Context, raw string) (Identity, error) {
	id, err := v.verify(ctx, raw)
	if err != nil {
		v.reason(err.Error())
		return Identity{}, ErrUnauthenticated
	}
	return id, nil
}

// verify looks among the tokens that were accepted before. Of others it does our own checks first, as they are cheap and some protect the
// parser; then the parser checks signature, issuer, audience and times.
func (v *Verifier) verify(ctx context.Context, raw string) (Identity, error) {
	if len(raw) > maxToken {
		return Identity{}, fmt.Errorf("it is longer than %d bytes", maxToken)
	}
	sum := sha256.Sum256([]byte(raw))
	if id, ok := v.known(sum); ok {
		return id, nil
	}
	if strings.ContainsAny(raw, "\r\n") { // the decoder would skip them
		return Identity{}, errors.New("it contains a line break")
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return Identity{}, fmt.Errorf("it has %d parts instead of 3", len(parts))
	}
	header, err := strictObject(parts[0])
	if err != nil {
		return Identity{}, fmt.Errorf("its header %w", err)
	}
	if err := checkHeader(header); err != nil {
		return Identity{}, err
	}
	claims, err := strictObject(parts[1])
	if err != nil {
		return Identity{}, fmt.Errorf("its payload %w", err)
	}
	name, _ := claims["iss"].(string)
	from := v.issuers[name]
	if from == nil {
		return Identity{}, fmt.Errorf("its issuer %.80q is not trusted", name)
	}
	if err := checkTimes(claims); err != nil {
		return Identity{}, err
	}
	id, err := from.identity(claims)
	if err != nil {
		return Identity{}, err
	}
	keys := from.keys() // before a key is chosen: if it is of a later set, the token is checked again
	token, err := from.parser.ParseWithClaims(raw, jwt.MapClaims{}, func(t *jwt.Token) (any, error) { return from.key(ctx, t) })
	if err != nil {
		return Identity{}, err
	}
	exp, err := token.Claims.GetExpirationTime()
	if err != nil {
		return Identity{}, err
	}
	id.ValidUntil = exp.Add(leeway)
	v.keep(sum, id, from, keys, token.Claims)
	return id, nil
}

// strictObject decodes a part of a token: base64 as it must be written, UTF-8, and one JSON object in which no object, at any depth,
// has two members of one name.
func strictObject(part string) (map[string]any, error) {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return nil, errors.New("is not strict base64url")
	}
	if !utf8.Valid(text) {
		return nil, errors.New("is not UTF-8")
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil || object == nil {
		return nil, errors.New("is not a JSON object")
	}
	return object, uniqueNames(json.NewDecoder(bytes.NewReader(text)))
}

// uniqueNames reads one JSON value and fails if an object in it has two members of one name.
func uniqueNames(d *json.Decoder) error {
	open, err := d.Token()
	if err != nil || open != json.Delim('{') && open != json.Delim('[') {
		return err
	}
	seen := map[json.Token]bool{}
	for d.More() {
		if open == json.Delim('{') {
			name, err := d.Token()
			if err != nil {
				return err
			}
			if seen[name] {
				return fmt.Errorf("has %.80q twice", name)
			}
			seen[name] = true
		}
		if err := uniqueNames(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// forbiddenHeaders would bring their own key, or rules we do not know.
var forbiddenHeaders = []string{"crit", "jku", "jwk", "x5c", "x5u"}

func checkHeader(h map[string]any) error {
	for _, name := range forbiddenHeaders {
		if _, ok := h[name]; ok {
			return fmt.Errorf("its header has %q", name)
		}
	}
	switch typ, _ := h["typ"].(string); strings.ToLower(typ) { // a media type: case does not matter
	case "jwt", "at+jwt", "application/at+jwt":
	default:
		return fmt.Errorf("its type %.80q is neither JWT nor at+jwt", typ)
	}
	if kid, _ := h["kid"].(string); !wellFormed(kid, maxName) {
		return errors.New("it names no key")
	}
	return nil
}

// checkTimes looks at what the parser leaves open: iat must be there, exp is after it by 24 hours at most, and all times are numbers
// that a clock can show.
func checkTimes(claims map[string]any) error {
	seconds := map[string]float64{}
	for _, name := range []string{"iat", "exp", "nbf"} {
		value, given := claims[name]
		if !given && name == "nbf" {
			continue
		}
		s, ok := value.(float64)
		if !ok || s < 1 || s > 1e11 {
			return fmt.Errorf("its %s is missing or not a time", name)
		}
		seconds[name] = s
	}
	if life := seconds["exp"] - seconds["iat"]; life <= 0 || life > maxLifetime.Seconds() {
		return fmt.Errorf("it lives %.0f seconds; allowed are 1 to %.0f", life, maxLifetime.Seconds())
	}
	return nil
}

// identity gives who the claims name, before anything is known about their truth.
func (i *issuer) identity(claims map[string]any) (Identity, error) {
	id := Identity{Issuer: i.name}
	var ok bool
	if id.Subject, ok = claims["sub"].(string); !ok || !wellFormed(id.Subject, maxName) {
		return id, errors.New("its subject is missing or malformed")
	}
	if jti, given := claims["jti"]; given {
		if id.TokenID, ok = jti.(string); !ok || !wellFormed(id.TokenID, maxName) {
			return id, errors.New("its id is malformed")
		}
	}
	var err error
	id.Claims, err = i.claims(claims)
	return id, err
}

// claims gives the roles a token carries. One role may hold on several scopes and several roles on one; of several roles and several
// scopes nobody can tell which belong together.
func (i *issuer) claims(claims map[string]any) ([]Claim, error) {
	words, err := wordsOf(claims, i.roleClaim)
	if err != nil {
		return nil, err
	}
	roles := slices.DeleteFunc(words, func(w string) bool { return !slices.Contains(i.ceiling, vocab.Role(w)) })
	scopes := []string{""} // the whole organisation
	if i.scopeClaim != "" {
		if scopes, err = wordsOf(claims, i.scopeClaim); err != nil {
			return nil, err
		}
	}
	if len(roles) > 1 && len(scopes) > 1 {
		return nil, fmt.Errorf("it has %d roles and %d scopes and does not say which belong together", len(roles), len(scopes))
	}
	var all []Claim
	for _, role := range roles {
		for _, text := range scopes {
			scope, err := ParseScope(text)
			if err != nil {
				return nil, err
			}
			if c := (Claim{vocab.Role(role), scope}); !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	return all, nil
}

// wordsOf gives the different strings of a claim that is a string or a list of strings; without the claim there are none.
func wordsOf(claims map[string]any, name string) ([]string, error) {
	var words []string
	switch value := claims[name].(type) {
	case nil:
	case string:
		words = []string{value}
	case []any:
		for _, item := range value {
			word, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("its claim %.80q holds something that is not a string", name)
			}
			if !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
	default:
		return nil, fmt.Errorf("its claim %.80q is neither a string nor a list of strings", name)
	}
	return words, nil
}
