package edge

import (
	"archive/tar"
	"errors"
	"io"
	"math"
	"net/http"
	"os"

	"pmograph/internal/exchange/tabular"
	"pmograph/internal/fault"
)

// upload is what an import's request carries.
type upload struct {
	mapping *tabular.Mapping
	files   []tabular.File
	spool   *os.File
}

func (u *upload) close() { u.spool.Close() }

// upload reads the files of a request, at most limit bytes of them, and has take read what else it carries; 0 sets no limit. Files wait on disk, in a file that
// has no name any more and goes with its last reader.
func (c Config) upload(w http.ResponseWriter, r *http.Request, limit int64, take func(*upload, *http.Request, []byte) error) (*upload, error) {
	spool, err := os.CreateTemp(c.Spool, "import-*")
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "there is no room to keep the files while they are read")
	}
	u := &upload{spool: spool}
	if err := errors.Join(os.Remove(spool.Name()), u.read(w, r, limit, take)); err != nil {
		u.close()
		return nil, err
	}
	return u, nil
}

func (u *upload) read(w http.ResponseWriter, r *http.Request, limit int64, take func(*upload, *http.Request, []byte) error) (err error) {
	body := r.Body
	if limit > 0 {
		body = http.MaxBytesReader(w, r.Body, limit)
	} else {
		limit = math.MaxInt64
	}
	var own []byte
	if r.Header.Get("Content-Type") == typeTar {
		own, err = u.unpack(tar.NewReader(body), r.PathValue("map") == ownMap)
	} else {
		err = u.keep(r.URL.Query().Get("file"), body)
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return fault.New(fault.Invalid, "the upload is larger than %d MiB; send it through pmo import on the machine, or in parts", limit>>20)
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the upload cannot be read")
	}
	return take(u, r, own)
}

// takeNothing leaves it at the files.
func (u *upload) takeNothing(*http.Request, []byte) error { return nil }

// takeMapping takes the mapping that a request names or, as its own, brings along.
func (u *upload) takeMapping(r *http.Request, own []byte) (err error) {
	name, ok := r.PathValue("map"), false
	if name == ownMap {
		u.mapping, err = tabular.Parse(own)
		return err
	}
	if u.mapping, ok = tabular.Embedded(name); !ok {
		return fault.New(fault.NotFound, "there is no mapping %q", name)
	}
	return nil
}

// unpack keeps the files of an archive; a mapping among them is given.
func (u *upload) unpack(archive *tar.Reader, mapped bool) (own []byte, err error) {
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return own, nil
		}
		switch {
		case err != nil:
		case mapped && h.Name == ownMapFile:
			own, err = io.ReadAll(io.LimitReader(archive, maxOwnMap))
		default:
			err = u.keep(h.Name, archive)
		}
		if err != nil {
			return nil, err
		}
	}
}

// keep spools a file.
func (u *upload) keep(name string, r io.Reader) error {
	from, err := u.spool.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	size, err := io.Copy(u.spool, r)
	u.files = append(u.files, tabular.File{Name: name, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(u.spool, from, size)), nil
	}})
	return err
}
