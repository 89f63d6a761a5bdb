package uri

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The longest addresses that are allowed are read, or refused, in no time, whatever they say.
func TestHostileAddresses(t *testing.T) {
	const room = maxLength - 2000
	fill := func(piece string) string { return strings.Repeat(piece, room/len(piece)) }
	aliases := func(n int, each string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "&@a%d=%s", i, strings.ReplaceAll(each, "#", fmt.Sprint(i+1)))
		}
		return b.String()
	}
	c := things()
	for name, query := range map[string]string{
		"parentheses":       "$filter=" + fill("("),
		"both parentheses":  "$filter=" + strings.Repeat("(", 39) + "1" + fill(")"),
		"quotes":            "$filter=Name eq " + fill("'"),
		"one text":          "$filter=Name eq '" + fill("x") + "'",
		"digits":            "$filter=Age eq " + fill("9"),
		"digits and points": "$filter=Age eq " + fill("9.9"),
		"dates":             "$filter=" + fill("2026-01-31"),
		"guids":             "$filter=" + fill("01234567-89ab-cdef-0123-456789abcdef"),
		"one name":          "$filter=" + fill("x"),
		"names":             "$filter=" + fill("Product/"),
		"types":             "$filter=" + fill("Model.Thing/") + "Name",
		"points":            "$filter=" + fill("a."),
		"spaces":            "$filter=Size" + fill(" "),
		"spaces and words":  "$filter=Size" + fill(" and Size"),
		"arrays":            "$filter=" + fill("Age in [1] or "),
		"one array":         "$filter=Age in [" + fill("1,") + "1]",
		"deep array":        "$filter=Age in " + fill("["),
		"lambdas":           "$filter=" + fill("Products/any(p:"),
		"counts":            "$filter=" + fill("Products/$count($filter="),
		"aliases":           "$filter=@a0" + aliases(190, "@a#"),
		"aliases twice":     "$filter=@a0" + aliases(190, "@a# add @a#"),
		"lists of aliases":  "$filter=Age in @a0" + aliases(190, "(@a#,@a#)"),
		"alias of a text":   "$filter=" + fill("@a or ")[:20000] + "Size&@a='" + strings.Repeat("x", 40000) + "'",
		"expansions":        "$expand=" + fill("Product($expand="),
		"expansions beside": "$expand=" + fill("Product,"),
		"options":           "$expand=Product(" + fill("$top=1;") + ")",
		"aliases beside":    "$expand=" + strings.Repeat("Product("+strings.Repeat("@a=1;", 200)+"$expand=", 8),
		"stars":             "$expand=" + fill("*,"),
		"levels":            "$expand=*($levels=" + fill("9") + ")",
		"selected":          "$select=" + fill("Name,"),
		"selected deep":     "$select=" + fill("Product/"),
		"orders":            "$orderby=" + fill("Name,"),
		"computed":          "$compute=" + many("1 as A%d", 4000),
		"grouped":           "$apply=groupby((" + fill("Name,"),
		"rolled up":         "$apply=groupby((" + fill("rollup(Name,Age),"),
		"aggregated":        "$apply=aggregate(" + many("$count as A%d", 3000) + ")",
		"concatenated":      "$apply=" + fill("concat(identity,"),
		"beside each other": "$apply=concat(" + fill("identity,"),
		"columns in parts":  "$apply=compute(" + many("1 as A%d", 199) + ")/concat(" + fill("identity,"),
		"joined":            "$apply=" + fill("join(Items as A)/"),
		"groups of groups":  "$apply=" + fill("groupby((Name),aggregate($count as N))/"),
		"searched":          "$search=" + fill("NOT "),
		"searched deep":     "$search=" + fill("("),
		"many options":      fill("a=1&"),
		"percent":           "$filter=" + fill("%25"),
		"token":             "$skiptoken=" + fill("W"),
	} {
		if len(query) > maxLength {
			t.Errorf("%s is too long", name)
		}
		for _, v3 := range []bool{false, true} {
			start := time.Now()
			req, err := Parse(c, "Things", query, Options{V3: v3})
			code(t, err)
			if took := time.Since(start); took > time.Second {
				t.Errorf("%s took %v", name, took)
			}
			if err == nil {
				_, err := req.Query.Plan()
				code(t, err)
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%s took %v to plan", name, took)
			}
		}
	}
	for _, path := range []string{fill("/"), fill("Products/1/"), "Products(" + fill("("), "Products('" + fill("'"), "Products/$filter(" + fill("("), "$entity/" + fill("x")} {
		start := time.Now()
		_, err := Parse(c, path, "", Options{})
		if code(t, err); time.Since(start) > time.Second {
			t.Errorf("%.20s took %v", path, time.Since(start))
		}
	}
}
