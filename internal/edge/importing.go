package edge

import (
	"context"
	"encoding/json"
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
	maxKey     = 200 // characters of an idempotency key
	typeTar    = "application/x-tar"
	typeLines  = "application/x-ndjson"
	ownMap     = "-"
	ownMapFile = "map.yaml"
	maxOwnMap  = 1 << 20 // bytes of a mapping
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

// importAs imports what a request carries, read by a mapping.
func (c Config) importAs(as actAs, limit int64) http.HandlerFunc {
	return c.importing(as, limit, (*upload).takeMapping, func(ctx context.Context, do Do, _ *http.Request, up *upload, o ImportOptions) (*ImportReport, error) {
		return Import(ctx, do, up.mapping, up.files, o)
	})
}

// importLinesAs imports the facts of an entity that a request carries as lines of JSON.
func (c Config) importLinesAs(as actAs, limit int64) http.HandlerFunc {
	return c.importing(as, limit, (*upload).takeNothing, func(ctx context.Context, do Do, r *http.Request, up *upload, o ImportOptions) (*ImportReport, error) {
		return ImportLines(ctx, do, r.PathValue("entity"), r.URL.Query().Get("source"), up.files, o)
	})
}

// importing answers a request to import. Who accepts lines is told how far it is while it goes on; who goes away stops it.
func (c Config) importing(as actAs, limit int64, take func(*upload, *http.Request, []byte) error, run func(context.Context, Do, *http.Request, *upload, ImportOptions) (*ImportReport, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		if len(key) > maxKey {
			c.fail(w, r, fault.At("Idempotency-Key", "TOO_LONG", "the key is longer than %d characters", maxKey))
			return
		}
		up, err := c.upload(w, r, limit, take)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		defer up.close()
		o := ImportOptions{DryRun: r.URL.Query().Get("dryRun") == "1", Key: key, RequestID: w.Header().Get("X-Request-Id")}
		var l *lines
		if r.Header.Get("Accept") == typeLines {
			l = newLines(w, c.Now)
			o.Progress = l.progress
		}
		job := c.beginJob(w, r, &o)
		report, err := run(r.Context(), as(c, r.Context()), r, up, o)
		c.endJob(w, r, job, report, err)
		switch {
		case err != nil && l != nil:
			_, body := c.failure(w, r, err)
			l.write(map[string]any{"error": body})
		case err != nil:
			c.fail(w, r, err)
		case l != nil:
			l.write(map[string]any{"report": report})
		case len(report.Refused) > 0:
			writeJSON(w, http.StatusUnprocessableEntity, report)
		default:
			writeJSON(w, http.StatusOK, report)
		}
	}
}

// ImportReport is what an import did or, as a dry run, would do.
type ImportReport struct {
	Source     string            `json:"source"`
	DryRun     bool              `json:"dryRun"`
	Repeated   bool              `json:"repeated"`   // the key was known: the import had been done before
	Rows       int               `json:"rows"`       // data rows met
	Blank      int               `json:"blank"`      // of them wholly blank
	Duplicates []tabular.Notice  `json:"duplicates"` // rows that say again what another said
	LeftOut    []tabular.LeftOut `json:"leftOut"`    // rows of which something has no place in the record, by reason
	Refused    []tabular.Refusal `json:"refused"`    // with any, nothing is imported
	Position   string            `json:"position"`   // the record's position afterwards
	Counts     map[string]Counts `json:"counts"`     // by entity
	Changes    []ImportChange    `json:"changes"`    // of a dry run: row by row, as the caller may see it, and facts each by itself

	MoreChanges int `json:"moreChanges"` // of a dry run: facts beyond those listed, which are bounded
	facts       int // listed
}

// maxFacts is how many changed facts a dry run lists.
const maxFacts = 10_000

// Counts are the records of one entity.
type Counts struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Deleted   int `json:"deleted"`
	Unchanged int `json:"unchanged"` // records that changed nothing, those said twice among them
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

// Reading is the first phase of an import; those of the journal follow.
const Reading journal.Phase = "READING"

// ImportOptions says how to import.
type ImportOptions struct {
	DryRun    bool   // show what would change; change nothing
	Key       string // idempotency key: a second import with the same key and records is answered, not done again
	RequestID string

	// Progress, if set, is told how far the import is; total is 0 while it is not known.
	Progress func(phase journal.Phase, done, total int)
}

// Import reads files with a mapping and, if nothing is refused, decides them as one mutation. It stops when ctx ends: nothing is imported
// then, or everything is.
func Import(ctx context.Context, do Do, m *tabular.Mapping, files []tabular.File, o ImportOptions) (*ImportReport, error) {
	progress := o.Progress
	if progress == nil {
		progress = func(journal.Phase, int, int) {}
	}
	res, err := m.ReadWith(files, func(rows int) error {
		progress(Reading, rows, 0)
		if ctx.Err() != nil {
			return fault.New(fault.Unavailable, "the import was stopped; nothing was applied")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	report := &ImportReport{Source: res.Source, DryRun: o.DryRun, Rows: res.Rows, Blank: res.Blank, Duplicates: res.Duplicates, Refused: res.Refused, Counts: map[string]Counts{}}
	if len(res.Refused) > 0 {
		return report, nil
	}
	progress(journal.Deciding, 0, res.Len())
	out, err := do(ctx, decide.Import(res), journal.Meta{Preview: o.DryRun, Reason: "import " + res.Source, Key: o.Key, RequestID: o.RequestID, Progress: o.Progress})
	if err != nil {
		return nil, err
	}
	report.Position, report.Repeated = out.Position.String(), out.Repeated
	left, without := decide.LeftOut(out.View, res)
	report.LeftOut = left
	report.count(res, without, out)
	return report, nil
}

func (r *ImportReport) count(res tabular.Result, without map[string]int, out journal.Outcome) {
	for i := range res.Records {
		c := r.Counts[res.Records[i].Entity]
		c.Unchanged++
		r.Counts[res.Records[i].Entity] = c
	}
	for _, f := range res.Facts {
		c := r.Counts[f.Entity]
		c.Unchanged += f.Len()
		r.Counts[f.Entity] = c
	}
	for entity, n := range without {
		c := r.Counts[entity]
		c.Unchanged -= n
		r.Counts[entity] = c
	}
	for _, ch := range out.Changes {
		if ch.Table.IsFacts() {
			r.countFacts(out.View, ch)
			continue
		}
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

// countFacts counts the changed facts of an owner. Those said twice, and those left out, count as unchanged. A dry run shows each by itself,
// as long as there is room.
func (r *ImportReport) countFacts(v *state.View, ch *state.Change) {
	n, _ := v.Tally(ch)
	c := r.Counts[ch.Table.Name]
	c.Created, c.Changed, c.Deleted = c.Created+n.Created, c.Changed+n.Changed, c.Deleted+n.Deleted
	c.Unchanged = max(0, c.Unchanged-n.Created-n.Changed)
	r.Counts[ch.Table.Name] = c
	if !r.DryRun {
		return
	}
	r.MoreChanges += n.All()
	for one := range ch.Each() {
		if r.facts == maxFacts {
			break
		}
		op := state.OpUpdate
		switch {
		case one.Before == nil:
			op = state.OpCreate
		case one.After == nil:
			op = state.OpDelete
		}
		if fields, ok := v.Fields(one); ok {
			r.Changes = append(r.Changes, importChange(v, one, op, fields))
			r.facts, r.MoreChanges = r.facts+1, r.MoreChanges-1
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
