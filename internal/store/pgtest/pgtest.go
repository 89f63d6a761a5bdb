package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"pmograph/internal/store"
)

// required names the environment variable that makes a missing PostgreSQL a failure instead of a skipped test.
const required = "PMO_REQUIRE_POSTGRES"

// Database gives the URL of a new database with the newest schema, for one test. Without PostgreSQL on the machine the test is skipped,
// unless PMO_REQUIRE_POSTGRES is set.
func Database(t testing.TB) string {
	t.Helper()
	return database(t, template)
}

// Empty gives the URL of a new database without tables.
func Empty(t testing.TB) string {
	t.Helper()
	return database(t, func() (string, error) { return "template1", nil })
}

var created atomic.Int64

func database(t testing.TB, from func() (string, error)) string {
	t.Helper()
	url, err := Start()
	need(t, err)
	parent, err := from()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d", created.Add(1))
	if err := admin("CREATE DATABASE " + name + " TEMPLATE " + parent + " STRATEGY FILE_COPY"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return url(name)
}

func need(t testing.TB, err error) {
	t.Helper()
	switch {
	case errors.Is(err, ErrNotFound) && os.Getenv(required) == "":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
}

// New starts a server for one test, with a migrated database named pmo. A durable one writes through to the disk.
func New(t testing.TB, durable bool) *Cluster {
	t.Helper()
	c, err := create(durable)
	need(t, err)
	t.Cleanup(func() {
		if err := c.remove(); err != nil {
			t.Error(err)
		}
	})
	need(t, c.Start())
	need(t, c.migrate("pmo"))
	return c
}

// migrate makes a database with the newest schema.
func (c *Cluster) migrate(name string) error {
	if err := c.admin("CREATE DATABASE " + name); err != nil {
		return err
	}
	ctx := context.Background()
	s, err := store.OpenPostgres(ctx, c.URL(name))
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(ctx), s.Close())
}

// template is a migrated database without sessions, to be copied.
var template = sync.OnceValues(func() (string, error) {
	const name = "migrated"
	c, err := shared()
	if err != nil {
		return "", err
	}
	return name, c.migrate(name)
})

func admin(sql string) error {
	c, err := shared()
	if err != nil {
		return err
	}
	return c.admin(sql)
}

func (c *Cluster) admin(sql string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}
