package main

import (
	"net/http"
	"strings"
	"testing"

	"pmograph/internal/journal"
	"pmograph/internal/store/pgtest"
)

// Whoever imports follows how far it is at any server, while it runs and afterwards; nobody else does.
func TestImportProgress(t *testing.T) {
	w := where{Data: t.TempDir(), Database: pgtest.Database(t)}
	here := start(t, w)
	costWorld(t, here.r.journal, 3)
	there := start(t, w)
	finance := here.token(t, "FINANCE", "")
	id, err := here.config.Verify(t.Context(), finance)
	if err != nil {
		t.Fatal(err)
	}
	const query = `subscription { importProgress(id: "large") { id phase done total ended report { rows refused position counts { entity created } } error { code message } } }`
	job := here.r.journal.BeginJob(t.Context(), id.Principal(), "large", "READING")
	s := tail(t, there.http.URL, finance, strings.Replace(query, "large", "none", 1))
	until(t, s, "NOT_FOUND")
	stream := func(o *office, text string) func(string) {
		s := tail(t, o.http.URL, finance, query)
		until(t, s, text)
		return func(text string) { t.Helper(); until(t, s, text) }
	}
	at, same := stream(here, `"phase":"READING","done":"0","total":null,"ended":false`), stream(there, `"phase":"READING"`)
	until(t, tail(t, there.http.URL, there.token(t, "VIEWER", ""), strings.Replace(query, "large", "large ", 1)), "NOT_FOUND")
	job.Tell(journal.Copying, 5, 10)
	at(`"phase":"COPYING","done":"5","total":"10"`)
	same(`"phase":"COPYING","done":"5","total":"10"`)
	job.End(t.Context(), `{"error":{"code":"INVALID","message":"no good"}}`)
	for _, follow := range []func(string){at, same} {
		follow(`"ended":true,"report":null,"error":{"code":"INVALID","message":"no good"}`)
		follow("event: complete")
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, here.http.URL+"/import/lines/cost-entries?source=erp",
		strings.NewReader(`{"project":"project-1","category":"LAB","period":"2026-01-31","actual":"12.50"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/x-ndjson"}, "Authorization": {"Bearer " + finance}, "Idempotency-Key": {"large"}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Header.Get("Import-Id") != "large" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	stream(there, `"report":{"rows":"1","refused":"0","position":"`+here.r.journal.Latest().Position().String()+`","counts":[{"entity":"CostEntry","created":"1"}`)("event: complete")
}
