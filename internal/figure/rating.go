package figure

import (
	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/kpi"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Dimension is one part of a computed rating: a figure judged against the tolerance of the project's category.
type Dimension struct {
	Dimension vocab.RagDimension
	Rag       vocab.Rag // NOT_RATED without a value or a tolerance
	Figure    Figure
	Tolerance *ent.Tolerance // nil if there is none for the category
}

// Rating is the computed condition of a project: the worst of its rated dimensions. Those that are not rated are shown, not taken as
// green.
type Rating struct {
	Rag        vocab.Rag
	Dimensions []Dimension
	NotVisible bool // a dimension is closed to the viewer, so there is no rating
}

// judged gives the figure that each dimension judges.
var judged = map[vocab.RagDimension]func(*Rollup) Figure{
	vocab.RagDimensionCost:      func(r *Rollup) Figure { return r.Earned().CPI() },
	vocab.RagDimensionSchedule:  func(r *Rollup) Figure { return r.Earned().Schedule().SPIt() },
	vocab.RagDimensionMilestone: func(r *Rollup) Figure { return r.WorstSlip() },
}

// Rating computes the condition of a project on a day.
func (b *Book) Rating(p *ent.Project, asOf vocab.Date) Rating {
	r, x := b.Single(p, asOf), Rating{}
	var ratings []kpi.Rating
	for _, name := range vocab.RagDimension("").Values() {
		d := Dimension{Dimension: vocab.RagDimension(name), Rag: vocab.RagNotRated}
		d.Figure, d.Tolerance = judged[d.Dimension](r), b.tolerance(p, d.Dimension)
		x.NotVisible = x.NotVisible || d.Figure.Reason == vocab.ReasonNotVisible
		if d.Tolerance != nil {
			if t, err := kpi.Tolerance(d.Dimension, limit(&d.Tolerance.Green), limit(&d.Tolerance.Amber)); err == nil {
				d.Rag = t.Rate(d.Figure.Value.Number)
			}
		}
		ratings = append(ratings, kpi.Rating{Dimension: d.Dimension, Rag: d.Rag})
		x.Dimensions = append(x.Dimensions, d)
	}
	if x.Rag, _ = kpi.Overall(ratings); x.NotVisible {
		x.Rag = ""
	}
	return x
}

// rated counts a project, on the day Point.A, by its computed condition. It is made from money.
var rated = state.NewProjectMeasure("rating", func(r state.Reader, id int64, at state.Point) state.Vector {
	x := NewBook(r).Rating(state.Projects.Get(r, id), vocab.Date(at.A))
	return state.Vector{{Term: state.Term{A: slotAll}, Sum: exact.IntOf(1)}, {Term: state.Term{A: slotRated, B: int64(placeOf(x.Rag))}, Sum: exact.IntOf(1)}}
})

// slotRated counts projects by the place of their computed condition in its list.
const slotRated = 0

// Ratings are the computed conditions of all projects the viewer sees: whether they report lately does not matter.
type Ratings struct {
	r   *Rollup
	all summed
}

// Ratings counts the projects by their computed condition.
func (r *Rollup) Ratings() Ratings {
	return Ratings{r, r.sum(rated, state.Point{A: int64(r.AsOf)}, vocab.ClassMoney)}
}

// Count counts the projects of one condition.
func (x Ratings) Count(h vocab.Rag) Figure {
	r, n := x.r, whole(x.all.Get(state.Term{A: slotRated, B: int64(placeOf(h))}))
	return r.countingOf(vocab.ClassMoney, n, x.all.withheld, func() Explanation {
		return counting1("computed_"+identifier(string(h)), n, func() (nodes []state.Ref) {
			for _, p := range r.Scope.members(r.book.r, vocab.ClassMoney) {
				if r.book.Rating(p, r.AsOf).Rag == h {
					nodes = append(nodes, project(p))
				}
			}
			return nodes
		})
	})
}

// toleranceOf is the position of (category, dimension) among the unique indexes of tolerances.
const toleranceOf = 1

// tolerance gives the limits for a project: those of its category, else those of all.
func (b *Book) tolerance(p *ent.Project, d vocab.RagDimension) *ent.Tolerance {
	if p.Category != nil {
		if t := state.Tolerances.Find(b.r, toleranceOf, *p.Category, string(d)); t != nil {
			return t
		}
	}
	return state.Tolerances.Find(b.r, toleranceOf, nil, string(d))
}
