// Package web serves the GraphiQL page that is embedded in the binary.
//
// The page is built from this directory by Vite into dist/. The package compiles without that build: the
// page then says how to get it. In the browser nothing is loaded from other hosts.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var embedded embed.FS

// dist is the built page: index.html, licenses.md and assets/. Scripts and style sheets lie there only
// compressed, with .gz behind their name.
func dist() fs.FS {
	sub, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(err) // only an invalid path fails, and this one is a constant
	}
	return sub
}
