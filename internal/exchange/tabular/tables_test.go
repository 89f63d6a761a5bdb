package tabular

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/money"
	"pmograph/internal/vocab"
)

// several is a mapping of three tables, with most of what dates and numbers can do.
const several = `source: test
as_of: '2024-03-31'
files: {delimiters: [",", ";"]}
tables:
  - fields:
      task: {header: task, required: value}
      start: {header: start, required: header, kind: date, formats: [DD/MM/YYYY, 'MM-DD-YYYY h:mm:ss A']}
      days: {header: days, required: header, kind: integer, strip: days}
      finish: {template: '{{start+days}}', kind: date, formats: YYYY-MM-DD}
      past: {template: '{{finish}}', kind: date, formats: YYYY-MM-DD, until: '2024-02-29'}
      month: {of: start, kind: date, formats: [DD/MM/YYYY, 'MM-DD-YYYY h:mm:ss A'], snap: month start}
      last: {template: '{{start-1}}', kind: date, formats: YYYY-MM-DD, snap: month end}
    records:
      - {entity: categories, key: all, wins: LATEST, set: {name: All}}
      - entity: tasks
        key: '{{task}}'
        wins: LATEST
        when: start
        set: {start: '{{start}}', finish: '{{finish}}', past: '{{past}}', month: '{{month}}', last: '{{last}}'}
        refs: {parent: {entity: parents, key: 'p-{{task}}', missing: no parent}}
  - as_of: '{{day}}'
    fields:
      task: {header: task, required: value}
      day: {header: day, required: value, kind: date, formats: YYYY-MM-DD}
      cost: {header: cost, required: header, kind: money, currency: EUR, powers: true}
      hours: {header: hours, kind: integer, scale: 60}
      note: {header: note}
    records:
      - entity: costs
        set: {day: '{{day}}', cost: '{{cost}}', minutes: '{{hours}}', note: '{{note}}', kind: X}
        refs: {task: {entity: tasks, key: '{{task}}'}}
  - fields: {contract: {header: contract, required: value}}
    left_out: contracts have no place
`

