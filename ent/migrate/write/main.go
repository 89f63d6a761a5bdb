// Command write adds a migration for what the entities now declare and the migration files do not have yet:
//
//	go run ./ent/migrate/write NAME
//
// It writes one numbered file for SQLite and one for PostgreSQL and renews atlas.sum in both directories. With -sum it renews the sums
// only, after a file was edited by hand before its release. It needs PostgreSQL on the machine and a checkout as working directory.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"pmograph/ent/migrate"
	"pmograph/internal/store/pgtest"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: write NAME | write -sum")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "write:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, name string) error {
	if name == "-sum" {
		return errors.Join(sum("ent/migrate/sqlite"), sum("ent/migrate/postgres"))
	}
	if !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(name) {
		return fmt.Errorf("the name %q is not in lower_case", name)
	}
	lite, err := sql.Open("sqlite", "file:dev?mode=memory&cache=shared&_pragma=foreign_keys(1)")
	if err != nil {
		return err
	}
	defer lite.Close()
	if err := write(ctx, dialect.SQLite, lite, "ent/migrate/sqlite", name); err != nil {
		return err
	}
	url, err := pgtest.Start()
	if err != nil {
		return err
	}
	pg, err := sql.Open("pgx", url("postgres"))
	if err != nil {
		return err
	}
	defer pg.Close()
	return write(ctx, dialect.Postgres, pg, "ent/migrate/postgres", name)
}

// write replays the files on an empty database and writes what is missing.
func write(ctx context.Context, database string, dev *sql.DB, path, name string) error {
	dir, err := atlas.NewLocalDir(path)
	if err != nil {
		return err
	}
	m, err := schema.NewMigrate(entsql.OpenDB(database, dev), schema.WithDir(dir), schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDialect(database), schema.WithFormatter(formatter{database, dir}), schema.WithErrNoPlan(true), schema.WithDropColumn(true), schema.WithDropIndex(true))
	if err != nil {
		return err
	}
	err = m.NamedDiff(ctx, name, tables()...)
	if errors.Is(err, atlas.ErrNoPlan) {
		fmt.Println(path + ": nothing is missing")
		return nil
	}
	return err
}

// tables gives the entities' tables as they are to be: the program itself gives the numbers of rows, and a reference from a table to
// itself (which ent, seeing one side of it only, takes for one to one) may be shared by many rows.
func tables() []*schema.Table {
	for _, t := range migrate.Tables {
		for _, c := range t.Columns {
			c.Increment = false
		}
		for _, fk := range t.ForeignKeys {
			if fk.RefTable == t {
				fk.Columns[0].Unique = false
			}
		}
	}
	return migrate.Tables
}

// formatter numbers files and makes references wait for the end of the transaction.
type formatter struct {
	database string
	dir      atlas.Dir
}

func (f formatter) Format(p *atlas.Plan) ([]atlas.File, error) {
	have, err := f.dir.Files()
	if err != nil {
		return nil, err
	}
	files, err := atlas.DefaultFormatter.Format(p)
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("%d files instead of one: %w", len(files), err)
	}
	text := string(files[0].Bytes())
	if f.database == dialect.Postgres { // SQLite is told in each transaction
		text = strings.ReplaceAll(text, "ON DELETE NO ACTION", "ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED")
	}
	name := fmt.Sprintf("%04d_%s.sql", len(have)+1, p.Name)
	if slices.ContainsFunc(have, func(o atlas.File) bool { return o.Name() == name }) {
		return nil, fmt.Errorf("%s exists", name)
	}
	fmt.Println("writing", name)
	return []atlas.File{atlas.NewLocalFile(name, []byte(text))}, nil
}

// sum renews a directory's checksums.
func sum(path string) error {
	dir, err := atlas.NewLocalDir(path)
	if err != nil {
		return err
	}
	s, err := dir.Checksum()
	if err != nil {
		return err
	}
	return atlas.WriteSumFile(dir, s)
}
