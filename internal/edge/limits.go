package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"pmograph/graph"
	"pmograph/internal/budget"
)

// Limits bound requests before anything reads them.
type Limits struct {
	Query  int64         // bytes of a GraphQL request
	Upload int64         // bytes of an import
	Time   time.Duration // of a question or mutation

	// Strangers are the requests of those nobody has recognised yet that are looked at, at a time, by address; Known are all others.
	Strangers *budget.Gate[netip.Prefix]
	Known     *budget.Gate[graph.Principal]
	// Failures is how often an address may be refused as not recognised: a point each.
	Failures    *budget.Buckets[netip.Prefix]
	FailureRate budget.Rate
}

// DefaultLimits are what a server on an open network keeps to. now is the clock.
func DefaultLimits(now func() time.Time) Limits {
	return Limits{
		Query: 256 << 10, Upload: 50 << 20, Time: 10 * time.Second,
		Strangers:   &budget.Gate[netip.Prefix]{Slots: 32, Queue: 64},
		Known:       &budget.Gate[graph.Principal]{Slots: 256, Queue: 64},
		Failures:    &budget.Buckets[netip.Prefix]{Max: 10_000, Now: now},
		FailureRate: budget.Rate{Bucket: 50, Refill: 5},
	}
}

// encoded refuses bodies that are packed: what they unpack to has no bound.
func encoded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if how := r.Header.Get("Content-Encoding"); how != "" && how != "identity" {
			w.Header().Set("Accept-Encoding", "identity")
			writeText(w, http.StatusUnsupportedMediaType, "bodies are taken as they are, without Content-Encoding")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// capped caps the body of a request, before anybody asks who sent it.
func capped(size int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > size {
			tooLarge(w, size)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, size)
		next.ServeHTTP(w, r)
	})
}

func tooLarge(w http.ResponseWriter, size int64) {
	w.Header().Set("Connection", "close") // nobody reads the rest
	writeText(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is larger than %d KiB", size>>10))
}

// rationed takes from a caller who has been recognised what a request costs at the least.
func (c Config) rationed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := graph.Identity(r.Context())
		if wait := c.Budgets.Enter(id); wait > 0 {
			refuse(w, http.StatusTooManyRequests, "RATE_LIMITED", wait, "you have spent what you may ask for now")
			return
		}
		leave, err := c.Limits.Known.Enter(r.Context(), graph.PrincipalOf(id))
		if err != nil {
			busy(w, err)
			return
		}
		defer leave()
		next.ServeHTTP(w, r)
	})
}

func busy(w http.ResponseWriter, err error) {
	if errors.Is(err, budget.ErrBusy) {
		refuse(w, http.StatusServiceUnavailable, "OVERLOADED", time.Second, "too much is being answered already; ask again in a second")
	}
}

// refuse tells a caller to stay away for some time, in the form that GraphQL's clients read.
func refuse(w http.ResponseWriter, status int, code string, wait time.Duration, text string) {
	seconds := int((wait + time.Second - 1) / time.Second)
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	writeJSON(w, status, map[string]any{"errors": []any{map[string]any{"message": text, "extensions": map[string]any{
		"code": code, "retryAfter": seconds, "requestId": w.Header().Get("X-Request-Id")}}}})
}

// recognising bounds how many strangers are looked at, and refuses addresses that have failed too often. failed notes that one did.
func (c Config) recognising(w http.ResponseWriter, r *http.Request) (leave func(), failed func(), ok bool) {
	from := origin(r)
	rate := func() budget.Rate { return c.Limits.FailureRate }
	if b := c.Limits.Failures; b != nil {
		if x := b.Spend(from, 1, rate); x.Wait > 0 {
			refuse(w, http.StatusTooManyRequests, "RATE_LIMITED", x.Wait, "this address was refused too often")
			return nil, nil, false
		}
		b.Return(from, 1, rate)
	}
	leave, err := c.Limits.Strangers.Enter(r.Context(), from)
	if err != nil {
		busy(w, err)
		return nil, nil, false
	}
	return leave, func() {
		if c.Limits.Failures != nil {
			c.Limits.Failures.Spend(from, 1, rate)
		}
	}, true
}

// origin is where a request comes from: an address of IPv4, or the network of one of IPv6, of which one machine has many.
func origin(r *http.Request) netip.Prefix {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	at, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	at = at.Unmap()
	p, _ := at.WithZone("").Prefix(map[bool]int{true: 32, false: 64}[at.Is4()])
	return p
}

// bounded reads the body of a request, and bounds its time unless the answer is a stream.
func (c Config) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := bodyOf(r, c.Limits.Query)
		if errors.As(err, new(*http.MaxBytesError)) {
			tooLarge(w, c.Limits.Query)
			return
		}
		if err != nil {
			writeText(w, http.StatusBadRequest, "the request cannot be read")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if graph.Streams(r) {
			_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // the request has been read
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), c.Limits.Time)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// bodyOf reads a request's body, into just as much memory as the request says that it has.
func bodyOf(r *http.Request, size int64) ([]byte, error) {
	if r.ContentLength < 0 || r.ContentLength > size {
		return io.ReadAll(r.Body)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}
