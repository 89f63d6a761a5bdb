package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"pmograph/internal/fault"
)

// ErrUnauthenticated is the one error for every token that is not accepted; the reason goes to the log only.
var ErrUnauthenticated error = fault.New(fault.Unauthenticated, "the token is not valid")

// VerifierConfig says whose tokens are accepted.
type VerifierConfig struct {
	Local   LocalIssuer
	Issuers []TrustedIssuer

	Now        func() time.Time    // the clock; time.Now if nil
	HTTPClient *http.Client        // fetches key sets; its redirects, cookies and timeout are not used
	Reason     func(reason string) // told why a token was refused, never the token; must be safe for concurrent use; may be nil
	Notice     func(text string)   // told what is wrong with an issuer: its key set, or claims it left out; as Reason
}

// LocalIssuer is this server itself.
type LocalIssuer struct {
	Issuer   string     // iss of its tokens
	Audience string     // aud of its tokens
	Keys     *LocalKeys // they are signed with
}

// Verifier checks tokens. There is one, shared by all doors; it is safe for concurrent use.
type Verifier struct {
	issuers map[string]*issuer
	kept    *keptTokens
	now     func() time.Time
	reason  func(string)
	stop    context.CancelFunc
	fetches sync.WaitGroup
}

// issuer is a party whose tokens are accepted, ready for use.
type issuer struct {
	name      string
	parser    *jwt.Parser
	validator *jwt.Validator // the parser's rules on claims alone
	keys      keys
	types     []string // accepted in typ, in small letters
	subject   string   // claim that names the bearer
	tokenID   string   // claim that names the token
	says      func(claims map[string]any, id *Identity) error
}

// keys are those an issuer signs with.
type keys interface {
	// key gives the key that a token names, and what is known of it.
	key(ctx context.Context, t *jwt.Token) (any, *voucher, error)
}

// NewVerifier gives a verifier and starts fetching the key sets of the trusted issuers, one goroutine each until Close. It does not
// wait for them: a server starts while an issuer is down, and refuses that issuer's tokens until its keys are there.
func NewVerifier(c VerifierConfig) (*Verifier, error) { return newVerifier(c, refreshTime) }

func newVerifier(c VerifierConfig, interval time.Duration) (*Verifier, error) {
	silent := func(string) {}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Reason == nil {
		c.Reason = silent
	}
	if c.Notice == nil {
		c.Notice = silent
	}
	if c.Local.Keys == nil || !wellFormed(c.Local.Issuer, maxName) || !wellFormed(c.Local.Audience, maxName) {
		return nil, fmt.Errorf("the local issuer needs keys, a name and an audience of 1 to %d printable characters", maxName)
	}
	v := &Verifier{issuers: map[string]*issuer{}, kept: newKeptTokens(), now: c.Now, reason: c.Reason}
	v.trust(c.Local.Issuer, []string{c.Local.Audience}, []string{"EdDSA"},
		&issuer{keys: c.Local.Keys, types: usualTypes, subject: "sub", tokenID: "jti", says: localClaims})
	var sets []*remoteKeys
	for n, t := range c.Issuers {
		t = t.usual()
		if err := faultOf("an issuer cannot be trusted", t.check(fmt.Sprintf("issuers[%d]", n))); err != nil {
			return nil, err
		}
		if v.issuers[t.Issuer] != nil {
			return nil, fmt.Errorf("issuers[%d]: %.80q is configured twice; each issuer, the local one too, needs a name of its own", n, t.Issuer)
		}
		set := newRemoteKeys(t, c.HTTPClient, c.Now, c.Notice)
		sets = append(sets, set)
		v.trust(t.Issuer, t.Audience, t.Algorithms,
			&issuer{keys: set, types: t.Types, subject: t.SubjectClaim, tokenID: t.TokenIDClaim, says: t.reader(c.Notice)})
	}
	ctx, stop := context.WithCancel(context.Background())
	v.stop = stop
	for _, set := range sets {
		v.fetches.Go(func() { set.run(ctx, interval) })
	}
	return v, nil
}

