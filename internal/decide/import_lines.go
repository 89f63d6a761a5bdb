package decide

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strconv"

	"pmograph/internal/exchange/factlines"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Lines are facts read from lines of JSON, to be recorded by one mutation. A line has the fields of the input that a batch mutation takes,
// but names its project by identifier, by its key in the source, or by its code.
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

// lineEntities are the entities whose facts are read from lines.
var lineEntities = map[string]func(l *Lines){
	"cost-entries": func(l *Lines) {
		var list []CostEntryInput
		l.action, l.table, l.needs = "costsRecord", state.CostEntries.Desc(), []string{"project", "category", "period"}
		l.begin = func() { list = append(list, CostEntryInput{}) }
		l.set = func(field string, text []byte, null bool) error { return list[len(list)-1].set(l, field, text, null) }
		l.run = func(f *factList) error { return f.costs(list) }
	},
	"budget-lines": func(l *Lines) {
		var list []BudgetLineInput
		l.action, l.table, l.needs = "budgetSet", state.BudgetLines.Desc(), []string{"project", "category", "period", "amount"}
		l.begin = func() { list = append(list, BudgetLineInput{}) }
		l.set = func(field string, text []byte, null bool) error { return list[len(list)-1].set(l, field, text, null) }
		l.run = func(f *factList) error { return f.budget(list) }
	},
}

// NewLines begins lines of an entity; ok is false if its facts are not read from lines. Keys of projects are looked for in the source.
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
		if !null {
			*period, err = vocab.ParseDate(string(text))
		}
	default:
		return errors.New("there is no such field")
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

func (b *BudgetLineInput) set(l *Lines, field string, text []byte, null bool) error {
	switch field {
	case "amount":
		b.Amount = string(text)
	case "reserveKind":
		if null {
			break
		}
		kind := vocab.ReserveKind(text)
		if b.ReserveKind = &kind; !slices.Contains(kind.Values(), string(kind)) {
			return fmt.Errorf("%.40q is not one of %v", kind, kind.Values())
		}
	default:
		return l.setShared(&b.ProjectID, &b.Category, &b.Currency, &b.Period, field, text, null)
	}
	return nil
}
