package dataset

import (
	"maps"
	"sync/atomic"

	"pmograph/internal/calc/money"
	"pmograph/internal/state"
)

// words are the texts that a column's numbers stand for, remembered: a million facts have few of them.
type words struct {
	col   state.Col
	known atomic.Pointer[map[int64]shortWord]
}

// shortWord is a text and, if it is the code of a currency, its digits.
type shortWord struct {
	text   string
	digits int8
}

// maxWords is how many are remembered.
const maxWords = 1000

func (w *words) of(n int64) shortWord {
	known := w.known.Load()
	if known != nil {
		if x, ok := (*known)[n]; ok {
			return x
		}
	}
	x := shortWord{text: w.col.Word(n)}
	digits, _ := money.Digits(x.text)
	x.digits = int8(digits)
	if known == nil {
		w.known.CompareAndSwap(nil, &map[int64]shortWord{n: x})
	} else if len(*known) < maxWords {
		more := maps.Clone(*known)
		more[n] = x
		w.known.CompareAndSwap(known, &more)
	}
	return x
}
