package exact_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"pmograph/internal/calc/exact"
)

// word draws numbers of all sizes, and those around the ends of what words hold.
var word = rapid.OneOf(rapid.Int64Range(-1000, 1000), rapid.Int64(), rapid.Int64Range(math.MaxInt64-3, math.MaxInt64), rapid.Int64Range(math.MinInt64, math.MinInt64+3),
	rapid.SampledFrom([]int64{1_000_000, 60_000, 100, 1 << 32, 1 << 62}))

// rat draws fractions from a few bits to far more than words hold.
func rat(t *rapid.T, name string) *big.Rat {
	r := new(big.Rat).SetInt64(word.Draw(t, name))
	for range rapid.IntRange(0, 4).Draw(t, name+" factors") {
		by := big.NewRat(word.Filter(func(n int64) bool { return n != 0 }).Draw(t, name+" factor"), 1)
		if rapid.Bool().Draw(t, name+" below") {
			r.Quo(r, by)
		} else {
			r.Mul(r, by)
		}
	}
	return r
}

// number draws a fraction and the number of the same value, in lowest terms or not.
func number(t *rapid.T, name string) (*big.Rat, exact.Number) {
	r := rat(t, name)
	x := exact.FromRat(r)
	if by := rapid.IntRange(1, 1000).Draw(t, name+" terms"); by > 1 {
		x = x.Times(exact.Fraction(by, 7)).Times(exact.Fraction(7, by))
	}
	if x.Rat().Cmp(r) != 0 {
		t.Fatalf("%v became %v", r, x)
	}
	return r, x
}

// What is computed in words is what is computed without a bound.
func TestAsWithoutBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, x := number(t, "x")
		s, y := number(t, "y")
		same := func(what string, got exact.Number, want *big.Rat) {
			t.Helper()
			if got.Rat().Cmp(want) != 0 {
				t.Errorf("%v %s %v is %v, want %v", r, what, s, got, want)
			}
		}
		same("+", x.Plus(y), new(big.Rat).Add(r, s))
		same("-", x.Minus(y), new(big.Rat).Sub(r, s))
		same("*", x.Times(y), new(big.Rat).Mul(r, s))
		if s.Sign() != 0 {
			same("/", x.Over(y), new(big.Rat).Quo(r, s))
		}
		same("negated", x.Neg(), new(big.Rat).Neg(r))
		same("without sign", x.Abs(), new(big.Rat).Abs(r))
		same("cut", x.Whole(), new(big.Rat).SetInt(new(big.Int).Quo(r.Num(), r.Denom())))
		same("rounded", x.Round(), new(big.Rat).SetInt(halfEven(r)))
		if c := x.Cmp(y); c != r.Cmp(s) {
			t.Errorf("%v compared with %v is %d", r, s, c)
		}
		if x.Cmp(exact.FromRat(r)) != 0 {
			t.Errorf("%v is not itself", r)
		}
		if x.Sign() != r.Sign() || x.IsInt() != r.IsInt() {
			t.Errorf("%v has sign %d, whole is %v", r, x.Sign(), x.IsInt())
		}
		if n, ok := x.Int64(); ok != (r.IsInt() && r.Num().IsInt64()) || ok && n != r.Num().Int64() {
			t.Errorf("%v as a short integer is %d, %v", r, n, ok)
		}
	})
}

// halfEven is rounding as the books have it: down, and up where more than half is left, or half of an odd one.
func halfEven(r *big.Rat) *big.Int {
	down := new(big.Int).Div(r.Num(), r.Denom()) // of a denominator above zero it is the floor
	left := new(big.Rat).Sub(r, new(big.Rat).SetInt(down))
	if c := left.Cmp(big.NewRat(1, 2)); c > 0 || c == 0 && down.Bit(0) == 1 {
		down.Add(down, big.NewInt(1))
	}
	return down
}

// Numbers are shown alike of any length: rounded half to even once, zero without a sign; and without rounding as math/big does.
func TestTextAsWithoutBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, x := number(t, "x")
		digits := rapid.IntRange(0, exact.MaxDigits).Draw(t, "digits")
		power := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
		if rapid.Bool().Draw(t, "half") { // of the last digit shown
			half := big.NewRat(1, 2)
			r = new(big.Rat).Quo(half.Add(half, new(big.Rat).SetInt(halfEven(r))), power)
			x = exact.FromRat(r)
		}
		shown := new(big.Rat).SetInt(halfEven(new(big.Rat).Mul(r, power)))
		if got, want := x.Fixed(digits), shown.Quo(shown, power).FloatString(digits); got != want {
			t.Errorf("%v with %d digits is %s, want %s", r, digits, got, want)
		}
		want := r.RatString()
		if digits, ok := r.FloatPrec(); ok {
			want = r.FloatString(digits)
		}
		if x.String() != want {
			t.Errorf("%v is %s, want %s", r, x, want)
		}
	})
}

