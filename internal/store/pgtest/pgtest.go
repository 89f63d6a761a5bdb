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
	return create(t, func() (string, error) { return template() })
}

// Empty gives the URL of a new database without tables.
func Empty(t testing.TB) string {
	t.Helper()
	return create(t, func() (string, error) { return "template1", nil })
}

var created atomic.Int64

func create(t testing.TB, from func() (string, error)) string {
	t.Helper()
	url, err := Start()
	switch {
	case errors.Is(err, ErrNotFound) && os.Getenv(required) == "":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
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

// template is a migrated database without sessions, to be copied.
var template = sync.OnceValues(func() (string, error) {
	const name = "migrated"
	if err := admin("CREATE DATABASE " + name); err != nil {
		return "", err
	}
	url, err := Start()
	if err != nil {
		return "", err
	}
	ctx := context.Background()
	s, err := store.OpenPostgres(ctx, url(name))
	if err != nil {
		return "", err
	}
	return name, errors.Join(s.Migrate(ctx), s.Close())
})

func admin(sql string) error {
	ctx := context.Background()
	url, err := Start()
	if err != nil {
		return err
	}
	c, err := pgx.Connect(ctx, url("postgres"))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, sql)
	return err
}
