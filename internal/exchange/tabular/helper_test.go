package tabular

import (
	"io"
	"strings"
)

// file gives a file held in memory.
func file(name, text string) File {
	return File{name, func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}
