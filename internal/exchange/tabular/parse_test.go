package tabular

import (
	"fmt"
	"strings"
	"testing"

	"pmograph/internal/fault"
)

// small is a mapping that uses most of the language.
const small = `source: test
as_of: '2024-03-31'
files:
  encodings: [utf-8, windows-1252]
  delimiters: [",", ";"]
blank:
  ignore: [no]
  cells: ['unnamed: \d+']
keys:
  names:
    erase_normalised: [' project$']
    aliases: {new name: [old name]}
fields:
  name: {header: [name, 'title.*'], required: value}
  id: {of: name, key: names, required: value}
  year: {header: year, file: '_(\d{4})', kind: integer}
  open: {header: open, values: [{is: 'yes', to: true}, {is: 'no', to: 'false'}, {match: 'may.*', to: null}], kind: boolean}
  due: {header: due, no_value: [tbc, 'not .*'], kind: date, formats: [DD/MM/YYYY, D.M.YY], two_digit_years_from: 1980}
  cost: {header: cost, kind: money, currency: EUR, scale: 0.001, strip: ['€'], thousands: '.', decimal: ','}
  hours: {header: hours, kind: integer, thousands: ' '}
records:
  - entity: projects
    key: '{{id}}'
    wins: LATEST
    set: {code: '{{slug name}}', name: '{{name}}', open: '{{open}}', due: '{{due}}', cost: '{{cost}}', hours: '{{hours}}', next: '{{year+1}}/x', kind: A, number: 1, ok: true, nothing: null}
`

func TestParseAcceptsTheLanguage(t *testing.T) {
	if _, err := Parse([]byte(small)); err != nil {
		t.Fatal(err)
	}
}

