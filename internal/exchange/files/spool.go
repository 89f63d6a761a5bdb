package files

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// Spool keeps files that were written whole, so that parts of them can be asked for. They have no name on the disk and are open to the server alone, so that
// they go with it; each is of one reader with his rights, and is kept for an hour at most, or until something that could be in it is erased.
type Spool struct {
	Dir  string // where the files lie; empty: the machine's for temporary files
	Most int64  // bytes of all files; the oldest go first
	Now  func() time.Time

	mu    sync.Mutex
	files []*spooled // the oldest first
	size  int64      // of them, and of those being written
}

// spooledFor is how long a file is kept.
const spooledFor = time.Hour

// owner is whose a file is: who asked for it, and by which rights.
type owner struct {
	principal string
	rights    string // digest of them
}

// spooled is a file that is kept.
type spooled struct {
	owner
	ask      string // Ask.key
	tag      string // entity tag
	name     string // as it is saved
	format   Format
	about    About
	all      []Coverage
	position state.Position
	made     time.Time
	file     *os.File
	size     int64
}

// room counts what is written towards what the spool may hold.
type room struct {
	s *Spool
	f *spooled
}

// Write writes, if there is room or older files can make some.
func (r room) Write(b []byte) (int, error) {
	if !r.s.grow(int64(len(b)), r.f.size) {
		return 0, fault.New(fault.CostExceeded, "the file is larger than the server keeps files: ask for CSV or lines of JSON, which need not be kept, or for less")
	}
	n, err := r.f.file.Write(b)
	r.f.size += int64(len(b))
	return n, err
}

// grow takes room for some bytes more of a file that has some already.
func (s *Spool) grow(n, has int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.size+n > s.Most && len(s.files) > 0 {
		s.drop(0)
	}
	if s.size+n > s.Most {
		return false
	}
	s.size += n
	return true
}

// drop lets go of a file.
func (s *Spool) drop(i int) {
	f := s.files[i]
	s.files = append(s.files[:i:i], s.files[i+1:]...)
	s.size -= f.size
	_ = f.file.Close() // who reads it is cut off
}

// write has a file written and keeps it.
func (s *Spool) write(f *spooled, write func(io.Writer) ([]Coverage, error)) (err error) {
	if f.file, err = os.CreateTemp(s.Dir, "export-*"); err != nil { // mode 0600
		return fault.Wrap(fault.Unavailable, err, "there is no room to keep the file while it is sent")
	}
	err = os.Remove(f.file.Name())
	if err == nil {
		w := bufio.NewWriterSize(room{s, f}, 4*chunk)
		f.all, err = write(w)
		err = errors.Join(err, w.Flush())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.size -= f.size
		return errors.Join(err, f.file.Close())
	}
	f.made = s.Now()
	s.files = append(s.files, f)
	return nil
}

// find gives a file that an owner may read; nil if there is none. Files that are too old, or older than an erasure, are let go of first.
func (s *Spool) find(erased int64, is func(*spooled) bool) *spooled {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.files) - 1; i >= 0; i-- {
		if f := s.files[i]; s.Now().Sub(f.made) > spooledFor || f.position.Seq < erased {
			s.drop(i)
		}
	}
	for _, f := range s.files {
		if is(f) {
			return f
		}
	}
	return nil
}

// Kept is how many files a spool keeps, and their bytes with those of files being written.
func (s *Spool) Kept() (files int, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.files), s.size
}

// Run lets go of files that are too old until done is closed, then of all.
func (s *Spool) Run(done <-chan struct{}, erased func() int64) {
	every := time.NewTicker(time.Minute)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			s.find(erased(), func(*spooled) bool { return false })
		case <-done:
			s.mu.Lock()
			for len(s.files) > 0 {
				s.drop(0)
			}
			s.mu.Unlock()
			return
		}
	}
}

// digest is a short digest of texts.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		size := len(p)
		h.Write([]byte{byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)})
		h.Write([]byte(p))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
}
