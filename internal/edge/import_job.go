package edge

import (
	"cmp"
	"encoding/json"
	"net/http"

	"pmograph/graph"
	"pmograph/internal/journal"
)

// importHeader names the import a request began, for importProgress: its idempotency key, or the id of the request.
const importHeader = "Import-Id"

// beginJob lets whoever imports follow how far it is.
func (c Config) beginJob(w http.ResponseWriter, r *http.Request, o *ImportOptions) *journal.RunningJob {
	name := cmp.Or(o.Key, o.RequestID)
	w.Header().Set(importHeader, name)
	job, told := c.Journal.BeginJob(r.Context(), graph.Identity(r.Context()).Principal(), name, string(Reading)), o.Progress
	o.Progress = func(phase journal.Phase, done, total int) {
		job.Tell(phase, done, total)
		if told != nil {
			told(phase, done, total)
		}
	}
	return job
}

// endJob tells what came of an import.
func (c Config) endJob(w http.ResponseWriter, r *http.Request, job *journal.RunningJob, report *ImportReport, err error) {
	outcome := map[string]any{}
	if err != nil {
		_, body := c.failure(w, r, err)
		outcome["error"] = map[string]any{"code": body["code"], "message": body["message"]}
	} else {
		outcome["report"] = map[string]any{"dryRun": report.DryRun, "repeated": report.Repeated, "rows": report.Rows, "refused": len(report.Refused), "position": report.Position, "counts": report.Counts}
	}
	text, _ := json.Marshal(outcome) // maps, texts and numbers alone
	job.End(r.Context(), string(text))
}