// Each change to the small mapping is an error that names its place.
func TestParseNamesWhatIsWrongAndWhere(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"source: test", "sauce: test", `line 1, column 1: unknown field "sauce"`},
		{"source: test", "source: ''", "line 1, column 9: a source is needed"},
		{"source: test", "source: [", "line "},
		{"as_of: '2024-03-31'", "as_of: '{{when}}'", `line 2, column 8: there is no field "when"`},
		{"[utf-8, windows-1252]", "[utf-7]", `line 4, column 15: unknown encoding "utf-7"`},
		{"[utf-8, windows-1252]", "[windows-1252, utf-8]", "line 4, column 29: utf-8 is never tried"},
		{`[",", ";"]`, `["::"]`, "line 5, column 16: a delimiter is one character"},
		{`'unnamed: \d+'`, `'('`, `line 8, column 11: pattern "("`},
		{"[' project$']", "['a)(b']", `line 11, column 24: pattern "a)(b"`},
		{"aliases: {new name: [old name]}", "aliases: {new name: [old name], old name: [x]}", `"old name" has aliases itself`},
		{"aliases: {new name: [old name]}", "aliases: {new name: [old name], other: [Old-Name]}", `line 12, column 45: "Old-Name" already stands for "new name"`},
		{"{of: name,", "{of: nome,", `line 15, column 12: there is no field "nome"`},
		{"key: names,", "key: mames,", `line 15, column 23: there is no key rule "mames"`},
		{"{of: name,", "{of: name, header: x,", `field "id" needs exactly one of`},
		{"{header: [name, 'title.*'], required: value}", "{of: id, required: value}", "depends on itself"},
		{"required: value}\n  id", "required: always}\n  id", `line 14, column 47: required is header or value, not "always"`},
		{`file: '_(\d{4})'`, `file: '_\d{4}'`, "line 16, column 30: a file pattern has one group"},
		{"kind: integer}\n  open", "kind: number}\n  open", `line 16, column 48: unknown kind "number"`},
		{"{is: 'yes', to: true}", "{is: 'yes'}", "a value rule needs to"},
		{"{is: 'yes', to: true}", "{is: 'yes', match: x, to: true}", "either is or match"},
		{"{is: 'yes', to: true}", "{is: 'yes', to: [a]}", "a value is a text, an integer, true, false or null"},
		{"[DD/MM/YYYY, D.M.YY]", "[DD/MM]", "a day needs one year, one month and one day"},
		{"[DD/MM/YYYY, D.M.YY]", "[DD/QQ/YYYY]", `unknown token "Q"`},
		{"[DD/MM/YYYY, D.M.YY]", "[DD/MM/YYYY, MM/DD/YYYY]", "line 18, column 83: date format \"MM/DD/YYYY\" cannot be told from one before it"},
		{", two_digit_years_from: 1980", "", "needs two_digit_years_from"},
		{"formats: [DD/MM/YYYY, D.M.YY], two_digit_years_from: 1980", "strip: x", "strip means nothing for kind date"},
		{"formats: [DD/MM/YYYY, D.M.YY], two_digit_years_from: 1980", "no_value: x", "line "},
		{"currency: EUR", "currency: eur", "money needs a known currency"},
		{"scale: 0.001", "scale: -1", "is not a positive number"},
		{"thousands: '.', decimal: ','", "thousands: ',', decimal: ','", "thousands and decimal are the same"},
		{"wins: LATEST", "wins: NEWEST", `line 24, column 11: wins is ALWAYS, LATEST, FIRST or EACH, not "NEWEST"`},
		{"key: '{{id}}'", "key: ''", "a record without a key is a fact"},
		{"'{{slug name}}'", "'{{slug name'", "write {{field}}"},
		{"'{{slug name}}'", "'{{upper name}}'", "write {{field}}"},
		{"'{{year+1}}/x'", "'{{name+1}}/x'", `field "name" is not of kind integer`},
		{"number: 1,", "number: 1.5,", "a value is a text"},
		{"entity: projects", "entity: projects\n    when: [nope]", `line 23, column 12: there is no field "nope"`},
		{"wins: LATEST", "wins: LATEST\n    refs: {code: {entity: x}}", "a reference needs an entity and a key"},
		{"wins: LATEST", "wins: LATEST\n    refs: {code: {entity: x, key: '1'}}", "stands under set, too"},
		{"wins: LATEST", "wins: LATEST\n    refs: {next: {entity: x, key: '{{nope}}', missing: SKIP}}", `there is no field "nope"`},
		{"formats: [DD/MM/YYYY, D.M.YY]", "until: soon, formats: [DD/MM/YYYY, D.M.YY]", `line 18, column 68: "soon" is not a date`},
		{"formats: [DD/MM/YYYY, D.M.YY]", "snap: week start, formats: [DD/MM/YYYY, D.M.YY]", "snap is month start or month end"},
		{"kind: integer, thousands: ' '", "kind: integer, until: '2024-01-01'", "until means nothing for kind integer"},
		{"'{{year+1}}/x'", "'{{year+name}}'", `field "name" is not of kind integer, so it cannot be added`},
		{"'{{year+1}}/x'", "'{{year+nope}}'", `there is no field "nope"`},
		{"records:", "left_out: nothing here\nrecords:", "the table has records, so it is not left out"},
		{"records:", "tables: [{as_of: '2024-03-31', fields: {a: {header: a}}, left_out: x}]\nrecords:", "fields and records stand in the tables"},
	} {
		if !strings.Contains(small, c.old) {
			t.Fatalf("%q is not in the mapping", c.old)
		}
		_, err := Parse([]byte(strings.Replace(small, c.old, c.new, 1)))
		switch {
		case err == nil:
			t.Errorf("%q is accepted", c.new)
		case !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "line "):
			t.Errorf("%q: %v\nwant %s", c.new, err, c.want)
		}
	}
}

func TestParseRefusesWhatIsNoMapping(t *testing.T) {
	for _, text := range []string{"", "# nothing", "a: 1\n---\nb: 2\n", "just text", "- list", "fields: &f\n  a: *f\n", bomb(), strings.Repeat(" ", mappingLimit+1)} {
		if _, err := Parse([]byte(text)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// bomb is a short text that aliases blow up to 10⁸ nodes.
func bomb() string {
	s := "keys: {a: &a0 [x]}\n"
	for i := range 8 {
		s += fmt.Sprintf("k%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), i)
	}
	return s
}

func TestEmbeddedMappingsParse(t *testing.T) {
	if len(Names()) == 0 {
		t.Fatal("no embedded mapping")
	}
	for _, name := range Names() {
		if _, ok := Embedded(name); !ok {
			t.Errorf("%s does not parse", name)
		}
	}
	if _, ok := Embedded("../maps/gmpp"); ok {
		t.Error("a path is no name")
	}
}
