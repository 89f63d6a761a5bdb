package edge

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"pmograph/graph"
	"pmograph/internal/fault"
)

const (
	maxQuery    = 256 << 10 // bytes of a GraphQL request
	requestTime = 10 * time.Second
)

// bounded caps the body of a request, and its time unless the answer is a stream.
func bounded(size int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := bodyOf(w, r, size)
		if err != nil {
			graph.Refuse(w, r, fault.New(fault.TooLarge, "the request cannot be read, or is larger than %d KiB", size>>10))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // the request has been read
		if graph.Streams(r) {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), requestTime)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// bodyOf reads a request's body, into just as much memory as the request says that it has.
func bodyOf(w http.ResponseWriter, r *http.Request, size int64) ([]byte, error) {
	limited := http.MaxBytesReader(w, r.Body, size)
	if r.ContentLength < 0 || r.ContentLength > size {
		return io.ReadAll(limited)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(limited, body)
	return body, err
}
