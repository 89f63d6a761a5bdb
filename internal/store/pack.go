package store

import (
	"fmt"
	"strconv"
	"strings"

	"pmograph/internal/state"
)

// A pack is many changes of a bulk's entry in one row of journal_change: op is opPack, n is the first one's, entity is empty, id, project and
// portfolio are 0. columns has a line for each change, in order and without gaps:
//
//	entity id project portfolio op columns
//
// Writing a row takes longer than writing its text, and everybody waits for a bulk's rows. What is asked for by entity, id, op or n is never
// packed: deletions, and changes with erasable values. Whoever reads entries sees changes alone.
const opPack = "PACK"

// The most a pack holds.
const (
	packChanges = 250
	packText    = 256 << 10
)

// pack gives the rows of a piece of an entry: its changes, or packs of them.
func pack(entry []state.EntryChange) (rows []state.EntryChange) {
	var text []byte
	for len(entry) > 0 {
		n := 0
		for text = text[:0]; n < len(entry) && n < packChanges && len(text) < packText && packable(&entry[n]) && entry[n].N == entry[0].N+n; n++ {
			text = packLine(text, &entry[n])
		}
		if n > 1 {
			rows = append(rows, state.EntryChange{N: entry[0].N, Op: opPack, Columns: string(text)})
		} else {
			n = 1
			rows = append(rows, entry[0])
		}
		entry = entry[n:]
	}
	return rows
}

func packable(c *state.EntryChange) bool {
	return c.Op != state.OpDelete && len(c.Private) == 0 && len(c.Columns) < packText && strings.IndexByte(c.Columns, '\n') < 0
}

func packLine(text []byte, c *state.EntryChange) []byte {
	text = append(append(text, c.Entity...), ' ')
	for _, n := range [...]int64{c.ID, c.Project, c.Portfolio} {
		text = append(strconv.AppendInt(text, n, 10), ' ')
	}
	text = append(append(text, c.Op...), ' ')
	return append(append(text, c.Columns...), '\n')
}

// unpack hands out the changes of a row.
func unpack(row state.EntryChange, f func(state.EntryChange) error) error {
	if row.Op != opPack {
		return f(row)
	}
	if row.Entity != "" || row.ID != 0 || row.Project != 0 || row.Portfolio != 0 {
		return fmt.Errorf("the pack of change %d and those after it says more than it may", row.N)
	}
	n := row.N
	for line := range strings.Lines(row.Columns) {
		c := state.EntryChange{N: n}
		numbers := [...]*int64{&c.ID, &c.Project, &c.Portfolio}
		rest, ok := strings.CutSuffix(line, "\n")
		if ok {
			c.Entity, rest, ok = strings.Cut(rest, " ")
		}
		for _, to := range numbers {
			var number string
			if ok {
				number, rest, ok = strings.Cut(rest, " ")
			}
			if v, err := strconv.ParseInt(number, 10, 64); err == nil {
				*to = v
			} else {
				ok = false
			}
		}
		if ok {
			c.Op, c.Columns, ok = strings.Cut(rest, " ")
		}
		if !ok {
			return fmt.Errorf("change %d is not readable in its pack", n)
		}
		if err := f(c); err != nil {
			return err
		}
		n++
	}
	return nil
}
