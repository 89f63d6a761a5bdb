// Package tabular reads CSV files by a declarative mapping, a YAML text, and yields typed records. It knows nothing of the
// record they go to: applying them is another package's work.
//
// # The mapping
//
//	source: gmpp                 # names the keys' space
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
//	formats: [DD/MM/YYYY]       date: tokens YYYY YY MMMM MMM MM M DD D hh mm ss; YY needs two_digit_years_from: 1980
//	strip, thousands, decimal   integer, money: texts to remove, separators (default: none, ".")
//	currency, scale             money: GBP, 1000000
//
// A whole-cell pattern is a regular expression (RE2) that ignores case; texts have their white space collapsed before.
//
// A key rule makes equal names equal: erase_written (patterns taken out of the text as written, minding case), the normal
// form, erase_normalised (patterns taken out of that), then aliases (canonical name: [other names], any spelling).
//
// A template is text with {{field}}, {{field+1}} or {{field-1}} of an integer field, and {{slug field}}: capitals and dashes,
// at most 40, unique per text. A template that is {{field}} alone keeps the field's type; otherwise a missing value
// makes the whole missing.
//
// A record has entity, key (a template), wins (ALWAYS, LATEST or FIRST), when (fields that must have a value for it to be
// given), set (column: template or constant), refs (column: {entity, key}).
package tabular
