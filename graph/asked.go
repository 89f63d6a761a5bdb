package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"pmograph/internal/fault"
)

// parameters are what a GraphQL request over HTTP says; null says nothing.
type parameters struct {
	Query         *string        `json:"query"`
	DocumentID    *string        `json:"documentId"`
	OperationName *string        `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

// asked reads what a request asks. Errors say what is wrong with its form, in words of their own.
func (s *Server) asked(r *http.Request) (*graphql.RawParams, error) {
	began, p := graphql.Now(), new(parameters)
	err := error(nil)
	if r.Method == http.MethodPost {
		err = p.readBody(r)
	} else {
		err = p.readAddress(r)
	}
	if err != nil {
		return nil, err
	}
	q, err := s.params(p)
	if err != nil {
		return nil, err
	}
	q.Headers, q.ReadTime = r.Header, graphql.TraceTiming{Start: began, End: graphql.Now()}
	return q, nil
}

// params gives what is asked as gqlgen takes it.
func (s *Server) params(p *parameters) (*graphql.RawParams, error) {
	switch {
	case p.Query == nil && p.DocumentID == nil && p.Extensions["persistedQuery"] == nil:
		return nil, fault.New(fault.BadRequest, "query is missing: the text of a document, or documentId in its place")
	case p.Query != nil && p.DocumentID != nil:
		return nil, fault.New(fault.BadRequest, "send either query or documentId")
	}
	q := &graphql.RawParams{Query: or(p.Query), OperationName: or(p.OperationName), Variables: p.Variables, Extensions: p.Extensions}
	if p.DocumentID != nil {
		text, err := s.registry.now().textOf(*p.DocumentID)
		if err != nil {
			return nil, err
		}
		q.Query = text
	}
	return q, nil
}

func or(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (p *parameters) readBody(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil:
		return fault.Wrap(fault.BadRequest, err, "the body did not arrive")
	case !utf8.Valid(body):
		return fault.New(fault.BadRequest, "the body is not UTF-8")
	case bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")):
		return fault.New(fault.BadRequest, "the body is a list; send each request by itself")
	}
	return decode("the body", body, p)
}

func (p *parameters) readAddress(r *http.Request) error {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fault.New(fault.BadRequest, "the query of the address cannot be read")
	}
	for name, into := range map[string]**string{"query": &p.Query, "documentId": &p.DocumentID, "operationName": &p.OperationName} {
		if text, ok := values[name]; ok {
			if *into = &text[0]; len(text) > 1 {
				return fault.New(fault.BadRequest, "%s is given more than once", name)
			}
		}
	}
	for name, into := range map[string]*map[string]any{"variables": &p.Variables, "extensions": &p.Extensions} {
		if text := values.Get(name); text != "" {
			if err := decode(name, []byte(text), into); err != nil {
				return err
			}
		}
	}
	return nil
}

// decode reads one value of JSON. The error says where it is wrong, not what stands there.
func decode(what string, text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return undecoded(what, err)
	}
	if len(bytes.TrimSpace(text[d.InputOffset():])) > 0 {
		return fault.New(fault.BadRequest, "%s goes on behind its end, at byte %d", what, d.InputOffset())
	}
	return nil
}

// undecoded says in our words why something is not the JSON that was expected.
func undecoded(what string, err error) error {
	wrong, broken := (*json.UnmarshalTypeError)(nil), (*json.SyntaxError)(nil)
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return fault.New(fault.BadRequest, "%s has the wrong type: query, documentId and operationName are strings, variables and extensions objects", wrong.Field)
	case errors.As(err, &wrong):
		return fault.New(fault.BadRequest, "%s is not a JSON object", what)
	case errors.As(err, &broken):
		return fault.New(fault.BadRequest, "%s is not a JSON object: it is broken at byte %d", what, broken.Offset)
	}
	return fault.New(fault.BadRequest, "%s is not a JSON object: it ends too early", what)
}
