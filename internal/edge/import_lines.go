package edge

import (
	"context"
	"fmt"
	"strings"

	"pmograph/internal/decide"
	"pmograph/internal/exchange/factlines"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
)

const (
	tellLines  = 10_000 // lines from one word of progress to the next
	maxRefused = 1000   // refusals that are listed
)

// ImportLines reads files of JSON lines as facts of an entity and, if nothing is refused, decides them as one mutation, that which
// takes such facts. It stops when ctx ends: nothing is imported then, or everything is.
func ImportLines(ctx context.Context, do Do, entity, source string, files []tabular.File, o ImportOptions) (*ImportReport, error) {
	lines, ok := decide.NewLines(entity, source)
	if !ok {
		return nil, fault.New(fault.NotFound, "%.40q are no facts that lines are read as; such are %s", entity, strings.Join(decide.LineEntities(), ", "))
	}
	report := &ImportReport{Source: source, DryRun: o.DryRun, Counts: map[string]Counts{}}
	for _, f := range files {
		lines.File(f.Name)
		if err := report.readLines(ctx, lines, f, o); err != nil {
			return nil, err
		}
	}
	if report.Rows = lines.Len(); len(report.Refused) > 0 {
		return report, nil
	}
	if o.Progress != nil {
		o.Progress(journal.Deciding, 0, lines.Len())
	}
	out, err := do(ctx, lines.Decision(), journal.Meta{Preview: o.DryRun, Reason: fmt.Sprintf("lines of %s", entity), Key: o.Key, RequestID: o.RequestID, Progress: o.Progress})
	if err != nil {
		return nil, err
	}
	report.Position, report.Repeated = out.Position.String(), out.Repeated
	report.Counts[lines.Entity()] = Counts{Unchanged: lines.Len()}
	report.count(tabular.Result{}, nil, out)
	c := report.Counts[lines.Entity()]
	c.Unchanged = max(0, c.Unchanged-c.Deleted) // by lines that take something back
	report.Counts[lines.Entity()] = c
	return report, nil
}

// readLines reads a file.
func (r *ImportReport) readLines(ctx context.Context, lines *decide.Lines, f tabular.File, o ImportOptions) error {
	wrong := func(b *factlines.Bad) {
		if len(r.Refused) < maxRefused {
			r.Refused = append(r.Refused, tabular.Refusal{File: f.Name, Line: b.Line, Column: b.Field, Reason: b.Text})
		}
	}
	in, err := f.Open()
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%s cannot be read", f.Name)
	}
	defer in.Close()
	err = factlines.Read(in, func(line int, fields []factlines.Field) error {
		lines.Add(line, fields, wrong)
		if lines.Len()%tellLines != 0 {
			return nil
		}
		if o.Progress != nil {
			o.Progress(Reading, lines.Len(), 0)
		}
		if ctx.Err() != nil {
			return fault.New(fault.Unavailable, "the import was stopped; nothing was applied")
		}
		return nil
	}, wrong)
	if err != nil && fault.KindOf(err) == fault.Internal {
		return fault.Wrap(fault.Invalid, err, "%s cannot be read", f.Name)
	}
	return err
}