// The sizes at which words stop to do are met for certain.
func TestEndsOfWords(t *testing.T) {
	most, least := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 127), big.NewInt(1)), new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), 127))
	widest := new(big.Int).SetUint64(math.MaxUint64)
	var all []*big.Rat
	for _, n := range []*big.Int{most, new(big.Int).Add(most, big.NewInt(1)), least, new(big.Int).Add(least, big.NewInt(1)), widest, new(big.Int).Add(widest, big.NewInt(1)), new(big.Int).Neg(widest), big.NewInt(1), big.NewInt(-3)} {
		for _, d := range []*big.Int{big.NewInt(1), big.NewInt(2), big.NewInt(1_000_000), widest, new(big.Int).Add(widest, big.NewInt(1))} {
			all = append(all, new(big.Rat).SetFrac(n, d))
		}
	}
	for _, r := range all {
		x := exact.FromRat(r)
		if x.Rat().Cmp(r) != 0 || x.Neg().Rat().Cmp(new(big.Rat).Neg(r)) != 0 {
			t.Errorf("%v became %v", r, x)
		}
		if got, want := x.Round().Rat(), new(big.Rat).SetInt(halfEven(r)); got.Cmp(want) != 0 {
			t.Errorf("%v is rounded to %v", r, got)
		}
		for _, s := range all {
			y := exact.FromRat(s)
			if x.Plus(y).Rat().Cmp(new(big.Rat).Add(r, s)) != 0 || x.Times(y).Rat().Cmp(new(big.Rat).Mul(r, s)) != 0 || x.Over(y).Rat().Cmp(new(big.Rat).Quo(r, s)) != 0 || x.Cmp(y) != r.Cmp(s) {
				t.Errorf("%v and %v: + %v, × %v, / %v, compared %d", r, s, x.Plus(y), x.Times(y), x.Over(y), x.Cmp(y))
			}
		}
	}
}

func TestIntIsOf128Bits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		want := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		want.Add(want, big.NewInt(c))
		sum := exact.Product(a, b).Add(exact.IntOf(c))
		if sum.Big().Cmp(want) != 0 || sum.IsZero() != (want.Sign() == 0) {
			t.Errorf("%d × %d + %d is %v, want %v", a, b, c, sum.Big(), want)
		}
		if n, ok := sum.Int64(); ok != want.IsInt64() || ok && n != want.Int64() {
			t.Errorf("%v as a short integer is %d, %v", want, n, ok)
		}
		if got := exact.Parts(sum, 1_000_000).Rat(); got.Cmp(new(big.Rat).SetFrac(want, big.NewInt(1_000_000))) != 0 {
			t.Errorf("%v millionths are %v", want, got)
		}
	})
	if least := exact.Product(math.MinInt64, math.MinInt64); exact.Parts(least.Add(least), 2).Sign() >= 0 { // −2¹²⁷, which has no opposite
		t.Error("the least integer is not below zero")
	}
}

func TestNone(t *testing.T) {
	var none exact.Number
	if !none.IsNone() || none.Rat() != nil || none.String() != "none" || exact.Of(0).IsNone() || exact.FromRat(new(big.Rat)).IsNone() {
		t.Error("no number is not told from zero")
	}
}

// What fits words costs no allocation, not even shown.
func TestWordsDoNotAllocate(t *testing.T) {
	text := make([]byte, 0, 64)
	weighted, budget := exact.Parts(exact.Product(4404800600_00, 46_571_473), 100_000_000), exact.Parts(exact.IntOf(4404800600_00), 100)
	for name, of := range map[string]func() exact.Number{
		"average": func() exact.Number { return weighted.Over(budget) },
		"sum":     func() exact.Number { return weighted.Plus(budget).Minus(exact.Fraction(1, 3)) },
		"share":   func() exact.Number { return exact.Fraction(4014, 3200).Times(exact.Of(2)).Round() },
	} {
		if n := testing.AllocsPerRun(10, func() { text = exact.Decimal{Number: of(), Digits: 6}.Append(text[:0]) }); n != 0 {
			t.Errorf("%s: %v allocations for %s", name, n, text)
		}
	}
}

func BenchmarkAverage(b *testing.B) {
	text := make([]byte, 0, 64)
	weighted, budget := exact.Product(4404800600_00, 46_571_473), exact.IntOf(4404800600_00)
	b.ReportAllocs()
	for b.Loop() {
		text = exact.Decimal{Number: exact.Parts(weighted, 100_000_000).Over(exact.Parts(budget, 100)), Digits: 6}.Append(text[:0])
	}
}
