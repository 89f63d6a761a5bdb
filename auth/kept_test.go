package auth

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// counting counts how often a key is looked for, which is done to check a signature and for nothing else.
type counting struct {
	keys
	n *atomic.Int64
}

func (c counting) key(ctx context.Context, t *jwt.Token) (any, *voucher, error) {
	c.n.Add(1)
	return c.keys.key(ctx, t)
}

// counted has a verifier count the keys it asks of the local issuer.
func counted(v *Verifier) *atomic.Int64 {
	n := new(atomic.Int64)
	from := v.issuers[testIssuer]
	from.keys = counting{from.keys, n}
	return n
}

// A signature is checked once, however often its token comes; the answers are the same.
func TestKeptTokenIsCheckedOnce(t *testing.T) {
	now := testNow
	v := testVerifier(t, &now)
	checks, raw := counted(v), newForgery().raw(t)
	first, err := v.Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if id, err := v.Verify(t.Context(), raw); err != nil || !reflect.DeepEqual(id, first) {
			t.Errorf("%+v, %v; at first %+v", id, err, first)
		}
	}
	if n := checks.Load(); n != 1 {
		t.Errorf("%d checks of one token", n)
	}
	other := newForgery()
	other.claims["sub"] = "bob"
	if id, err := v.Verify(t.Context(), other.raw(t)); err != nil || id.Subject != "bob" || checks.Load() != 2 {
		t.Errorf("another token: %+v, %v, %d checks", id, err, checks.Load())
	}
}

// What is refused is checked each time anew, and never kept.
func TestRefusedTokensAreNotKept(t *testing.T) {
	now := testNow
	v := testVerifier(t, &now)
	checks := counted(v)
	f := newForgery()
	f.sign = func(string) []byte { return make([]byte, 64) }
	raw := f.raw(t)
	for range 3 {
		if accepts(t, v, raw) {
			t.Error("accepted")
		}
	}
	if checks.Load() != 3 || v.kept.Len() != 0 {
		t.Errorf("%d checks, %d kept", checks.Load(), v.kept.Len())
	}
}

// At every instant a verifier that has kept a token judges it as one that has not: in the second in which it begins, and in which it ends.
func TestKeptTokenLivesNoLonger(t *testing.T) {
	f := newForgery()
	f.claims["iat"], f.claims["exp"], f.claims["nbf"] = testNow.Unix()-60, testNow.Unix()+60, testNow.Unix()-50
	raw, now := f.raw(t), testNow
	warm := testVerifier(t, &now)
	if !accepts(t, warm, raw) {
		t.Fatal("refused")
	}
	checks := counted(warm)
	verdicts := map[bool]int{}
	for _, second := range []int64{-81, -80, -79, -61, -60, 60, 61, 89, 90, 91} { // seconds from now; the leeway is 30
		for _, part := range []time.Duration{0, time.Nanosecond, time.Second - 1} {
			now = time.Unix(testNow.Unix()+second, int64(part))
			want := accepts(t, testVerifier(t, &now), raw)
			if got := accepts(t, warm, raw); got != want {
				t.Errorf("%s from now: accepted is %v, without having been kept %v", now.Sub(testNow), got, want)
			}
			verdicts[want]++
		}
	}
	if verdicts[true] == 0 || verdicts[false] == 0 {
		t.Errorf("the instants do not tell: %v", verdicts)
	}
	if n := checks.Load(); int(n) != verdicts[false] {
		t.Errorf("%d checks; only the %d refusals need one", n, verdicts[false])
	}
}

