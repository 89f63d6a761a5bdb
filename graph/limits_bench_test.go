package graph_test

import (
	"runtime"
	"strconv"
	"strings"
	"testing"

	"pmograph/graph"
)

// dear are documents that are made to be dear to read, within the limits or beyond them.
func dear() map[string]string {
	rep := strings.Repeat
	return map[string]string{
		"same leaves":              `{ viewer { ` + rep("day ", 480) + `} }`,
		"same leaves within":       `{ viewer { ` + rep("...{", 11) + rep("day ", 200) + rep("}", 11) + `} }`,
		"same leaves deep":         `{ viewer { ` + rep("...{", 200) + rep("day ", 200) + rep("}", 200) + `} }`,
		"same objects":             `{ viewer { ` + rep("rollup { projects { total { value } } } ", 75) + `} }`,
		"nested pairs":             `{ viewer { ` + pairs("rollup", "trend(by: MONTH, from: \"2020-01-01\")", 5) + `} }`,
		"fragments":                `{ viewer { ` + times(90, "...F# ") + `} } ` + times(90, "fragment F# on Viewer { day } "),
		"fragments crossed":        `{ viewer { ` + times(12, "...F# ") + `} } ` + times(12, "fragment F# on Viewer { "+each2(12)+" day } "),
		"fragments crossed each":   `{ viewer { ` + times(24, "rollup { ...G# } ") + `} } ` + times(24, "fragment G# on Rollup { asOf projects { total { value } } "+each3(24)+" } "),
		"chain":                    `{ viewer { rollup { ...F0 } } } ` + times(60, "fragment F# on Rollup { ...N#x asOf } "),
		"arguments":                `{ ` + rep(`nodes(ids: [`+rep("1 ", 40)+`]) { id } `, 20) + `}`,
		"unknown fields":           `{ viewer { ` + times(480, "unknown# ") + `} }`,
		"unknown arguments":        `{ ` + times(100, `a#: viewer(portfolioo#: 1) { day } `) + `}`,
		"operations":               times(120, `query Q# { viewer { ...F } } `) + `fragment F on Viewer { day number }`,
		"operations and fragments": times(60, `query Q# { viewer { ...F0 } } `) + times(40, "fragment F# on Viewer { day ...F"+"#x }"),
		"variables":                `query(` + times(240, "$v#: Int ") + `) { viewer { day } }`,
		"long strings":             `{ project(path: "` + rep("x", 200_000) + `") { id } }`,
		"block strings":            `{ project(path: """` + rep(" x\n", 80_000) + `""") { id } }`,
		"comments":                 rep("#\n", 120_000) + `{ viewer { day } }`,
		"long name":                `{ viewer { ` + rep("x", 200_000) + ` } }`,
		"unicode":                  `{ project(path: "` + rep("\\u00e9", 40_000) + `") { id } }`,
		"lists":                    `{ nodes(ids: ` + rep("[", 450) + rep("]", 450) + `) { id } }`,
		"objects":                  `{ projects(filter: ` + rep("{a:", 240) + "1" + rep("}", 240) + `) { totalCount } }`,
	}
}

func each2(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("rollup { ...R" + strconv.Itoa(i) + " } ")
	}
	return b.String()
}

func each3(n int) string { return strings.Repeat(" asOf", n/2) }

func pairs(a, b string, n int) string {
	if n == 0 {
		return "asOf "
	}
	return a + " { asOf " + pairs2(b, n) + "} " + a + " { asOf " + pairs2(b, n) + "} "
}

func pairs2(b string, n int) string {
	if n == 0 {
		return "asOf "
	}
	return b + " { " + pairs2(b, n-1) + "} " + b + " { " + pairs2(b, n-1) + "} "
}

func BenchmarkReadDocument(b *testing.B) {
	for name, text := range dear() {
		for how, l := range map[string]graph.Limits{"limits": graph.DefaultLimits, "tokens": {Tokens: 1000}} {
			b.Run(name+"/"+how, func(b *testing.B) {
				_, errs := graph.ReadDocument(l, text)
				said := "passes"
				if len(errs) > 0 {
					said = errs[0].Message
				}
				b.ReportAllocs()
				for b.Loop() {
					graph.ReadDocument(l, text)
				}
				b.Logf("%d bytes: %.100s", len(text), said)
			})
		}
	}
}

// allocated gives what a function allocates. It counts what others allocate meanwhile, so nothing else may run.
func allocated(do func()) (bytes, objects uint64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, after.Mallocs - before.Mallocs
}
