package state

import (
	"errors"
	"fmt"
	"slices"
)

// SchemaNumber is the version of entities and entry forms this program knows. docs/adding.md says when it is raised.
const SchemaNumber = 1

// Levels are what the record asks of programs, by their schema numbers. They stand in every entry and never fall.
type Levels struct {
	Schema    int // the form of entries: a migration has brought the record there
	MinWriter int // the lowest number of a program that may write
	MinReader int // and of one that may read
}

// ErrOldReader and ErrOldWriter tell that this program is too old for what the record has become.
var (
	ErrOldReader = errors.New("this program is too old to read the record")
	ErrOldWriter = errors.New("this program is too old to write to the record")
)

// MayRead tells whether a program of a schema number may read; the error is an ErrOldReader and names the number that is needed.
func (l Levels) MayRead(number int) error {
	if number < l.MinReader {
		return fmt.Errorf("%w: it knows schema %d, schema %d is needed; run a newer version", ErrOldReader, number, l.MinReader)
	}
	return nil
}

// MayWrite tells whether a program of a schema number may write; the error is an ErrOldReader or an ErrOldWriter and names the number
// that is needed.
func (l Levels) MayWrite(number int) error {
	if err := l.MayRead(number); err != nil {
		return err
	}
	if number < l.MinWriter {
		return fmt.Errorf("%w: it knows schema %d, schema %d is needed; run a newer version", ErrOldWriter, number, l.MinWriter)
	}
	return nil
}

func (l Levels) raised(o Levels) Levels {
	return Levels{max(l.Schema, o.Schema), max(l.MinWriter, o.MinWriter), max(l.MinReader, o.MinReader)}
}

// Migration is a step of the record to a schema number: what changes in the data, as an entry, and which programs may go on.
type Migration struct {
	Schema    int                // the record's schema number afterwards
	MinWriter int                // 0 leaves it as it is
	MinReader int                // 0 leaves it as it is
	Why       string             // the entry's reason
	Run       func(*Draft) error // nil if no row changes
}

// Migrations lists the migrations in ascending order of their schema numbers.
var Migrations []Migration

// Pending gives the migrations that a record of these levels has not had.
func Pending(l Levels) []Migration {
	i := slices.IndexFunc(Migrations, func(m Migration) bool { return m.Schema > l.Schema })
	if i < 0 {
		return nil
	}
	return Migrations[i:]
}

// MigrateAction is the action of migrations' entries; their actor is Migrator.
const (
	MigrateAction = "migrate"
	Migrator      = "migration"
)

// Decision gives the migration as what the journal runs. It becomes an entry even if no row changes: see Draft.Recorded.
func (m Migration) Decision() Decision {
	return Decision{Action: MigrateAction, Input: m.Schema, Run: func(d *Draft) error {
		if d.s.Levels().Schema >= m.Schema { // another process was first
			return nil
		}
		d.migrates = true
		d.s.levels = d.s.Levels().raised(Levels{m.Schema, m.MinWriter, m.MinReader})
		if m.Run == nil {
			return nil
		}
		return m.Run(d)
	}}
}

// Levels are those of the newest entry. Before the first they are those of a record that has had every migration.
func (s *Snapshot) Levels() Levels {
	if s.levels != (Levels{}) {
		return s.levels
	}
	l := Levels{SchemaNumber, 1, 1}
	for _, m := range Migrations {
		l = l.raised(Levels{m.Schema, m.MinWriter, m.MinReader})
	}
	return l
}

// Levels are what the entry says of the record after it.
func (e *Entry) Levels() Levels { return Levels{e.Schema, e.MinWriter, e.MinReader} }

// since says with which schema number an entity ("risks") or a column ("projects.goal") came, if not with the first. A program of a lower
// number reads the record until one of them is used for the first time.
var since = map[string]int{}

// used gives the levels that the changed rows ask for.
func used(changes []*Change) (l Levels) {
	if len(since) == 0 {
		return l
	}
	for _, c := range changes {
		n := since[c.Table.Name]
		for _, i := range c.Columns {
			n = max(n, since[c.Table.Name+"."+c.Table.Columns[i].Name])
		}
		l = l.raised(Levels{0, n, n})
	}
	return l
}

// upcasts bring a change from the form of a schema number to that of the next. They rename entities and columns and rewrite values of
// columns that are not erasable; they know nothing but the change, and are asked for an entity's name alone too. They stay for good, since
// entries are never rewritten.
var upcasts = map[int]func(*EntryChange){}

// Today gives a change of the entry in the form this program knows. The entry itself keeps the form that was hashed.
func (e *Entry) Today(i int) *EntryChange { return e.Changes[i].upcast(e.Schema) }

func (c *EntryChange) upcast(schema int) *EntryChange {
	if asWritten(schema) {
		return c
	}
	own := *c
	own.Private = slices.Clone(c.Private)
	for n := schema; n < SchemaNumber; n++ {
		if up := upcasts[n]; up != nil {
			up(&own)
		}
	}
	return &own
}

// asWritten tells whether entries of a schema number are read as they were written. The digests in others are those of rows of another
// form: nothing can be compared with them.
func asWritten(schema int) bool {
	for n := schema; n < SchemaNumber; n++ {
		if upcasts[n] != nil {
			return false
		}
	}
	return true
}
