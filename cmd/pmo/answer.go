package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// figureJSON is what the tables of the first answer need of a figure.
type figureJSON struct {
	Value  *string
	Reason *string
}

func (f figureJSON) whole() string {
	if f.Value == nil {
		return "–"
	}
	return *f.Value
}

// billions shows an amount of money in thousand millions.
func (f figureJSON) billions() string {
	if f.Value == nil {
		return "–"
	}
	n, err := strconv.ParseFloat(*f.Value, 64)
	if err != nil {
		return *f.Value
	}
	return strconv.FormatFloat(n/1e9, 'f', 1, 64)
}

type rollupJSON struct {
	AsOf     string
	Projects struct {
		Total        figureJSON
		ByConfidence []struct {
			Confidence string
			Count      figureJSON
		}
	}
	Cost       struct{ WholeLife, PeriodBudget, PeriodForecast figureJSON }
	Milestones struct{ WorstSlip, Slipped figureJSON }
}

// steps are the columns of the tables: delivery confidence from best to worst.
var steps = []string{"GREEN", "AMBER_GREEN", "AMBER", "AMBER_RED", "RED", "NOT_RATED"}

func (r rollupJSON) confidence() string {
	cells := make([]string, len(steps))
	for _, c := range r.Projects.ByConfidence {
		if i := slices.Index(steps, c.Confidence); i >= 0 {
			if cells[i] = c.Count.whole(); cells[i] == "0" {
				cells[i] = "·"
			}
		}
	}
	return strings.Join(cells, "\t")
}

const head = "projects\tgreen\tamber/green\tamber\tamber/red\tred\tnot rated\twhole life £bn\tworst slip, working days\t\n"

// firstAnswer asks the first two queries and shows them as tables.
func firstAnswer(ctx context.Context, w io.Writer, url, token string) error {
	ready, err := readyQueries()
	if err != nil {
		return err
	}
	var glance struct {
		Portfolios struct {
			Nodes []struct {
				Name   string
				Rollup rollupJSON
			}
		}
	}
	if err := ask(ctx, url, token, ready[0].Query, &glance); err != nil {
		return fmt.Errorf("the first query: %w", err)
	}
	var trend struct {
		Organisation struct{ Rollup struct{ Trend []rollupJSON } }
	}
	if err := ask(ctx, url, token, ready[1].Query, &trend); err != nil {
		return fmt.Errorf("the second query: %w", err)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "Delivery confidence in the year to March 2022\t"+head)
	for _, n := range glance.Portfolios.Nodes {
		if n.Rollup.Projects.Total.whole() != "0" {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t\n", n.Name, n.Rollup.Projects.Total.whole(), n.Rollup.confidence(), n.Rollup.Cost.WholeLife.billions(), n.Rollup.Milestones.WorstSlip.whole())
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	fmt.Fprint(t, "Everything, year by year\t"+head)
	for _, r := range trend.Organisation.Rollup.Trend {
		if r.Projects.Total.whole() != "0" {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t\n", r.AsOf, r.Projects.Total.whole(), r.confidence(), r.Cost.WholeLife.billions(), r.Milestones.WorstSlip.whole())
		}
	}
	return t.Flush()
}
