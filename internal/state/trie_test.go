package state

import (
	"maps"
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A trie says what a map says after any changes, versions before them stay as they were, and values come in the order of their places,
// however the trie came to be.
func TestTrie(t *testing.T) {
	keys := rapid.OneOf(rapid.Uint64Range(0, 70), rapid.SampledFrom([]uint64{1 << 5, 1 << 10, 1 << 35, 1 << 63, 1<<63 | 1<<60, 1 | 1<<60, 1<<64 - 1}), rapid.Uint64())
	type version struct {
		trie trie[uint64]
		want map[uint64]uint64
	}
	rapid.Check(t, func(rt *rapid.T) {
		all := []version{{want: map[uint64]uint64{}}}
		for range rapid.IntRange(1, 8).Draw(rt, "editors") {
			v := all[rapid.IntRange(0, len(all)-1).Draw(rt, "version")]
			v.want = maps.Clone(v.want)
			own := new(token)
			for range rapid.IntRange(0, 60).Draw(rt, "changes") {
				k := keys.Draw(rt, "key")
				if rapid.IntRange(0, 2).Draw(rt, "delete") == 0 {
					v.trie.del(own, k)
					delete(v.want, k)
				} else {
					x := rapid.Uint64().Draw(rt, "value")
					v.trie.put(own, k, x)
					v.want[k] = x
				}
			}
			all = append(all, v)
		}
		for i, v := range all {
			for k, want := range v.want {
				if have, ok := v.trie.get(k); !ok || have != want {
					rt.Fatalf("version %d: %d is %d, %v; want %d", i, k, have, ok, want)
				}
			}
			k := keys.Draw(rt, "another")
			want, there := v.want[k]
			if have, ok := v.trie.get(k); ok != there || have != want {
				rt.Fatalf("version %d: %d is %d, %v; want %d, %v", i, k, have, ok, want, there)
			}
			var have, ordered []uint64
			v.trie.each(func(x uint64) bool { have = append(have, x); return true })
			for _, k := range slices.SortedFunc(maps.Keys(v.want), inPlaces) {
				ordered = append(ordered, v.want[k])
			}
			if !slices.Equal(have, ordered) || v.trie.n != len(ordered) {
				rt.Fatalf("version %d has %d values %v, want %v", i, v.trie.n, have, ordered)
			}
			seen := 0
			v.trie.each(func(uint64) bool { seen++; return seen < 3 })
			if seen != min(3, len(ordered)) {
				rt.Fatalf("told to stop at the third of %d values, %d came", len(ordered), seen)
			}
		}
	})
}

// inPlaces compares numbers by their lowest five bits, then by the next.
func inPlaces(a, b uint64) int {
	if a == b {
		return 0
	}
	shift := bits.TrailingZeros64(a^b) / trieBits * trieBits
	return int(a>>shift&31) - int(b>>shift&31)
}

// A change of one among many values makes a path anew and nothing beside it, however many there are.
func TestTrieCopiesAPath(t *testing.T) {
	var tr trie[any]
	own := new(token)
	for k := range uint64(100_000) {
		tr.put(own, k, nil)
	}
	k := uint64(0)
	if n := testing.AllocsPerRun(1000, func() {
		next := tr
		next.put(new(token), k, nil)
		k += 97
	}); n > 9 { // two for each of four nodes, and a token
		t.Errorf("%v objects are made", n)
	}
}
