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
	"os"
	"path/filepath"
	"sort"
	"strings"

	"pmograph/internal/edge"
	"pmograph/internal/exchange/tabular"
)

type importCommand struct {
	CSV importCSVCommand `cmd:"" name:"csv" help:"Import CSV files by a mapping, all or nothing."`
}

type importCSVCommand struct {
	where
	Map    string   `help:"Mapping: the name of one that is built in (gmpp), or a YAML file." required:"" placeholder:"FILE|NAME"`
	DryRun bool     `help:"Show what would change; change nothing."`
	JSON   bool     `help:"Print the report as JSON."`
	Files  []string `arg:"" name:"file" help:"Files, or directories of .csv files." type:"path"`
}

// Run imports through the server that has the record open, or opens it itself.
func (c *importCSVCommand) Run(ctx context.Context) error {
	m, own, err := c.mapping()
	if err != nil {
		return err
	}
	files, err := csvFiles(c.Files)
	if err != nil {
		return err
	}
	client, err := c.running()
	if err != nil {
		return err
	}
	var report *edge.ImportReport
	if client != nil {
		report, err = c.send(ctx, client, own, files)
	} else {
		report, err = c.direct(ctx, m, files)
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

func (c *importCSVCommand) direct(ctx context.Context, m *tabular.Mapping, files []tabular.File) (*edge.ImportReport, error) {
	r, err := c.open(ctx, quiet())
	if err != nil {
		return nil, err
	}
	defer r.close()
	return edge.Import(ctx, edge.Operator(r.journal), m, files, c.DryRun)
}

// send hands mapping and files to the running server as one archive.
func (c *importCSVCommand) send(ctx context.Context, client *http.Client, own []byte, files []tabular.File) (*edge.ImportReport, error) {
	var body bytes.Buffer
	archive, name := tar.NewWriter(&body), c.Map
	add := func(name string, data []byte) error {
		if err := archive.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600}); err != nil {
			return err
		}
		_, err := archive.Write(data)
		return err
	}
	if own != nil {
		name = "-"
		if err := add("map.yaml", own); err != nil {
			return nil, err
		}
	}
	for _, f := range files {
		data, err := contents(f)
		if err == nil {
			err = add(f.Name, data)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	dry := ""
	if c.DryRun {
		dry = "?dryRun=1"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://pmo/import/"+name+dry, &body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-tar")
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the server that has %s open does not answer on %s: %w", c.Data, c.socket(), err)
	}
	defer res.Body.Close()
	return readReport(res)
}

func readReport(res *http.Response) (*edge.ImportReport, error) {
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	var refused struct {
		Message string
		Errors  []struct {
			Path []string
			Text string
		}
	}
	if err := json.Unmarshal(text, &refused); err == nil && refused.Message+fmt.Sprint(len(refused.Errors)) != "0" {
		lines := []string{refused.Message}
		for _, e := range refused.Errors {
			lines = append(lines, "  "+strings.Join(e.Path, ", ")+": "+e.Text)
		}
		return nil, errors.New(strings.Join(lines, "\n"))
	}
	report := new(edge.ImportReport)
	return report, json.Unmarshal(text, report)
}

func (c *importCSVCommand) print(r *edge.ImportReport) error {
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
	if r.DryRun {
		what = "dry run, nothing was changed"
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

// csvFiles lists the files that arguments name; a directory stands for its .csv files.
func csvFiles(args []string) ([]tabular.File, error) {
	var files []tabular.File
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", arg, err)
		}
		paths := []string{arg}
		if info.IsDir() {
			if paths, err = filepath.Glob(filepath.Join(arg, "*.csv")); err != nil || len(paths) == 0 {
				return nil, fmt.Errorf("%s holds no .csv file", arg)
			}
		}
		for _, p := range paths {
			files = append(files, tabular.File{Name: filepath.Base(p), Open: func() (io.ReadCloser, error) { return os.Open(p) }})
		}
	}
	return files, nil
}

func contents(f tabular.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}
