package graph

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"pmograph/internal/fault"
)

// maxRegisteredTokens bounds a registered document, which somebody has read.
const maxRegisteredTokens = 10_000

// Documents are registered with a server: they are checked and planned once, and asked for by their identifier.
type Documents struct {
	text   map[string]string             // by identifier
	parsed map[string]*ast.QueryDocument // by text
}

// DocumentID gives the identifier of a document: the hash of its text.
func DocumentID(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

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
		return d.add(schema, name, string(text))
	})
}

func (d *Documents) add(schema *ast.Schema, name, text string) error {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Name: name, Input: text}, maxRegisteredTokens)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if errs := validator.ValidateWithRules(schema, doc, rules.NewDefaultRules()); len(errs) > 0 {
		return fmt.Errorf("%s: %w", name, errs)
	}
	if len(doc.Operations) == 0 {
		return fmt.Errorf("%s: it has no operation", name)
	}
	d.text[DocumentID(text)], d.parsed[text] = text, doc
	return nil
}

// find gives the text of a registered document.
func (d *Documents) find(id string) (string, error) {
	if d != nil {
		if text, ok := d.text[strings.ToLower(id)]; ok {
			return text, nil
		}
	}
	return "", fault.New(fault.NotFound, "no document %.80q is registered; send its text as query", id)
}

// queries keeps parsed documents: the registered ones for good, others as long as they are asked for.
type queries struct {
	registered map[string]*ast.QueryDocument
	graphql.Cache[*ast.QueryDocument]
}

func newQueries(d *Documents) *queries {
	q := &queries{Cache: lru.New[*ast.QueryDocument](keptQueries)}
	if d != nil {
		q.registered = d.parsed
	}
	return q
}

// Get gives a parsed document by its text.
func (q *queries) Get(ctx context.Context, text string) (*ast.QueryDocument, bool) {
	if doc, ok := q.registered[text]; ok {
		return doc, true
	}
	return q.Cache.Get(ctx, text)
}
