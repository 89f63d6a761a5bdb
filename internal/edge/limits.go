package edge

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"time"

	"pmograph/graph"
	"pmograph/internal/access"
	"pmograph/internal/budget"
	"pmograph/internal/fault"
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
		Strangers:   &budget.Gate[netip.Prefix]{Slots: 64, Queue: 128},
		Known:       &budget.Gate[graph.Principal]{Slots: 512, Queue: 128},
		Failures:    &budget.Buckets[netip.Prefix]{Max: 10_000, Now: now},
		FailureRate: budget.Rate{Bucket: 100, Refill: 10},
	}
}

// plain refuses bodies that are packed: what they unpack to has no bound.
func (c Config) plain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if how := r.Header.Get("Content-Encoding"); how != "" && how != "identity" {
			w.Header().Set("Accept-Encoding", "identity")
			writeText(w, http.StatusUnsupportedMediaType, "files are sent as they are, without a Content-Encoding")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// capped caps the body of a request, before anybody asks who sent it.
func (c Config) capped(size int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > size {
			c.tooLarge(w, r, size)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, size)
		next.ServeHTTP(w, r)
	})
}

func (c Config) tooLarge(w http.ResponseWriter, r *http.Request, size int64) {
	w.Header().Set("Connection", "close") // nobody reads the rest
	c.fail(w, r, fault.New(fault.TooLarge, "the request is larger than %d KiB", size>>10))
}

// strangers lets through who needs not say who he is, as many at a time as there are places.
func (c Config) strangers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leave, err := c.Limits.Strangers.Enter(r.Context(), origin(r))
		if err != nil {
			c.fail(w, r, busy(err))
			return
		}
		defer leave()
		ctx, cancel := context.WithTimeout(r.Context(), c.Limits.Time)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// rationed takes from a caller who has been recognised what a request costs at the least.
func (c Config) rationed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := graph.Identity(r.Context())
		if err := c.Budgets.Enter(id); err != nil {
			c.fail(w, r, err)
			return
		}
		if graph.Streams(r) { // which are counted as lines
			next.ServeHTTP(w, r)
			return
		}
		leave, err := c.Limits.Known.Enter(r.Context(), graph.PrincipalOf(id))
		if err != nil {
			c.fail(w, r, busy(err))
			return
		}
		defer leave()
		next.ServeHTTP(w, r)
	})
}

// busy is why there is no place for a request.
func busy(err error) error {
	if !errors.Is(err, budget.ErrBusy) {
		return fault.Wrap(fault.Unavailable, err, "the request was given up")
	}
	f := fault.New(fault.Overloaded, "too much is being answered already; ask again in a second")
	f.Wait = time.Second
	return f
}

// failed notes that an address sent somebody who was not recognised, and gives the error for it: one that tells to stay away if it did so too
// often. Whoever is recognised is not concerned, since many may share an address.
func (l Limits) failed(from netip.Prefix, err error) error {
	if l.Failures == nil {
		return err
	}
	x := l.Failures.Spend(from, 1, func() budget.Rate { return l.FailureRate })
	if x.Wait == 0 {
		return err
	}
	f := fault.New(fault.RateLimited, "this address was refused too often")
	f.Wait = max(time.Second, x.Wait)
	return f
}

// origin is where a request comes from: an address of IPv4, or the network of one of IPv6, of which one machine has many.
func origin(r *http.Request) netip.Prefix {
	at, err := netip.ParseAddr(access.Of(r.Context()).Address)
	if err != nil {
		return netip.Prefix{}
	}
	bits := 64
	if at.Is4() {
		bits = 32
	}
	p, _ := at.Prefix(bits) // it has as many
	return p
}

// bounded reads the body of a request, and bounds its time unless the answer is a stream.
func (c Config) bounded(next http.Handler) http.Handler {
	return c.received(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if graph.Streams(r) {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), c.Limits.Time)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	}))
}

// received reads the body of a request.
func (c Config) received(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := bodyOf(r, c.Limits.Query)
		if errors.As(err, new(*http.MaxBytesError)) {
			c.tooLarge(w, r, c.Limits.Query)
			return
		}
		if err != nil {
			c.fail(w, r, fault.New(fault.TooLarge, "the request cannot be read, or is larger than %d KiB", c.Limits.Query>>10))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // the request has been read
		next.ServeHTTP(w, r)
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
