package edge

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"pmograph/graph"
	"pmograph/internal/access"
	"pmograph/internal/fault"
)

const (
	maxFields  = 100 // header fields of a request
	bodyTime   = 10 * time.Second
	writeTime  = 5 * time.Second
	writeChunk = 64 << 10 // bytes that a client has a write time for
)

// timed is the configuration with the times that it leaves open.
func (c Config) timed() Config {
	if c.BodyTime == 0 {
		c.BodyTime = bodyTime
	}
	if c.WriteTime == 0 {
		c.WriteTime = writeTime
	}
	return c
}

// Server wraps a handler with the bounds of a server on an open network. Answers may stream: how long a client may take for each part of
// one is bounded where it is written.
func Server(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Minute, // an upload of the largest size over a slow line
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 100, SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second, WriteByteTimeout: writeTime},
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// What every answer says of itself; pages say more. The values are shared: headers are replaced and not changed.
var (
	nosniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	sameOrigin = []string{"same-origin"}
	noContent  = []string{"default-src 'none'; frame-ancestors 'none'"}
	onlyTLS    = []string{"max-age=31536000"}
)

func secured(h http.Header, overTLS bool) {
	h["X-Content-Type-Options"], h["Referrer-Policy"] = nosniff, noReferrer
	h["Cross-Origin-Resource-Policy"], h["Content-Security-Policy"] = sameOrigin, noContent
	if overTLS {
		h["Strict-Transport-Security"] = onlyTLS
	}
}

// named gives each request an id, finds out who sent it, tells how it ended, and keeps a panic from taking the server down.
func (c Config) named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := &access.Request{ID: strings.ToLower(rand.Text()[:16])}
		if a := c.Proxies.caller(r); a.IsValid() {
			req.Address = a.String()
		}
		ctx, span := c.Observer.traced(r)
		r = r.WithContext(access.WithRequest(graph.WithRequestID(ctx, req.ID), req))
		secured(w.Header(), c.Proxies.forwarded(r))
		w.Header().Set("X-Request-Id", req.ID)
		rec := &recorder{ResponseWriter: w, control: http.NewResponseController(w), by: func() time.Time { return c.Now().Add(c.WriteTime) }, status: http.StatusOK}
		rec.leave(time.Time{}) // what the connection's last request left
		began := c.Now()
		left := c.Observer.entered()
		defer func() {
			if p := recover(); p != nil && rec.wrote {
				c.Log.Error("a request panicked", "request", req.ID, "panic", p)
			} else if p != nil {
				c.fail(rec, r, fmt.Errorf("panic: %v", p))
			}
			left()
			c.ended(r, req, rec.status, began)
			c.Observer.ended(req)
			endSpan(span, r.Method, route(r), rec.status, req)
			rec.leave(rec.by()) // for what has not been sent
		}()
		if fields(r.Header) > maxFields {
			c.fail(rec, r, fault.New(fault.TooLarge, "a request has at most %d header fields", maxFields))
			return
		}
		next.ServeHTTP(rec, r)
	})
}

func fields(h http.Header) (n int) {
	for _, values := range h {
		n += len(values)
	}
	return n
}

// route is the pattern of a request's path: what stands in its place in the path itself is the sender's word.
func route(r *http.Request) string {
	if _, path, ok := strings.Cut(r.Pattern, " "); ok {
		return path
	}
	return r.Pattern
}

// ended logs how a request ended. The record goes to the log's handler itself: a logger would look up first who calls it, which no line shows.
func (c Config) ended(r *http.Request, req *access.Request, status int, began time.Time) {
	h, now := c.Log.Handler(), c.Now()
	if !h.Enabled(r.Context(), slog.LevelInfo) {
		return
	}
	line := slog.NewRecord(now, slog.LevelInfo, "request", 0)
	line.AddAttrs(slog.String("request", req.ID), slog.String("method", access.Word(r.Method)), slog.String("path", orDash(route(r))),
		slog.Int("status", status), slog.Int64("ms", now.Sub(began).Milliseconds()),
		slog.String("operation", orDash(req.Operation)), slog.String("user", orDash(req.User)), slog.String("code", orDash(req.Code)))
	_ = h.Handle(r.Context(), line) // there is nowhere to say that the log cannot be written
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// hurried bounds how long the body of a request may take to arrive.
func (c Config) hurried(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(c.Now().Add(c.BodyTime))
		next.ServeHTTP(w, r)
	})
}

// recorder notes how a request is answered, and cuts who does not take the answer.
type recorder struct {
	http.ResponseWriter
	control *http.ResponseController
	by      func() time.Time // when what is written now is to have been taken
	status  int
	wrote   bool
	own     atomic.Bool // the handler sets deadlines of its own, or has the connection
}

// WriteHeader sends the status.
func (r *recorder) WriteHeader(status int) {
	r.status, r.wrote = status, true
	r.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body. The client has its time for each 64 KiB of it.
func (r *recorder) Write(b []byte) (n int, err error) {
	r.wrote = true
	for {
		part := b[n:min(len(b), n+writeChunk)]
		r.leave(r.by())
		m, err := r.ResponseWriter.Write(part)
		if n += m; err != nil {
			return n, err
		}
		if n == len(b) {
			r.leave(time.Time{}) // with HTTP/2 it would end the stream although nothing is being written
			return n, nil
		}
	}
}

// leave leaves a deadline for what is written from now on; the zero time is none.
func (r *recorder) leave(at time.Time) {
	if !r.own.Load() {
		_ = r.control.SetWriteDeadline(at) // what has no connection has no deadline
	}
}

// Unwrap lets the standard library reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// SetWriteDeadline is for handlers that cut their clients themselves.
func (r *recorder) SetWriteDeadline(at time.Time) error {
	r.own.Store(!at.IsZero())
	return r.control.SetWriteDeadline(at)
}

// Hijack gives the connection away.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.own.Store(true)
	r.status = http.StatusSwitchingProtocols
	return r.control.Hijack()
}

// Flush sends what was written so far.
func (r *recorder) Flush() {
	r.leave(r.by())
	_ = r.control.Flush()
	r.leave(time.Time{})
}
