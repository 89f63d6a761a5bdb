package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"pmograph/internal/access"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
)

type exportCommand struct {
	Dataset  exportDatasetCommand  `cmd:"" help:"Write datasets as CSV, lines of JSON, a workbook of Excel, or Parquet."`
	Datasets exportDatasetsCommand `cmd:"" help:"List the datasets."`
	Journal  exportJournalCommand  `cmd:"" help:"Write the journal as lines of JSON, one entry each."`
	Erasures exportErasuresCommand `cmd:"" help:"Write the list of erased rows, which pmo restore takes."`
	Access   exportAccessCommand   `cmd:"" help:"Write the journal of access as lines of JSON, one entry each."`
}

// output says where an export goes.
type output struct {
	Out string `help:"File to write, which must not be there; without it the standard output." type:"path" placeholder:"FILE"`
}

type exportJournalCommand struct {
	where
	output
	After int64 `help:"Only entries beyond this number." default:"0" placeholder:"N"`
}

// Run writes the journal as it stood when it began; it may run while a server serves it. What was erased is not in it.
func (c *exportJournalCommand) Run(ctx context.Context) error {
	return c.write(ctx, c.where, "journal", func(w io.Writer, db store.Store) (string, error) {
		head, _, err := db.Head(ctx, 0)
		if err != nil {
			return "", err
		}
		n := 0
		for after := c.After; after < head.Seq; {
			most, err := journal.Page(ctx, db, after, head.Seq, false, exportPage)
			if err != nil {
				return "", err
			}
			page, err := db.Entries(ctx, after, head.Seq, false, most)
			if err != nil {
				return "", err
			}
			if len(page) == 0 {
				return "", fmt.Errorf("journal entry %d is missing", after+1)
			}
			for i := range page {
				if err := state.WriteEntry(w, &page[i]); err != nil {
					return "", err
				}
			}
			n, after = n+len(page), page[len(page)-1].Seq
		}
		return fmt.Sprintf("%d entries, up to position %s", n, head), nil
	})
}

// exportPage is the largest number of entries read at once.
const exportPage = 500

type exportErasuresCommand struct {
	where
	output
}

// erasure is a line of the list of erased rows.
type erasure struct {
	Entity string `json:"entity"`
	ID     int64  `json:"id"`
	Entry  int64  `json:"entry"` // that erased it
}

// Run writes the list.
func (c *exportErasuresCommand) Run(ctx context.Context) error {
	return c.write(ctx, c.where, "erasures", func(w io.Writer, db store.Store) (string, error) {
		list, err := db.Erased(ctx)
		if err != nil {
			return "", err
		}
		enc := json.NewEncoder(w)
		for _, e := range list {
			if err := enc.Encode(erasure{e.Entity, e.ID, e.Seq}); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%d erased rows", len(list)), nil
	})
}

// readErasures reads what the command above wrote.
func readErasures(path string) (list []store.Erasure, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	for {
		var e erasure
		switch err := dec.Decode(&e); {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, fmt.Errorf("%s: erased row %d is not readable: %w", path, len(list)+1, err)
		}
		if _, ok := state.TableNamed(e.Entity); !ok {
			return nil, fmt.Errorf("%s: erased row %d is of an unknown entity %q", path, len(list)+1, e.Entity)
		}
		list = append(list, store.Erasure{Entity: e.Entity, ID: e.ID, Seq: e.Entry})
	}
}

type exportAccessCommand struct {
	where
	output
	After int64 `help:"Only entries beyond this number." default:"0" placeholder:"N"`
}

// accessLine is a line of the journal of access.
type accessLine struct {
	N       int64     `json:"n"`
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Actor   string    `json:"actor,omitempty"`
	Address string    `json:"address,omitempty"`
	What    string    `json:"what,omitempty"`
	Request string    `json:"request,omitempty"`
	Entry   int64     `json:"entry,omitempty"` // in the journal of the record
	Count   int64     `json:"count"`
	Hash    string    `json:"hash"`
}

// Run writes the journal of access as it stood when it began.
func (c *exportAccessCommand) Run(ctx context.Context) error {
	return c.write(ctx, c.where, "access", func(w io.Writer, _ store.Store) (string, error) {
		db, err := c.accessReader(ctx)
		if err != nil || db == nil {
			return "there is no journal of access yet", err
		}
		defer db.Close()
		_, head, err := db.Ends(ctx)
		enc, n := json.NewEncoder(w), 0
		for after := c.After; err == nil && after < head.N; {
			var page []access.Entry
			if page, err = db.Entries(ctx, after, head.N, false, exportPage); len(page) == 0 {
				break
			}
			for _, e := range page {
				err = errors.Join(err, enc.Encode(accessLine{e.N, e.At, string(e.Kind), e.Actor, e.Address, e.What, e.Request, e.Seq, e.Count, hex.EncodeToString(e.Hash[:])}))
			}
			n, after = n+len(page), page[len(page)-1].N
		}
		return fmt.Sprintf("%d entries of the journal of access, up to %d-%x", n, head.N, head.Hash[:8]), err
	})
}

// write opens the record to read it, has it written out, and tells on the standard error, and in the journal of access, what was.
func (o output) write(ctx context.Context, w where, what string, f func(io.Writer, store.Store) (said string, err error)) error {
	db, err := w.reader(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	var said string
	if o.Out == "" {
		said, err = buffered(os.Stdout, db, f)
	} else {
		err = newFile(o.Out, func(temp string) error {
			out, err := os.OpenFile(temp, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			said, err = buffered(out, db, f)
			return errors.Join(err, out.Close())
		})
	}
	if err == nil {
		fmt.Fprintln(os.Stderr, said)
		if err := w.noted(ctx, access.Entry{Kind: access.Export, What: what}); err != nil {
			fmt.Fprintln(os.Stderr, "this export is not in the journal of access:", err)
		}
	}
	return err
}

func buffered(out io.Writer, db store.Store, f func(io.Writer, store.Store) (string, error)) (string, error) {
	b := bufio.NewWriterSize(out, 1<<20)
	said, err := f(b, db)
	return said, errors.Join(err, b.Flush())
}
