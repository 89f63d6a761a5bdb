package kept

import "testing"

// What is asked for stays, whatever else comes; everything stays within the bound.
func TestCache(t *testing.T) {
	c := Cache[int, string]{Bound: 100}
	if _, ok := c.Get(1); ok {
		t.Error("something is kept at first")
	}
	c.Put(0, "often", 5)
	c.Put(-1, "heavy", 51)
	for i := 1; i <= 1000; i++ {
		c.Put(i, "once", 1+i%7)
		if x, ok := c.Get(0); !ok || x != "often" {
			t.Fatalf("after %d others %q, %v", i, x, ok)
		}
		if w := c.Weight(); w > 100 {
			t.Fatalf("after %d others everything weighs %d", i, w)
		}
	}
	if _, ok := c.Get(-1); ok {
		t.Error("what is too heavy is kept")
	}
	if _, ok := c.Get(1); ok || c.Len() < 10 {
		t.Errorf("the first is kept: %v, of %d", ok, c.Len())
	}
	if x, ok := c.Get(1000); !ok || x != "once" {
		t.Error("the last is not kept")
	}
	c.Put(0, "other", 6)
	if x, _ := c.Get(0); x != "other" {
		t.Errorf("%q stays in place of another", x)
	}
	if c.Clear(); c.Len() != 0 || c.Weight() != 0 {
		t.Error("something is left")
	}
}
