package money

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"pmograph/internal/vocab"
)

func TestDigits(t *testing.T) {
	for code, want := range map[string]int{"EUR": 2, "JPY": 0, "KWD": 3, "CLF": 4, "IQD": 3, "IDR": 2, "UGX": 0, "ZWG": 2, "HRK": 2} {
		if got, err := Digits(code); err != nil || got != want {
			t.Errorf("%s has %d digits (%v), want %d", code, got, err, want)
		}
	}
	for _, code := range []string{"", "eur", "EU", "EURO", "XXX", "XTS", "XAU", " EUR"} {
		if n, err := Digits(code); err == nil {
			t.Errorf("%q has %d digits, want an error", code, n)
		}
	}
	n := 0
	for _, codes := range byDigits {
		for _, code := range strings.Fields(codes) {
			if n++; len(code) != 3 || code != strings.ToUpper(code) {
				t.Errorf("%q is no code", code)
			}
		}
	}
	if n != len(digitsOf) {
		t.Errorf("%d codes are listed, %d are different", n, len(digitsOf))
	}
}

func TestParseMinorAtTheLimits(t *testing.T) {
	for _, x := range []struct {
		in, code string
		scale    *big.Rat
		want     int64
		err      string
	}{
		{"92233720368547758.07", "EUR", nil, math.MaxInt64, ""},
		{"-92233720368547758.08", "EUR", nil, math.MinInt64, ""},
		{"92233720368547758.074", "EUR", nil, math.MaxInt64, ""},
		{"92233720368547758.08", "EUR", nil, 0, "beyond what an amount can hold"},
		{"9223372036854775808", "JPY", nil, 0, "beyond"},
		{".5", "GBP", nil, 50, ""},
		{"+7.", "GBP", nil, 700, ""},
		{"0.005", "GBP", nil, 0, ""},
		{"0.015", "GBP", nil, 2, ""},
		{"-0.005", "GBP", nil, 0, ""},
		{"0.0000000049", "GBP", big.NewRat(1_000_000, 1), 0, ""},
		{"0.0000000051", "GBP", big.NewRat(1_000_000, 1), 1, ""},
		{"100", "EUR", big.NewRat(1, 3), 3333, ""},
		{"1.-2", "EUR", nil, 0, "not a decimal number"},
		{"1_000", "EUR", nil, 0, "not a decimal number"},
		{"0x10", "EUR", nil, 0, "not a decimal number"},
		{"1,000", "EUR", nil, 0, "not a decimal number"},
		{".", "EUR", nil, 0, "not a decimal number"},
		{"-", "EUR", nil, 0, "not a decimal number"},
		{"1\n", "EUR", nil, 0, "not a decimal number"},
		{"٣", "EUR", nil, 0, "not a decimal number"},
		{"NaN", "EUR", nil, 0, "not a decimal number"},
		{"0." + strings.Repeat("0", 60), "EUR", nil, 0, "too long"},
	} {
		got, err := ParseMinor(x.in, x.code, x.scale)
		switch {
		case x.err == "" && (err != nil || got != x.want):
			t.Errorf("%q %s is %d (%v), want %d", x.in, x.code, got, err, x.want)
		case x.err != "" && (err == nil || !strings.Contains(err.Error(), x.err)):
			t.Errorf("%q %s is %d (%v), want an error with %q", x.in, x.code, got, err, x.err)
		}
	}
}

func TestFormatMinorOfLargestAmounts(t *testing.T) {
	for minor, want := range map[int64]string{math.MinInt64: "-9223372036854775.808", math.MaxInt64: "9223372036854775.807", -5: "-0.005"} {
		if got, err := FormatMinor(minor, "KWD"); err != nil || got != want {
			t.Errorf("%d is %q (%v), want %q", minor, got, err, want)
		}
	}
	if s, err := Format(big.NewRat(-1, 4), "EUR"); err != nil || s != "0.00" {
		t.Errorf("minus a quarter of a cent is %q (%v), want 0.00 without a sign", s, err)
	}
	if s, err := FormatMinor(1, "ABC"); err == nil {
		t.Errorf("an unknown currency is shown as %q", s)
	}
}

// anyCode draws a currency of each number of digits.
var anyCode = rapid.SampledFrom([]string{"EUR", "JPY", "KWD", "CLF"})

func TestParseMinorReadsWhatFormatMinorShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor, code := rapid.Int64().Draw(t, "minor"), anyCode.Draw(t, "currency")
		text, err := FormatMinor(minor, code)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseMinor(text, code, nil); err != nil || got != minor {
			t.Errorf("%d %s is shown as %s and read as %d (%v)", minor, code, text, got, err)
		}
	})
}

