package graph

import (
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// registry keeps the registered documents of a server's directory and of the record ready to run. It follows the record as it is asked.
type registry struct {
	schema *ast.Schema
	files  *Documents // nil if there is no directory
	record func() (*state.Snapshot, <-chan struct{})
	log    *slog.Logger

	mu     sync.Mutex
	newest atomic.Pointer[registered]
}

// registered are the documents at one state of the record.
type registered struct {
	basis any                  // identifies those of the record
	ids   map[string]*document // by identifier
	docs  map[string]*document // by text
	plans map[*ast.OperationDefinition]*sync.Map
}

// document is one that is registered.
type document struct {
	text    string
	doc     *ast.QueryDocument // nil if this version cannot answer it
	problem string             // why
	plans   []*sync.Map        // of planned by choice, for each of its operations
}

// now gives the documents as the newest record has them.
func (r *registry) now() *registered {
	s, _ := r.record()
	basis, each := s.Documents()
	have := r.newest.Load()
	if have != nil && have.basis == basis {
		return have
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	have = r.newest.Load()
	if have != nil && have.basis == basis {
		return have
	}
	n := &registered{basis: basis, ids: map[string]*document{}, docs: map[string]*document{}, plans: map[*ast.OperationDefinition]*sync.Map{}}
	for row := range each {
		d := have.find(row.Text)
		if d == nil {
			d = newDocument(row.Text, nil, problemOf(row.Text))
			if d.problem == "" {
				d.doc, _ = parseDocument(r.schema, row.Name, row.Text)
				d = newDocument(row.Text, d.doc, "")
			} else {
				r.log.Warn("a registered document cannot be answered by this version", "document", row.DocumentID, "problem", d.problem)
			}
		}
		n.add(row.DocumentID, d)
	}
	if r.files != nil {
		for id, text := range r.files.text {
			d := have.find(text)
			if d == nil {
				d = newDocument(text, r.files.parsed[text], "")
			}
			n.add(id, d)
		}
	}
	r.newest.Store(n)
	return n
}

func newDocument(text string, doc *ast.QueryDocument, problem string) *document {
	d := &document{text: text, doc: doc, problem: problem}
	if doc != nil {
		for range doc.Operations {
			d.plans = append(d.plans, &sync.Map{})
		}
	}
	return d
}

func (n *registered) add(id string, d *document) {
	n.ids[id], n.docs[d.text] = d, d
	for i, plans := range d.plans {
		n.plans[d.doc.Operations[i]] = plans
	}
}

// find gives the document of a text, nil if it is not registered.
func (n *registered) find(text string) *document {
	if n == nil {
		return nil
	}
	return n.docs[text]
}

// textOf gives the text of a document by its identifier.
func (n *registered) textOf(id string) (string, error) {
	d := n.ids[strings.ToLower(id)]
	switch {
	case d == nil:
		return "", fault.New(fault.NotFound, "no document of this identifier is registered")
	case d.doc == nil:
		return "", fault.New(fault.ValidationFailed, "this version of the server cannot answer the document: %s", d.problem)
	}
	return d.text, nil
}
