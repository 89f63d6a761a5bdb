package files

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"pmograph/internal/vocab"
)

// style is how a cell is shown, as its place in the list of styles.
type style int

const (
	styleGeneral style = iota
	styleHeader
	styleWhole
	styleDate
	styleInstant
	styleDecimals // and those after it: amounts by their digits, then other decimals by theirs
)

// shownDigits is the most digits behind the point that Excel is told to show; more are in the cell.
const shownDigits = 12

// decimalStyle is that of a decimal with so many digits: amounts are shown in groups of three, the rest as they are.
func decimalStyle(unit vocab.Unit, digits int8) style {
	s := styleDecimals + style(min(digits, shownDigits))
	if unit == vocab.UnitMoney {
		return s
	}
	return s + shownDigits + 1
}

// stylesPart declares the styles, in the order of their numbers.
func stylesPart() string {
	formats := []string{"General", "General", "#,##0", "yyyy\\-mm\\-dd", "yyyy\\-mm\\-dd\\ hh:mm:ss"}
	for _, whole := range []string{"#,##0", "0"} {
		for digits := range shownDigits + 1 {
			format := whole
			if digits > 0 {
				format += "." + strings.Repeat("0", digits)
			}
			formats = append(formats, format)
		}
	}
	const first = 164 // number of the first format of one's own
	b := []byte(xmlHead + `<styleSheet xmlns="` + mainSchema + `"><numFmts count="` + strconv.Itoa(len(formats)) + `">`)
	for i, format := range formats {
		b = append(strconv.AppendInt(append(b, `<numFmt numFmtId="`...), int64(first+i), 10), `" formatCode="`...)
		b = append(appendXML(b, format), `"/>`...)
	}
	b = append(b, `</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>`+
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>`+
		`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>`+
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="`...)
	b = append(strconv.AppendInt(b, int64(len(formats)), 10), `">`...)
	for i, format := range formats {
		number, font := first+i, 0
		if format == "General" {
			number = 0
		}
		if style(i) == styleHeader {
			font = 1
		}
		b = append(strconv.AppendInt(append(b, `<xf numFmtId="`...), int64(number), 10), `" fontId="`...)
		b = append(strconv.AppendInt(b, int64(font), 10), `" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>`...)
	}
	return string(append(b, `</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`...))
}

// shortened cuts a text to what Excel keeps of one.
func shortened(text string) (short string, cut bool) {
	if len(text) <= maxCellText {
		return text, false
	}
	units := 0
	for i, r := range text {
		if units++; r > 0xFFFF {
			units++
		}
		if units > maxCellText {
			return text[:i], true
		}
	}
	return text, false
}

// appendXML appends a text. Characters that XML has not are written as Excel does, _x0007_; a text that looks like that is told apart.
func appendXML(b []byte, text string) []byte {
	from := 0
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		with := ""
		switch {
		case r == '&':
			with = "&amp;"
		case r == '<':
			with = "&lt;"
		case r == '>':
			with = "&gt;"
		case r == '"':
			with = "&quot;"
		case r == '_' && looksEscaped(text[i:]):
			with = "_x005F_"
		case r < ' ' && r != '\t' && r != '\n':
			with = "_x00" + string("0123456789ABCDEF"[r>>4]) + string("0123456789ABCDEF"[r&15]) + "_"
		case r == utf8.RuneError && size == 1, r == 0xFFFE, r == 0xFFFF:
			with = "\ufffd"
		}
		if with != "" {
			b = append(append(b, text[from:i]...), with...)
			from = i + size
		}
		i += size
	}
	return append(b, text[from:]...)
}

// looksEscaped tells whether a text begins like an escaped character.
func looksEscaped(text string) bool {
	if len(text) < 7 || text[1] != 'x' || text[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(text[2:6], 16, 32)
	return err == nil
}