// A token of a key that was withdrawn, or whose name another key got, is refused as soon as the set that says so is there.
func TestKeptTokenEndsWithItsKey(t *testing.T) {
	for name, next := range map[string][]map[string]any{
		"withdrawn":                {jwk("two", edKey(2).Public())},
		"another key of its name":  {jwk("one", edKey(3).Public()), jwk("two", edKey(2).Public())},
		"no longer for signatures": {jwk("one", edKey(1).Public(), "use", "enc"), jwk("two", edKey(2).Public())},
	} {
		t.Run(name, func(t *testing.T) {
			p := newIDP(t)
			p.publish(jwk("one", edKey(1).Public()))
			now := testNow
			v := testVerifier(t, &now, p.trusted("EdDSA"))
			one := p.token(t, "one", edKey(1))
			var id Identity
			for range 2 {
				var err error
				if id, err = v.Verify(t.Context(), one); err != nil || id.Ended(now) {
					t.Fatal("the key is refused")
				}
			}
			p.publish(next...)
			now = now.Add(unknownTime)
			if !accepts(t, v, p.token(t, "two", edKey(2))) {
				t.Fatal("the second key is refused")
			}
			if accepts(t, v, one) || !id.Ended(now) {
				t.Error("accepted without its key, or who came in before stays")
			}
		})
	}
}

// What is published anew, in another order and with other keys, ends nobody whose key is the same.
func TestKeptTokenStaysWithItsKey(t *testing.T) {
	p := newIDP(t)
	p.publish(jwk("one", edKey(1).Public()))
	now := testNow
	v := testVerifier(t, &now, p.trusted("EdDSA"))
	id, err := v.Verify(t.Context(), p.token(t, "one", edKey(1)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range byte(3) {
		p.publish(jwk("two", edKey(2+i).Public()), jwk("one", edKey(1).Public(), "x5t", fmt.Sprint(i)))
		now = now.Add(unknownTime)
		if accepts(t, v, p.token(t, "none", edKey(9))) || id.Ended(now) || !accepts(t, v, p.token(t, "one", edKey(1))) {
			t.Error("ended by a set that still has its key")
		}
	}
	if v.kept.Len() != 1 {
		t.Errorf("%d are kept", v.kept.Len())
	}
}

// Once a set without a key has been fetched, nobody is let in by that key, however many ask at the time.
func TestKeptTokensWhileKeysChange(t *testing.T) {
	p := newIDP(t)
	p.publish(jwk("one", edKey(1).Public()))
	var clock atomic.Int64
	v, err := NewVerifier(VerifierConfig{Local: testLocal(),
		Issuers: []TrustedIssuer{p.trusted("EdDSA")}, Now: func() time.Time { return testNow.Add(time.Duration(clock.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	one, two := p.token(t, "one", edKey(1)), p.token(t, "two", edKey(2))
	var withdrawn, stop atomic.Bool
	var asked, refused atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for !stop.Load() {
				late := withdrawn.Load()
				ok := accepts(t, v, one)
				if asked.Add(1); !ok {
					refused.Add(1)
				}
				if late && ok {
					t.Error("accepted after its key was withdrawn")
					return
				}
			}
		})
	}
	reached := func(n *atomic.Int64, want int64) {
		for n.Load() < want && !t.Failed() {
			time.Sleep(time.Millisecond)
		}
	}
	reached(&asked, 100)
	p.publish(jwk("two", edKey(2).Public()))
	clock.Store(int64(unknownTime))
	if !accepts(t, v, two) {
		t.Error("the second key is refused")
	}
	withdrawn.Store(true)
	reached(&refused, 100)
	stop.Store(true)
	all.Wait()
}

// Those that were not used lately make room; they are checked again when they come.
func TestKeptTokensAreBounded(t *testing.T) {
	now := testNow
	v := testVerifier(t, &now)
	v.kept.Bound = 4
	checks := counted(v)
	verify := func(subject string, want int64) {
		t.Helper()
		f := newForgery()
		f.claims["sub"] = subject
		if id, err := v.Verify(t.Context(), f.raw(t)); err != nil || id.Subject != subject || checks.Load() != want {
			t.Errorf("%s: %+v, %v after %d checks, want %d", subject, id, err, checks.Load(), want)
		}
	}
	verify("often", 1)
	for i := range int64(10) {
		verify(fmt.Sprint("once ", i), i+2)
		verify("often", i+2)
	}
	verify("once 0", 12)
	if n := v.kept.Len(); n > 4 {
		t.Errorf("%d are kept", n)
	}
}