// Numbers are shown alike with machine words and without a bound: small ones, halves, and those around the ends of 64 bits.
func TestShowIsTheSameOfAnySize(t *testing.T) {
	part := rapid.OneOf(rapid.Int64Range(-1000, 1000), rapid.Int64(), rapid.Int64Range(math.MaxInt64-3, math.MaxInt64), rapid.Int64Range(math.MinInt64, math.MinInt64+3))
	quick, slow := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		r := new(big.Rat).SetInt64(part.Draw(t, "num"))
		for range rapid.IntRange(0, 2).Draw(t, "divisors") {
			if by := part.Filter(func(n int64) bool { return n != 0 }).Draw(t, "divisor"); rapid.Bool().Draw(t, "times") {
				r.Mul(r, big.NewRat(by, 1))
			} else {
				r.Quo(r, big.NewRat(by, 1))
			}
		}
		if rapid.Bool().Draw(t, "half") { // of the last digit shown
			r.SetFrac(new(big.Int).Add(new(big.Int).Lsh(r.Num(), 1), big.NewInt(1)), big.NewInt(2_000_000))
		}
		power, before := rapid.IntRange(0, len(powers)-1).Draw(t, "power"), r.String()
		digits := rapid.IntRange(0, len(powers)-1).Draw(t, "digits")
		if got, want := show(r, power, digits), showBig(r, power, digits); got != want {
			t.Errorf("%v times 10^%d is shown as %s, want %s", r, power, got, want)
		}
		if r.String() != before {
			t.Errorf("%s became %v", before, r)
		}
		if _, ok := scaled(r, powers[power]); ok {
			quick++
		} else {
			slow++
		}
	})
	if quick == 0 || slow == 0 {
		t.Errorf("%d numbers fit words, %d do not", quick, slow)
	}
	for _, r := range []*big.Rat{big.NewRat(math.MaxInt64, 2), big.NewRat(math.MinInt64, 3), new(big.Rat).SetFrac(big.NewInt(math.MinInt64), new(big.Int).SetUint64(math.MaxUint64)), big.NewRat(1<<62+1, 250_000), big.NewRat(1<<62+1, 500_000)} {
		if got, want := show(r, 6, 6), showBig(r, 6, 6); got != want {
			t.Errorf("%v is shown as %s, want %s", r, got, want)
		}
	}
}

func TestRoundHalfEvenIsNearestAndThenEven(t *testing.T) {
	half := big.NewRat(1, 2)
	rapid.Check(t, func(t *rapid.T) {
		r := big.NewRat(rapid.Int64Range(-1000, 1000).Draw(t, "num"), rapid.Int64Range(1, 20).Draw(t, "den"))
		before := r.String()
		n := RoundHalfEven(r)
		off := new(big.Rat).Sub(r, new(big.Rat).SetInt(n))
		if c := off.Abs(off).Cmp(half); c > 0 || c == 0 && n.Bit(0) == 1 {
			t.Errorf("%v is rounded to %v", r, n)
		}
		if r.String() != before {
			t.Errorf("rounding changed %s to %v", before, r)
		}
	})
}

const monday = vocab.Date(20780)

func TestAtTakesTheLaterOfPairAndOpposite(t *testing.T) {
	r := NewRates([]Rate{
		{"EUR", "USD", monday, big.NewRat(11, 10)},
		{"USD", "EUR", monday + 2, big.NewRat(4, 5)},
		{"EUR", "USD", monday + 4, big.NewRat(6, 5)},
		{"USD", "EUR", monday + 4, big.NewRat(1, 2)},
		{"EUR", "USD", monday + 6, new(big.Rat)}, // no value: left out
		{"EUR", "USD", monday + 6, nil},
	})
	for _, x := range []struct {
		on, dated vocab.Date
		want      string // "" for none
	}{
		{monday - 1, 0, ""},
		{monday, monday, "11/10"},
		{monday + 1, monday, "11/10"},
		{monday + 2, monday + 2, "5/4"},
		{monday + 4, monday + 4, "6/5"},
		{math.MaxInt32, monday + 4, "6/5"},
	} {
		rate, dated, ok := r.At("EUR", "USD", x.on)
		got := ""
		if ok {
			got = rate.String()
		}
		if got != x.want || dated != x.dated {
			t.Errorf("on %v the rate is %q of %v, want %q of %v", x.on, got, dated, x.want, x.dated)
		}
	}
}

func TestRatesDoNotChange(t *testing.T) {
	given := big.NewRat(2, 1)
	r := NewRates([]Rate{{"EUR", "USD", monday, given}})
	given.SetInt64(3)
	first, _, _ := r.At("EUR", "USD", monday)
	first.SetInt64(4)
	if again, _, _ := r.At("EUR", "USD", monday); again.Cmp(big.NewRat(2, 1)) != 0 {
		t.Errorf("the rate has become %v", again)
	}
}

