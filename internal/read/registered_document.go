package read

import (
	"pmograph/ent"
	"pmograph/internal/state"
)

// RegisteredDocument is a GraphQL document that clients may ask for by its identifier.
type RegisteredDocument struct {
	thing[ent.RegisteredDocument]
	Name, DocumentID, Text string
}

func newRegisteredDocument(v *View, r *ent.RegisteredDocument) *RegisteredDocument {
	return &RegisteredDocument{thing: thingOf(v, r), Name: r.Name, DocumentID: r.DocumentID, Text: r.Text}
}

// RegisteredBy is who registered it.
func (d *RegisteredDocument) RegisteredBy() *User {
	return maybe(d.v, state.Users.Ref(d.v, d.row.RegisteredByID), newUser)
}

// CheckDocument tells what is wrong with a document, "" if nothing is. Who knows the schema sets it, before anything is asked.
var CheckDocument = func(string) string { return "" }

// Problem is what keeps it from being asked.
func (d *RegisteredDocument) Problem() *string { return optional(CheckDocument(d.Text)) }

// RegisteredDocuments gives a page of the registered documents.
func (v *View) RegisteredDocuments(p Page) (*RegisteredDocumentConnection, error) {
	o := &order[*ent.RegisteredDocument]{name: "registered_documents NAME", key: func(r *ent.RegisteredDocument) key { return byText(r.Name) }, id: func(r *ent.RegisteredDocument) int64 { return r.ID }}
	return connect[RegisteredDocumentConnection](v, state.RegisteredDocuments.All(v), o, p, newRegisteredDocument)
}

// RegisteredDocumentEdge is an item of a page of registered documents.
type RegisteredDocumentEdge struct{ Edge[*RegisteredDocument] }

// RegisteredDocumentConnection is a page of registered documents.
type RegisteredDocumentConnection struct {
	Connection[*ent.RegisteredDocument, *RegisteredDocument, RegisteredDocumentEdge]
}

// DocumentPayload answers mutations of registered documents.
type DocumentPayload struct {
	Outcome
	Document *RegisteredDocument
}