func severalTables(t testing.TB) *Mapping {
	t.Helper()
	m, err := Parse([]byte(several))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A file is read by the first table whose headers it has, under the first delimiter.
func TestTablesAreToldByTheirHeaders(t *testing.T) {
	res := read(t, severalTables(t),
		file("c.csv", "contract\n1\n2\n"),
		file("b.csv", "task,day,cost\nA,2024-01-31,2.5E-01\n"),
		file("a.csv", "task;start;days\nA;31/01/2024;29 days\nB;02-29-2024 11:30:00 PM;1\nC;;\n"))
	if len(res.Refused) > 0 || res.Rows != 6 || !reflect.DeepEqual(res.LeftOut, []LeftOut{{"contracts have no place", 2}}) {
		t.Fatalf("%+v", res)
	}
	day := vocab.NewDate
	want := []map[string]any{
		{"name": "All"},
		{"start": day(2024, 1, 31), "finish": day(2024, 2, 29), "past": day(2024, 2, 29), "month": day(2024, 1, 1), "last": day(2024, 1, 31)},
		{"start": day(2024, 2, 29), "finish": day(2024, 3, 1), "past": nil, "month": day(2024, 2, 1), "last": day(2024, 2, 29)},
	}
	for i, w := range want {
		if i >= len(res.Records) || !reflect.DeepEqual(res.Records[i].Set, w) {
			t.Fatalf("record %d: %v\nwant %v", i, res.Records, w)
		}
	}
	if r := res.Records[1]; !r.Some || r.Refs["parent"] != (Ref{"parents", "p-A", "no parent"}) || res.Records[0].Some {
		t.Errorf("%+v", r)
	}
}

// What no table can read is told by the one that lacks least.
func TestNoTableFits(t *testing.T) {
	res := read(t, severalTables(t), file("x.csv", "task,day,costs\nA,2024-01-31,1\n"))
	if len(res.Refused) != 1 || !strings.Contains(res.Refused[0].String(), `column "cost": no header matches`) {
		t.Errorf("%v", res.Refused)
	}
}

// Facts are kept as columns, with the line and day of each; a column that the file lacks is not among them.
func TestFactsAreColumns(t *testing.T) {
	res := read(t, severalTables(t), file("b.csv", "task,day,cost,note\nA,2024-01-31,1.50,x\n\nB,2024-02-29,,\nA,2024-01-31,-0.1,y\n"))
	if len(res.Refused) > 0 || len(res.Records) > 0 || len(res.Facts) != 1 || res.Len() != 3 {
		t.Fatalf("%+v", res)
	}
	f := res.Facts[0]
	var got []string
	for i := range f.Len() {
		line := fmt.Sprint(f.Lines[i], " ", f.Days[i])
		for n := range f.Columns {
			line += fmt.Sprintf(" %s=%s", f.Columns[n].Name, f.Columns[n].Text(i))
		}
		got = append(got, line)
	}
	want := []string{
		"2 2024-01-31 task=A cost=150 EUR day=2024-01-31 kind=X note=x",
		"4 2024-02-29 task=B cost= day=2024-02-29 kind=X note=",
		"5 2024-01-31 task=A cost=-10 EUR day=2024-01-31 kind=X note=y",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	if o := f.Origin(2); o.Line != 5 || o.Columns["cost"] != "cost" || o.Columns["kind"] != "" {
		t.Errorf("%+v", o)
	}
	if c := f.Columns[0]; *c.Ref != (Ref{Entity: "tasks"}) || !reflect.DeepEqual(c.Texts, []string{"A", "B"}) {
		t.Errorf("%+v", c)
	}
	hours := read(t, severalTables(t), file("b.csv", "task,day,cost,hours\nA,2024-01-31,1,7.5\nB,2024-01-31,1,0.0083\n")).Facts[0]
	for n := range hours.Columns {
		if c := &hours.Columns[n]; c.Name == "minutes" && (c.Text(0) != "450" || c.Text(1) != "0") {
			t.Errorf("%s and %s minutes", c.Text(0), c.Text(1))
		}
	}
}

func TestFactsAreRefusedByCell(t *testing.T) {
	for rows, want := range map[string]string{
		"A,2024-01-31,ten,\n": `b.csv line 2, column "cost", value "ten": is not a number`,
		"A,soon,1,\n":         `b.csv line 2, column "day", value "soon": is not a date`,
		",2024-01-31,1,\n":    `b.csv line 2, column "task": a value is required`,
	} {
		res := read(t, severalTables(t), file("b.csv", "task,day,cost,note\n"+rows))
		if len(res.Refused) == 0 || !strings.Contains(res.Refused[0].String(), want) {
			t.Errorf("%q: %v", rows, res.Refused)
		}
	}
}

func TestDatesStayInBounds(t *testing.T) {
	res := read(t, severalTables(t), file("a.csv", "task,start,days\nA,31/12/2199,1\nB,31/01/2024,99999999999\n"))
	if len(res.Refused) != 2 || !strings.Contains(res.Refused[0].Reason, "is not a likely date") || !strings.Contains(res.Refused[1].Reason, "is not a likely date") {
		t.Errorf("%v", res.Refused)
	}
}

// The quick way reads amounts as the thorough one does.
func TestPlainAmounts(t *testing.T) {
	read := 0
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[-+]?[0-9]{0,14}(\.[0-9]{0,4})?`).Draw(t, "text")
		for code, digits := range map[string]int{"EUR": 2, "JPY": 0, "BHD": 3} {
			minor, ok := plainAmount(text, digits)
			if !ok {
				continue
			}
			read++
			if want, err := money.ParseMinor(text, code, exact.Number{}); err != nil || want != minor {
				t.Fatalf("%q of %s is %d, not %d, %v", text, code, minor, want, err)
			}
		}
	})
	if read == 0 {
		t.Error("nothing was read")
	}
}
