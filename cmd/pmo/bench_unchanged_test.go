package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestUnchanged is a step of scripts/bench-answers.sh: it asks a server again and again for what has not changed, and prints what that takes
// in the form of the comparison's generator, which cannot read an answer without a body.
func TestUnchanged(t *testing.T) {
	address, token, pid := os.Getenv("PMO_PEERS_UNCHANGED"), os.Getenv("PMO_PEERS_TOKEN"), os.Getenv("PMO_PEERS_PID")
	if address == "" {
		t.Skip("PMO_PEERS_UNCHANGED names no address to ask")
	}
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	ask := func(has string) (status int, tag string) {
		r, err := http.NewRequest(http.MethodGet, address, nil)
		must(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		if has != "" {
			r.Header.Set("If-None-Match", has)
		}
		res, err := client.Do(r)
		must(t, err)
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		return res.StatusCode, res.Header.Get("ETag")
	}
	_, tag := ask("")
	if tag == "" {
		t.Fatal("the answer has no tag")
	}
	var asked, wrong atomic.Int64
	var stop atomic.Bool
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for !stop.Load() {
				if status, _ := ask(tag); status != http.StatusNotModified {
					wrong.Add(1)
				}
				asked.Add(1)
			}
		})
	}
	time.Sleep(time.Second)
	before, taken, began := asked.Load(), ticks(t, pid), time.Now()
	time.Sleep(4 * time.Second)
	units, taken, secs := asked.Load()-before, ticks(t, pid)-taken, time.Since(began).Seconds()
	stop.Store(true)
	all.Wait()
	line, err := json.Marshal(map[string]any{"name": "unchanged", "w": "W1", "c": 16, "units": units, "secs": secs, "rps": float64(units) / secs, "errors": wrong.Load(), "cpu_srv": taken.Seconds() / secs})
	must(t, err)
	fmt.Println(string(line))
}

// ticks is the processor time of a process.
func ticks(t *testing.T, pid string) time.Duration {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	must(t, err)
	_, rest, _ := strings.Cut(string(text), ") ")
	var user, system int64
	f := strings.Fields(rest)
	_, err = fmt.Sscan(f[11]+" "+f[12], &user, &system)
	must(t, err)
	return time.Duration(user+system) * time.Second / 100
}
