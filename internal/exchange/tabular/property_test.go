package tabular

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pmograph/internal/vocab"
)

func TestNormaliseIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		once := Normalise(s)
		if twice := Normalise(once); twice != once {
			t.Fatalf("%q, then %q", once, twice)
		}
		if once != collapse(once) {
			t.Fatalf("stray space in %q", once)
		}
		if noisy := Normalise("  " + strings.ReplaceAll(s, " ", " \n-\u00a0") + "."); noisy != once {
			t.Fatalf("%q with noise is %q", once, noisy)
		}
	})
	for in, want := range map[string]string{
		"A`\u0300":    "\u00e0",
		"A&E  Reform": "a and e reform", "Her Majesty’s": "her majestys", "NHSmail2": "nhsmail2", "GOV.UK": "gov uk", "ﬁne Ａ²": "fine a2", "(£m)": "m", "–": "",
	} {
		if got := Normalise(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestSlugsAreShortAndKeepTextsApart(t *testing.T) {
	shape := regexp.MustCompile(`^[A-Z0-9]+(-[A-Z0-9]+)*$`)
	word := rapid.StringMatching(`[a-zé0-9]{1,12}`)
	text := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(word, 1, 9).Draw(t, "words"), " ") })
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		if rapid.Bool().Draw(t, "alike") {
			b = a + b
		}
		if len(slug(a)) > slugLimit || !shape.MatchString(slug(a)) {
			t.Fatalf("%q is %q", a, slug(a))
		}
		if (Normalise(a) == Normalise(b)) != (slug(a) == slug(b)) {
			t.Fatalf("%q is %q, %q is %q", a, slug(a), b, slug(b))
		}
	})
	if got := slug("FE Capital Investment"); got != "FE-CAPITAL-INVESTMENT" {
		t.Error(got)
	}
}

// Any amount of pence, written in millions with all its decoration, is read back exactly.
func TestAmountsAreExact(t *testing.T) {
	m := gmpp(t)
	f := m.sheets[0].fields[m.sheets[0].index["whole_life_cost"]]
	rapid.Check(t, func(t *rapid.T) {
		pence := rapid.Int64Range(-1e16, 1e16).Draw(t, "pence")
		s := new(big.Rat).SetFrac64(pence, 1e8).FloatString(8)
		if rapid.Bool().Draw(t, "grouped") {
			s = group(s)
		}
		s = rapid.SampledFrom([]string{"", "£", "Ł", "\u00a0£ "}).Draw(t, "sign") + s
		got, err := f.value(collapse(s), nil)
		if err != nil || got != (Money{pence, "GBP"}) {
			t.Fatalf("%q is %v, %v", s, got, err)
		}
	})
}

// group puts commas between thousands.
func group(s string) string {
	whole, rest, _ := strings.Cut(s, ".")
	sign := strings.TrimRight(whole, "0123456789")
	whole = strings.TrimPrefix(whole, sign)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + "." + rest
}

func TestDatesAreReadInEveryForm(t *testing.T) {
	m := gmpp(t)
	f := m.sheets[0].fields[m.sheets[0].index["finish"]]
	first, last := vocab.NewDate(1980, 1, 1), vocab.NewDate(2079, 12, 31)
	rapid.Check(t, func(t *rapid.T) {
		day := vocab.Date(rapid.Int32Range(int32(first), int32(last)).Draw(t, "day"))
		form := rapid.SampledFrom([]string{"02/01/2006", "2006-01-02", "02.01.06", "2.1.2006", "2 Jan 2006", "02 January 2006", "2-Jan-06", "2/1/06"}).Draw(t, "form")
		if got, err := f.value(day.Time().Format(form), nil); err != nil || got != day {
			t.Fatalf("%s in form %s is %v, %v", day, form, got, err)
		}
	})
}

// However rows are ordered and spread over files, the same records come out, or the same things are refused.
func TestRowOrderDoesNotMatter(t *testing.T) {
	m := smallMapping(t)
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("0,%s,%s,,%s,", rapid.SampledFrom([]string{"A", "a", "B", "Old Name", "new name", "", "Unnamed: 1"}).Draw(t, "name"),
				rapid.SampledFrom([]string{"yes", "no", ""}).Draw(t, "open"), rapid.SampledFrom([]string{"1", "x", ""}).Draw(t, "cost"))
		})
		rows := rapid.SliceOfN(row, 0, 12).Draw(t, "rows")
		shuffled := rapid.Permutation(rows).Draw(t, "shuffled")
		split := rapid.IntRange(0, len(rows)).Draw(t, "split")
		text := func(rows []string) string { return header + strings.Join(rows, "\n") + "\n" }
		one, err := m.Read([]File{file("a_2000.csv", text(rows))})
		two, err2 := m.Read([]File{file("a_2000.csv", text(shuffled[:split])), file("b_2000.csv", text(shuffled[split:]))})
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if one.Rows != two.Rows || one.Blank != two.Blank || (len(one.Refused) == 0) != (len(two.Refused) == 0) {
			t.Fatalf("%+v\n%+v", one, two)
		}
		if len(one.Refused) == 0 {
			if a, b := contents(one.Records), contents(two.Records); !slices.Equal(a, b) || len(one.Duplicates) != len(two.Duplicates) {
				t.Fatalf("%v\n%v", a, b)
			}
			if one.Rows != one.Blank+len(one.Duplicates)+len(one.Records) { // here each row gives one record
				t.Fatalf("a row is lost: %+v", one)
			}
		}
	})
}

func contents(rs []Record) (out []string) {
	for _, r := range rs {
		out = append(out, fmt.Sprint(r.Entity, r.Key, r.AsOf, r.Set))
	}
	slices.Sort(out)
	return out
}

func FuzzRead(f *testing.F) {
	for _, d := range Demo() {
		b, err := slurp(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add("gmpp_2014.csv", b[:1500])
	}
	f.Add("a_2000.csv", []byte(header+"1,A\x00,yes,29.2.00,\"1.000,5\",\xff\n"))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		for _, m := range []*Mapping{gmpp(t), smallMapping(t)} {
			res, err := m.Read([]File{file(name, string(b))})
			if err != nil {
				t.Fatal(err)
			}
			if len(res.Refused) == 0 && res.Rows > res.Blank+len(res.Duplicates)+len(res.Records) {
				t.Fatal("a row is lost")
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	text, _ := EmbeddedText("gmpp")
	f.Add(text)
	f.Add([]byte(small))
	f.Add([]byte("a: &a [*a]\nb: *c\n? x : !!y z"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if (m == nil) == (err == nil) {
			t.Fatal("neither mapping nor error")
		}
		if m != nil {
			if _, err := m.Read([]File{file("a_2000.csv", header+"1,A,yes,1.1.01,5,6\n")}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
