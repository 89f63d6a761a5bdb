package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"pmograph/internal/edge"
	"pmograph/internal/exchange/tabular"
)

type importCommand struct {
	CSV   importCSVCommand   `cmd:"" name:"csv" help:"Import CSV files by a mapping, all or nothing."`
	JSONL importJSONLCommand `cmd:"" name:"jsonl" help:"Record facts from lines of JSON, one object a line, all or nothing."`
}

// importOptions are what every import takes.
type importOptions struct {
	where
	DryRun bool     `help:"Show what would change; change nothing."`
	JSON   bool     `help:"Print the report as JSON."`
	Key    string   `help:"Idempotency key: an import that was done under it is not done again." placeholder:"KEY"`
	Files  []string `arg:"" name:"file" help:"Files, or directories of them." type:"path"`
}

type importCSVCommand struct {
	importOptions
	Map string `help:"Mapping: the name of one that is built in (${maps}), or a YAML file." required:"" placeholder:"FILE|NAME"`
}

// Run imports by a mapping.
func (c *importCSVCommand) Run(ctx context.Context) error {
	m, own, err := c.mapping()
	if err != nil {
		return err
	}
	name := c.Map
	if own != nil {
		name = "-"
	}
	return c.run(ctx, ".csv", name, nil, own, func(do edge.Do, files []tabular.File, o edge.ImportOptions) (*edge.ImportReport, error) {
		return edge.Import(ctx, do, m, files, o)
	})
}

type importJSONLCommand struct {
	importOptions
	Entity string `help:"What the lines are: ${enum}." required:"" enum:"${line_entities}" placeholder:"ENTITY"`
	Source string `help:"System whose keys the lines name things by; they may name them by identifier or code besides." placeholder:"NAME"`
}

// Run records facts from lines of JSON.
func (c *importJSONLCommand) Run(ctx context.Context) error {
	return c.run(ctx, ".jsonl", "lines/"+c.Entity, url.Values{"source": {c.Source}}, nil, func(do edge.Do, files []tabular.File, o edge.ImportOptions) (*edge.ImportReport, error) {
		return edge.ImportLines(ctx, do, c.Entity, c.Source, files, o)
	})
}

// run imports through the server that has the record open, or opens it itself.
func (c *importOptions) run(ctx context.Context, ext, path string, query url.Values, own []byte, direct func(edge.Do, []tabular.File, edge.ImportOptions) (*edge.ImportReport, error)) error {
	files, err := filesOf(c.Files, ext)
	if err != nil {
		return err
	}
	client, err := c.running()
	if err != nil {
		return err
	}
	var report *edge.ImportReport
	if client != nil {
		report, err = c.send(ctx, client, path, query, own, files)
	} else {
		report, err = c.direct(ctx, files, direct)
	}
	if err != nil {
		return err
	}
	return c.print(report)
}

// mapping gives the mapping and, if it is a file, its text.
func (c *importCSVCommand) mapping() (*tabular.Mapping, []byte, error) {
	if m, ok := tabular.Embedded(c.Map); ok {
		return m, nil, nil
	}
	text, err := os.ReadFile(c.Map)
	if err != nil {
		return nil, nil, fmt.Errorf("--map: %q is neither a built-in mapping nor a readable file: %w", c.Map, err)
	}
	m, err := tabular.Parse(text)
	return m, text, err
}

func (c *importOptions) direct(ctx context.Context, files []file, run func(edge.Do, []tabular.File, edge.ImportOptions) (*edge.ImportReport, error)) (*edge.ImportReport, error) {
	r, err := c.open(ctx, quiet())
	if err != nil {
		return nil, err
	}
	defer r.close()
	p := newProgress(os.Stderr)
	defer p.end()
	return run(edge.Operator(r.journal), readable(files), edge.ImportOptions{DryRun: c.DryRun, Key: c.Key, Progress: p.tell})
}

// send streams files, and a mapping if there is one, to the running server as one archive.
func (c *importOptions) send(ctx context.Context, client *http.Client, path string, query url.Values, own []byte, files []file) (*edge.ImportReport, error) {
	body, w := io.Pipe()
	defer body.Close()
	go func() { w.CloseWithError(pack(w, own, files)) }()
	to := url.URL{Scheme: "http", Host: "pmo", Path: "/import/" + path}
	if query == nil {
		query = url.Values{}
	}
	if c.DryRun {
		query.Set("dryRun", "1")
	}
	to.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-tar")
	req.Header.Set("Accept", "application/x-ndjson")
	if c.Key != "" {
		req.Header.Set("Idempotency-Key", c.Key)
	}
	res, err := client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, errors.New("stopped before the server began; nothing was imported")
		}
		return nil, fmt.Errorf("the server that has %s open does not answer on %s: %w", c.Data, c.socket(), err)
	}
	defer res.Body.Close()
	report, err := readReport(res.Body)
	if err != nil && ctx.Err() != nil {
		return nil, errors.New("stopped: nothing was imported, unless everything was; ask again with the same files, which changes nothing then")
	}
	return report, err
}

