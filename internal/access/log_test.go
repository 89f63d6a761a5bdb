package access_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/access"
	"pmograph/internal/store/memory"
)

var noon = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

// opened gives a log that writes when it is closed, or told to by many entries.
func opened(t *testing.T, db access.Store, o access.Options) *access.Log {
	o.Now = func() time.Time { return noon }
	if o.Every == 0 {
		o.Every = time.Hour
	}
	return access.Open(db, o)
}

// held gives what a store holds, having checked its chain.
func held(t *testing.T, db access.Store) []access.Entry {
	t.Helper()
	if _, _, err := access.Verify(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	all, err := db.Entries(t.Context(), 0, 1<<40, false, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What is too much is not written, and counted to the one.
func TestFlood(t *testing.T) {
	db := &memory.Access{}
	l := opened(t, db, access.Options{})
	for range 100_000 {
		l.Note(access.Entry{Kind: access.Unauthenticated, What: "token"})
	}
	for i := range 5 {
		l.Note(access.Entry{Kind: access.SignIn, Actor: fmt.Sprintf("user-%d", i)})
	}
	if s := l.Stats(); s.Waiting != 205 || s.Omitted != 99_800 {
		t.Errorf("%+v", s)
	}
	l.Close()
	count := map[access.Kind]int64{}
	omitted := map[string]int64{}
	for _, e := range held(t, db) {
		if e.Kind == access.Omitted {
			omitted[e.What] += e.Count
		} else {
			count[e.Kind] += e.Count
		}
	}
	if count[access.Unauthenticated] != 200 || count[access.SignIn] != 5 || len(omitted) != 1 || omitted["UNAUTHENTICATED"] != 99_800 {
		t.Error(count, omitted)
	}
	if s := l.Stats(); s.Waiting != 0 || s.Written != 206 || s.Failures != 0 {
		t.Errorf("%+v", s)
	}
}

// slow is a store that does not answer until it is told to.
type slow struct {
	memory.Access
	entered, may chan struct{}
}

func (s *slow) Append(ctx context.Context, link func(access.Mark) []access.Entry) error {
	s.entered <- struct{}{}
	<-s.may
	return s.Access.Append(ctx, link)
}

// Who notes something waits for no write, and what there is no room for meanwhile is counted.
func TestNobodyWaits(t *testing.T) {
	db := &slow{entered: make(chan struct{}, 100), may: make(chan struct{})}
	l := opened(t, db, access.Options{Every: time.Millisecond})
	total := int64(0)
	note := func(n int) {
		for i := range n {
			l.Note(access.Entry{Kind: access.Kinds()[1+i%9]})
			total++
		}
	}
	note(1)
	<-db.entered // the write hangs
	note(20_000)
	if s := l.Stats(); s.Waiting != 1+9*200 || s.Omitted != 20_000-9*200 {
		t.Errorf("%+v", s)
	}
	close(db.may)
	l.Close()
	sum := int64(0)
	for _, e := range held(t, db) {
		sum += e.Count
	}
	if sum != total {
		t.Errorf("%d are told of, %d happened", sum, total)
	}
}

// A write that fails is tried again; one whose answer was lost is not done twice. Nothing is lost and nothing told twice.
func TestUncertainWrites(t *testing.T) {
	for _, after := range []bool{false, true} {
		failures := 0
		var log bytes.Buffer
		db := &memory.Access{}
		db.Fail = func(is bool) error {
			if is != after || failures >= 3 {
				return nil
			}
			failures++
			return errors.New("no answer")
		}
		l := opened(t, db, access.Options{Every: time.Millisecond, Log: slog.New(slog.NewTextHandler(&log, nil))})
		for i := range 1000 {
			l.Note(access.Entry{Kind: access.SignIn, Actor: fmt.Sprint(i)})
		}
		for l.Stats().Waiting > 0 {
			time.Sleep(time.Millisecond)
		}
		for i := range 300 {
			l.Note(access.Entry{Kind: access.Forbidden, Actor: fmt.Sprint(i)})
		}
		for l.Stats().Waiting > 0 || l.Stats().Failures < 3 {
			l.Note(access.Entry{Kind: access.Started, Actor: "again"})
			time.Sleep(time.Millisecond)
		}
		l.Close()
		seen, sum := map[string]bool{}, int64(0)
		for _, e := range held(t, db) {
			key := string(e.Kind) + e.Actor
			if e.Kind != access.Omitted && e.Kind != access.Started && seen[key] {
				t.Errorf("told twice: %s", key)
			}
			if seen[key] = true; e.Kind != access.Started && e.What != string(access.Started) {
				sum += e.Count
			}
		}
		if sum != 1300 || !strings.Contains(log.String(), "cannot be written") {
			t.Errorf("after %v: %d are told of\n%s", after, sum, log.String())
		}
	}
}

// What is older than it is kept for goes, and the chain holds.
func TestRetention(t *testing.T) {
	db := &memory.Access{}
	l := opened(t, db, access.Options{})
	for i := range 10 {
		l.Note(access.Entry{Kind: access.SignIn, At: noon.AddDate(0, 0, -10+i)})
	}
	l.Close()
	var log bytes.Buffer
	opened(t, db, access.Options{Keep: 5 * 24 * time.Hour, Log: slog.New(slog.NewTextHandler(&log, nil))}).Close()
	if all := held(t, db); len(all) != 5 || all[0].N != 6 || !strings.Contains(log.String(), "entries=5") {
		t.Errorf("%v\n%s", all, log.String())
	}
}

// A token signs in once; whoever is refused is noted each time; words are harmless; a nil log takes everything.
func TestSignIns(t *testing.T) {
	db := &memory.Access{}
	l := opened(t, db, access.Options{})
	name := "stranger-1"
	watched := l.Watch(func(_ context.Context, token string) (auth.Identity, error) {
		switch token {
		case "down":
			return auth.Identity{}, errors.New("the issuer is down")
		case "":
			return auth.Identity{}, auth.ErrUnauthenticated
		}
		return auth.Identity{Issuer: "LOCAL", Subject: "somebody", TokenID: token, ValidUntil: noon}, nil
	}, func(auth.Identity) string { return name })
	ask := func(token string) string {
		r := &access.Request{ID: "r-" + token, Address: "192.0.2.1"}
		_, _ = watched(access.WithRequest(t.Context(), r), token)
		return r.User
	}
	for _, token := range []string{"1", "1", "2", "down", "", "", "1"} {
		ask(token)
	}
	name = "user-7" // he is on record from now on
	if got := ask("1"); got != "user-7" {
		t.Error(got)
	}
	l.Note(access.Entry{Kind: access.Forbidden, What: "eyJh.secret"})
	l.Close()
	var got []string
	for _, e := range held(t, db) {
		got = append(got, fmt.Sprintf("%s %s %s %s %s", e.Kind, e.Actor, e.What, e.Request, e.Address))
	}
	want := []string{"SIGN_IN stranger-1  r-1 192.0.2.1", "SIGN_IN stranger-1  r-2 192.0.2.1", "UNAUTHENTICATED  token r- 192.0.2.1",
		"UNAUTHENTICATED  token r- 192.0.2.1", "FORBIDDEN  other  "}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
	var none *access.Log
	none.Note(access.Entry{})
	none.Close()
}

func TestWord(t *testing.T) {
	for in, want := range map[string]string{"": "", "Dashboard_2": "Dashboard_2", "a b": "other", "é": "other", strings.Repeat("a", 65): strings.Repeat("a", 64)} {
		if got := access.Word(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
