package decide

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strconv"

	"pmograph/internal/exchange/factlines"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Lines are facts read from lines of JSON, to be recorded by one mutation. A line has the fields of the input that a batch mutation takes,
// but names its project, node or resource by identifier, by its key in the source, or by its code.
type Lines struct {
	action string
	table  *state.Desc
	source string
	set    func(field string, text []byte, null bool) error // fills the line begun last
	begin  func()
	run    func(*factList) error
	files  []string
	places []linePlace
	needs  []string           // fields that a line must have
	words  map[string]*string // texts that come again and again
	said   hash.Hash          // what a key is bound to: the lines as they stand
	buf    []byte
}

type linePlace struct{ file, line int32 }

// lineEntities are the entities whose facts are read from lines: the mutation that takes them, their table, how a field of one is set, how
// they are put, and the fields that each must have.
var lineEntities = map[string]func(*Lines){
	"cost-entries":     lineEntity("costsRecord", state.CostEntries.Desc(), (*CostEntryInput).set, (*factList).costs, "project", "category", "period"),
	"budget-lines":     lineEntity("budgetSet", state.BudgetLines.Desc(), (*BudgetLineInput).set, (*factList).budget, "project", "category", "period", "amount"),
	"kpi-measurements": lineEntity("measurementsRecord", state.KpiMeasurements.Desc(), (*MeasurementInput).set, (*factList).measurements, "node", "kpi", "periodEnd"),
	"capacity-entries": lineEntity("capacitySet", state.CapacityEntries.Desc(), (*CapacityEntryInput).set, (*factList).capacity, "resource", "periodStart", "grain", "source"),
}

func lineEntity[T any](action string, table *state.Desc, set func(*T, *Lines, string, []byte, bool) error, put func(*factList, []T) error, needs ...string) func(*Lines) {
	return func(l *Lines) {
		var list []T
		l.action, l.table, l.needs = action, table, needs
		l.begin = func() { list = append(list, *new(T)) }
		l.set = func(field string, text []byte, null bool) error { return set(&list[len(list)-1], l, field, text, null) }
		l.run = func(f *factList) error { return put(f, list) }
	}
}

// LineEntities lists the entities whose facts are read from lines.
func LineEntities() []string { return slices.Sorted(maps.Keys(lineEntities)) }

// NewLines begins lines of an entity; ok is false if its facts are not read from lines. Keys of what lines name are looked for in the source.
func NewLines(entity, source string) (l *Lines, ok bool) {
	with, ok := lineEntities[entity]
	if !ok {
		return nil, false
	}
	l = &Lines{source: source, words: map[string]*string{}, said: sha256.New()}
	with(l)
	fmt.Fprintf(l.said, "%q %q\n", entity, source)
	return l, true
}

// Entity is the name of the facts' table.
func (l *Lines) Entity() string { return l.table.Name }

// Len counts the lines.
func (l *Lines) Len() int { return len(l.places) }

// File begins a file.
func (l *Lines) File(name string) { l.files = append(l.files, name) }

// Add takes a line of the file begun last; wrong is told what is wrong with its fields.
func (l *Lines) Add(line int, fields []factlines.Field, wrong func(*factlines.Bad)) {
	l.begin()
	l.places = append(l.places, linePlace{int32(len(l.files) - 1), int32(line)})
	l.buf = binary.AppendUvarint(l.buf[:0], uint64(len(fields)))
	for _, f := range fields {
		for _, part := range [][]byte{f.Name, f.Text} {
			l.buf = append(binary.AppendUvarint(l.buf, uint64(len(part))), part...)
		}
		l.buf = strconv.AppendBool(l.buf, f.Null)
		if err := l.set(string(f.Name), f.Text, f.Null); err != nil {
			wrong(&factlines.Bad{Line: line, Field: string(f.Name), Text: err.Error()})
		}
	}
	l.said.Write(l.buf)
	for _, name := range l.needs {
		if !slices.ContainsFunc(fields, func(f factlines.Field) bool { return string(f.Name) == name && !f.Null }) {
			wrong(&factlines.Bad{Line: line, Field: name, Text: "it is needed"})
		}
	}
}

// word gives one and the same text for equal ones.
func (l *Lines) word(text []byte) *string {
	w, ok := l.words[string(text)]
	if !ok {
		s := string(text)
		w = &s
		l.words[s] = w
	}
	return w
}

// at is the path of a fact: file and line.
func (l *Lines) at(n int) []string {
	p := l.places[n]
	return []string{l.files[p.file], strconv.Itoa(int(p.line))}
}