func TestSumConvertsEachCurrencyOnce(t *testing.T) {
	rates := NewRates([]Rate{
		{"GBP", "EUR", monday, big.NewRat(115, 100)},
		{"EUR", "JPY", monday - 3, big.NewRat(160, 1)},
		{"KWD", "EUR", monday - 1, big.NewRat(3, 1)},
	})
	amounts := []Amount{{1000, "GBP"}, {250, "EUR"}, {16000, "JPY"}, {-500, "GBP"}, {1500, "KWD"}, {1, "JPY"}}
	total, ok := Sum(amounts, "EUR", monday+5, rates)
	if !ok || total.Reason != "" || total.Missing != nil || total.Currency != "EUR" {
		t.Fatalf("no total: %+v", total)
	}
	var seen []string
	for _, p := range total.Parts {
		seen = append(seen, fmt.Sprintf("%s %d at %s of day %d", p.Currency, p.Minor, p.Rate.RatString(), int(p.Dated-monday)))
	}
	want := []string{"EUR 250 at 1 of day 5", "GBP 500 at 23/20 of day 0", "JPY 16001 at 1/160 of day -3", "KWD 1500 at 3 of day -1"}
	if !slices.Equal(seen, want) {
		t.Errorf("parts are\n%s, want\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
	}
	// 2.50 + 5.00 x 1.15 + 16001 / 160 + 1.5 x 3 euros, in cents and not rounded
	if exact := big.NewRat(250*160+575*160+1600100+450*160, 160); total.Converted.Cmp(exact) != 0 {
		t.Errorf("the total is %v cents, want %v", total.Converted, exact)
	}
	if s, err := Format(total.Converted, "EUR"); err != nil || s != "112.76" {
		t.Errorf("the total is shown as %q (%v), want 112.76", s, err)
	}
}

func TestSumNamesWhatIsMissing(t *testing.T) {
	rates := NewRates([]Rate{{"EUR", "GBP", monday, big.NewRat(9, 10)}, {"GBP", "USD", monday, big.NewRat(5, 4)}, {"CHF", "GBP", monday + 1, big.NewRat(1, 1)}})
	amounts := []Amount{{5, "USD"}, {10, "EUR"}, {7, "EUR"}, {3, "CHF"}, {-3, "CHF"}, {1, "GBP"}, {1, "JPY"}}
	total, ok := Sum(amounts, "GBP", monday, rates)
	if ok || total.Reason != vocab.ReasonNoRate || total.Converted != nil || !slices.Equal(total.Missing, []string{"CHF", "JPY"}) {
		t.Errorf("%v: missing %v, reason %q, total %v", ok, total.Missing, total.Reason, total.Converted)
	}
	if len(total.Parts) != 5 || total.Parts[1].Minor.Int64() != 17 || total.Parts[0].Rate != nil {
		t.Errorf("parts are %+v", total.Parts)
	}
	if total, ok := Sum([]Amount{{1, "EUR"}}, "USD", monday, rates); ok {
		t.Errorf("euros became dollars by way of pounds: %+v", total)
	}
	if total, ok := Sum([]Amount{{1, "ABC"}}, "ABC", monday, rates); ok || total.Reason != vocab.ReasonNoRate {
		t.Errorf("an unknown currency has a total: %+v", total)
	}
	if total, ok := Sum(nil, "EUR", monday, nil); !ok || total.Converted.Sign() != 0 {
		t.Errorf("nothing adds up to %+v", total)
	}
}

func TestSumBeyond64Bits(t *testing.T) {
	amounts := []Amount{{math.MaxInt64, "EUR"}, {math.MaxInt64, "EUR"}, {math.MaxInt64, "EUR"}}
	total, ok := Sum(amounts, "EUR", monday, nil)
	if s, err := Format(total.Converted, "EUR"); !ok || err != nil || s != "276701161105643274.21" {
		t.Errorf("the total is %q (%v), want 276701161105643274.21", s, err)
	}
}

func TestSumOfPartsIsTheSum(t *testing.T) {
	rates := NewRates([]Rate{{"EUR", "JPY", monday, big.NewRat(161, 1)}, {"KWD", "EUR", monday, big.NewRat(29, 10)}, {"EUR", "CLF", monday, big.NewRat(1, 37)}})
	amount := rapid.Custom(func(t *rapid.T) Amount { return Amount{rapid.Int64().Draw(t, "minor"), anyCode.Draw(t, "currency")} })
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.SliceOf(amount).Draw(t, "amounts")
		one := new(big.Rat)
		for _, a := range amounts {
			minor, ok := rates.Convert(a, "EUR", monday)
			if !ok {
				t.Fatalf("no rate for %v", a)
			}
			one.Add(one, minor)
		}
		if total, ok := Sum(amounts, "EUR", monday, rates); !ok || total.Converted.Cmp(one) != 0 {
			t.Errorf("together %v, one by one %v", total.Converted, one)
		}
	})
}

func BenchmarkSumOf10000InFourCurrencies(b *testing.B) {
	rates := NewRates([]Rate{{"EUR", "JPY", monday, big.NewRat(161, 1)}, {"KWD", "EUR", monday, big.NewRat(29, 10)}, {"EUR", "CLF", monday, big.NewRat(1, 37)}})
	amounts := make([]Amount, 10_000)
	for i := range amounts {
		amounts[i] = Amount{int64(i) * 9973, []string{"EUR", "JPY", "KWD", "CLF"}[i%4]}
	}
	for b.Loop() {
		Sum(amounts, "EUR", monday, rates)
	}
}
