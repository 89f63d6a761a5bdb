package decide

import (
	"fmt"
	"testing"

	"pmograph/ent"
	"pmograph/internal/state"
)

// documenting registers a number of documents past every decision.
func documenting(n int) func(*state.Draft) error {
	var runs []func(*state.Draft) error
	for i := range n {
		runs = append(runs, making(state.RegisteredDocuments, func(r *ent.RegisteredDocument) {
			r.Name, r.Text = fmt.Sprint("Document ", i), fmt.Sprintf("{ a%d: __typename }", i)
			r.DocumentID = DocumentID(r.Text)
		}))
	}
	return all(runs...)
}

// A document is registered once, under one name, by who may configure, and revoked.
func TestDocumentsAreRegistered(t *testing.T) {
	r, day := world(t), "{ viewer { day } }"
	register := func(name, text string) DocumentRegisterInput { return DocumentRegisterInput{Name: name, Text: text} }
	for _, a := range []act{
		{"by whom", "manager", DocumentRegister(register("Day", day)), "FORBIDDEN", nil},
		{"without text", "pmo", DocumentRegister(register("Day", "")), "input.text INVALID", nil},
		{"one", "pmo", DocumentRegister(register("Day", day)), "", func(_ *testing.T, r *record) bool {
			x := state.RegisteredDocuments.Get(r.all(), 1)
			return x.DocumentID == "sha256:07ff472f9bcdf5c56b472bab5f7c17bcd1d9ceaab74cd43b816ecd3008fde9b9" && *x.RegisteredByID == 2
		}},
		{"again", "pmo", DocumentRegister(register("Another day", day)), "input TAKEN", nil},
		{"the name again", "pmo", DocumentRegister(register("Day", "{ __typename }")), "input.name TAKEN", nil},
		{"revoked by whom", "manager", DocumentRevoke(DocumentRevokeInput{ID: "registered-document-1"}), "FORBIDDEN", nil},
		{"revoked too late", "pmo", DocumentRevoke(DocumentRevokeInput{ID: "registered-document-1", ExpectedVersion: ptr(int64(1))}), "input.expectedVersion CONFLICT", nil},
		{"revoked", "pmo", DocumentRevoke(DocumentRevokeInput{ID: "registered-document-1"}), "", func(_ *testing.T, r *record) bool { return r.s.Count(state.RegisteredDocuments.Desc()) == 0 }},
		{"revoked again", "pmo", DocumentRevoke(DocumentRevokeInput{ID: "registered-document-1"}), "input.id NOT_FOUND", nil},
		{"as before", "pmo", DocumentRegister(register("Day", day)), "", nil},
	} {
		t.Run(a.name, func(t *testing.T) { a.run(t, r) })
	}
}
