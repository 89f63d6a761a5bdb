package odata

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"pmograph/internal/fault"
)

// level is how much control information an answer carries.
type level uint8

const (
	none level = iota
	minimal
	full
)

var levels = map[string]level{"none": none, "minimal": minimal, "full": full}

func (l level) String() string { return [...]string{"none", "minimal", "full"}[l] }

// form is how an answer looks: what of it the client asked for in headers and $format.
type form struct {
	old        bool // OData 4.0: names of control information begin with odata.
	meta       level
	quoted     bool // IEEE754Compatible: decimals and 64-bit integers are texts
	omit       bool // omit-values=nulls
	track      bool // track-changes
	goOn       bool // continue-on-error
	unnotated  bool // include-annotations leaves ours out
	page       int  // maxpagesize; 0: not asked for
	preferring []string
}

// name gives the name of control information.
func (f *form) name(of string) string {
	if f.old {
		return "@odata." + of
	}
	return "@" + of
}

// version is the version of OData that is spoken.
func (f *form) version() string {
	if f.old {
		return "4.0"
	}
	return "4.01"
}

// contentType is the media type of a JSON answer.
func (f *form) contentType() string {
	prefix := ""
	if f.old {
		prefix = "odata."
	}
	t := "application/json;" + prefix + "metadata=" + f.meta.String()
	if f.quoted {
		t += ";IEEE754Compatible=true"
	}
	return t + ";" + prefix + "streaming=true;charset=utf-8"
}

// key tells forms apart.
func (f *form) key() string {
	return strings.Join([]string{f.version(), f.contentType(), strconv.FormatBool(f.omit), strconv.FormatBool(f.track), strconv.FormatBool(f.unnotated), strconv.Itoa(f.page)}, "\x00")
}

// versioned reads which version of OData a request wants.
func versioned(h http.Header) (old bool, err error) {
	most := strings.TrimSpace(h.Get("OData-MaxVersion"))
	if most == "" {
		return false, nil
	}
	n, err := strconv.ParseFloat(most, 64)
	switch {
	case err != nil || n < 4:
		return false, fault.New(fault.BadRequest, "OData-MaxVersion: %.20q is not known; versions 4.0 and 4.01 are spoken here", most)
	}
	return n < 4.01, nil
}

// offer is a media range that a client accepts.
type offer struct {
	media  string
	params map[string]string
	q      float64
}

// offers reads what a client accepts, best first.
func offers(accept []string) (all []offer) {
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			media, params, err := mime.ParseMediaType(part)
			if err != nil {
				continue
			}
			q := 1.0
			if text, ok := params["q"]; ok {
				if q, err = strconv.ParseFloat(text, 64); err != nil || q < 0 || q > 1 {
					continue
				}
			}
			all = append(all, offer{media, params, q})
		}
	}
	slices.SortStableFunc(all, func(a, b offer) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		}
		return 0
	})
	return all
}

// accepted gives what a request accepts: by $format, which counts for more, or by its headers; anything if it says nothing.
func accepted(format string, accept []string) ([]offer, error) {
	switch strings.ToLower(format) {
	case "":
	case "json":
		return []offer{{media: "application/json", q: 1}}, nil
	case "xml":
		return []offer{{media: "application/xml", q: 1}}, nil
	case "atom":
		return nil, fault.New(fault.BadRequest, "there is no Atom in OData 4; ask for $format=json")
	default:
		all := offers([]string{format})
		if len(all) != 1 || !strings.Contains(all[0].media, "/") {
			return nil, fault.New(fault.BadRequest, "$format=%.60q is no media type", format)
		}
		return all, nil
	}
	if len(accept) == 0 {
		return []offer{{media: "*/*", q: 1}}, nil
	}
	return offers(accept), nil
}

// takes tells whether a client accepts one of some media types; the first that fits what it likes best.
func takes(all []offer, given ...string) (media string, with offer) {
	for _, o := range all {
		if o.q == 0 {
			continue
		}
		for _, g := range given {
			kind, _, _ := strings.Cut(g, "/")
			if o.media == g || o.media == "*/*" || o.media == kind+"/*" {
				return g, o
			}
		}
	}
	return "", offer{}
}

const jsonType = "application/json"

// asked reads the form of a JSON answer that a request wants.
func (f *form) asked(all []offer) error {
	media, o := takes(all, jsonType)
	if media == "" {
		return errNotAcceptable
	}
	f.meta = minimal
	for name, value := range o.params {
		value = strings.ToLower(value)
		switch name { // ParseMediaType gives them in small letters
		case "metadata", "odata.metadata":
			l, ok := levels[value]
			if !ok {
				return fault.New(fault.BadRequest, "metadata=%.20q is not known; there are none, minimal and full", value)
			}
			f.meta = l
		case "ieee754compatible":
			f.quoted = value == "true"
		}
	}
	return nil
}

// preferred reads the preferences of a request that are known; others are passed over, as they may be.
func (f *form) preferred(lines []string) {
	for _, line := range lines {
		for _, part := range listed(line) {
			part, _, _ = strings.Cut(part, ";")
			name, value, _ := strings.Cut(part, "=")
			value = strings.Trim(strings.TrimSpace(value), `"`)
			switch strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "odata.") {
			case "maxpagesize":
				if n, err := strconv.Atoi(value); err == nil && n > 0 && f.page == 0 {
					f.page = min(n, maxPage)
					f.preferring = append(f.preferring, "maxpagesize="+strconv.Itoa(f.page))
				}
			case "track-changes", "trackchanges":
				f.track = true
			case "continue-on-error":
				f.goOn = value == "" || strings.EqualFold(value, "true")
			case "omit-values":
				if strings.EqualFold(value, "nulls") {
					f.omit = true
					f.preferring = append(f.preferring, "omit-values=nulls")
				}
			case "include-annotations":
				f.unnotated = !includes(value, reasonTerm)
				f.preferring = append(f.preferring, `include-annotations="`+value+`"`)
			}
		}
	}
}

// listed splits a list at the commas that stand in no quotes.
func listed(line string) []string {
	quoted := false
	return strings.FieldsFunc(line, func(c rune) bool {
		quoted = quoted != (c == '"')
		return c == ',' && !quoted
	})
}

// includes tells whether a list of annotations to include names a term: the pattern that says most of it counts, and without one it is left out.
func includes(list, term string) bool {
	best, in := -1, false
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		pattern := strings.TrimPrefix(one, "-")
		fits := pattern == term || pattern == "*" || strings.HasSuffix(pattern, ".*") && strings.HasPrefix(term, strings.TrimSuffix(pattern, "*"))
		if fits && len(pattern) >= best {
			best, in = len(pattern), !strings.HasPrefix(one, "-")
		}
	}
	return in
}
