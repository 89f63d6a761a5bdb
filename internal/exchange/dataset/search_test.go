package dataset

import (
	"strings"
	"testing"
)

func TestSearchFor(t *testing.T) {
	for search, want := range map[string]string{ // texts that are found, of those below
		"blue":                           "blue|blue green|green blue",
		"blue green":                     "blue green|green blue",
		"blue AND green":                 "blue green|green blue",
		`"blue green"`:                   "blue green",
		"blue OR red":                    "blue|red|blue green|green blue",
		"NOT blue":                       "red|and or|x (y)",
		"blue NOT green":                 "blue",
		"NOT (blue OR red)":              "and or|x (y)",
		"blue green OR red":              "red|blue green|green blue",
		"(blue OR red) green":            "blue green|green blue",
		"AND OR":                         "and or",
		"OR AND":                         "and or",
		"AND OR NOT":                     "and or",
		"NOT NOT":                        "blue|red|blue green|green blue|and or|x (y)",
		"BLUE":                           "blue|blue green|green blue",
		`"blue gr`:                       "blue green",
		"(blue":                          "blue|blue green|green blue",
		"blue )red":                      "",
		`"x ("`:                          "x (y)",
		"":                               "blue|red|blue green|green blue|and or|x (y)",
		"( )":                            "blue|red|blue green|green blue|and or|x (y)",
		"red OR":                         "",
		"NOT NOT blue":                   "blue|blue green|green blue",
		"red OR blue AND NOT green OR x": "blue|red|x (y)",
	} {
		w, err := searchFor(search)
		if err != nil {
			t.Fatal(search, err)
		}
		var got []string
		for _, text := range []string{"blue", "red", "blue green", "green blue", "and or", "x (y)"} {
			if w.in(text) {
				got = append(got, text)
			}
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q finds %q, not %q", search, strings.Join(got, "|"), want)
		}
	}
	if _, err := searchFor(strings.Repeat("(", 1000)); err == nil {
		t.Error("a search of a thousand parentheses is read")
	}
}
