package tabular

import (
	"compress/gzip"
	"embed"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed maps/*.yaml
var mapFiles embed.FS

//go:generate go run ./demo/write
//go:embed demo/*.csv demo/*.gz
var demoFiles embed.FS

// Names lists the embedded mappings.
func Names() (names []string) {
	entries, _ := fs.ReadDir(mapFiles, "maps")
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// EmbeddedText gives the YAML text of an embedded mapping, for people to copy and change.
func EmbeddedText(name string) ([]byte, bool) {
	if !slices.Contains(Names(), name) {
		return nil, false
	}
	text, err := mapFiles.ReadFile("maps/" + name + ".yaml")
	return text, err == nil
}

var parsed sync.Map // name → *Mapping

// Embedded gives an embedded mapping by name: "gmpp" reads the UK government's major projects, one file a year; the head of each mapping's
// text says what it reads.
func Embedded(name string) (*Mapping, bool) {
	if m, ok := parsed.Load(name); ok {
		return m.(*Mapping), true
	}
	text, ok := EmbeddedText(name)
	if !ok {
		return nil, false
	}
	m, err := Parse(text)
	if err != nil {
		return nil, false // a test parses every embedded mapping
	}
	parsed.Store(name, m)
	return m, true
}

// Samples lists the mappings for which files are shipped with the program, in the order in which they are imported.
func Samples() []string { return []string{"rates", "gmpp", "nyc", "synthetic"} }

// Sample gives the files that are shipped for a mapping; demo/SOURCE.md says what they are.
func Sample(mapping string) (files []File) {
	entries, _ := fs.ReadDir(demoFiles, "demo")
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, mapping) {
			files = append(files, File{Name: strings.TrimSuffix(name, ".gz"), Open: func() (io.ReadCloser, error) { return openSample(name) }})
		}
	}
	return files
}

func openSample(name string) (io.ReadCloser, error) {
	f, err := demoFiles.Open(path.Join("demo", name))
	if err != nil || !strings.HasSuffix(name, ".gz") {
		return f, err
	}
	return gzip.NewReader(f)
}

// Demo gives the sample portfolio of the mapping "gmpp".
func Demo() []File { return Sample("gmpp") }
