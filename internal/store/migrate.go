package store

import (
	"context"
	"fmt"

	atlas "ariga.io/atlas/sql/migrate"

	"pmograph/ent/migrate"
)

// migration is an open transaction that holds the database's lock for migrations.
type migration struct {
	query
	exec func(ctx context.Context, sql string, args ...any) error
}

const revisionTable = `CREATE TABLE IF NOT EXISTS "schema_revision" ("version" text NOT NULL, "hash" text NOT NULL, "applied_at" text NOT NULL, PRIMARY KEY ("version"))`

// files gives the migration files of a database with their checksums, in order.
func migrationFiles(database string) ([]atlas.File, atlas.HashFile, error) {
	dir, err := migrate.Dir(database)
	if err != nil {
		return nil, nil, err
	}
	files, err := dir.Files()
	if err != nil {
		return nil, nil, err
	}
	sums, err := dir.Checksum()
	return files, sums, err
}

// step applies the first file that is missing; done tells that none is. It refuses a database that has files this program does not have.
func (m migration) step(ctx context.Context, files []atlas.File, sums atlas.HashFile) (done bool, err error) {
	if err := m.exec(ctx, revisionTable); err != nil {
		return false, err
	}
	next, err := m.missing(ctx, files, sums)
	if err != nil {
		return false, err
	}
	if next == nil {
		return true, m.makeTextKey(ctx)
	}
	return false, m.apply(ctx, next, sums)
}

// missing gives the first file that was not applied, nil if none is missing.
func (q query) missing(ctx context.Context, files []atlas.File, sums atlas.HashFile) (next atlas.File, err error) {
	applied := map[string]string{}
	var version, hash string
	err = q.each(ctx, []any{&version, &hash}, func() error { applied[version] = hash; return nil }, `SELECT "version", "hash" FROM "schema_revision"`)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		have, ok := applied[f.Version()]
		delete(applied, f.Version())
		want, err := sumOf(sums, f)
		switch {
		case err != nil:
			return nil, err
		case ok && have != want:
			return nil, fmt.Errorf("migration %s was another one when it was applied to this database", f.Name())
		case ok && next != nil:
			return nil, fmt.Errorf("this database has migration %s, but not %s before it", f.Name(), next.Name())
		case !ok && next == nil:
			next = f
		}
	}
	for version := range applied {
		return nil, fmt.Errorf("the database is of a newer version: this program does not know its migration %s; run the version that does", version)
	}
	return next, nil
}

// fits refuses a database that is not of this program's version, for those who only read it and must not migrate it.
func (q query) fits(ctx context.Context, database string) error {
	files, sums, err := migrationFiles(database)
	if err != nil {
		return err
	}
	next, err := q.missing(ctx, files, sums)
	if err != nil {
		return fmt.Errorf("the database holds no record, or one of another version: %w", err)
	}
	if next != nil {
		return fmt.Errorf("the record is of an older version, without migration %s; use the program that serves it, or run pmo migrate first", next.Name())
	}
	return nil
}

func (m migration) apply(ctx context.Context, f atlas.File, sums atlas.HashFile) error {
	statements, err := f.Stmts()
	if err != nil {
		return fmt.Errorf("migration %s: %w", f.Name(), err)
	}
	for i, s := range statements {
		if err := m.exec(ctx, s); err != nil {
			return fmt.Errorf("migration %s, statement %d: %w", f.Name(), i+1, err)
		}
	}
	sum, err := sumOf(sums, f)
	if err != nil {
		return err
	}
	return m.exec(ctx, `INSERT INTO "schema_revision" ("version", "hash", "applied_at") VALUES ($1, $2, CAST(CURRENT_TIMESTAMP AS text))`, f.Version(), sum)
}

// sumOf gives the checksum of one file. It covers the file's text and the files before it.
func sumOf(sums atlas.HashFile, f atlas.File) (string, error) { return sums.SumByName(f.Name()) }
