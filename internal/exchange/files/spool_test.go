package files

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/state"
)

func spoolOf(t *testing.T, most int64) (*Spool, *time.Time) {
	now := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	return &Spool{Dir: t.TempDir(), Most: most, Now: func() time.Time { return now }}, &now
}

func (s *Spool) put(t *testing.T, tag string, seq int64, text string) error {
	t.Helper()
	return s.write(&spooled{tag: tag, position: state.Position{Seq: seq}}, func(w io.Writer) ([]Coverage, error) {
		_, err := io.WriteString(w, text)
		return nil, err
	})
}

func tagged(tag string) func(*spooled) bool { return func(f *spooled) bool { return f.tag == tag } }

// Files go after an hour, and with the first erasure that passes after they were written.
func TestFilesAreLetGoOf(t *testing.T) {
	s, now := spoolOf(t, 100)
	for _, tag := range []string{"old", "erased"} {
		if err := s.put(t, tag, 7, tag); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.put(t, "new", 9, "new"); err != nil {
		t.Fatal(err)
	}
	if s.find(7, tagged("old")) == nil || s.find(8, tagged("erased")) != nil || s.find(8, tagged("new")) == nil {
		t.Error("an erasure lets go of others")
	}
	*now = now.Add(spooledFor)
	if s.find(8, tagged("new")) == nil {
		t.Error("it went before its hour was over")
	}
	*now = now.Add(time.Second)
	f := s.files[0]
	if s.find(8, tagged("new")) != nil {
		t.Error("it stays longer than an hour")
	}
	if _, err := f.file.Stat(); !errors.Is(err, os.ErrClosed) {
		t.Error("it is open still")
	}
	if n, size := s.Kept(); n != 0 || size != 0 {
		t.Errorf("%d files, %d bytes", n, size)
	}
}

// A spool holds so much: the oldest files make room, and what is too large for it is refused, and gives its room back.
func TestSpoolIsBounded(t *testing.T) {
	s, _ := spoolOf(t, 100)
	for _, tag := range []string{"a", "b", "c"} {
		if err := s.put(t, tag, 1, strings.Repeat(tag, 40)); err != nil {
			t.Fatal(err)
		}
	}
	if s.find(0, tagged("a")) != nil || s.find(0, tagged("b")) == nil || s.find(0, tagged("c")) == nil {
		t.Error("another file made room")
	}
	if err := s.put(t, "large", 1, strings.Repeat("x", 101)); fault.KindOf(err) != fault.CostExceeded {
		t.Error(err)
	}
	broken := errors.New("broken")
	if err := s.write(&spooled{}, func(w io.Writer) ([]Coverage, error) {
		_, _ = io.WriteString(w, "something") // it is in memory
		return nil, broken
	}); !errors.Is(err, broken) {
		t.Error(err)
	}
	if n, size := s.Kept(); n != 0 || size != 0 {
		t.Errorf("%d files, %d bytes", n, size)
	}
	left, err := os.ReadDir(s.Dir)
	if err != nil || len(left) > 0 {
		t.Error(left, err)
	}
	done := make(chan struct{})
	close(done)
	if err := s.put(t, "last", 1, "x"); err != nil {
		t.Fatal(err)
	}
	s.Run(done, func() int64 { return 0 })
	if n, _ := s.Kept(); n != 0 {
		t.Errorf("%d files stay", n)
	}
}
