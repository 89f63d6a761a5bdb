package decide

import (
	"crypto/sha256"
	"encoding/hex"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// DocumentRegisterInput registers a document. Whether it is one, who knows the schema has looked at.
type DocumentRegisterInput struct {
	Call
	Name, Text string
}

// DocumentRevokeInput takes a document out of use.
type DocumentRevokeInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// DocumentID gives the identifier of a document: the hash of its text.
func DocumentID(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// DocumentRegister registers a document.
func DocumentRegister(in DocumentRegisterInput) state.Decision {
	return decision("documentRegister", in, func(w *work) error {
		return create(w, state.RegisteredDocuments, func(r *ent.RegisteredDocument) {
			r.Name, r.Text, r.DocumentID = in.Name, in.Text, DocumentID(in.Text)
			if user := w.d.User(); user != 0 {
				r.RegisteredByID = &user
			}
		})
	})
}

// DocumentRevoke takes a document out of use.
func DocumentRevoke(in DocumentRevokeInput) state.Decision {
	return decision("documentRevoke", in, func(w *work) error {
		return remove(w, state.RegisteredDocuments, in.ID, in.ExpectedVersion)
	})
}

// documentNamed: a document is known by its text, whoever writes it.
var documentNamed = on(state.RegisteredDocuments, func(_ *state.Draft, _, r *ent.RegisteredDocument) error {
	if r.DocumentID != DocumentID(r.Text) {
		return fault.At("document_id", "INVALID", "a document's identifier is the hash of its text")
	}
	return nil
})

// maxDocuments is how many documents are registered at a time: each is kept ready to run.
const maxDocuments = 1000

// fewDocuments: there are not too many to keep.
var fewDocuments = on(state.RegisteredDocuments, func(d *state.Draft, before, _ *ent.RegisteredDocument) error {
	if before == nil && d.Snapshot().Count(state.RegisteredDocuments.Desc()) > maxDocuments {
		return fault.At("text", "OUT_OF_RANGE", "at most %d documents are registered at a time; revoke one", maxDocuments)
	}
	return nil
})
