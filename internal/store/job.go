package store

import (
	"context"
	"time"

	"pmograph/internal/state"
)

// How far imports are lies in import_job, outside the journal: whoever loses it loses nothing of the record.

// Job is how far an import is. Its owner and its name tell it from others.
type Job struct {
	Owner, Name string
	Phase       string
	Done, Total int64 // Total is 0 while it is not known
	Ended       bool
	Outcome     string // JSON; empty until it has ended
	At          time.Time
}

var jobColumns = []column{{"owner", state.KindText}, {"name", state.KindText}, {"phase", state.KindText}, {"done", state.KindInt}, {"total", state.KindInt},
	{"ended", state.KindBool}, {"outcome", state.KindText}, {"told_at", state.KindTime}}

type jobRow struct {
	Owner   string  `json:"owner"`
	Name    string  `json:"name"`
	Phase   string  `json:"phase"`
	Done    int64   `json:"done"`
	Total   int64   `json:"total"`
	Ended   bool    `json:"ended"`
	Outcome string  `json:"outcome"`
	At      instant `json:"told_at"`
}

func (q query) job(ctx context.Context, owner, name string) (j Job, found bool, err error) {
	j.Owner, j.Name = owner, name
	var at instant
	err = q.each(ctx, []any{&j.Phase, &j.Done, &j.Total, &j.Ended, &j.Outcome, &at}, func() error { found, j.At = true, time.Time(at); return nil },
		`SELECT "phase", "done", "total", "ended", "outcome", "told_at" FROM "import_job" WHERE "owner" = $1 AND "name" = $2`, owner, name)
	return j, found, err
}

// putJob gives the statement that says how far an import is.
func (f flavour) putJob(j Job) (sql, rows string) {
	return f.insert("import_job", jobColumns) + ` WHERE true ON CONFLICT ("owner", "name") DO UPDATE SET "phase" = excluded."phase", "done" = excluded."done", "total" = excluded."total",
			"ended" = excluded."ended", "outcome" = excluded."outcome", "told_at" = excluded."told_at"`,
		set([]jobRow{{j.Owner, j.Name, j.Phase, j.Done, j.Total, j.Ended, j.Outcome, instant(j.At)}})
}

// dropJobs is the statement that forgets imports of which nothing was told since an instant.
const dropJobs = `DELETE FROM "import_job" WHERE "told_at" < $1`
