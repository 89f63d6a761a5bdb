package uri

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"pmograph/internal/calc/exact"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/vocab"
)

var (
	number   = regexp.MustCompile(`^[-+]?\d+(\.\d+)?([eE][-+ ]?\d+)?`)
	date     = regexp.MustCompile(`^-?\d{4,6}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,12})?)?(Z|[-+ ]\d\d:\d\d)?)?`)
	clock    = regexp.MustCompile(`^\d\d:\d\d:\d\d(\.\d+)?`)
	guid     = regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}`)
	name     = regexp.MustCompile(`^[0-9A-Za-z_]`)
	literals = map[string]dataset.Value{"null": dataset.None, "true": dataset.OfBool(true), "false": dataset.OfBool(false)}
)

// literal reads a constant, if one comes next.
func (r *reader) literal() (v dataset.Value, ok bool) {
	rest, from := r.text[r.at:], r.at
	if text, ok := r.taken(guid); ok {
		return dataset.OfText(strings.ToLower(text)), true
	}
	if text, ok := r.taken(date); ok {
		return r.day(text, from), true
	}
	if _, ok := r.taken(clock); ok {
		r.notDone(from, "there are no times of day here")
	}
	if text, ok := r.taken(number); ok {
		return r.number(text, from), true
	}
	if strings.HasPrefix(rest, "'") {
		return dataset.OfText(r.quoted()), true
	}
	w := r.qualified()
	switch v, ok := literals[strings.ToLower(w)]; {
	case r.peek() == '\'' && w != "":
		return r.prefixed(w, from), true
	case r.peek() == '/' || r.peek() == '(':
	case ok:
		return v, true
	case w == "INF" || w == "NaN" || w == "" && strings.HasPrefix(rest, "-INF"):
		r.refuse(from, "OUT_OF_RANGE", "numbers here are finite")
	}
	r.at = from
	return v, false
}

// taken steps over what comes next if it has a form and no name goes on with it.
func (r *reader) taken(form *regexp.Regexp) (string, bool) {
	text := form.FindString(r.text[r.at:])
	if text == "" {
		return "", false
	}
	if rest := r.text[r.at+len(text):]; form != number && rest != "" && name.MatchString(rest) {
		return "", false
	}
	r.at += len(text)
	return text, true
}

// number reads digits; behind them, in the old dialect, stands a letter for their type.
func (r *reader) number(text string, from int) dataset.Value {
	if r.o.V3 && r.peek() != 0 && strings.IndexByte("mMdDfFlL", r.peek()) >= 0 {
		r.at++
	}
	v, ok := numberOf(text)
	if !ok {
		r.refuse(from, "OUT_OF_RANGE", "a number has at most %d digits before the point and %d behind it", maxWhole, exact.MaxDigits)
	}
	if r.word() != "" {
		r.refuse(from, "INVALID", "expected a number, found %.40q", r.text[from:])
	}
	return v
}

// maxWhole is the most digits before the point of a number.
const maxWhole = 20

func numberOf(text string) (dataset.Value, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return dataset.OfInt(n), true
	}
	mantissa, exponent, _ := strings.Cut(strings.NewReplacer("E", "e", " ", "", "+", "").Replace(text), "e")
	shift := 0
	if exponent != "" {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift > maxWhole || shift < -exact.MaxDigits {
			return dataset.None, false
		}
	}
	minus := strings.HasPrefix(mantissa, "-")
	whole, behind, _ := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	digits := whole + behind
	point := len(whole) + shift
	if point < 0 {
		digits, point = strings.Repeat("0", -point)+digits, 0
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	whole, behind = strings.TrimLeft(digits[:point], "0"), digits[point:]
	if exponent != "" {
		behind = strings.TrimRight(behind, "0")
	}
	if len(whole) > maxWhole || len(behind) > exact.MaxDigits {
		return dataset.None, false
	}
	plain := "0" + whole
	if behind != "" {
		plain += "." + behind
	}
	if minus {
		plain = "-" + plain
	}
	n, ok := exact.Parse(plain)
	return dataset.OfNumber(n, int8(len(behind))), ok
}

// day reads a day, or an instant, of which more than millionths of a second are cut off.
func (r *reader) day(text string, from int) dataset.Value {
	day, clock, isInstant := strings.Cut(text, "T")
	d, err := vocab.ParseDate(day)
	if err != nil {
		r.refuse(from, "INVALID", "there is no day %.20s", day)
	}
	if !isInstant {
		return dataset.OfDate(d)
	}
	clock = strings.Replace(clock, " ", "+", 1)
	zone := strings.IndexAny(clock, "Z+-")
	switch {
	case zone >= 0:
	case r.o.V3:
		zone, clock = len(clock), clock+"Z"
	default:
		r.at = from + len(text)
		r.wants("Z, or how far the zone is from UTC, such as +01:00")
	}
	if strings.Count(clock[:zone], ":") == 1 {
		clock = clock[:zone] + ":00" + clock[zone:]
	}
	t, err := time.Parse(time.RFC3339Nano, day+"T"+clock)
	if err != nil {
		r.refuse(from, "INVALID", "there is no instant %.40s", text)
	}
	return dataset.OfTime(t)
}

// quoted reads a text in single quotes; a quote in it is said twice.
func (r *reader) quoted() string {
	from := r.at
	r.need("'")
	var text strings.Builder
	for {
		i := strings.IndexByte(r.text[r.at:], '\'')
		if i < 0 {
			r.refuse(from, "INVALID", "the text has no second quote")
		}
		text.WriteString(r.text[r.at : r.at+i])
		r.at += i + 1
		if !r.has("'") {
			return text.String()
		}
		text.WriteByte('\'')
	}
}

// prefixed reads a constant with its type before it: a word of a closed list, and those of the old dialect.
func (r *reader) prefixed(prefix string, from int) dataset.Value {
	text := r.quoted()
	switch kind := strings.ToLower(prefix); {
	case strings.Contains(prefix, ".") && !strings.HasPrefix(prefix, "Edm."):
		return dataset.OfText(text)
	case r.o.V3 && kind == "guid" && guid.FindString(text) == text:
		return dataset.OfText(strings.ToLower(text))
	case r.o.V3 && (kind == "datetime" || kind == "datetimeoffset") && date.FindString(text) == text && text != "":
		v := r.day(text, from)
		if v.Kind == dataset.Date {
			v = dataset.OfTime(v.Day().Time())
		}
		return v
	case r.o.V3 && (kind == "guid" || strings.HasPrefix(kind, "datetime")):
		r.refuse(from, "INVALID", "%.40q is no %s", text, kind)
	case kind == "duration" || kind == "time" || kind == "binary" || kind == "x" || strings.HasPrefix(kind, "geo"):
		r.notDone(from, "there are no values of type %s here", kind)
	case kind == "datetime" || kind == "datetimeoffset" || kind == "guid":
		r.refuse(from, "INVALID", "%s'…' is a form of OData before 4.0: write the value without it and its quotes", kind)
	}
	r.refuse(from, "INVALID", "there is no type %.60q", prefix)
	return dataset.None
}

// array reads a JSON array of plain values.
func (r *reader) array() (list []dataset.Expr) {
	d := json.NewDecoder(strings.NewReader(r.text[r.at:]))
	d.UseNumber()
	var items []any
	if err := d.Decode(&items); err != nil {
		r.wants("a JSON array of plain values")
	}
	from := r.at
	r.at += int(d.InputOffset())
	for _, item := range items {
		r.node()
		list = append(list, dataset.Lit{Value: r.plain(item, from)})
	}
	return list
}

func (r *reader) plain(item any, from int) dataset.Value {
	switch x := item.(type) {
	case nil:
		return dataset.None
	case bool:
		return dataset.OfBool(x)
	case string:
		return dataset.OfText(x)
	case json.Number:
		if v, ok := numberOf(x.String()); ok {
			return v
		}
	}
	r.refuse(from, "INVALID", "expected a JSON array of plain values")
	return dataset.None
}
