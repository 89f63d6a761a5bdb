package tabular

import (
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

//go:embed demo/*.csv
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

// Embedded gives an embedded mapping by name: "gmpp" reads the UK government's major projects, one file a year.
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

// Demo gives the sample portfolio that is shipped with the program, for the mapping "gmpp"; demo/SOURCE.md says what it is.
func Demo() (files []File) {
	entries, _ := fs.ReadDir(demoFiles, "demo")
	for _, e := range entries {
		name := e.Name()
		files = append(files, File{Name: name, Open: func() (io.ReadCloser, error) { return demoFiles.Open(path.Join("demo", name)) }})
	}
	return files
}
