// Command write makes the synthetic sample: the files demo/synthetic_*.csv.gz, which the mapping "synthetic" reads. Every figure in them is
// made up by the rules here; nothing depends on clock or chance. It is run where the package tabular is.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	for name, text := range files() {
		if err := write(filepath.Join("demo", name), text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// write keeps a file that holds the text already: compressed, it may look otherwise from one version of Go to another.
func write(path string, text []byte) error {
	if old, err := read(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	if _, err := z.Write(text); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// table is a CSV file in the making.
type table struct{ rows [][]string }

func (t *table) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = fmt.Sprint(c)
	}
	t.rows = append(t.rows, row)
}

func (t *table) text() []byte {
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(t.rows); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// files gives the sample's files by name, as CSV.
func files() map[string][]byte {
	all := map[string][]byte{}
	for name, fill := range map[string]func(*table){
		"projects": projectRows, "milestones": milestoneRows, "baselines": baselineRows, "plan": planRows, "costs": costRows, "reports": reportRows,
		"people": peopleRows, "time": timeRows, "bookings": bookingRows, "hours": hourRows,
		"indicators": indicatorRows, "measurements": measurementRows,
	} {
		t := &table{}
		fill(t)
		all["synthetic_"+name+".csv.gz"] = t.text()
	}
	return all
}