// Decision records the facts, all or none. What is wrong is named by file, line and field.
func (l *Lines) Decision() state.Decision {
	digest := hex.EncodeToString(l.said.Sum(nil))
	return state.Decision{Action: l.action, Input: map[string]string{"lines": digest}, Run: func(d *state.Draft) error {
		f := (&work{d: d}).facts(l.table, l.at)
		f.fromLines(l.source)
		if err := l.run(f); err != nil {
			return err
		}
		return d.Finish(Invariants)
	}}
}

// setShared fills a field that costs and budgets share. A currency that is null is the project's.
func (l *Lines) setShared(project, category *string, currency **string, period *vocab.Date, field string, text []byte, null bool) (err error) {
	switch field {
	case "project":
		*project = *l.word(text)
	case "category":
		*category = *l.word(text)
	case "currency":
		if !null {
			*currency = l.word(text)
		}
	case "period":
		*period, err = dateOf(text, null)
	default:
		return errNoField
	}
	return err
}

func (e *CostEntryInput) set(l *Lines, field string, text []byte, null bool) error {
	if i := slices.Index(amountNames[:], field); i >= 0 {
		*[...]*GivenAmount{&e.Planned, &e.Actual, &e.Committed, &e.Forecast}[i] = GivenAmount{true, string(text)}
		return nil
	}
	return l.setShared(&e.ProjectID, &e.Category, &e.Currency, &e.Period, field, text, null)
}

func (b *BudgetLineInput) set(l *Lines, field string, text []byte, null bool) (err error) {
	switch field {
	case "amount":
		b.Amount = string(text)
	case "reserveKind":
		b.ReserveKind, err = wordOf[vocab.ReserveKind](text, null)
	default:
		return l.setShared(&b.ProjectID, &b.Category, &b.Currency, &b.Period, field, text, null)
	}
	return err
}

func (m *MeasurementInput) set(l *Lines, field string, text []byte, null bool) (err error) {
	if i := slices.Index(measuredNames[:], field); i >= 0 {
		if !null {
			decimal := string(text)
			*[...]**string{&m.Value, &m.Target, &m.Numerator, &m.Denominator}[i] = &decimal
		}
		return nil
	}
	switch field {
	case "node":
		m.NodeID = *l.word(text)
	case "kpi":
		m.Kpi = *l.word(text)
	case "periodStart":
		if !null {
			m.PeriodStart = new(vocab.Date)
			*m.PeriodStart, err = dateOf(text, null)
		}
	case "periodEnd":
		m.PeriodEnd, err = dateOf(text, null)
	case "reasonCode":
		m.ReasonCode, err = wordOf[vocab.Reason](text, null)
	default:
		return errNoField
	}
	return err
}

func (e *CapacityEntryInput) set(l *Lines, field string, text []byte, null bool) (err error) {
	switch field {
	case "resource":
		e.ResourceID = *l.word(text)
	case "periodStart":
		e.PeriodStart, err = dateOf(text, null)
	case "grain":
		e.Grain, err = needed(wordOf[vocab.CapacityGrain](text, null))
	case "source":
		e.Source, err = needed(wordOf[vocab.CapacitySource](text, null))
	case "minutes":
		e.Minutes, err = minutesOf(text, null)
	default:
		return errNoField
	}
	return err
}

var errNoField = errors.New("there is no such field")

// dateOf reads a day; null is none, which is refused elsewhere where one is needed.
func dateOf(text []byte, null bool) (vocab.Date, error) {
	if null {
		return 0, nil
	}
	return vocab.ParseDate(string(text))
}

// wordOf reads a word of a closed list.
func wordOf[T interface {
	~string
	Values() []string
}](text []byte, null bool) (*T, error) {
	if null {
		return nil, nil
	}
	word := T(text)
	if !slices.Contains(word.Values(), string(word)) {
		return nil, fmt.Errorf("%.40q is not one of %v", word, word.Values())
	}
	return &word, nil
}

func needed[T any](p *T, err error) (T, error) { return or(p, *new(T)), err }

// minutesOf reads a whole number of minutes.
func minutesOf(text []byte, null bool) (*int, error) {
	if null {
		return nil, nil
	}
	n, err := strconv.ParseInt(string(text), 10, 32)
	if err != nil {
		return nil, fmt.Errorf("%.40q is no whole number of minutes", text)
	}
	minutes := int(n)
	return &minutes, nil
}
