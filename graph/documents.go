package graph

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"pmograph/internal/decide"
	"pmograph/internal/fault"
	"pmograph/internal/kept"
	"pmograph/internal/read"
	"pmograph/internal/state"
)

// maxRegisteredTokens bounds a registered document, which somebody has read.
const maxRegisteredTokens = 10_000

// Documents are registered with one server, beside those on record, which are with all.
type Documents struct {
	text   map[string]string             // by identifier
	parsed map[string]*ast.QueryDocument // by text
}

// DocumentID gives the identifier of a document: the hash of its text.
func DocumentID(text string) string { return decide.DocumentID(text) }

// ReadDocuments reads the documents in the files *.graphql of a directory and below. The error names what cannot be asked, and where.
func ReadDocuments(schema *ast.Schema, files fs.FS) (*Documents, error) {
	d := &Documents{text: map[string]string{}, parsed: map[string]*ast.QueryDocument{}}
	return d, fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".graphql" {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		doc, errs := parseDocument(schema, name, string(text))
		if len(errs) > 0 {
			return fmt.Errorf("%s: %w", name, errs)
		}
		d.text[DocumentID(string(text))], d.parsed[string(text)] = string(text), doc
		return nil
	})
}

// parseDocument reads a document that is to be registered, and checks it against the schema.
func parseDocument(schema *ast.Schema, name, text string) (*ast.QueryDocument, gqlerror.List) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Name: name, Input: text}, maxRegisteredTokens)
	if err != nil {
		e := (*gqlerror.Error)(nil)
		if !errors.As(err, &e) {
			e = gqlerror.Wrap(err)
		}
		return nil, gqlerror.List{e}
	}
	if errs := validator.ValidateWithRules(schema, doc, rules.NewDefaultRules()); len(errs) > 0 {
		return nil, errs
	}
	if len(doc.Operations) == 0 {
		return nil, gqlerror.List{gqlerror.Errorf("it has no operation")}
	}
	return doc, nil
}

// checked keeps what was found about documents, by their text.
var checked = kept.Cache[string, string]{Bound: 16 << 20}

func init() { read.CheckDocument = problemOf }

// problemOf tells what is wrong with a document, "" if nothing is.
func problemOf(text string) string {
	if have, ok := checked.Get(text); ok {
		return have
	}
	_, errs := parseDocument(Schema(), "document", text)
	problem := ""
	if len(errs) > 0 {
		if problem = errs[0].Message; len(errs[0].Locations) > 0 {
			problem = fmt.Sprintf("%d:%d: %s", errs[0].Locations[0].Line, errs[0].Locations[0].Column, problem)
		}
	}
	checked.Put(text, problem, len(text)+len(problem)+keptOverhead)
	return problem
}

// checking makes a decision refuse a document that cannot be asked. Who may not register any is told that first.
func checking(in decide.DocumentRegisterInput, dec state.Decision) state.Decision {
	run := dec.Run
	dec.Run = func(d *state.Draft) error {
		if len(in.Text) > maxDocumentText {
			return fault.At("input.text", "TOO_LONG", "a document has at most %d KiB", maxDocumentText>>10)
		}
		if problem := problemOf(in.Text); problem != "" {
			return fault.At("input.text", "INVALID_DOCUMENT", "%s", problem)
		}
		return run(d)
	}
	return dec
}

// maxDocumentText is how many bytes a registered document has at most.
const maxDocumentText = 64 << 10

// queries keeps parsed documents: the registered ones as long as they are registered, others as long as they are asked for.
type queries struct {
	registry *registry
	graphql.Cache[*ast.QueryDocument]
}

func newQueries(r *registry) *queries {
	return &queries{r, lru.New[*ast.QueryDocument](keptQueries)}
}

// Get gives a parsed document by its text.
func (q *queries) Get(ctx context.Context, text string) (*ast.QueryDocument, bool) {
	if d := q.registry.now().docs[text]; d != nil && d.doc != nil {
		return d.doc, true
	}
	return q.Cache.Get(ctx, text)
}