// Close ends the fetching of key sets and waits for it. Keys already fetched stay in use.
func (v *Verifier) Close() {
	v.stop()
	v.fetches.Wait()
}

func (v *Verifier) trust(name string, audience, algorithms []string, i *issuer) {
	rules := []jwt.ParserOption{
		jwt.WithValidMethods(slices.Clone(algorithms)),
		jwt.WithIssuer(name),
		jwt.WithAudience(audience...),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(v.now),
	}
	i.name, i.parser, i.validator = name, jwt.NewParser(rules...), jwt.NewValidator(rules...)
	v.issuers[name] = i
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
	claims, err := strictObject(parts[1])
	if err != nil {
		return Identity{}, fmt.Errorf("its payload %w", err)
	}
	name, _ := claims["iss"].(string)
	from := v.issuers[name]
	if from == nil {
		return Identity{}, fmt.Errorf("its issuer %.80q is not trusted", name)
	}
	if err := from.checkHeader(header); err != nil {
		return Identity{}, err
	}
	if err := checkTimes(claims); err != nil {
		return Identity{}, err
	}
	id, err := from.identity(claims)
	if err != nil {
		return Identity{}, err
	}
	token, err := from.parser.ParseWithClaims(raw, jwt.MapClaims{}, func(t *jwt.Token) (key any, err error) {
		key, id.by, err = from.keys.key(ctx, t)
		return key, err
	})
	if err != nil {
		return Identity{}, err
	}
	if err := from.says(claims, &id); err != nil { // now that it is true
		return Identity{}, err
	}
	exp, err := token.Claims.GetExpirationTime()
	if err != nil {
		return Identity{}, err
	}
	id.ValidUntil = exp.Add(leeway)
	if until := id.by.until.Load(); until != 0 && until < id.ValidUntil.UnixNano() {
		id.ValidUntil = time.Unix(0, until)
	}
	if id.Ended(v.now()) {
		return Identity{}, errors.New("its key is accepted no more")
	}
	v.keep(sum, id, from, token.Claims)
	return id, nil
}

// forbiddenHeaders would bring their own key, rules we do not know, or another token inside.
var forbiddenHeaders = []string{"crit", "jku", "jwk", "x5c", "x5u", "cty", "enc", "zip"}

// NoType stands in TrustedIssuer.Types for tokens that say no type at all.
const NoType = "NONE"

// usualTypes are those of access tokens, by RFC 7519 and RFC 9068.
var usualTypes = []string{"jwt", "at+jwt"}

func (i *issuer) checkHeader(h map[string]any) error {
	for _, name := range forbiddenHeaders {
		if _, ok := h[name]; ok {
			return fmt.Errorf("its header has %q", name)
		}
	}
	switch typ, given := h["typ"]; {
	case !given && !slices.Contains(i.types, NoType):
		return errors.New("it has no type")
	case given:
		word, _ := typ.(string)
		if !slices.Contains(i.types, plainType(word)) {
			return fmt.Errorf("its type %.80q is not among %v", word, i.types)
		}
	}
	if kid, _ := h["kid"].(string); !wellFormed(kid, maxName) {
		return errors.New("it names no key")
	}
	return nil
}

// plainType gives a media type in the form in which types are compared: case does not matter, nor does application/ before it.
func plainType(typ string) string { return strings.TrimPrefix(strings.ToLower(typ), "application/") }

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

// identity gives who the claims name, before anything is known about their truth; checkTimes was asked before.
func (i *issuer) identity(claims map[string]any) (Identity, error) {
	id := Identity{Issuer: i.name, IssuedAt: time.Unix(int64(claims["iat"].(float64)), 0).UTC()}
	var ok bool
	if id.Subject, ok = claims[i.subject].(string); !ok || !wellFormed(id.Subject, maxName) {
		return id, fmt.Errorf("its subject, the claim %.80q, is missing or malformed", i.subject)
	}
	if own, given := claims[i.tokenID]; given {
		if id.TokenID, ok = own.(string); !ok || !wellFormed(id.TokenID, maxName) {
			return id, errors.New("its id is malformed")
		}
	}
	return id, nil
}
