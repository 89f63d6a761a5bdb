package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pmograph/auth"
	"pmograph/internal/guard"
	"pmograph/internal/journal"
	"pmograph/internal/journal/faulttest"
	"pmograph/internal/state"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

// sharedBench is where the comparison lies that nobody here wrote: data, limit server and load generator.
const sharedBench = "../../../shared/bench"

// BenchmarkW6 sets a project's health over HTTP from 16 connections, beside the comparison's limit server on the same cluster and the same
// projects.
func BenchmarkW6(b *testing.B) {
	dir, err := filepath.Abs(sharedBench)
	if err == nil {
		_, err = os.Stat(dir)
	}
	if err != nil {
		if os.Getenv("PMO_REQUIRE_SHARED") != "" {
			b.Fatal(err)
		}
		b.Skip("the shared comparison is not here: ", err)
	}
	c := pgtest.New(b, true)
	seedShared(b, dir, c)
	w := where{Data: b.TempDir(), Database: c.URL("pmo")}
	fillFromShared(b, w, c.URL("bench"))
	ours := serveProcess(b, ownProgram(b), w)
	tools := b.TempDir()
	build(b, filepath.Join(dir, "load"), tools+"/load")
	build(b, filepath.Join(dir, "limit"), tools+"/limit")
	limit := startLimit(b, tools+"/limit", c.URL("bench"))
	measure := func(url, query string, header ...string) float64 {
		args := append([]string{"-url", url, "-q", query, "-c", "16", "-d", "3s"}, header...)
		cmd := exec.Command(tools+"/load", args...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		var result struct {
			RPS    float64
			Errors int
		}
		if err = errors.Join(err, json.Unmarshal(out, &result)); err != nil || result.Errors > 0 {
			b.Fatalf("%v: %s", err, out)
		}
		return result.RPS
	}
	token := "Authorization: Bearer " + newClient(b, w, vocab.RolePmo, "bench").token
	var a, l, r []float64
	b.ResetTimer()
	for range 3 {
		a = append(a, measure(ours.url+"/graphql", "testdata/W6.graphql", "-H", token))
		l = append(l, measure(limit, filepath.Join(dir, "queries/limit/W6.path")))
		r = append(r, a[len(a)-1]/l[len(l)-1])
	}
	b.ReportMetric(median(a), "ours/s")
	b.ReportMetric(median(l), "limit/s")
	b.ReportMetric(median(r), "ratio")
	b.ReportMetric(0, "ns/op")
}

// seedShared makes the comparison's database at full scale.
func seedShared(b *testing.B, dir string, c *pgtest.Cluster) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), c.URL("postgres"))
	must(b, err)
	_, err = conn.Exec(b.Context(), "CREATE DATABASE bench")
	must(b, errors.Join(err, conn.Close(b.Context())))
	for _, file := range []string{"schema.sql", "seed.sql", "indexes.sql"} {
		cmd := exec.Command("psql", "-q", "-v", "ON_ERROR_STOP=1", "-v", "scale=1", "-f", filepath.Join(dir, file), c.URL("bench"))
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%s", file, err, out)
		}
	}
}

func build(b *testing.B, dir, to string) {
	b.Helper()
	cmd := exec.Command("go", "build", "-o", to, ".")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
}

func startLimit(b *testing.B, program, database string) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	addr := l.Addr().String()
	must(b, l.Close())
	cmd := exec.Command(program, "-addr", addr, "-db", database, "-conns", "16")
	cmd.Stderr = os.Stderr
	must(b, cmd.Start())
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	faulttest.Eventually(b, 10*time.Second, "the limit server listens", func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return "http://" + addr
}

