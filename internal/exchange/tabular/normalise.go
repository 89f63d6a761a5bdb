package tabular

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// slugLimit is the longest slug, in characters.
const slugLimit = 40

// Normalise gives the form in which names and headers are compared: compatibility-composed (NFKC), lower case, "&" as "and",
// apostrophes gone, and every other run of what is neither letter nor digit one space.
func Normalise(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKC.String(strings.ToLower(norm.NFKC.String(s))) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		case r == '&':
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString("and")
			gap = true
		case r == '\'', r == '’', r == '‘', r == '`':
		default:
			gap = true
		}
	}
	return norm.NFKC.String(b.String()) // a mark may have come to stand by another letter
}

// collapse trims a text and makes each run of white space, line breaks and no-break spaces one space.
func collapse(s string) string { return strings.Join(strings.Fields(s), " ") }

// slug gives a code for a text: ASCII capitals, digits and dashes, at most slugLimit long. Equal normal forms give equal
// slugs; where letters are lost or cut off, a digest of the normal form keeps different texts apart.
func slug(s string) string {
	key := Normalise(s)
	lossy := false
	words := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= '0' && r <= '9', r == ' ':
			return r
		}
		lossy = true
		return -1
	}, norm.NFKD.String(key))
	out := strings.Join(strings.Fields(words), "-")
	if !lossy && len(out) <= slugLimit {
		return out
	}
	sum := sha256.Sum256([]byte(key))
	tail := strings.ToUpper(hex.EncodeToString(sum[:3]))
	if room := slugLimit - len(tail) - 1; len(out) > room {
		if cut := strings.LastIndexByte(out[:room+1], '-'); cut > room/2 {
			room = cut
		}
		out = out[:room]
	}
	return strings.Trim(strings.Trim(out, "-")+"-"+tail, "-")
}
