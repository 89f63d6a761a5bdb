package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"pmograph/auth"
	"pmograph/internal/access"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/files"
	"pmograph/internal/journal"
)

type exportDatasetCommand struct {
	where
	output
	Names   []string `arg:"" name:"dataset" help:"Datasets; several make one workbook. pmo export datasets lists them."`
	Format  string   `help:"Format: csv, jsonl, xlsx or parquet; without it the one that FILE's name ends in, or csv." placeholder:"FORMAT"`
	Columns string   `help:"Columns, or paths to them, with commas between: Id,Project/Name; without it all." placeholder:"LIST"`
	Filter  string   `help:"Rows to write, as OData's $$filter: Currency eq 'EUR' and Actual gt 0." placeholder:"CONDITION"`
	Order   string   `help:"Order of the rows, as OData's $$orderby: Period desc." placeholder:"LIST"`
	From    string   `help:"First day." placeholder:"DAY"`
	To      string   `help:"Last day." placeholder:"DAY"`
	AsOf    string   `help:"Day of the question; without it today." placeholder:"DAY"`
	KnownAt string   `help:"The record as it stood at a number of the journal, or an instant." placeholder:"N|INSTANT"`
	Bom     bool     `help:"Begin CSV with a byte order mark, for Excel."`
	About   string   `help:"Lines about the file in CSV and lines of JSON: withheld has one at the end if values were withheld, all always has some, none never." default:"withheld" enum:"withheld,all,none"`
}

// writing is the phase of an export.
const writing journal.Phase = "WRITING"

// Run writes the file through the server that has the record open, or opens it itself.
func (c *exportDatasetCommand) Run(ctx context.Context) error {
	name, query := c.asked()
	ask, err := files.ParseAsk(name, query)
	if err != nil {
		return err
	}
	if c.Out == "" && !ask.Format.Streams() {
		return usage("a file of the format " + string(ask.Format) + " is not for the standard output; name one with --out")
	}
	client, err := c.running()
	if err != nil {
		return err
	}
	said := ""
	write := func(w io.Writer) (err error) {
		if client != nil {
			said, err = c.receive(ctx, client, name, query, w)
		} else {
			said, err = c.direct(ctx, ask, w)
		}
		return err
	}
	if c.Out == "" {
		err = write(os.Stdout)
	} else {
		err = newFile(c.Out, func(temp string) error {
			out, err := os.OpenFile(temp, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			return errors.Join(write(out), out.Close())
		})
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, said)
	if err := c.noted(ctx, access.Entry{Kind: access.Export, What: name}); err != nil {
		fmt.Fprintln(os.Stderr, "this export is not in the journal of access:", err)
	}
	return nil
}

// asked says what is asked for as an address does.
func (c *exportDatasetCommand) asked() (name string, query url.Values) {
	format := c.Format
	if format == "" {
		format = strings.TrimPrefix(filepath.Ext(c.Out), ".")
	}
	if format == "" {
		format = string(files.CSV)
	}
	query = url.Values{}
	name = c.Names[0] + "." + format
	if len(c.Names) > 1 {
		name = "pack." + format
		query.Set("datasets", strings.Join(c.Names, ","))
	}
	for option, text := range map[string]string{"columns": c.Columns, "filter": c.Filter, "order": c.Order, "from": c.From, "to": c.To, "asOf": c.AsOf, "knownAt": c.KnownAt,
		"bom": map[bool]string{true: "1"}[c.Bom], "about": map[string]string{"all": "1", "none": "0"}[c.About]} {
		if text != "" {
			query.Set(option, text)
		}
	}
	return name, query
}

func (c *exportDatasetCommand) direct(ctx context.Context, ask files.Ask, w io.Writer) (said string, err error) {
	r, err := c.open(ctx, quiet())
	if err != nil {
		return "", err
	}
	defer r.close()
	v, err := r.journal.ViewAs(ctx, auth.Machine("operator"), ask.Known)
	if err != nil {
		return "", err
	}
	p := newProgress(os.Stderr)
	defer p.end()
	view, all, err := ask.Write(w, v.Until(ctx), "operator", func(_ string, rows int64) { p.tell(writing, int(rows), 0) })
	if err != nil {
		return "", err
	}
	rows := int64(0)
	for _, x := range all {
		rows += x.Rows
	}
	return fmt.Sprintf("%d rows, true at position %s", rows, view.Position()), nil
}

// receive takes the file from the server.
func (c *exportDatasetCommand) receive(ctx context.Context, client *http.Client, name string, query url.Values, w io.Writer) (said string, err error) {
	to := url.URL{Scheme: "http", Host: "pmo", Path: files.Path + name, RawQuery: query.Encode()}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to.String(), nil)
	if err != nil {
		return "", err
	}
	res, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("the server that has %s open does not answer on %s: %w", c.Data, c.socket(), err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", refusedBy(res.Body)
	}
	p := newProgress(os.Stderr)
	defer p.end()
	if _, err := io.Copy(w, counting{res.Body, p, new(int)}); err != nil {
		return "", fmt.Errorf("the file ends early, and is not kept: %w", err)
	}
	return fmt.Sprintf("%s rows, true at position %s", res.Trailer.Get("Pmo-Rows"), res.Header.Get("Pmo-Position")), nil
}

// counting tells how many bytes were read.
type counting struct {
	io.Reader
	p *progress
	n *int
}

func (c counting) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	*c.n += n
	c.p.tell(writing, *c.n, 0)
	return n, err
}

type exportDatasetsCommand struct{}

// Run lists the datasets.
func (c *exportDatasetsCommand) Run() error {
	out := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	for _, d := range dataset.All() {
		fmt.Fprintf(out, "%s\t%s\n", d.Name, d.Description)
	}
	return out.Flush()
}
