package edge

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// packer packs an answer.
type packer interface {
	io.WriteCloser
	Reset(io.Writer)
	Flush() error
}

// packers are the ways to pack, those first that are preferred. Each is used again.
var packers = []struct {
	name string
	pool *sync.Pool
}{
	{"zstd", &sync.Pool{New: func() any {
		p, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20)) // its options are good
		return p
	}}},
	{"gzip", &sync.Pool{New: func() any {
		p, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // there is this level
		return p
	}}},
}

// leastPacked is how long an answer is at least that is packed, if it says so beforehand.
const leastPacked = 1 << 10

// packed packs answers as their clients accept. Handlers say by what answers differ.
func packed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, p := range packers {
			if !acceptsEncoding(r.Header.Values("Accept-Encoding"), p.name) || r.Method == http.MethodHead {
				continue
			}
			pw := &packedWriter{ResponseWriter: w, how: p.name, pool: p.pool}
			defer pw.end()
			next.ServeHTTP(pw, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// acceptsEncoding tells whether a client that sends these lines accepts an encoding.
func acceptsEncoding(lines []string, name string) bool {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			coding, rest, _ := strings.Cut(part, ";")
			if !strings.EqualFold(strings.TrimSpace(coding), name) {
				continue
			}
			weight, ok := strings.CutPrefix(strings.TrimSpace(strings.ToLower(rest)), "q=")
			q, err := strconv.ParseFloat(weight, 64)
			return !ok || err == nil && q > 0
		}
	}
	return false
}

// packedWriter packs what is written to it, unless the answer's head says that it is not to be.
type packedWriter struct {
	http.ResponseWriter
	how   string
	pool  *sync.Pool
	out   packer // nil: nothing is packed
	began bool
}

// WriteHeader sends the head, and begins to pack.
func (w *packedWriter) WriteHeader(status int) {
	if w.began {
		return
	}
	w.began = true
	h := w.Header()
	size, err := strconv.Atoi(h.Get("Content-Length"))
	small := err == nil && size < leastPacked
	if status == http.StatusOK && !small && h.Get("Content-Encoding") == "" && h.Get("Content-Range") == "" {
		h.Set("Content-Encoding", w.how)
		h.Del("Content-Length")
		w.out = w.pool.Get().(packer)
		w.out.Reset(w.ResponseWriter)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write packs a part of the body.
func (w *packedWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.out == nil {
		return w.ResponseWriter.Write(b)
	}
	return w.out.Write(b)
}

// Flush sends what was written so far.
func (w *packedWriter) Flush() {
	w.WriteHeader(http.StatusOK)
	if w.out != nil {
		_ = w.out.Flush() // nobody is left to tell
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets the standard library reach the connection.
func (w *packedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// end sends the last part. Of an answer that was broken off the connection takes none.
func (w *packedWriter) end() {
	if w.out != nil {
		_ = w.out.Close() // nobody is left to tell
		w.out.Reset(nil)
		w.pool.Put(w.out)
	}
}
