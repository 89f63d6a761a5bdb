package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite" // registers the driver
)

// One edited value in any column of the journal is found by pmo verify; so is an edited row, a removed entry and a cut-off end.
func TestVerifyFindsEveryEdit(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{"demo", "--data", dir, "--once"},
		{"verify", "--data", dir},
	} {
		if code := run(t.Context(), args); code != 0 {
			t.Fatalf("pmo %v: %d", args, code)
		}
	}
	file := filepath.Join(dir, "pmo.db")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what, statement string) {
		t.Helper()
		for _, f := range []string{file, file + "-wal", file + "-shm"} {
			_ = os.Remove(f)
		}
		if err := os.WriteFile(file, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", "file:"+file)
		if err != nil {
			t.Fatal(err)
		}
		res, err := db.Exec(statement)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if n, _ := res.RowsAffected(); n == 0 {
			t.Fatalf("%s: nothing was edited", what)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if code := run(t.Context(), []string{"verify", "--data", dir}); code != exitRefused {
			t.Errorf("%s was not found", what)
		}
	}
	edits := map[string]string{"integer": "%[1]s + 1", "bigint": "%[1]s + 1", "blob": "CAST(X'00' || %[1]s AS BLOB)"}
	for _, table := range []string{"journal", "journal_change", "journal_private"} {
		for _, c := range columnsOf(t, file, table) {
			edit, ok := edits[c.kind]
			if !ok {
				edit = `coalesce(substr(%[1]s, 1, length(%[1]s) - 1) || CASE WHEN substr(%[1]s, -1) = '7' THEN '8' ELSE '7' END, '"x"')`
			}
			check(table+"."+c.name, fmt.Sprintf(`UPDATE %[2]s SET %[1]s = `+edit+` WHERE rowid = (SELECT max(rowid) FROM %[2]s)`, c.name, table))
			if table == "journal_change" {
				check("a pack's "+c.name, fmt.Sprintf(`UPDATE %[2]s SET %[1]s = `+edit+` WHERE rowid = (SELECT max(rowid) FROM %[2]s WHERE op = 'PACK')`, c.name, table))
			}
		}
	}
	check("a removed entry", `DELETE FROM journal WHERE seq = 2`)
	check("a removed change", `DELETE FROM journal_change WHERE rowid = (SELECT max(rowid) FROM journal_change WHERE op <> 'PACK')`)
	check("a removed pack", `DELETE FROM journal_change WHERE rowid = (SELECT max(rowid) FROM journal_change WHERE op = 'PACK')`)
	check("a packed value", `UPDATE journal_change SET columns = replace(columns, 'e', 'i') WHERE rowid = (SELECT max(rowid) FROM journal_change WHERE op = 'PACK')`)
	check("a cut-off end", `DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)`)
	check("a row", `UPDATE projects SET name = 'another' WHERE id = 5`)
	check("an amount", `UPDATE status_reports SET whole_life_cost = whole_life_cost + 1 WHERE id = 9`)
	check("a person's name", `UPDATE users SET subject = 'somebody' WHERE id = 1`)
}

type columnKind struct{ name, kind string }

func columnsOf(t *testing.T, file, table string) (list []columnKind) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT name, lower(type) FROM pragma_table_info(?)`, table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var c columnKind
		if err := rows.Scan(&c.name, &c.kind); err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	if len(list) < 5 {
		t.Fatalf("%s has %d columns", table, len(list))
	}
	return list
}
