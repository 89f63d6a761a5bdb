package projectdata

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"pmograph/internal/fault"
)

// version is a version of OData that answers are written in.
type version uint8

const (
	v2 version = iota // days are /Date(…)/
	v3
	v4
)

func (v version) String() string { return [...]string{"2.0", "3.0", "4.0"}[v] }

// media is how an answer is written.
type media uint8

const (
	atom media = iota
	verbose
	light // the JSON of OData 3, or that of OData 4
)

// level is how much light JSON says of itself.
type level uint8

const (
	none level = iota
	minimal
	full
)

var levels = map[string]level{
	"nometadata": none, "minimalmetadata": minimal, "fullmetadata": full,
	"none": none, "minimal": minimal, "full": full,
}

// form is how an answer looks.
type form struct {
	version
	media
	level
}

// spoken gives the version that a request wants: 4 if it names one, 2 if it can read no more, else 3.
func spoken(h http.Header) (version, error) {
	if strings.HasPrefix(h.Get("OData-MaxVersion"), "4") || strings.HasPrefix(h.Get("OData-Version"), "4") {
		return v4, nil
	}
	for _, name := range []string{"MaxDataServiceVersion", "DataServiceVersion"} {
		if text, _, _ := strings.Cut(h.Get(name), ";"); text != "" {
			n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			switch {
			case err != nil || n < 1:
				return v3, fault.New(fault.BadRequest, "%s: %.20q is not known; 2.0 and 3.0 are spoken here", name, text)
			case n < 3 && name == "MaxDataServiceVersion":
				return v2, nil
			}
		}
	}
	return v3, nil
}

// accepted is a media type that a client accepts, with how much it likes it.
type accepted struct {
	media  string
	params map[string]string
	q      float64
}

func acceptedBy(lines []string) (all []accepted) {
	for _, part := range strings.Split(strings.Join(lines, ","), ",") {
		m, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q, err := strconv.ParseFloat(params["q"], 64)
		if err != nil {
			q = 1
		}
		if q > 0 {
			all = append(all, accepted{m, params, q})
		}
	}
	slices.SortStableFunc(all, func(a, b accepted) int { return int((b.q - a.q) * 1000) })
	return all
}

var errNotAcceptable = &fault.Error{Kind: fault.BadRequest, Text: "nothing that the request accepts is spoken here: application/atom+xml, application/json;odata=verbose, application/json;odata=minimalmetadata"}

// formOf gives the form of an answer: by $format, which counts for more, or by what is accepted. Atom is for who asks for nothing in particular; of OData 4, which
// has none, it is JSON.
func formOf(v version, format string, accept []string, service bool) (form, error) {
	f := form{version: v, media: atom, level: minimal}
	if v == v4 {
		f.media = light
	}
	switch format {
	case "":
	case "atom", "xml":
		accept = []string{"application/atom+xml"}
	case "json":
		accept = []string{"application/json"}
	default:
		accept = []string{format}
	}
	all := acceptedBy(accept)
	if len(accept) == 0 || len(accept) == 1 && accept[0] == "" {
		return f, nil
	}
	for _, a := range all {
		if got, ok := f.as(a, service); ok {
			return got, nil
		}
	}
	return f, errNotAcceptable
}

// as is the form in a media type; one of them is for the service document alone.
func (f form) as(a accepted, service bool) (form, bool) {
	switch a.media {
	case "*/*":
		return f, true
	case "application/atomsvc+xml":
		f.media = atom
		return f, f.version != v4 && service
	case "application/atom+xml", "application/xml", "text/xml", "application/*":
		f.media = atom
		return f, f.version != v4
	case "application/json", "text/json":
		f.media = light
		of := strings.ToLower(a.params["odata"] + a.params["odata.metadata"] + a.params["metadata"])
		l, known := levels[of]
		switch {
		case f.version == v2 || of == "verbose":
			f.media = verbose
			return f, f.version != v4
		case known:
			f.level = l
		case of != "" && of != "light":
			return f, false
		case of == "" && f.version == v3:
			f.media = verbose
		}
		return f, true
	}
	return f, false
}

// contentType is the media type of an answer.
func (f form) contentType(of string) string {
	switch f.media {
	case atom:
		return "application/atom+xml;type=" + of + ";charset=utf-8"
	case verbose:
		return "application/json;odata=verbose;charset=utf-8"
	}
	words := []string{"none", "minimal", "full"}
	if f.version == v4 {
		return "application/json;odata.metadata=" + words[f.level] + ";charset=utf-8"
	}
	return "application/json;odata=" + strings.Replace(words[f.level]+"metadata", "none", "no", 1) + ";charset=utf-8"
}
