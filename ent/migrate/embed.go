// Package migrate holds the versioned migrations of both databases, and what ent generates for writing new ones.
package migrate

import (
	"embed"
	"fmt"
	"io/fs"

	"ariga.io/atlas/sql/migrate"
)

//go:embed sqlite postgres
var files embed.FS

// Dir gives the migration files of a database, "sqlite" or "postgres", checked against their checksums.
func Dir(database string) (migrate.Dir, error) {
	dir := &migrate.MemDir{}
	entries, err := fs.ReadDir(files, database)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		b, err := fs.ReadFile(files, database+"/"+e.Name())
		if err != nil {
			return nil, err
		}
		if err := dir.WriteFile(e.Name(), b); err != nil {
			return nil, err
		}
	}
	if err := migrate.Validate(dir); err != nil {
		return nil, fmt.Errorf("the migration files for %s are not those of atlas.sum: %w", database, err)
	}
	return dir, nil
}
