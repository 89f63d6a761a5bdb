package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"pmograph/internal/journal"
)

// progress shows how far something long is: on a terminal in one line that is rewritten, elsewhere in a line for each phase.
type progress struct {
	mu       sync.Mutex
	out      *os.File
	terminal bool
	phase    journal.Phase
	told     time.Time
}

func newProgress(out *os.File) *progress {
	info, err := out.Stat()
	return &progress{out: out, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

func (p *progress) tell(phase journal.Phase, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	again := phase == p.phase
	if again && (!p.terminal || time.Since(p.told) < 100*time.Millisecond) {
		return
	}
	p.phase, p.told = phase, time.Now()
	text := strings.ToLower(string(phase))
	switch {
	case total > 0 && p.terminal:
		text += fmt.Sprintf(" %d of %d", done, total)
	case total > 0:
		text += fmt.Sprintf(" %d", total)
	case done > 0 && p.terminal:
		text += fmt.Sprintf(" %d", done)
	}
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K"+text)
		return
	}
	fmt.Fprintln(p.out, text)
}

// end clears the line.
func (p *progress) end() {
	if p.terminal && p.phase != "" {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
