// Package tabular reads CSV files by a declarative mapping, a YAML text, and yields typed records. It knows nothing of the
// record they go to: applying them is another package's work.
//
// # The mapping
//
//	source: gmpp                 # names the space of the keys
//	as_of: '{{period_end}}'      # the day a row's values were true
//	files:
//	  encodings: [utf-8, windows-1252]   # tried in this order; a single-byte one always succeeds, so it comes last
//	  delimiters: [",", ";"]             # the first under which all required headers are found
//	blank:                       # a row is blank if every cell is empty or …
//	  ignore: ['']               #   … stands under one of these headers (running numbers), or …
//	  cells: ['unnamed: \d+']    #   … matches one of these patterns
//	keys: {NAME: key rule}
//	fields: {NAME: field}
//	records: [record]
//	left_out: REASON             # instead of records: the rows have no place in the record
//
// Files of several kinds that belong together are read by one mapping with several tables, each with fields, records or left_out, and an
// as_of of its own if it needs one. A file is read by the first table whose required headers it has:
//
//	tables: [{as_of: …, fields: {NAME: field}, records: [record]}, …]
//
// An unknown word anywhere is an error, which names line and column of the YAML text.
//
// A field is one value per row. Its text comes from one of
//
//	header: PATTERN or list     the first column present whose header matches and whose cell is not blank
//	file: PATTERN               the one group of the pattern in the file's name; with header, it stands in for a missing cell
//	of: FIELD                   another field's text, for a second reading of one cell
//	template: TEMPLATE          text with other fields' values
//
// Headers are compared in normal form ([Normalise]: lower case, punctuation and line breaks are single spaces), and a
// pattern must match the whole of it. Two columns for one pattern are refused, never guessed at. Then the text is read:
//
//	required: header | value    some header must be present; the value must be, too
//	no_value: [PATTERN]         texts that mean "no value"; an empty cell always does
//	values: [{is: WORD or list, to: TEMPLATE}, {match: PATTERN, to: TEMPLATE}]   first that fits; none is an error; "to: null"
//	key: NAME                   the text becomes a key by that rule
//	kind: text | integer | boolean | date | money
//	formats: [DD/MM/YYYY]       date: tokens YYYY YY MMMM MMM MM M DD D hh mm ss, h A of a 12-hour clock; YY needs two_digit_years_from: 1980
//	until: 2024-03-28           date: a later one is no value
//	snap: month start | month end
//	strip, thousands, decimal   integer, money: texts to remove, separators (default: none, ".")
//	powers: true                integer, money: 2.5E-06 is a number, too
//	scale                       integer, money: times 1000000, to the nearest whole number or minor unit
//	currency                    money: GBP
//
// A whole-cell pattern is a regular expression (RE2) that ignores case; texts have their white space collapsed before.
//
// A key rule makes equal names equal: erase_written (patterns taken out of the text as written, minding case), the normal
// form, erase_normalised (patterns taken out of that), then aliases (canonical name: [other names], any spelling).
//
// A template is text with {{field}}; {{field+1}}, {{field-1}} or {{field+other}} of integer fields, or days added to a date; and
// {{slug field}}: capitals and dashes, at most 40, unique per text. A template that is {{field}} alone keeps the field's type; otherwise
// a missing value makes the whole missing.
//
// A record has entity, key (a template), wins (ALWAYS, LATEST, FIRST or EACH), when (fields that must have a value for it to be
// given), set (column: template or constant), refs (column: {entity, key}). A reference with missing: REASON does without what it
// names: where that is in no file and not on record the record is left out, and counted for that reason; missing: SKIP does not count.
//
// A record without key and wins is a fact: a cost, an hour, a measurement. It is known by what it says, and there may be millions.
package tabular
