package edge

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Operator runs decisions for who owns the machine: on the command line, or through the socket only he can open.
func Operator(j *journal.Journal) Do {
	return func(ctx context.Context, dec state.Decision, m journal.Meta) (journal.Outcome, error) {
		return j.DoAs(ctx, auth.Machine("operator"), dec, m)
	}
}

// GrantRequest asks for a role for a subject of this server's own tokens: the way in when nobody is left who could grant.
type GrantRequest struct {
	Subject string `json:"subject"`
	Role    string `json:"role"`
	Scope   string `json:"scope"` // portfolio:CODE, program:CODE, project:CODE; empty for everything
}

// GrantRole gives a role on the machine's authority; the user is made if he is not known. It is journalled like every mutation.
func GrantRole(ctx context.Context, do Do, g GrantRequest) error {
	role, err := vocab.Parse[vocab.Role](strings.ToUpper(g.Role))
	if err != nil {
		return fault.At("role", "NOT_IN_LIST", "%v", err)
	}
	scope, err := auth.ParseScope(g.Scope)
	if err != nil {
		return err
	}
	_, err = do(ctx, decide.OperatorGrant(g.Subject, role, scope), journal.Meta{Reason: "granted on the machine"})
	return err
}

func (c Config) grant(w http.ResponseWriter, r *http.Request) {
	var g GrantRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&g); err != nil {
		c.fail(w, r, fault.Wrap(fault.Invalid, err, "the request is not readable"))
		return
	}
	if err := GrantRole(r.Context(), Operator(c.Journal), g); err != nil {
		c.fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, g)
}
