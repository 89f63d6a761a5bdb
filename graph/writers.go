package graph

import (
	"runtime"
	"sync"
	"time"
)

// writers write what lines have to write: a few goroutines, as long as there is something, and one more for each that a client holds up. So
// thousands of lines that are told the same cost hardly more than the writing.
type writers struct {
	mu    sync.Mutex
	queue []*line
	free  int // that write and are not held up
}

// heldUp is how long a write may take before another goes on in its place.
const heldUp = 2 * time.Millisecond

// add has a line's messages written.
func (w *writers) add(l *line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = append(w.queue, l)
	w.more()
}

func (w *writers) more() {
	if len(w.queue) > 0 && w.free < runtime.GOMAXPROCS(0) {
		w.free++
		go w.run()
	}
}

func (w *writers) run() {
	for l := w.next(); l != nil; l = w.next() {
		l.write()
	}
}

// next gives the next line; nil, and the writer ends, if there is none or there are writers enough.
func (w *writers) next() *line {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 || w.free > runtime.GOMAXPROCS(0) {
		w.free--
		return nil
	}
	l := w.queue[0]
	if w.queue = w.queue[1:]; len(w.queue) == 0 {
		w.queue = nil
	}
	return l
}

// leave lets another go on while something is waited for, until back.
func (w *writers) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.free--
	w.more()
}

func (w *writers) back() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.free++
}

// alone runs what may take a while.
func (w *writers) alone(run func()) {
	w.leave()
	defer w.back()
	run()
}

// bounded runs a write. It calls late when that has taken too long.
func (w *writers) bounded(write func() error, late func()) error {
	var cut *time.Timer
	left := make(chan struct{})
	held := time.AfterFunc(heldUp, func() {
		defer close(left)
		w.leave()
		cut = time.AfterFunc(writeTime-heldUp, late)
	})
	err := write()
	if !held.Stop() {
		<-left
		cut.Stop()
		w.back()
	}
	return err
}
