package decide

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// factList puts facts that an input lists. Whatever is wrong with one names it by its place there: input.entries.17.period.
type factList struct {
	w      *work
	table  *state.Desc
	at     func(n int) []string // path of a fact in the input
	batch  *state.Batch
	place  []int32         // by fact of the batch: its place in the list
	first  map[int64]int32 // by owner: the place of the first fact of his
	errs   []error
	months map[vocab.Date]vocab.Date // by day: the first of its month
	known  map[reference]referred    // references resolved so far
	rows   map[int64]*ent.Project
	names  map[string]string // of columns in the input, where they are not theirs
	lines  *lineNames        // nil: things are named by identifier
}

// mostNamed is the most facts that are named as wrong.
const mostNamed = 1000

func (w *work) facts(t *state.Desc, at func(n int) []string) *factList {
	return &factList{w: w, table: t, at: at, batch: state.NewBatch(t), first: map[int64]int32{}, months: map[vocab.Date]vocab.Date{},
		known: map[reference]referred{}, rows: map[int64]*ent.Project{}, names: map[string]string{"cost_category_id": "category"}}
}

// inList names the facts of a field of the input that lists them.
func inList(field string) func(n int) []string {
	return func(n int) []string { return []string{"input", field, strconv.Itoa(n)} }
}

// note keeps something wrong with a fact.
func (l *factList) note(n int, err error) {
	if len(l.errs) < mostNamed {
		l.errs = append(l.errs, within(l.at(n), err))
	}
}

// within puts the fields of an error below a path.
func within(path []string, err error) error {
	for _, part := range slices.Backward(path) {
		err = fault.Within(part, err)
	}
	return err
}

// project gives a project's row, once looked up.
func (l *factList) project(id int64) *ent.Project {
	p, known := l.rows[id]
	if !known {
		p = state.Projects.Get(l.w.d, id)
		l.rows[id] = p
	}
	return p
}

// month gives the first day of a day's month.
func (l *factList) month(day vocab.Date) int64 {
	first, known := l.months[day]
	if !known {
		first = monthOf(day)
		l.months[day] = first
	}
	return int64(first)
}

// monthOf gives the first day of a day's month.
func monthOf(day vocab.Date) vocab.Date { return day - vocab.Date(day.Time().Day()-1) }

// currency gives the currency of a fact, the project's if none is given, and the number that stands for it.
func (l *factList) currency(n int, given *string, project int64) (code string, number int64, ok bool) {
	if code = l.project(project).Currency; given != nil {
		code = *given
	}
	if err := knownCurrency(code); err != nil {
		l.note(n, err)
		return "", 0, false
	}
	return code, costCurrency.Number(code), true
}

// amount reads an amount of a fact.
func (l *factList) amount(n int, field, decimal, currency string) (minorUnits int64, ok bool) {
	minorUnits, err := minor(decimal, currency)
	if err != nil {
		l.note(n, fault.At(field, "INVALID", "%v", err))
	}
	return minorUnits, err == nil
}

// budgeted reads an amount that is planned or approved.
func (l *factList) budgeted(n int, decimal, currency string) (minorUnits int64, ok bool) {
	if minorUnits, ok = l.amount(n, "amount", decimal, currency); ok && minorUnits < 0 {
		l.note(n, negative())
		return 0, false
	}
	return minorUnits, ok
}

// begin notes that the next fact of the batch is that of a place in the list.
func (l *factList) begin(n int, owner int64) {
	if _, known := l.first[owner]; !known {
		l.first[owner] = int32(n)
	}
	l.place = append(l.place, int32(n))
}

// add begins a fact of a project, whose values are set next.
func (l *factList) add(n int, project int64) {
	l.begin(n, project)
	l.batch.Add("project_id", project)
}

// put puts the batch, unless something was found wrong before, and has whatever is found wrong with its facts later name their place.
func (l *factList) put() error {
	if err := fault.Join(append(l.w.errs, l.errs...)...); err != nil {
		return err
	}
	l.w.d.Locate(func(c *state.Change, err error) error {
		if c.Table != l.table {
			return err
		}
		_, owner := c.Owner()
		n, ok := l.first[owner]
		if !ok {
			return err
		}
		return l.located(int(n), err)
	})
	err := l.w.d.PutFacts(l.batch)
	e := (*fault.Error)(nil)
	if !errors.As(err, &e) {
		return err
	}
	for i, f := range e.Fields {
		if n, err := strconv.Atoi(f.Path[0]); err == nil && n < len(l.place) {
			e.Fields[i].Path = append(l.at(int(l.place[n])), l.fields(f.Path[1:])...)
		}
	}
	return e
}

// located names what is wrong with the facts of an owner by the first of them.
func (l *factList) located(n int, err error) error {
	e := (*fault.Error)(nil)
	if !errors.As(err, &e) {
		return err
	}
	if len(e.Fields) == 0 {
		return &fault.Error{Kind: e.Kind, Text: e.Text, Fields: []fault.Field{{Path: l.at(n), Code: strings.ToUpper(string(e.Kind)), Text: e.Text}}}
	}
	for i, f := range e.Fields {
		e.Fields[i].Path = append(l.at(n), l.fields(f.Path)...)
	}
	return e
}
