package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestHostileLoad is a step of scripts/bench-hostile.sh: for some seconds it sends attacks to a server, 200 a second by a few who hold tokens and by
// strangers, beside 50 ordinary questions a second by ten users, each at its own instant whether the others are answered or not. It prints a
// table, and fails if an ordinary question fails.
func TestHostileLoad(t *testing.T) {
	address := os.Getenv("PMO_HOSTILE_ADDR")
	if address == "" {
		t.Skip("PMO_HOSTILE_ADDR names no server to attack")
	}
	users, foes := strings.Fields(os.Getenv("PMO_HOSTILE_USERS")), append(strings.Fields(os.Getenv("PMO_HOSTILE_FOES")), "")
	length, err := time.ParseDuration(os.Getenv("PMO_HOSTILE_TIME"))
	must(t, err)
	pid := os.Getenv("PMO_HOSTILE_PID")
	queries := []string{
		`{ portfolios(first: 20) { nodes { code name rollup(asOf: "2022-03-31") { projects { total { value } byConfidence { confidence count { value } } } cost { wholeLife { value currency } } } } } }`,
		`{ projects(first: 20, filter: {confidence: [RED, AMBER_RED]}, order: {by: NAME}) { totalCount nodes { id name category confidence plannedFinish nextMilestone { name forecastDate } cost { wholeLife { value } } } } }`,
		`{ viewer { day permissions } projects(first: 5, order: {by: PRIORITY}) { nodes { id name milestones(first: 3) { nodes { name state } } } } }`,
	}
	client := &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	var mu sync.Mutex
	var took []time.Duration
	answers, wrong := map[string]int{}, []string{}
	ordinary := func(n int) {
		body, _ := json.Marshal(map[string]any{"query": queries[n%len(queries)]})
		r, err := http.NewRequest(http.MethodPost, "http://"+address+"/graphql", bytes.NewReader(body))
		must(t, err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+users[n%len(users)])
		began := time.Now()
		res, err := client.Do(r)
		var text []byte
		if err == nil {
			text, err = io.ReadAll(res.Body)
			_ = res.Body.Close()
		}
		mu.Lock()
		defer mu.Unlock()
		took = append(took, time.Since(began))
		if err != nil || res.StatusCode != http.StatusOK || bytes.Contains(text, []byte(`"errors"`)) {
			wrong = append(wrong, fmt.Sprintf("%v %.300s", err, text))
		}
	}
	list := attacks()
	hostile := func(n int) {
		status, err := list[n%len(list)].send(address, foes[n/len(list)%len(foes)])
		if err != nil {
			status = "cut"
		}
		mu.Lock()
		defer mu.Unlock()
		answers[status]++
	}
	var all sync.WaitGroup
	every := func(d time.Duration, do func(n int)) {
		began := time.Now()
		for n := 0; time.Since(began) < length; n++ {
			time.Sleep(time.Until(began.Add(time.Duration(n) * d)))
			all.Go(func() { do(n) })
		}
	}
	var both sync.WaitGroup
	both.Go(func() { every(20*time.Millisecond, ordinary) })
	both.Go(func() { every(5*time.Millisecond, hostile) })
	both.Wait()
	all.Wait()
	slices.Sort(took)
	at := func(share float64) time.Duration {
		return took[int(share*float64(len(took)-1))].Round(100 * time.Microsecond)
	}
	sent := 0
	for _, n := range answers {
		sent += n
	}
	fmt.Printf("| ordinary questions | errors | p50 | p99 | longest | attacks | peak memory |\n|---|---|---|---|---|---|---|\n| %d | %d | %s | %s | %s | %d | %s |\n\nattacks by status: %v\n",
		len(took), len(wrong), at(0.5), at(0.99), at(1), sent, peakMemory(t, pid), answers)
	for _, w := range wrong[:min(3, len(wrong))] {
		t.Error(w)
	}
}

// peakMemory is the most memory a process had.
func peakMemory(t *testing.T, pid string) string {
	text, err := os.ReadFile("/proc/" + pid + "/status")
	must(t, err)
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.Join(strings.Fields(line), " ")
}
