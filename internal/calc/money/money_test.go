package money

import (
	"testing"

	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

func TestParseAndFormat(t *testing.T) {
	million, none := exact.Of(1_000_000), exact.Number{}
	for _, x := range []struct {
		in, cur string
		scale   exact.Number
		minor   int64
		out     string
	}{
		{"12.34", "GBP", none, 1234, "12.34"},
		{"-0.755", "EUR", none, -76, "-0.76"}, // half to even: 75.5 → 76
		{"0.745", "EUR", none, 74, "0.74"},    // 74.5 → 74
		{"5", "JPY", none, 5, "5"},
		{"1.5", "KWD", none, 1500, "1.500"},
		{"398606.602494", "GBP", million, 39860660249400, "398606602494.00"},
		{"0", "USD", none, 0, "0.00"},
		{"-0.01", "USD", none, -1, "-0.01"},
	} {
		got, err := ParseMinor(x.in, x.cur, x.scale)
		if err != nil || got != x.minor {
			t.Errorf("%s %s: %d, %v; want %d", x.in, x.cur, got, err, x.minor)
		}
		if s, err := ShownMinor(exact.IntOf(got), x.cur); err != nil || s.String() != x.out {
			t.Errorf("%d %s: %s, %v; want %s", got, x.cur, s, err, x.out)
		}
	}
	for _, bad := range []struct{ in, cur string }{{"1e5", "GBP"}, {"", "GBP"}, {"1/3", "GBP"}, {"1", "XYZ1"}, {"1", "gbp"}, {"999999999999999999999", "GBP"}, {"1.2.3", "EUR"}} {
		if n, err := ParseMinor(bad.in, bad.cur, none); err == nil {
			t.Errorf("%q %s was read as %d", bad.in, bad.cur, n)
		}
	}
}

func TestRatioDigits(t *testing.T) {
	for _, x := range []struct {
		a, b int64
		want string
	}{{5, 6, "0.833333"}, {-1, 3, "-0.333333"}, {1, 2_000_000, "0.000000"}, {3, 2_000_000, "0.000002"}, {1, 1, "1.000000"}} {
		if got := exact.Fraction(x.a, x.b).Fixed(RatioDigits); got != x.want {
			t.Errorf("%d/%d: %s, want %s", x.a, x.b, got, x.want)
		}
	}
}

func TestRates(t *testing.T) {
	d := func(s string) vocab.Date { v, _ := vocab.ParseDate(s); return v }
	r := NewRates([]Rate{
		{"EUR", "GBP", d("2026-02-01"), exact.Fraction(9, 10)},
		{"EUR", "GBP", d("2026-01-01"), exact.Fraction(8, 10)},
		{"GBP", "JPY", d("2026-01-01"), exact.Fraction(200, 1)},
	})
	for _, x := range []struct {
		a    Amount
		to   string
		on   string
		want string // "" for no rate
	}{
		{Amount{1000, "EUR"}, "GBP", "2026-01-31", "8.00"},
		{Amount{1000, "EUR"}, "GBP", "2026-02-01", "9.00"},
		{Amount{1000, "EUR"}, "GBP", "2025-12-31", ""},
		{Amount{900, "GBP"}, "EUR", "2026-03-01", "10.00"}, // inverse
		{Amount{150, "GBP"}, "JPY", "2026-03-01", "300"},   // other digits
		{Amount{100, "EUR"}, "JPY", "2026-03-01", ""},      // no way through GBP
		{Amount{7, "USD"}, "USD", "1900-01-01", "0.07"},
	} {
		units, ok := r.Convert(x.a, x.to, d(x.on))
		got := ""
		if ok {
			s, _ := Shown(units, x.to)
			got = s.String()
		}
		if got != x.want {
			t.Errorf("%v in %s on %s: %q, want %q", x.a, x.to, x.on, got, x.want)
		}
	}
}
