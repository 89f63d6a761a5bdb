package edge

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"pmograph/internal/journal"
)

// lines answers with one JSON object a line, each sent at once.
type lines struct {
	mu    sync.Mutex
	w     http.ResponseWriter
	now   func() time.Time
	phase journal.Phase
	told  time.Time
}

// tellEvery is the time between two lines of one phase.
const tellEvery = 250 * time.Millisecond

func newLines(w http.ResponseWriter, now func() time.Time) *lines {
	w.Header().Set("Content-Type", typeLines)
	return &lines{w: w, now: now}
}

// Progress is how far an import is, as its lines say it.
type Progress struct {
	Phase journal.Phase `json:"phase"`
	Done  int           `json:"done"`
	Total int           `json:"total"` // 0 while it is not known
}

func (l *lines) progress(phase journal.Phase, done, total int) {
	l.mu.Lock()
	now := l.now()
	skip := phase == l.phase && now.Sub(l.told) < tellEvery && (done != total || total == 0)
	if !skip {
		l.phase, l.told = phase, now
	}
	l.mu.Unlock()
	if !skip {
		l.write(Progress{phase, done, total})
	}
}

func (l *lines) write(v any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = json.NewEncoder(l.w).Encode(v) // nobody is left to tell
	_ = http.NewResponseController(l.w).Flush()
}
