package journal

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"pmograph/internal/fault"
	"pmograph/internal/kept"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/vocab"
)

// texts keeps the long texts that were read last. They never change, but for being erased: what is read while an erasure passes is not kept.
type texts struct {
	kept     kept.Cache[vocab.TextAddress, string]
	mu       sync.Mutex
	erasures int // that passed
}

const textBytes = 16 << 20

// find gives those that are kept, and what has to be read; erasures is for keep.
func (k *texts) find(addresses []vocab.TextAddress) (found map[vocab.TextAddress]string, missing []vocab.TextAddress, erasures int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	found = make(map[vocab.TextAddress]string, len(addresses))
	for _, a := range addresses {
		if body, ok := k.kept.Get(a); ok {
			found[a] = body
		} else {
			missing = append(missing, a)
		}
	}
	return found, missing, k.erasures
}

// keep takes texts that were read after a find.
func (k *texts) keep(read map[vocab.TextAddress]string, erasures int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if erasures != k.erasures {
		return
	}
	k.kept.Bound = textBytes
	for a, body := range read {
		k.kept.Put(a, body, len(a)+len(body))
	}
}

// forget drops all of them.
func (k *texts) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept.Clear()
	k.erasures++
}

// Texts gives long texts: those of the mutation that is shown, those that are kept, and the rest in one statement.
func (p port) Texts(addresses []vocab.TextAddress) (map[vocab.TextAddress]string, error) {
	found, missing, erasures := p.j.texts.find(addresses)
	missing = p.take(found, missing)
	if len(missing) == 0 {
		return found, nil
	}
	ctx, cancel := context.WithTimeout(p.ctx, callTime)
	defer cancel()
	read, err := p.j.db.Texts(ctx, missing)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the texts cannot be read")
	}
	p.j.texts.keep(read, erasures)
	maps.Copy(found, read)
	return found, nil
}

// take adds the mutation's own texts to what was found, and gives what is still missing.
func (p port) take(found map[vocab.TextAddress]string, missing []vocab.TextAddress) (rest []vocab.TextAddress) {
	own := make(map[vocab.TextAddress]string, len(p.own))
	for _, t := range p.own {
		own[t.Address] = t.Body
	}
	for _, a := range missing {
		if body, ok := own[a]; ok {
			found[a] = body
		} else {
			rest = append(rest, a)
		}
	}
	return rest
}

// checkTexts compares the long texts with the rows of a loaded record: each lies under its own address, and none that a row holds is
// missing.
func checkTexts(ctx context.Context, db store.Store, loaded *state.Snapshot) error {
	wanted := map[vocab.TextAddress]bool{}
	for a := range loaded.Texts() {
		wanted[a] = true
	}
	for after := vocab.TextAddress(""); ; {
		page, err := db.TextsAfter(ctx, after, textPage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		for _, t := range page {
			if loaded.TextAddress(t.Body) != t.Address {
				return fmt.Errorf("the text at %s is not the recorded one", t.Address)
			}
			delete(wanted, t.Address)
			after = t.Address
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	newer, err := db.Load(ctx) // they may have been erased meanwhile
	if err != nil {
		return err
	}
	for a := range newer.Texts() {
		if wanted[a] {
			return fmt.Errorf("the text at %s is missing, and no erasure is on record", a)
		}
	}
	return nil
}

const textPage = 500
