package decide

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"pmograph/ent"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Records of baselines that win EACH say no dates themselves: they ask that a project's baselines be the changes of the finish its reports
// of this source tell of. So the baselines follow from the reports on record, whatever the order in which they came: the first report with
// a finish is the first baseline, each later one with another finish the next, approved on the last day of its report's period.

// keepHistory notes a record that asks for a history.
func (im *importer) keepHistory(rec *tabular.Record) {
	ref, ok := rec.Refs["project_id"]
	if rec.Entity != "baselines" || !ok {
		im.refuse(rec, "", "UNKNOWN_ENTITY", "%s win EACH of nothing: baselines of a project do", rec.Entity)
		return
	}
	for _, t := range []*state.Desc{state.Baselines.Desc(), state.BaselineEntries.Desc()} {
		if !im.mayWrite(rec, t) {
			return
		}
	}
	if have := im.histories[ref.Key]; have == nil || have.AsOf <= rec.AsOf {
		im.histories[ref.Key] = rec
	}
}

// writeHistories makes the baselines of all projects whose history is asked for.
func (im *importer) writeHistories() {
	for _, key := range slices.Sorted(maps.Keys(im.histories)) {
		rec := im.histories[key]
		project, ok := im.lookUp(state.Projects.Desc(), key)
		if !ok {
			im.refuse(rec, "project_id", "NOT_FOUND", "there is no project %q, neither on record nor in these files", key)
			continue
		}
		if err := im.writeHistory(project, rec); err != nil {
			im.errs = append(im.errs, (&row{last: rec}).locate(err))
		}
	}
}

func (im *importer) writeHistory(project int64, rec *tabular.Record) error {
	finish := im.finishOf(project)
	if finish == nil {
		return nil
	}
	own, taken, inForce := im.baselinesOf(project, rec.Key)
	n, number := 0, 0
	changes := im.changes(project)
	for _, report := range changes {
		n++
		for number++; taken[number]; number++ { // those made here keep theirs
		}
		b := own[n]
		if b == nil {
			b = state.Baselines.New(im.d)
			key := historyKey(rec.Key, n)
			b.ExternalSource, b.ExternalID, b.ProjectID, b.Number = &im.source, &key, project, number
			b.Reason, _ = rec.Set["reason"].(string)
		}
		b.ApprovedOn, b.State = ptrTo(report.PeriodEnd), vocab.BaselineStateSuperseded
		if n == len(changes) && !inForce {
			b.State = vocab.BaselineStateApproved
		}
		im.said[state.Ref{Table: state.Baselines.Desc(), ID: b.ID}] = &row{last: rec}
		if err := state.Baselines.Put(im.d, b); err != nil {
			return err
		}
		if err := im.putFinish(b, finish, report.ReportedFinish); err != nil {
			return err
		}
	}
	for n++; own[n] != nil; n++ { // a correction took a change away
		for e := range state.BaselineEntries.By(im.d, "baseline_id", own[n].ID) {
			state.BaselineEntries.Delete(im.d, e.ID)
		}
		state.Baselines.Delete(im.d, own[n].ID)
	}
	return nil
}

func historyKey(key string, n int) string { return fmt.Sprintf("%s/baseline-%d", key, n) }

func ptrTo[T any](v T) *T { return &v }

// finishOf gives the finish of a project that the source speaks of.
func (im *importer) finishOf(project int64) *ent.Milestone {
	for m := range state.Milestones.By(im.d, "project_id", project) {
		if m.IsFinish && m.ExternalSource != nil && *m.ExternalSource == im.source {
			return m
		}
	}
	return nil
}

// baselinesOf gives a project's baselines of a history by their place in it, ready to change, the numbers of the others, and whether one
// of those is in force.
func (im *importer) baselinesOf(project int64, key string) (own map[int]*ent.Baseline, taken map[int]bool, inForce bool) {
	own, taken = map[int]*ent.Baseline{}, map[int]bool{}
	for n := 1; ; n++ {
		id, ok := im.d.External(state.Baselines.Desc(), im.source, historyKey(key, n))
		if !ok {
			break
		}
		if b, _ := im.d.CopyOf(state.Baselines.Desc(), id).(*ent.Baseline); b != nil {
			own[n] = b
		}
	}
	for b := range state.Baselines.By(im.d, "project_id", project) {
		if !slices.ContainsFunc(slices.Collect(maps.Values(own)), func(o *ent.Baseline) bool { return o.ID == b.ID }) {
			taken[b.Number] = true
			inForce = inForce || b.State == vocab.BaselineStateApproved
		}
	}
	return own, taken, inForce
}

// changes gives the source's reports of a project that tell of another finish than those before, in order.
func (im *importer) changes(project int64) (changes []*ent.StatusReport) {
	var reports []*ent.StatusReport
	for r := range state.StatusReports.By(im.d, "project_id", project) {
		if r.ReportedFinish != nil && r.ExternalSource != nil && *r.ExternalSource == im.source {
			reports = append(reports, r)
		}
	}
	slices.SortFunc(reports, func(a, b *ent.StatusReport) int {
		return cmp.Or(cmp.Compare(a.PeriodEnd, b.PeriodEnd), cmp.Compare(a.Revision, b.Revision))
	})
	for _, r := range reports {
		if n := len(changes); n == 0 || *changes[n-1].ReportedFinish != *r.ReportedFinish {
			changes = append(changes, r)
		}
	}
	return changes
}

// putFinish fixes a finish in a baseline.
func (im *importer) putFinish(b *ent.Baseline, finish *ent.Milestone, day *vocab.Date) error {
	key := *b.ExternalID + "/finish"
	var e *ent.BaselineEntry
	if id, ok := im.d.External(state.BaselineEntries.Desc(), im.source, key); ok {
		e, _ = im.d.CopyOf(state.BaselineEntries.Desc(), id).(*ent.BaselineEntry)
	}
	if e == nil {
		e = state.BaselineEntries.New(im.d)
		e.ExternalSource, e.ExternalID = &im.source, &key
		e.BaselineID, e.ProjectID, e.MilestoneID, e.ItemKind = b.ID, b.ProjectID, &finish.ID, vocab.BaselineItemKindMilestone
	}
	e.Finish = day
	return state.BaselineEntries.Put(im.d, e)
}
