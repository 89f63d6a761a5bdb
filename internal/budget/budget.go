// Package budget says how much each principal may ask for: points that are spent and come back with time, and slots in which work is done,
// of which nobody has them all. It knows neither clock nor principals: both are given.
package budget

import (
	"math"
	"sync"
	"time"
)

// Rate is what a principal may spend.
type Rate struct {
	Request int // points of one request at most; 0 is no limit
	Bucket  int // points that may be spent at once; 0 is no limit
	Refill  int // points that come back each second
}

// Buckets hold what each principal has left. Nobody who spent something is forgotten before he has it back: if there are too many, those who
// come then share one bucket. So no flood of names gives anybody more.
type Buckets[K comparable] struct {
	Max int              // buckets that are kept
	Now func() time.Time // the clock

	mu    sync.Mutex
	of    map[K]*bucket
	crowd bucket // of those for whom there is no room
	swept time.Time
}

type bucket struct {
	rate  Rate
	left  float64
	at    time.Time // when left was right
	until time.Time // when the rate is looked up again
}

// lookEvery is how long a rate that was looked up holds.
const lookEvery = 10 * time.Second

// Balance is what a principal has after something was spent, or why it was not.
type Balance struct {
	Left     int       // points
	RefillAt time.Time // when the bucket is full again
	// Wait is how long it takes until there is enough; 0 if it was spent.
	Wait time.Duration
}

// Spend takes points from a principal's bucket, or none if there are not enough. A rate is looked up when it is not known, or not known lately.
func (b *Buckets[K]) Spend(key K, points int, rate func() Rate) Balance {
	now := b.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.bucket(key, now, rate)
	if x.rate.Bucket == 0 {
		return Balance{Left: math.MaxInt32, RefillAt: now}
	}
	x.refill(now)
	if float64(points) > x.left {
		return Balance{Left: int(x.left), RefillAt: x.full(), Wait: x.after(float64(points) - x.left)}
	}
	x.left = min(x.left-float64(points), float64(x.rate.Bucket))
	return Balance{Left: int(x.left), RefillAt: x.full()}
}

// Return gives points back that were spent and not used.
func (b *Buckets[K]) Return(key K, points int, rate func() Rate) Balance {
	return b.Spend(key, -points, rate)
}

// Take takes points that an answer came to: more than are left, if it came to more. Nothing can be spent then until they are back.
func (b *Buckets[K]) Take(key K, points int, rate func() Rate) {
	now := b.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if x := b.bucket(key, now, rate); x.rate.Bucket != 0 {
		x.refill(now)
		x.left -= float64(points)
	}
}

// Rate gives what a principal may spend.
func (b *Buckets[K]) Rate(key K, rate func() Rate) Rate {
	now := b.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bucket(key, now, rate).rate
}

// Len counts the principals who have spent something lately.
func (b *Buckets[K]) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.of)
}

func (b *Buckets[K]) bucket(key K, now time.Time, rate func() Rate) *bucket {
	x := b.of[key]
	switch {
	case x != nil:
	case len(b.of) < b.Max || b.sweep(now):
		if b.of == nil {
			b.of = map[K]*bucket{}
		}
		x = &bucket{at: now}
		b.of[key] = x
	default:
		x = &b.crowd
	}
	if now.Before(x.until) {
		return x
	}
	fresh := x.until.IsZero()
	x.refill(now)
	x.rate, x.until = rate(), now.Add(lookEvery)
	if x.left = min(x.left, float64(x.rate.Bucket)); fresh {
		x.left, x.at = float64(x.rate.Bucket), now
	}
	return x
}

// sweep forgets those who have everything back, once a second at most; it tells whether there is room.
func (b *Buckets[K]) sweep(now time.Time) bool {
	if now.Sub(b.swept) < time.Second && !now.Before(b.swept) {
		return false
	}
	b.swept = now
	for key, x := range b.of {
		if x.refill(now); x.left >= float64(x.rate.Bucket) {
			delete(b.of, key)
		}
	}
	return len(b.of) < b.Max
}

func (x *bucket) refill(now time.Time) {
	if passed := now.Sub(x.at); passed > 0 {
		x.left = x.left + passed.Seconds()*float64(x.rate.Refill)
	}
	x.left, x.at = min(x.left, float64(x.rate.Bucket)), now
}

func (x *bucket) after(points float64) time.Duration {
	if x.rate.Refill <= 0 {
		return time.Hour
	}
	return max(time.Millisecond, time.Duration(points/float64(x.rate.Refill)*float64(time.Second)))
}

func (x *bucket) full() time.Time {
	if missing := float64(x.rate.Bucket) - x.left; missing > 0 {
		return x.at.Add(x.after(missing))
	}
	return x.at
}