// fillFromShared brings the comparison's portfolios, persons, projects and milestones into an empty record, under the same numbers.
func fillFromShared(b *testing.B, w where, from string) {
	b.Helper()
	r, err := w.open(b.Context(), quiet())
	must(b, err)
	defer r.close()
	conn, err := pgx.Connect(b.Context(), from)
	must(b, err)
	defer conn.Close(context.WithoutCancel(b.Context()))

	type portfolio struct {
		ID     int64
		Parent *int64
		Name   string
	}
	bring(b, r.journal, conn, "SELECT id, parent_id, name FROM portfolio ORDER BY id", func(d *state.Draft, x portfolio) error {
		p := state.Portfolios.New(d)
		p.Code, p.Name, p.ParentID, p.Lifecycle = fmt.Sprint("PF-", x.ID), x.Name, x.Parent, vocab.PortfolioLifecycleActive
		return same(p.ID, x.ID, state.Portfolios.Put(d, p))
	})
	type person struct {
		ID   int64
		Name string
	}
	bring(b, r.journal, conn, "SELECT id, name FROM person ORDER BY id", func(d *state.Draft, x person) error {
		u, subject, name := state.Users.New(d), guard.NewPersonal(fmt.Sprint("person-", x.ID)), guard.NewPersonal(x.Name)
		u.Issuer, u.Subject, u.Name, u.Active = issuer, &subject, &name, true
		return same(u.ID, x.ID, state.Users.Put(d, u))
	})
	type project struct {
		ID, Portfolio, Manager, Priority int64
		Code, Name, Status               string
		Start, Finish                    time.Time
	}
	lifecycles := map[string]vocab.ProjectLifecycle{"ACTIVE": vocab.ProjectLifecycleExecuting, "PLANNED": vocab.ProjectLifecyclePlanning,
		"ON_HOLD": vocab.ProjectLifecycleOnHold, "CLOSED": vocab.ProjectLifecycleClosed}
	bring(b, r.journal, conn, "SELECT id, portfolio_id, manager_id, priority, code, name, status, start_date, finish_date FROM project ORDER BY id", func(d *state.Draft, x project) error {
		p := state.Projects.New(d)
		priority, start, finish := int(x.Priority), vocab.DateOf(x.Start), vocab.DateOf(x.Finish)
		p.PortfolioID, p.ManagerID, p.Priority, p.Code, p.Name, p.Currency = x.Portfolio, &x.Manager, &priority, x.Code, x.Name, "EUR"
		p.Lifecycle, p.PlannedStart, p.PlannedFinish = lifecycles[x.Status], &start, &finish
		return same(p.ID, x.ID, state.Projects.Put(d, p))
	})
	type milestone struct {
		ID, Project int64
		Name        string
		Forecast    time.Time
		Done        *time.Time
	}
	bring(b, r.journal, conn, "SELECT id, project_id, name, forecast, done_at FROM milestone ORDER BY id", func(d *state.Draft, x milestone) error {
		m := state.Milestones.New(d)
		forecast := vocab.DateOf(x.Forecast)
		m.ProjectID, m.Name, m.ForecastDate, m.State, m.Weight = x.Project, x.Name, &forecast, vocab.MilestoneStatePlanned, 1
		if x.Done != nil {
			done := vocab.DateOf(*x.Done)
			m.ActualDate, m.State = &done, vocab.MilestoneStateReached
		}
		return same(m.ID, x.ID, state.Milestones.Put(d, m))
	})
}

func same(have, want int64, err error) error {
	if err == nil && have != want {
		err = fmt.Errorf("got the number %d, not %d", have, want)
	}
	return err
}

// bring makes rows of what a question gives, a thousand a mutation.
func bring[T any](b *testing.B, j *journal.Journal, conn *pgx.Conn, question string, put func(*state.Draft, T) error) {
	b.Helper()
	answer, err := conn.Query(b.Context(), question)
	must(b, err)
	rows, err := pgx.CollectRows(answer, pgx.RowToStructByPos[T])
	must(b, err)
	const piece = 1000
	for ; len(rows) > 0; rows = rows[min(piece, len(rows)):] {
		_, err := j.DoAs(b.Context(), auth.Machine("bench"), state.Decision{Action: "import", Run: func(d *state.Draft) error {
			for _, x := range rows[:min(piece, len(rows))] {
				if err := put(d, x); err != nil {
					return err
				}
			}
			return nil
		}}, journal.Meta{})
		must(b, err)
	}
}