// pack writes the archive of an upload.
func pack(w io.Writer, own []byte, files []file) error {
	archive := tar.NewWriter(w)
	add := func(name string, size int64, from io.Reader) error {
		if err := archive.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600}); err != nil {
			return err
		}
		_, err := io.Copy(archive, from)
		return err
	}
	if own != nil {
		if err := add("map.yaml", int64(len(own)), bytes.NewReader(own)); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := f.read(func(size int64, from io.Reader) error { return add(f.name, size, from) }); err != nil {
			return err
		}
	}
	return archive.Close()
}

// readReport reads the lines of an import: how far it is, and at last what it did or why it was refused.
func readReport(r io.Reader) (*edge.ImportReport, error) {
	p := newProgress(os.Stderr)
	defer p.end()
	for in := json.NewDecoder(r); ; {
		var line struct {
			edge.Progress
			Report *edge.ImportReport
			Error  *refused
			refused
		}
		if err := in.Decode(&line); err != nil {
			return nil, fmt.Errorf("the server's answer ends early: %w", err)
		}
		switch {
		case line.Report != nil:
			return line.Report, nil
		case line.Error != nil:
			return nil, line.Error
		case line.Message != "" || len(line.Errors) > 0: // before the first line
			return nil, &line.refused
		}
		p.tell(line.Phase, line.Done, line.Total)
	}
}

// refusedBy reads an error that the server answers with.
func refusedBy(body io.Reader) error {
	r := &refused{}
	if err := json.NewDecoder(io.LimitReader(body, 1<<20)).Decode(r); err != nil {
		return fmt.Errorf("the server's answer is not readable: %w", err)
	}
	return r
}

// refused is an error as the server words it.
type refused struct {
	Message string
	Errors  []struct {
		Path []string
		Text string
	}
}

func (r *refused) Error() string {
	lines := []string{r.Message}
	for _, e := range r.Errors {
		lines = append(lines, "  "+strings.Join(e.Path, ", ")+": "+e.Text)
	}
	return strings.Join(lines, "\n")
}

func (c *importOptions) print(r *edge.ImportReport) error {
	if c.JSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(r); err != nil {
			return err
		}
	} else {
		printReport(r)
	}
	if len(r.Refused) > 0 {
		return fmt.Errorf("nothing was imported: %d values were refused", len(r.Refused))
	}
	return nil
}

func printReport(r *edge.ImportReport) {
	for _, x := range r.Refused {
		fmt.Fprintln(os.Stderr, x)
	}
	for _, x := range r.Duplicates {
		fmt.Printf("%s line %d: %s\n", x.File, x.Line, x.Text)
	}
	for _, x := range r.LeftOut {
		fmt.Printf("left out: %d rows: %s\n", x.Rows, x.Reason)
	}
	for _, ch := range r.Changes {
		fmt.Printf("%s %s\n", ch.Op, ch.ID)
		for _, f := range ch.Fields {
			switch {
			case f.Withheld:
				fmt.Printf("  %s: withheld\n", f.Name)
			case ch.Op == "CREATE":
				fmt.Printf("  %s: %s\n", f.Name, f.New)
			default:
				fmt.Printf("  %s: %s → %s\n", f.Name, f.Old, f.New)
			}
		}
	}
	what := "imported"
	if r.Repeated {
		what = "had been imported before"
	}
	if r.DryRun {
		what = "dry run, nothing was changed"
	}
	if r.MoreChanges > 0 {
		fmt.Printf("and %d facts more\n", r.MoreChanges)
	}
	fmt.Printf("%s: %d rows, %d blank, %d said twice, %d refused\n", what, r.Rows, r.Blank, len(r.Duplicates), len(r.Refused))
	var names []string
	for n := range r.Counts {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		k := r.Counts[n]
		fmt.Printf("  %-18s %5d created %5d changed %5d deleted %5d unchanged\n", n, k.Created, k.Changed, k.Deleted, k.Unchanged)
	}
	if r.Position != "" {
		fmt.Println("position " + r.Position)
	}
}

// file is a file to import.
type file struct{ name, path string }

// read opens the file and hands it over.
func (f file) read(to func(size int64, from io.Reader) error) error {
	r, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		return err
	}
	return to(info.Size(), r)
}

// readable gives files to whom does not care where they are.
func readable(files []file) (all []tabular.File) {
	for _, f := range files {
		all = append(all, tabular.File{Name: f.name, Open: func() (io.ReadCloser, error) { return os.Open(f.path) }})
	}
	return all
}

// filesOf lists the files that arguments name; a directory stands for its files of an extension.
func filesOf(args []string, ext string) (files []file, err error) {
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", arg, err)
		}
		paths := []string{arg}
		if info.IsDir() {
			if paths, err = filepath.Glob(filepath.Join(arg, "*"+ext)); err != nil || len(paths) == 0 {
				return nil, fmt.Errorf("%s holds no %s file", arg, ext)
			}
		}
		for _, p := range paths {
			files = append(files, file{filepath.Base(p), p})
		}
	}
	return files, nil
}
