package read

import (
	"maps"
	"sync"

	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// texts are the long texts of one question. Things name theirs as they are found; the first that is asked for is read together with all
// that were named by then, so that a page costs one statement and not one a field.
type texts struct {
	mu      sync.Mutex
	ended   sync.Cond // a reading has
	reading bool
	named   map[vocab.TextAddress]bool // and not read yet
	read    map[vocab.TextAddress]string
}

func newTexts() *texts {
	x := new(texts)
	x.ended.L = &x.mu
	return x
}

// textSet is how many texts are read at once.
const textSet = 500

// longText is a long text of a row, or that there is none. It is read when it is asked for.
type longText struct {
	v       *View
	address *vocab.TextAddress
}

// text names a long text of a row: none if the row's were erased.
func (v *View) text(t *state.Desc, id int64, address *vocab.TextAddress) longText {
	if address == nil || v.TextsErased(t, id) {
		return longText{}
	}
	v.texts.name(*address)
	return longText{v, address}
}

// show gives the text, nil if there is none or it was erased.
func (t longText) show() (*string, error) {
	if t.address == nil {
		return nil, nil
	}
	body, ok, err := t.v.texts.body(t.v, *t.address)
	if !ok || err != nil {
		return nil, err
	}
	return &body, nil
}

func (x *texts) name(a vocab.TextAddress) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, known := x.read[a]; !known {
		if x.named == nil {
			x.named, x.read = map[vocab.TextAddress]bool{}, map[vocab.TextAddress]string{}
		}
		x.named[a] = true
	}
}

// body gives a text that was named. Whoever asks while others are being read waits, and reads with his own what was named meanwhile.
func (x *texts) body(v *View, a vocab.TextAddress) (body string, ok bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for x.named[a] {
		if x.reading {
			x.ended.Wait()
			continue
		}
		if err := x.readNamed(v, a); err != nil {
			return "", false, err
		}
	}
	body, ok = x.read[a]
	return body, ok, nil
}

// readNamed reads a text and others that were named, as many as are read at once. It lets go of the lock meanwhile.
func (x *texts) readNamed(v *View, a vocab.TextAddress) error {
	if v.Past() == nil {
		return fault.New(fault.Unavailable, "long texts cannot be reached from here")
	}
	set := []vocab.TextAddress{a}
	for other := range x.named {
		if other != a && len(set) < textSet {
			set = append(set, other)
		}
	}
	x.reading = true
	x.mu.Unlock()
	read, err := v.Past().Texts(set)
	x.mu.Lock()
	x.reading = false
	x.ended.Broadcast()
	if err != nil {
		return err
	}
	for _, a := range set {
		delete(x.named, a)
	}
	maps.Copy(x.read, read)
	return nil
}
