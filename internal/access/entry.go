// Package access is the journal of access: who came in and who was refused, what was granted, imported, exported and previewed. It stands
// beside the journal of the record, in tables and under a lock of its own, is chained by hashes as that one is, and forgets what is old.
package access

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"pmograph/internal/vocab"
)

// Kind is what an entry tells of.
type Kind = vocab.AccessKind

// The kinds.
const (
	Started         = vocab.AccessKindStarted
	SignIn          = vocab.AccessKindSignIn
	Unauthenticated = vocab.AccessKindUnauthenticated
	Forbidden       = vocab.AccessKindForbidden
	Grant           = vocab.AccessKindGrant
	BreakGlass      = vocab.AccessKindBreakGlass
	Preview         = vocab.AccessKindPreview
	Import          = vocab.AccessKindImport
	Export          = vocab.AccessKindExport
	FeedKey         = vocab.AccessKindFeedKey
	Omitted         = vocab.AccessKindOmitted
)

// Kinds lists them all.
func Kinds() (all []Kind) {
	for _, k := range Kind("").Values() {
		all = append(all, Kind(k))
	}
	return all
}

// Entry is one entry. It names nobody: whoever reads the record finds the person by his number, as long as he is on record.
type Entry struct {
	N       int64 // 1 for the first there ever was
	At      time.Time
	Kind    Kind
	Actor   string // user-7, a fixed word for the program itself, or stranger- and an HMAC of who is not on record; empty if nobody was named
	Address string // network address he came from; empty if there is none
	What    string // operation, mutation, or class of reason: a word
	Request string // the request's id
	Seq     int64  // number of the entry in the journal of the record; 0 if there is none
	Count   int64  // how many times; of Omitted, how many entries were not written
	Hash    [32]byte
}

// Mark is a place in the chain: an entry's number and hash. The zero value is before the first entry.
type Mark struct {
	N    int64
	Hash [32]byte
}

// Mark gives the entry's place.
func (e *Entry) Mark() Mark { return Mark{e.N, e.Hash} }

// link gives the entry its place after another: its hash is SHA-256 over the previous hash and every field, each with its length before it.
func (e *Entry) link(after Mark) {
	e.N, e.At = after.N+1, e.At.UTC().Truncate(time.Microsecond)
	e.Hash = e.sum(after.Hash)
}

func (e *Entry) sum(previous [32]byte) [32]byte {
	var b []byte
	put := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	num := func(n int64) { b = binary.BigEndian.AppendUint64(append(b, 8), uint64(n)) }
	put(string(previous[:]))
	num(e.N)
	num(e.At.UnixMicro())
	for _, s := range []string{string(e.Kind), e.Actor, e.Address, e.What, e.Request} {
		put(s)
	}
	num(e.Seq)
	num(e.Count)
	return sha256.Sum256(b)
}

// Chain gives entries their places after a mark.
func Chain(after Mark, entries []Entry) []Entry {
	for i := range entries {
		entries[i].link(after)
		after = entries[i].Mark()
	}
	return entries
}

// Store keeps the entries.
type Store interface {
	// Ends gives the place after which the chain begins, that of the last entry that was pruned, and the place of the newest entry.
	Ends(ctx context.Context) (anchor, head Mark, err error)
	// Append adds the entries that link gives for the head as it stands under the chain's lock, which no mutation takes.
	Append(ctx context.Context, link func(head Mark) []Entry) error
	// Entries reads entries with numbers in (after, upTo], newest first if back, at most limit.
	Entries(ctx context.Context, after, upTo int64, back bool, limit int) ([]Entry, error)
	// Prune removes entries from the front up to the last one that is older than an instant, but never the newest entry. It counts them.
	Prune(ctx context.Context, before time.Time) (int64, error)
	// Close ends all connections.
	Close() error
}

const verifyPage = 1000

// Verify walks the whole chain as it stands, and counts its entries. The error names the first entry that does not hold. It may run while
// others write and prune.
func Verify(ctx context.Context, db Store) (n int64, head Mark, err error) {
	at, head, err := db.Ends(ctx)
	for err == nil && at.N < head.N {
		var page []Entry
		if page, err = db.Entries(ctx, at.N, head.N, false, verifyPage); err != nil {
			break
		}
		if len(page) == 0 || page[0].N != at.N+1 {
			missing := at.N + 1
			if at, _, err = db.Ends(ctx); err == nil && at.N < missing { // not pruned meanwhile
				err = fmt.Errorf("access entry %d is missing", missing)
			}
			continue
		}
		for i := range page {
			e := &page[i]
			switch {
			case e.N != at.N+1:
				return n, head, fmt.Errorf("access entry %d is missing", at.N+1)
			case e.Hash != e.sum(at.Hash):
				return n, head, fmt.Errorf("access entry %d is not the one that was written, or the one before it is not", e.N)
			}
			n, at = n+1, e.Mark()
		}
	}
	return n, head, err
}
