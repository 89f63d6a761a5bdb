package money

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"pmograph/internal/calc/exact"
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
	none := exact.Number{}
	for _, x := range []struct {
		in, code string
		scale    exact.Number
		want     int64
		err      string
	}{
		{"92233720368547758.07", "EUR", none, math.MaxInt64, ""},
		{"-92233720368547758.08", "EUR", none, math.MinInt64, ""},
		{"92233720368547758.074", "EUR", none, math.MaxInt64, ""},
		{"92233720368547758.08", "EUR", none, 0, "beyond what an amount can hold"},
		{"9223372036854775808", "JPY", none, 0, "beyond"},
		{".5", "GBP", none, 50, ""},
		{"+7.", "GBP", none, 700, ""},
		{"0.005", "GBP", none, 0, ""},
		{"0.015", "GBP", none, 2, ""},
		{"-0.005", "GBP", none, 0, ""},
		{"0.0000000049", "GBP", exact.Fraction(1_000_000, 1), 0, ""},
		{"0.0000000051", "GBP", exact.Fraction(1_000_000, 1), 1, ""},
		{"100", "EUR", exact.Fraction(1, 3), 3333, ""},
		{"1.-2", "EUR", none, 0, "not a decimal number"},
		{"1_000", "EUR", none, 0, "not a decimal number"},
		{"0x10", "EUR", none, 0, "not a decimal number"},
		{"1,000", "EUR", none, 0, "not a decimal number"},
		{".", "EUR", none, 0, "not a decimal number"},
		{"-", "EUR", none, 0, "not a decimal number"},
		{"1\n", "EUR", none, 0, "not a decimal number"},
		{"٣", "EUR", none, 0, "not a decimal number"},
		{"NaN", "EUR", none, 0, "not a decimal number"},
		{"0." + strings.Repeat("0", 60), "EUR", none, 0, "too long"},
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

func TestLargestAmounts(t *testing.T) {
	for minor, want := range map[int64]string{math.MinInt64: "-9223372036854775.808", math.MaxInt64: "9223372036854775.807", -5: "-0.005"} {
		if got, err := ShownMinor(exact.IntOf(minor), "KWD"); err != nil || got.String() != want {
			t.Errorf("%d is %s (%v), want %s", minor, got, err, want)
		}
	}
	if s, err := Shown(exact.Fraction(-1, 400), "EUR"); err != nil || s.String() != "0.00" {
		t.Errorf("minus a quarter of a cent is %s (%v), want 0.00 without a sign", s, err)
	}
	if s, err := ShownMinor(exact.IntOf(1), "ABC"); err == nil {
		t.Errorf("an unknown currency is shown as %s", s)
	}
}

// anyCode draws a currency of each number of digits.
var anyCode = rapid.SampledFrom([]string{"EUR", "JPY", "KWD", "CLF"})

func TestParseMinorReadsWhatIsShown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor, code := rapid.Int64().Draw(t, "minor"), anyCode.Draw(t, "currency")
		shown, err := ShownMinor(exact.IntOf(minor), code)
		if err != nil {
			t.Fatal(err)
		}
		text := shown.String()
		if got, err := ParseMinor(text, code, exact.Number{}); err != nil || got != minor {
			t.Errorf("%d %s is shown as %s and read as %d (%v)", minor, code, text, got, err)
		}
	})
}

const monday = vocab.Date(20780)

func TestAtTakesTheLaterOfPairAndOpposite(t *testing.T) {
	r := NewRates([]Rate{
		{"EUR", "USD", monday, exact.Fraction(11, 10)},
		{"USD", "EUR", monday + 2, exact.Fraction(4, 5)},
		{"EUR", "USD", monday + 4, exact.Fraction(6, 5)},
		{"USD", "EUR", monday + 4, exact.Fraction(1, 2)},
		{"EUR", "USD", monday + 6, exact.Of(0)}, // no value: left out
		{"EUR", "USD", monday + 6, exact.Number{}},
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
			got = rate.Rat().String()
		}
		if got != x.want || dated != x.dated {
			t.Errorf("on %v the rate is %q of %v, want %q of %v", x.on, got, dated, x.want, x.dated)
		}
	}
}

