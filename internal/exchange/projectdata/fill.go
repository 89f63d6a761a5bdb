package projectdata

import (
	"cmp"
	"iter"
	"slices"

	"pmograph/ent"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

type (
	view  = dataset.View
	value = dataset.Value
)

// fill says how a property is filled.
type fill struct {
	Name  string
	From  string // for docs/projectdata.md
	Kind  dataset.Kind
	Class vocab.Class // who may read it; others read null
	Of    []*named    // of a guid: the rows it names

	get func(v *view, row any) value
}

// rows says what entities a set has.
type rows struct {
	From  string   // for docs/projectdata.md
	Order []string // the order in which they come; properties that differ between any two
	Time  string   // property of the day by which they are bounded; empty if there is none
	Fills []fill

	each func(v *view, w dataset.Wanted) iter.Seq[any]
}

func (r *rows) fill(name string) *fill {
	for i := range r.Fills {
		if r.Fills[i].Name == name {
			return &r.Fills[i]
		}
	}
	return nil
}

// filling declares how a property of rows of type T is filled.
func filling[T any](kind dataset.Kind) func(name, from string, get func(v *view, row *T) value) fill {
	return func(name, from string, get func(v *view, row *T) value) fill {
		return fill{Name: name, From: from, Kind: kind, get: func(v *view, row any) value { return get(v, row.(*T)) }}
	}
}

func (f fill) closed(c vocab.Class) fill { f.Class = c; return f }

// guid declares a property that names a row.
func guid[T any](name, from string, among []*named, get func(v *view, row *T) value) fill {
	f := filling[T](dataset.ID)(name, from, get)
	f.Of = among
	return f
}

// always declares a property that is the same everywhere.
func always(name, from string, v value) fill {
	return fill{Name: name, From: from, Kind: v.Kind, get: func(*view, any) value { return v }}
}

func text[S ~string](s S) value { return dataset.OfText(s) }

// What the guids of the feed name.
var (
	projects    = []*named{ptr(of(state.Projects, ""))}
	portfolios  = []*named{ptr(of(state.Portfolios, ""))}
	people      = []*named{ptr(of(state.Resources, ""))}
	users       = []*named{ptr(of(state.Users, ""))}
	assignments = []*named{ptr(of(state.Allocations, ""))}
	tasks       = []*named{ptr(of(state.Milestones, "")), ptr(of(state.Projects, "/task"))}
)

func ptr[T any](t T) *T { return &t }

// nobody is the identifier that is shown as the guid of nobody.
func nobody(t *state.Desc) value { return dataset.OfID(t, 0) }

// visible is the identifier of a row if the viewer may see it, else nobody's.
func visible[T any](v *view, t *state.Table[T], id *int64) value {
	if t.Ref(v, id) == nil {
		return nobody(t.Desc())
	}
	return dataset.OfID(t.Desc(), *id)
}

func projectID(id int64) value { return dataset.OfID(state.Projects.Desc(), id) }

// byNumber puts rows in the order of their numbers.
func byNumber[T any](t *state.Table[T], all iter.Seq[*T]) []*T {
	return slices.SortedFunc(all, func(a, b *T) int { return cmp.Compare(t.Desc().RowID(a), t.Desc().RowID(b)) })
}

// narrowed gives the visible rows of a table that a question needs: of those whose number a property has, or that stands first in the order.
func narrowed[T any](v *view, t *state.Table[T], w dataset.Wanted, property string) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		if id, ok := w.One(property); ok {
			if row := t.Get(v, id.Int); row != nil && id.Table == t.Desc() {
				yield(row)
			}
			return
		}
		from := int64(0)
		if after := w.After(); len(after) > 0 {
			from = after[0].Int
		}
		for _, row := range byNumber(t, t.All(v)) {
			if t.Desc().RowID(row) >= from && !yield(row) {
				return
			}
		}
	}
}

// inProjects hands out the rows of each project that a question needs.
func inProjects[T any](of func(v *view, w dataset.Wanted, p *ent.Project) iter.Seq[*T]) func(v *view, w dataset.Wanted) iter.Seq[any] {
	return func(v *view, w dataset.Wanted) iter.Seq[any] {
		return func(yield func(any) bool) {
			for p := range narrowed(v, state.Projects, w, "ProjectId") {
				for row := range of(v, w, p) {
					if !yield(row) {
						return
					}
				}
			}
		}
	}
}

// days gives the days of the feed's time that a question needs: from the first of January two years before the day of the question to the last of
// December two years after it.
func days(v *view, w dataset.Wanted) (from, to vocab.Date) {
	year, _, _ := v.Day().Civil()
	from, to = vocab.NewDate(year-aroundToday, 1, 1), vocab.NewDate(year+aroundToday, 12, 31)
	return within(w, from, to)
}

const aroundToday = 2

// within narrows days to those that a question needs.
func within(w dataset.Wanted, from, to vocab.Date) (vocab.Date, vocab.Date) {
	first, last := w.Days()
	if first != nil {
		from = max(from, *first)
	}
	if last != nil {
		to = min(to, *last)
	}
	return from, to
}
