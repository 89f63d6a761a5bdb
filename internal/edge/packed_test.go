package edge

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

func unpacked(t *testing.T, how string, body []byte) []byte {
	t.Helper()
	var r io.Reader = bytes.NewReader(body)
	var err error
	switch how {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "zstd":
		r, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// Answers are packed as their client likes best of what there is; small ones, those without a body and those that are packed already are left alone.
func TestPacked(t *testing.T) {
	long := bytes.Repeat([]byte("figures "), 20_000)
	handler := packed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/small":
			w.Header().Set("Content-Length", "5")
			_, _ = w.Write([]byte("small"))
		case "/none":
			w.WriteHeader(http.StatusNotModified)
		case "/part":
			w.Header().Set("Content-Range", "bytes 0-9/100")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(long[:10])
		case "/refused":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write(long)
		default:
			w.Header().Set("Content-Length", strconv.Itoa(len(long)))
			for i := 0; i < len(long); i += 1000 {
				_, _ = w.Write(long[i : i+1000])
				if i == 50_000 {
					w.(http.Flusher).Flush()
				}
			}
		}
	}))
	for _, x := range []struct {
		path, accept, how string
		body              []byte
	}{
		{"/", "gzip, deflate", "gzip", long}, {"/", "gzip, zstd", "zstd", long}, {"/", "zstd;q=0, gzip;q=0.5", "gzip", long}, {"/", "br", "", long}, {"/", "", "", long}, {"/", "GZIP", "gzip", long}, {"/", "gzip;q=x", "", long},
		{"/small", "gzip", "", []byte("small")}, {"/none", "gzip", "", nil}, {"/part", "gzip", "", long[:10]}, {"/refused", "gzip", "", long},
	} {
		for range 2 { // packers are used again
			r := httptest.NewRequest(http.MethodGet, x.path, nil)
			r.Header.Set("Accept-Encoding", x.accept)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			how := w.Header().Get("Content-Encoding")
			if how != x.how || !bytes.Equal(unpacked(t, how, w.Body.Bytes()), x.body) || how != "" && (w.Header().Get("Content-Length") != "" || w.Body.Len() > len(long)/10) {
				t.Errorf("%s %q: %q, %d bytes", x.path, x.accept, how, w.Body.Len())
			}
		}
	}
}

// An answer that is broken off is not taken for a whole one, however it is packed.
func TestBrokenOff(t *testing.T) {
	noise := make([]byte, 300<<10)
	_, _ = rand.Read(noise)
	srv := httptest.NewServer(packed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(noise)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0))
	})))
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	for _, how := range []string{"", "gzip", "zstd"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", how)
		res, err := client.Do(req)
		if err != nil {
			continue // not even a part came
		}
		n, err := io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if err == nil {
			t.Errorf("%q: %d bytes pass for the whole", how, n)
		}
	}
}
