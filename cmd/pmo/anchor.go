package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pmograph/auth"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
)

const anchorEvery = time.Minute

// anchor signs the head of the journal while a server serves it, to the log and, if there is one, to a file that best lies elsewhere:
// against it a journal that was cut off or written anew as a whole is found out.
type anchor struct {
	path   string
	keys   *auth.LocalKeys
	log    *slog.Logger
	signed prometheus.Gauge
	failed prometheus.Counter
	last   state.Position
}

// newAnchor opens the file once, so that a server that could not write it does not start.
func newAnchor(path string, keys *auth.LocalKeys, log *slog.Logger, reg prometheus.Registerer) (*anchor, error) {
	n := &anchor{path: path, keys: keys, log: log,
		signed: prometheus.NewGauge(prometheus.GaugeOpts{Name: "pmo_anchor_timestamp_seconds", Help: "Unix time at which the head of the journal was last signed, or found signed already."}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{Name: "pmo_anchor_failures_total", Help: "Times a signed head could not be written."}),
	}
	reg.MustRegister(n.signed, n.failed)
	return n, n.append("")
}

// start signs each minute, until the function it gives is called: that signs once more and returns when all is written.
func (n *anchor) start(j *journal.Journal) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(anchorEvery)
		defer tick.Stop()
		for {
			n.sign(j.Latest(), time.Now())
			select {
			case <-ctx.Done():
				n.sign(j.Latest(), time.Now())
				return
			case <-tick.C:
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// sign signs a head, unless it did so before. What cannot be written is tried again the next time.
func (n *anchor) sign(s *state.Snapshot, now time.Time) {
	if s.Seq() > 0 && s.Position() != n.last {
		line, err := auth.SignHead(n.keys.Ring().Signing(), auth.Head{Entries: s.Seq(), Hash: s.Hash(), At: s.At(), Signed: now})
		if err == nil {
			n.log.Info("head signed", "position", s.Position().String(), "jws", line)
			err = n.append(line + "\n")
		}
		if err != nil {
			n.failed.Inc()
			n.log.Error("the signed head cannot be written", "file", n.path, "error", err)
			return
		}
		n.last = s.Position()
	}
	n.signed.Set(float64(now.Unix()))
}

func (n *anchor) append(text string) error {
	if n.path == "" {
		return nil
	}
	f, err := os.OpenFile(n.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// checkAnchors compares a journal with the heads signed in a file and names the first that is not its own. It gives their number.
func checkAnchors(ctx context.Context, db store.Store, path string, keys []ed25519.PublicKey) (n int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var entry state.Entry
	for lines := bufio.NewScanner(f); ; n++ {
		if !lines.Scan() {
			if err = lines.Err(); err == nil && n == 0 {
				err = fmt.Errorf("%s holds no signed head", path)
			}
			return n, err
		}
		h, err := auth.ReadHead(lines.Text(), keys)
		if err != nil {
			return n, fmt.Errorf("%s, line %d: %w", path, n+1, err)
		}
		if entry.Seq != h.Entries {
			page, err := db.Entries(ctx, h.Entries-1, h.Entries, false, 1)
			if err != nil {
				return n, err
			}
			if len(page) == 0 {
				return n, fmt.Errorf("%s, line %d: on %s entry %d was there, of %s; the journal does not have it: it was cut off", path, n+1, h.Signed.UTC().Format(time.RFC3339), h.Entries, h.At.UTC().Format(time.RFC3339))
			}
			entry = page[0]
		}
		if entry.Hash != h.Hash {
			return n, fmt.Errorf("%s, line %d: on %s entry %d had the hash %x, now it has %x: the journal was written anew", path, n+1, h.Signed.UTC().Format(time.RFC3339), h.Entries, h.Hash[:8], entry.Hash[:8])
		}
	}
}
