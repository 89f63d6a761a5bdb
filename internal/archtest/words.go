package archtest

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// words that no file may hold. They are written in pieces here, since this file is checked too.
var words = []struct {
	pattern *regexp.Regexp
	why     string
}{
	{regexp.MustCompile("(^|[^a-zA-Z0-9.])/wor" + "k/|/tmp/bash" + "_jobs"), "a path of one machine"},
	{regexp.MustCompile("registry\\." + "npmjs|proxy\\." + "golang"), "the host of a registry; package managers know theirs"},
	{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`), "unfinished work: finish it, or open an issue"},
}

var emptyNames = []string{"util", "utils", "common", "helper", "helpers", "misc"}

// CheckWords lists files that hold forbidden words, and folders whose name says nothing.
func CheckWords(root string) (wrong []string, err error) {
	err = walk(root, func(file string) error {
		for part := range strings.SplitSeq(path.Dir(file), "/") {
			if slices.Contains(emptyNames, part) {
				wrong = append(wrong, file+": a folder named "+part+" says nothing")
			}
		}
		if path.Ext(file) == ".csv" { // data is as its publisher wrote it
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil || !utf8.Valid(text) {
			return err
		}
		for _, w := range words {
			if at := w.pattern.FindIndex(text); at != nil {
				line := 1 + bytes.Count(text[:at[0]], []byte("\n"))
				wrong = append(wrong, fmt.Sprintf("%s:%d holds %q, %s", file, line, text[at[0]:at[1]], w.why))
			}
		}
		return nil
	})
	return wrong, err
}
