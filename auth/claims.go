package auth

import (
	"errors"
	"fmt"
	"slices"

	"pmograph/internal/vocab"
)

// localClaims reads the one role that a token of ours carries, or none.
func localClaims(claims map[string]any, id *Identity) error {
	role, given := claims[roleClaim]
	if !given {
		return nil
	}
	word, _ := role.(string)
	if !vocab.Valid(vocab.Role(word)) {
		return errors.New("its role is not one")
	}
	text, ok := claims[scopeClaim].(string)
	if !ok {
		return errors.New("its scope is missing")
	}
	scope, err := ParseScope(text)
	id.Claims = []Claim{{vocab.Role(word), scope}}
	return err
}

// reader gives how tokens of an issuer are read that was checked: what they must say, the roles they carry, who the bearer is. notice is
// told when the issuer left a claim out.
func (t TrustedIssuer) reader(notice func(string)) func(map[string]any, *Identity) error {
	return func(claims map[string]any, id *Identity) error {
		for name, allowed := range t.Require {
			words, err := wordsAt(claims, []string{name})
			if err != nil || !slices.ContainsFunc(words, func(w string) bool { return slices.Contains(allowed, w) }) {
				return fmt.Errorf("its claim %.80q is not among %v", name, allowed)
			}
		}
		for _, r := range t.Roles {
			if leftOut(claims, r.Claim[0]) {
				notice(fmt.Sprintf("issuer %q: a token has too many values for the claim %q and names none (overage), so nobody gets roles from it; "+
					"have the issuer send app roles, or only groups that are assigned to the application", t.Issuer, r.Claim[0]))
				continue
			}
			words, err := wordsAt(claims, r.Claim)
			if err != nil {
				return err
			}
			for _, m := range r.Map {
				scope, err := ParseScope(m.Scope)
				if err != nil {
					return err
				}
				if c := (Claim{m.Role, scope}); slices.Contains(words, m.Value) && slices.Contains(t.Ceiling, m.Role) && !slices.Contains(id.Claims, c) {
					id.Claims = append(id.Claims, c)
				}
			}
		}
		id.Name, id.Email = plainWord(claims, t.NameClaim), plainWord(claims, t.EmailClaim)
		id.Provision, id.OnRecord = t.provisions(), !t.provisions()
		return nil
	}
}

// leftOut tells whether a claim is kept elsewhere because it has too many values: OpenID Connect's distributed claims, by which Entra ID
// does so with groups, or its mark for tokens in addresses.
func leftOut(claims map[string]any, name string) bool {
	elsewhere, _ := claims["_claim_names"].(map[string]any)
	_, ok := elsewhere[name]
	return ok || name == "groups" && claims["hasgroups"] == true && claims[name] == nil
}

// plainWord gives a claim if it is a name that can be shown, else "".
func plainWord(claims map[string]any, name string) string {
	if word, _ := claims[name].(string); wellFormed(word, maxName) {
		return word
	}
	return ""
}

// wordsAt gives the strings at a path of names: one, or a list of them. Where the path leads nowhere there are none.
func wordsAt(claims map[string]any, path []string) (words []string, err error) {
	var at any = claims
	for _, name := range path {
		inner, ok := at.(map[string]any)
		if !ok && at != nil {
			return nil, fmt.Errorf("its claim %v does not lead to a list", path)
		}
		at = inner[name]
	}
	switch value := at.(type) {
	case nil:
	case string:
		words = []string{value}
	case []any:
		for _, item := range value {
			word, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("its claim %v holds something that is not a string", path)
			}
			words = append(words, word)
		}
	default:
		return nil, fmt.Errorf("its claim %v is neither a string nor a list of strings", path)
	}
	return words, nil
}
