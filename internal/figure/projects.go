package figure

import (
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Part is the projects of one kind: how many, and which share of all.
type Part[K ~string] struct {
	Kind  K
	Count Figure
	Share Figure
}

// Total counts the projects of the set.
func (s *Set) Total() Figure {
	refs := make([]state.Ref, 0, len(s.Projects))
	for _, p := range s.Projects {
		refs = append(refs, p.ref())
	}
	return s.counted("projects", refs)
}

// Silent counts the projects whose newest report is no longer valid.
func (s *Set) Silent() Figure { return s.counted("not_reporting", s.NotReporting) }

// ByHealth groups the projects by declared health.
func (s *Set) ByHealth() []Part[vocab.Rag] {
	return parts(s, vocab.Rag("").Values(), "health_", func(p Project) vocab.Rag {
		if p.Report == nil || p.Report.Health == nil {
			return vocab.RagNotRated
		}
		return *p.Report.Health
	})
}

// ByConfidence groups the projects by declared delivery confidence.
func (s *Set) ByConfidence() []Part[vocab.DeliveryConfidence] {
	return parts(s, vocab.DeliveryConfidence("").Values(), "confidence_", func(p Project) vocab.DeliveryConfidence {
		if p.Report == nil || p.Report.Confidence == nil {
			return vocab.DeliveryConfidenceNotRated
		}
		return *p.Report.Confidence
	})
}

// ByLifecycle groups the projects by lifecycle.
func (s *Set) ByLifecycle() []Part[vocab.ProjectLifecycle] {
	return parts(s, vocab.ProjectLifecycle("").Values(), "lifecycle_", func(p Project) vocab.ProjectLifecycle { return p.Row.Lifecycle })
}

func parts[K ~string](s *Set, kinds []string, prefix string, of func(Project) K) []Part[K] {
	refs := map[K][]state.Ref{}
	for _, p := range s.Projects {
		refs[of(p)] = append(refs[of(p)], p.ref())
	}
	var list []Part[K]
	for _, k := range kinds {
		r := refs[K(k)]
		list = append(list, Part[K]{K(k), s.counted(prefix+k, r), s.ratio(prefix+k, r, "projects", len(s.Projects))})
	}
	return list
}

// Age gives the period ends of the oldest and the newest report in force; nil if there is none.
func (s *Set) Age() (oldest, newest *vocab.Date) {
	for _, p := range s.Projects {
		if p.Report == nil {
			continue
		}
		end := p.Report.PeriodEnd
		if oldest == nil || end < *oldest {
			oldest = &end
		}
		if newest == nil || end > *newest {
			newest = &end
		}
	}
	return oldest, newest
}
