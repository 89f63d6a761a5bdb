package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
)

// Changes project 1 at each request, for a load generator that knows no GraphQL: PMO_LIVE_SHIM is the address to listen on.
func TestLiveShim(t *testing.T) {
	address := os.Getenv("PMO_LIVE_SHIM")
	if address == "" {
		t.Skip("PMO_LIVE_SHIM is not set")
	}
	var n atomic.Int64
	words := []string{"GREEN", "AMBER", "RED"}
	t.Fatal(http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := fmt.Sprintf(`{"query": "mutation { projectHealthDeclare(input: {id: \"project-1\", health: %s}) { number errors { message } } }"}`, words[n.Add(1)%3])
		ask, err := http.NewRequestWithContext(r.Context(), http.MethodPost, os.Getenv("PMO_PEERS_OURS"), bytes.NewReader([]byte(body)))
		if err != nil {
			panic(err)
		}
		ask.Header.Set("Authorization", "Bearer "+os.Getenv("PMO_PEERS_TOKEN"))
		ask.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(ask)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		answer, _ := io.ReadAll(res.Body)
		if res.StatusCode != http.StatusOK || !bytes.Contains(answer, []byte(`"errors":[]`)) {
			http.Error(w, string(answer), http.StatusBadGateway)
			return
		}
		_, _ = w.Write(answer)
	})))
}
