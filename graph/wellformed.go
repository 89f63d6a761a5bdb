package graph

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/internal/access"
	"pmograph/internal/fault"
)

// The media types of answers.
const (
	plainJSON   = "application/json"
	graphqlJSON = "application/graphql-response+json"
	eventsType  = "text/event-stream"
)

// WellFormed refuses what is no GraphQL request by its method, content type, encoding, or what it accepts: before it is known who asks, and
// before its body is read. What a browser sends for any page without asking first (forms, plain text) is among it.
func WellFormed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status, err := malformed(w.Header(), r); err != nil {
			refuse(w, r, status, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// malformed says what is wrong with a request before its body is read, and sets the headers that tell what would be right.
func malformed(h http.Header, r *http.Request) (status int, err error) {
	post := r.Method == http.MethodPost
	switch {
	case r.Header.Get("Upgrade") != "":
		return 0, nil
	case !post && r.Method != http.MethodGet:
		h.Set("Allow", "GET, POST")
		return http.StatusMethodNotAllowed, fault.New(fault.BadRequest, "send a request by POST, or a query by GET")
	case post && r.Header.Get("Content-Encoding") != "" && !strings.EqualFold(r.Header.Get("Content-Encoding"), "identity"):
		h.Set("Accept-Encoding", "identity")
		return http.StatusUnsupportedMediaType, fault.New(fault.BadRequest, "the body is sent as it is, without a Content-Encoding")
	case post && !isJSON(r.Header.Values("Content-Type")):
		h.Set("Accept-Post", plainJSON)
		return http.StatusUnsupportedMediaType, fault.New(fault.BadRequest, "the body is sent with Content-Type: application/json, in UTF-8")
	case mediaType(r) == "":
		return http.StatusNotAcceptable, fault.New(fault.BadRequest, "answers are %s or %s, streams by POST also %s", graphqlJSON, plainJSON, eventsType)
	}
	return 0, nil
}

func isJSON(contentType []string) bool {
	if len(contentType) != 1 {
		return false
	}
	media, params, err := mime.ParseMediaType(contentType[0])
	charset := strings.ToLower(params["charset"])
	return err == nil && media == plainJSON && (charset == "" || charset == "utf-8" || charset == "utf8" || charset == "us-ascii")
}

// mediaType chooses the form of an answer: what the client likes best, by weight and then by order. Whoever asks for none in particular gets
// plain JSON; "" if nothing that he accepts can be given.
func mediaType(r *http.Request) string {
	if len(r.Header.Values("Accept")) == 0 {
		return plainJSON
	}
	best, weight := "", 0.0
	for _, line := range r.Header.Values("Accept") {
		for part := range strings.SplitSeq(line, ",") {
			media, params, err := mime.ParseMediaType(part)
			q := 1.0
			if text, ok := params["q"]; ok && err == nil {
				q, err = strconv.ParseFloat(text, 64)
			}
			switch media {
			case "*/*", "application/*":
				media = plainJSON
			case "text/*":
				media = eventsType
			}
			given := media == plainJSON || media == graphqlJSON || media == eventsType && r.Method == http.MethodPost
			if err == nil && given && q > weight {
				best, weight = media, q
			}
		}
	}
	return best
}

func contentType(media string) string {
	if media == graphqlJSON {
		return graphqlJSON + "; charset=utf-8"
	}
	return plainJSON + "; charset=utf-8"
}

// Streams tells whether a request asks for an answer that may last: whoever serves it sets no bound to its time.
func Streams(r *http.Request) bool { return r.Method == http.MethodPost && mediaType(r) == eventsType }

// Refuse answers a request that is not executed, in the form of GraphQL. Nothing may have been written.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	kind := fault.KindOf(err)
	if kind == fault.Internal {
		err = fault.Wrap(kind, err, "refused")
	}
	refuse(w, r, fault.CodeOf(kind).Status, err)
}

func refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	media := mediaType(r)
	if media != graphqlJSON {
		media = plainJSON
	}
	shown := presenter(quiet)(r.Context(), err)
	access.Of(r.Context()).Code = codeOf(gqlerror.List{shown})
	writeRefusal(w, media, status, &graphql.Response{Errors: gqlerror.List{shown}})
}

// writeRefusal writes an answer that holds errors alone.
func writeRefusal(w http.ResponseWriter, media string, status int, r *graphql.Response) {
	h := w.Header()
	h.Set("Content-Type", contentType(media))
	for _, err := range r.Errors {
		if seconds, ok := err.Extensions["retryAfter"].(int64); ok {
			h.Set("Retry-After", strconv.FormatInt(seconds, 10))
		}
	}
	body := refusal(r)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // nobody is left to tell
}

// refusal gives the text of an answer that has no data, not even null.
func refusal(r *graphql.Response) []byte {
	b := appendJSON([]byte(`{"errors":`), r.Errors)
	return append(appendRest(b, r, false), '}')
}

// seconds rounds up.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }
