package edge

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"pmograph/graph"
	"pmograph/internal/decide"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/state"
)

// An upload is one CSV file, or a tar archive of several that belong together. A mapping of the caller's own travels as the archive's
// member map.yaml, and the map in the path is then "-".
const (
	maxUpload  = 50 << 20
	typeTar    = "application/x-tar"
	ownMap     = "-"
	ownMapFile = "map.yaml"
)

// Do runs a decision for whoever a request speaks for.
type Do func(ctx context.Context, dec state.Decision, m journal.Meta) (journal.Outcome, error)

type actAs func(c Config, ctx context.Context) Do

func asCaller(c Config, ctx context.Context) Do {
	return func(ctx context.Context, dec state.Decision, m journal.Meta) (journal.Outcome, error) {
		return c.Journal.Do(ctx, graph.Identity(ctx), dec, m)
	}
}

func asOperator(c Config, _ context.Context) Do { return Operator(c.Journal) }

func (c Config) importAs(as actAs) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		m, files, err := upload(w, r)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		report, err := Import(r.Context(), as(c, r.Context()), m, files, r.URL.Query().Get("dryRun") == "1")
		if err != nil {
			c.fail(w, r, err)
			return
		}
		status := http.StatusOK
		if len(report.Refused) > 0 {
			status = http.StatusUnprocessableEntity
		}
		writeJSON(w, status, report)
	}
}

// upload reads the mapping and the files of a request.
func upload(w http.ResponseWriter, r *http.Request) (*tabular.Mapping, []tabular.File, error) {
	body := http.MaxBytesReader(w, r.Body, maxUpload)
	name := r.PathValue("map")
	var files []tabular.File
	var own []byte
	if r.Header.Get("Content-Type") == typeTar {
		for archive := tar.NewReader(body); ; {
			h, err := archive.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			var data []byte
			if err == nil {
				data, err = io.ReadAll(archive)
			}
			if err != nil {
				return nil, nil, fault.Wrap(fault.Invalid, err, "the archive cannot be read, or is larger than %d MiB", maxUpload>>20)
			}
			if name == ownMap && h.Name == ownMapFile {
				own = data
				continue
			}
			files = append(files, inMemory(h.Name, data))
		}
	} else {
		data, err := io.ReadAll(body)
		if err != nil {
			return nil, nil, fault.Wrap(fault.Invalid, err, "the file cannot be read, or is larger than %d MiB", maxUpload>>20)
		}
		files = []tabular.File{inMemory(r.URL.Query().Get("file"), data)}
	}
	if name == ownMap {
		m, err := tabular.Parse(own)
		return m, files, err
	}
	m, ok := tabular.Embedded(name)
	if !ok {
		return nil, nil, fault.New(fault.NotFound, "there is no mapping %q", name)
	}
	return m, files, nil
}

func inMemory(name string, data []byte) tabular.File {
	return tabular.File{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

// ImportReport is what an import did or, as a dry run, would do.
type ImportReport struct {
	Source     string            `json:"source"`
	DryRun     bool              `json:"dryRun"`
	Rows       int               `json:"rows"`       // data rows met
	Blank      int               `json:"blank"`      // of them wholly blank
	Duplicates []tabular.Notice  `json:"duplicates"` // rows that say again what another said
	Refused    []tabular.Refusal `json:"refused"`    // with any, nothing is imported
	Position   string            `json:"position"`   // the record's position afterwards
	Counts     map[string]Counts `json:"counts"`     // by entity
	Changes    []ImportChange    `json:"changes"`    // of a dry run: row by row, as the caller may see it
}

// Counts are the records of one entity.
type Counts struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Deleted   int `json:"deleted"`
	Unchanged int `json:"unchanged"`
}

// ImportChange is one row that an import creates, changes or deletes.
type ImportChange struct {
	Entity string        `json:"entity"`
	ID     string        `json:"id"` // of a created row: preview-…, which names nothing yet
	Op     string        `json:"op"`
	Fields []ImportField `json:"fields"`
}

// ImportField is one column of a changed row.
type ImportField struct {
	Name     string          `json:"name"`
	Old      json.RawMessage `json:"old,omitempty"`
	New      json.RawMessage `json:"new,omitempty"`
	Withheld bool            `json:"withheld,omitempty"` // the caller may not see it
}

// Import reads files with a mapping and, if nothing is refused, decides them as one mutation.
func Import(ctx context.Context, do Do, m *tabular.Mapping, files []tabular.File, dryRun bool) (*ImportReport, error) {
	res, err := m.Read(files)
	if err != nil {
		return nil, err
	}
	report := &ImportReport{Source: res.Source, DryRun: dryRun, Rows: res.Rows, Blank: res.Blank, Duplicates: res.Duplicates, Refused: res.Refused, Counts: map[string]Counts{}}
	if len(res.Refused) > 0 {
		return report, nil
	}
	out, err := do(ctx, decide.Import(res), journal.Meta{Preview: dryRun, Reason: "import " + res.Source})
	if err != nil {
		return nil, err
	}
	report.Position = out.Position.String()
	report.count(res.Records, out)
	return report, nil
}

func (r *ImportReport) count(records []tabular.Record, out journal.Outcome) {
	for i := range records {
		c := r.Counts[records[i].Entity]
		c.Unchanged++
		r.Counts[records[i].Entity] = c
	}
	for _, ch := range out.Changes {
		fields, ok := out.View.Fields(ch)
		if !ok {
			continue
		}
		c := r.Counts[ch.Table.Name]
		op := state.OpUpdate
		switch {
		case ch.Before == nil:
			op = state.OpCreate
			c.Created++
		case ch.After == nil:
			op = state.OpDelete
			c.Deleted++
		default:
			c.Changed++
		}
		if op != state.OpDelete && c.Unchanged > 0 {
			c.Unchanged--
		}
		r.Counts[ch.Table.Name] = c
		if r.DryRun {
			r.Changes = append(r.Changes, importChange(out.View, ch, op, fields))
		}
	}
}

func importChange(v *state.View, ch *state.Change, op string, fields []state.FieldChange) ImportChange {
	ic := ImportChange{Entity: ch.Table.Name, ID: v.ID(ch.Table, ch.ID), Op: op}
	for _, f := range fields {
		field := ImportField{Name: f.Column, Withheld: f.Withheld}
		if !f.Withheld {
			field.Old, field.New = json.RawMessage(f.Old), json.RawMessage(f.New)
		}
		ic.Fields = append(ic.Fields, field)
	}
	return ic
}
