package odata

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pmograph/internal/fault"
)

// chunk is how much of an answer is kept before it goes out: what fails before is told as an error.
const chunk = 64 << 10

// stream is an answer on its way. What of it has gone out cannot be taken back.
type stream struct {
	w     http.ResponseWriter
	clock *clock
	buf   []byte
	sent  bool
}

// clock ends an answer that takes too long to make. While a part is being sent it stands still: how long a client may take for that is bounded where it is
// written.
type clock struct {
	timer *time.Timer
	left  time.Duration
	now   func() time.Time
	since time.Time
	held  bool
}

// started starts a clock that ends the context after a time.
func started(ctx context.Context, now func() time.Time, left time.Duration) (_ context.Context, c *clock, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	c = &clock{left: left, now: now, since: now()}
	c.timer = time.AfterFunc(left, func() { cancel(context.DeadlineExceeded) })
	return ctx, c, func() { c.timer.Stop(); cancel(nil) }
}

// outside does something that is not counted.
func (c *clock) outside(do func() error) error {
	if c.held || !c.timer.Stop() {
		return do()
	}
	c.held = true
	c.left -= c.now().Sub(c.since)
	defer func() {
		c.held, c.since = false, c.now()
		c.timer.Reset(c.left)
	}()
	return do()
}

func (s *stream) begun() bool { return s != nil && s.sent }

// write adds a part. The buffer grows to a chunk and is used again.
func (s *stream) write(b []byte) error {
	s.buf = append(s.buf, b...)
	return s.flush(chunk)
}

// flush sends what there is, if it is as much as that, but for the last byte: what comes next depends on it.
func (s *stream) flush(least int) error {
	if len(s.buf) < least {
		return nil
	}
	return s.send(len(s.buf) - 1)
}

// send sends so many bytes of what there is.
func (s *stream) send(n int) error {
	if s.sent = true; n == 0 {
		return nil
	}
	err := s.clock.outside(func() error {
		_, err := s.w.Write(s.buf[:n])
		return err
	})
	s.buf = append(s.buf[:0], s.buf[n:]...)
	return err
}

// finish sends the rest.
func (s *stream) finish() error { return s.send(len(s.buf)) }

// breakOff ends the connection of an answer that went wrong after a part was sent, so that nobody takes it for the whole.
func (s *stream) breakOff() { _ = http.NewResponseController(s.w).SetWriteDeadline(time.Unix(1, 0)) }

// body reads what a request carries: small texts of some media types.
func (c *call) body(types ...string) ([]byte, error) {
	media, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";")
	media = strings.ToLower(strings.TrimSpace(media))
	known := false
	for _, t := range types {
		known = known || t == media
	}
	switch how := c.r.Header.Get("Content-Encoding"); {
	case how != "" && how != "identity":
		c.w.Header().Set("Accept-Encoding", "identity")
		return nil, refused(http.StatusUnsupportedMediaType, "CONTENT_ENCODING", fault.BadRequest, "the body is sent as it is, without a Content-Encoding")
	case !known:
		c.w.Header().Set("Accept-Post", strings.Join(types, ", "))
		return nil, refused(http.StatusUnsupportedMediaType, "CONTENT_TYPE", fault.BadRequest, "the body is sent as %s", strings.Join(types, " or "))
	}
	b, err := io.ReadAll(io.LimitReader(c.r.Body, maxBody+1))
	if err != nil || len(b) > maxBody {
		return nil, fault.New(fault.TooLarge, "the body cannot be read, or is larger than %d KiB", maxBody>>10)
	}
	return b, nil
}

func unescaped(s string) string {
	plain, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return plain
}

// tagged gives the answer its entity tag, and answers that nothing has changed if the caller has that one. An answer follows from the address, its form, the
// record, the rights it is seen by, the day, and whose saved queries are sets.
func (c *call) tagged() (unchanged bool) {
	tag := c.tag()
	h := c.w.Header()
	h.Set("ETag", tag)
	if !matches(c.r.Header.Values("If-None-Match"), tag) || c.r.Method == http.MethodPost {
		return false
	}
	c.headers("")
	h.Del("Content-Type")
	c.w.WriteHeader(http.StatusNotModified)
	return true
}

func (c *call) tag() string {
	h := sha256.New()
	for _, part := range []string{c.Build, c.Caller(c.r.Context()), c.root(), c.r.URL.EscapedPath(), c.query, c.form.key(), c.view.Position().String(), c.view.Rights().Canonical(), c.view.Day().String()} {
		size := len(part)
		h.Write([]byte{byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)})
		h.Write([]byte(part))
	}
	return `W/"` + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16]) + `"`
}

// matches tells whether an If-None-Match names a tag.
func matches(lines []string, tag string) bool {
	for _, line := range lines {
		for one := range strings.SplitSeq(line, ",") {
			if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
	}
	return false
}