func TestSumConvertsEachCurrencyOnce(t *testing.T) {
	rates := NewRates([]Rate{
		{"GBP", "EUR", monday, exact.Fraction(115, 100)},
		{"EUR", "JPY", monday - 3, exact.Fraction(160, 1)},
		{"KWD", "EUR", monday - 1, exact.Fraction(3, 1)},
	})
	amounts := []Amount{{1000, "GBP"}, {250, "EUR"}, {16000, "JPY"}, {-500, "GBP"}, {1500, "KWD"}, {1, "JPY"}}
	total, ok := Sum(amounts, "EUR", monday+5, rates)
	if !ok || total.Reason != "" || total.Missing != nil || total.Currency != "EUR" {
		t.Fatalf("no total: %+v", total)
	}
	var seen []string
	for _, p := range total.Parts {
		seen = append(seen, fmt.Sprintf("%s %d at %s of day %d", p.Currency, p.Minor.Big(), p.Rate.Rat().RatString(), int(p.Dated-monday)))
	}
	want := []string{"EUR 250 at 1 of day 5", "GBP 500 at 23/20 of day 0", "JPY 16001 at 1/160 of day -3", "KWD 1500 at 3 of day -1"}
	if !slices.Equal(seen, want) {
		t.Errorf("parts are\n%s, want\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
	}
	// 2.50 + 5.00 x 1.15 + 16001 / 160 + 1.5 x 3 euros, not rounded
	if want := exact.Fraction(250*160+575*160+1600100+450*160, 16000); total.Converted.Cmp(want) != 0 {
		t.Errorf("the total is %v, want %v", total.Converted, want)
	}
	if s, err := Shown(total.Converted, "EUR"); err != nil || s.String() != "112.76" {
		t.Errorf("the total is shown as %s (%v), want 112.76", s, err)
	}
}

func TestSumNamesWhatIsMissing(t *testing.T) {
	rates := NewRates([]Rate{{"EUR", "GBP", monday, exact.Fraction(9, 10)}, {"GBP", "USD", monday, exact.Fraction(5, 4)}, {"CHF", "GBP", monday + 1, exact.Fraction(1, 1)}})
	amounts := []Amount{{5, "USD"}, {10, "EUR"}, {7, "EUR"}, {3, "CHF"}, {-3, "CHF"}, {1, "GBP"}, {1, "JPY"}}
	total, ok := Sum(amounts, "GBP", monday, rates)
	if ok || total.Reason != vocab.ReasonNoRate || !total.Converted.IsNone() || !slices.Equal(total.Missing, []string{"CHF", "JPY"}) {
		t.Errorf("%v: missing %v, reason %q, total %v", ok, total.Missing, total.Reason, total.Converted)
	}
	if len(total.Parts) != 5 || total.Parts[1].Minor != exact.IntOf(17) || !total.Parts[0].Rate.IsNone() {
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
	if s, err := Shown(total.Converted, "EUR"); !ok || err != nil || s.String() != "276701161105643274.21" {
		t.Errorf("the total is %s (%v), want 276701161105643274.21", s, err)
	}
}

func TestSumOfPartsIsTheSum(t *testing.T) {
	rates := NewRates([]Rate{{"EUR", "JPY", monday, exact.Fraction(161, 1)}, {"KWD", "EUR", monday, exact.Fraction(29, 10)}, {"EUR", "CLF", monday, exact.Fraction(1, 37)}})
	amount := rapid.Custom(func(t *rapid.T) Amount { return Amount{rapid.Int64().Draw(t, "minor"), anyCode.Draw(t, "currency")} })
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.SliceOf(amount).Draw(t, "amounts")
		one := exact.Of(0)
		for _, a := range amounts {
			units, ok := rates.Convert(a, "EUR", monday)
			if !ok {
				t.Fatalf("no rate for %v", a)
			}
			one = one.Plus(units)
		}
		if total, ok := Sum(amounts, "EUR", monday, rates); !ok || total.Converted.Cmp(one) != 0 {
			t.Errorf("together %v, one by one %v", total.Converted, one)
		}
	})
}

func BenchmarkSumOf10000InFourCurrencies(b *testing.B) {
	rates := NewRates([]Rate{{"EUR", "JPY", monday, exact.Fraction(161, 1)}, {"KWD", "EUR", monday, exact.Fraction(29, 10)}, {"EUR", "CLF", monday, exact.Fraction(1, 37)}})
	amounts := make([]Amount, 10_000)
	for i := range amounts {
		amounts[i] = Amount{int64(i) * 9973, []string{"EUR", "JPY", "KWD", "CLF"}[i%4]}
	}
	for b.Loop() {
		Sum(amounts, "EUR", monday, rates)
	}
}
