package auth

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"pmograph/internal/fault"
	"pmograph/internal/vocab"
)

// TrustedIssuer is another party whose tokens are accepted, as it stands in a file of issuers.
type TrustedIssuer struct {
	Issuer   string `yaml:"issuer"`   // the exact iss of its tokens
	JWKSURL  string `yaml:"jwksUrl"`  // where its keys are published; if empty, OpenID Connect discovery at the issuer says it
	Audience Words  `yaml:"audience"` // of which a token's aud must hold one

	Algorithms   Words            `yaml:"algorithms"`   // exactly those accepted; if empty RS256, PS256, ES256 and EdDSA
	Types        Words            `yaml:"types"`        // accepted in typ, NoType for none; if empty JWT and at+jwt
	SubjectClaim string           `yaml:"subjectClaim"` // claim that names the bearer for good; if empty sub
	TokenIDClaim string           `yaml:"tokenIdClaim"` // claim that names the token; if empty jti
	Require      map[string]Words `yaml:"require"`      // further claims, each with the values of which a token must have one

	Ceiling []vocab.Role `yaml:"ceiling"` // the roles that the issuer may give
	Roles   []RoleClaim  `yaml:"roles"`   // how its tokens' claims become roles; if empty they carry none

	Provision  *bool  `yaml:"provision"`  // whether a first sign-in makes a user; if false only users on record come in; if nil true
	NameClaim  string `yaml:"nameClaim"`  // claim with the name to show of a user made so; if empty he has none
	EmailClaim string `yaml:"emailClaim"` // claim with his address, which never identifies him; if empty he has none
}

// RoleClaim is a claim whose values stand for roles.
type RoleClaim struct {
	Claim Words         `yaml:"claim"` // its name, or the names that lead to it from outside
	Map   []RoleMapping `yaml:"map"`
}

// RoleMapping is a value and the role it stands for.
type RoleMapping struct {
	Value string     `yaml:"value"`
	Role  vocab.Role `yaml:"role"`
	Scope string     `yaml:"scope"` // where it holds, as ParseScope reads it; empty for the organisation
}

// Words is a list that may be written as its only word.
type Words []string

// UnmarshalYAML reads either form.
func (w *Words) UnmarshalYAML(decode func(any) error) error {
	if decode((*[]string)(w)) == nil {
		return nil
	}
	var one string
	if err := decode(&one); err != nil {
		return errors.New("a text, or a list of texts, is expected")
	}
	*w = Words{one}
	return nil
}

// ReadIssuers reads a file of issuers: YAML with one list, issuers. What is wrong is an INVALID fault that names the file and the places.
func ReadIssuers(file string, text []byte) ([]TrustedIssuer, error) {
	title := file + " cannot be used"
	parsed, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s: %s", title, placed(err))
	}
	var content struct {
		Issuers []TrustedIssuer `yaml:"issuers"`
	}
	var wrong errata
	for _, d := range parsed.Docs {
		wrong.unknown(d.Body, reflect.TypeOf(content), "")
	}
	if err := faultOf(title, wrong); err != nil {
		return nil, err
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&content); err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "%s: %s", title, placed(err))
	}
	if len(parsed.Docs) != 1 || len(content.Issuers) == 0 {
		wrong.add("issuers", "one document with at least one issuer is expected")
	}
	named := map[string]int{}
	for n, t := range content.Issuers {
		path := fmt.Sprintf("issuers[%d]", n)
		if first, twice := named[t.Issuer]; twice {
			wrong.add(path+".issuer", "%.80q is the one of issuers[%d] already; each needs a name of its own", t.Issuer, first)
		}
		named[t.Issuer] = n
		wrong = append(wrong, t.usual().check(path)...)
	}
	return content.Issuers, faultOf(title, wrong)
}

// placed gives what is wrong with a YAML text on one line, with its place.
func placed(err error) string {
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil {
		at := y.GetToken().Position
		return fmt.Sprintf("line %d, column %d: %s", at.Line, at.Column, y.GetMessage())
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

// errata are what is wrong in a file, each at its path.
type errata []fault.Field

func (e *errata) add(path, format string, args ...any) {
	*e = append(*e, fault.Field{Path: []string{path}, Code: "ISSUER", Text: fmt.Sprintf(format, args...)})
}

func faultOf(title string, e errata) error {
	if len(e) == 0 {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Text: title, Fields: e}
}

// unknown notes what stands below a node that a type has no place for, and what there is.
func (e *errata) unknown(n ast.Node, t reflect.Type, path string) {
	switch x := n.(type) {
	case *ast.SequenceNode:
		if t.Kind() != reflect.Slice {
			e.add(path, "line %d: one value is expected, no list", n.GetToken().Position.Line)
			return
		}
		for i, v := range x.Values {
			e.unknown(v, t.Elem(), fmt.Sprintf("%s[%d]", path, i))
		}
	case *ast.MappingNode:
		switch t.Kind() {
		case reflect.Map:
			for _, v := range x.Values {
				e.unknown(v.Value, t.Elem(), path+"."+v.Key.String())
			}
			return
		case reflect.Struct:
		default:
			e.add(path, "line %d: a text is expected, or a list of texts, no words with values", n.GetToken().Position.Line)
			return
		}
		places := map[string]reflect.Type{}
		for i := range t.NumField() {
			places[t.Field(i).Tag.Get("yaml")] = t.Field(i).Type
		}
		for _, v := range x.Values {
			name := strings.Trim(v.Key.String(), `"' `)
			at := strings.TrimPrefix(path+"."+name, ".")
			if inner, ok := places[name]; ok {
				e.unknown(v.Value, inner, at)
			} else {
				e.add(at, "line %d: there is no such word here; there are %s", v.Key.GetToken().Position.Line, strings.Join(slices.Sorted(maps.Keys(places)), ", "))
			}
		}
	}
}

// usual gives an issuer with what is usual where it says nothing.
func (t TrustedIssuer) usual() TrustedIssuer {
	if len(t.Algorithms) == 0 {
		t.Algorithms = Words{"RS256", "PS256", "ES256", "EdDSA"}
	}
	if len(t.Types) == 0 {
		t.Types = usualTypes
	}
	types := make(Words, len(t.Types))
	for i, typ := range t.Types {
		if types[i] = plainType(typ); typ == NoType {
			types[i] = typ
		}
	}
	t.Types = types
	if t.SubjectClaim == "" {
		t.SubjectClaim = "sub"
	}
	if t.TokenIDClaim == "" {
		t.TokenIDClaim = "jti"
	}
	return t
}

func (t TrustedIssuer) provisions() bool { return t.Provision == nil || *t.Provision }

// check lists what is wrong with an issuer; path says where it stands.
func (t TrustedIssuer) check(path string) (wrong errata) {
	at := func(name string) string { return path + "." + name }
	names := func(name string, words ...string) {
		if slices.ContainsFunc(words, func(w string) bool { return !wellFormed(w, maxName) }) {
			wrong.add(at(name), "a name of 1 to %d printable characters is needed", maxName)
		}
	}
	names("issuer", t.Issuer)
	names("subjectClaim", t.SubjectClaim)
	names("tokenIdClaim", t.TokenIDClaim)
	names("audience", t.Audience...)
	names("types", t.Types...)
	if slices.ContainsFunc(t.Types, func(typ string) bool { return typ != NoType && strings.EqualFold(typ, NoType) }) {
		wrong.add(at("types"), "tokens without a type are allowed by the word %s", NoType)
	}
	if t.JWKSURL != "" {
		if err := checkAddress(t.JWKSURL, true); err != nil {
			wrong.add(at("jwksUrl"), "%v", err)
		}
	} else if err := checkAddress(t.Issuer, true); err != nil {
		wrong.add(at("issuer"), "%v; or give the address of its key set, jwksUrl", err)
	}
	if len(t.Audience) == 0 {
		wrong.add(at("audience"), "say which aud its tokens have for this server; without that those for other servers would be accepted")
	}
	for i, a := range t.Algorithms {
		if algorithms[a] == nil {
			wrong.add(fmt.Sprintf("%s.algorithms[%d]", path, i), "%.40q is not accepted; choose among %s", a, strings.Join(slices.Sorted(maps.Keys(algorithms)), ", "))
		}
	}
	for name, allowed := range t.Require {
		if len(allowed) == 0 {
			wrong.add(at("require."+name), "say which values are accepted")
		}
	}
	if (len(t.Roles) == 0) != (len(t.Ceiling) == 0) {
		wrong.add(at("ceiling"), "roles and a ceiling, the list of roles that the issuer may give, belong together; give both or neither")
	}
	for i, r := range t.Ceiling {
		if !vocab.Valid(r) {
			wrong.add(fmt.Sprintf("%s.ceiling[%d]", path, i), "%.40q is not a role; choose among %s", r, strings.Join(r.Values(), ", "))
		}
	}
	for i, r := range t.Roles {
		wrong = append(wrong, r.check(fmt.Sprintf("%s.roles[%d]", path, i), t.Ceiling)...)
	}
	return wrong
}

func (r RoleClaim) check(path string, ceiling []vocab.Role) (wrong errata) {
	if len(r.Claim) == 0 || slices.Contains(r.Claim, "") {
		wrong.add(path+".claim", "name the claim, or list the names that lead to it: [realm_access, roles]")
	}
	if len(r.Map) == 0 {
		wrong.add(path+".map", "say which values stand for which roles: {value, role, scope}")
	}
	for i, m := range r.Map {
		at := fmt.Sprintf("%s.map[%d]", path, i)
		if m.Value == "" {
			wrong.add(at+".value", "say which value of the claim stands for the role")
		}
		if !slices.Contains(ceiling, m.Role) {
			wrong.add(at+".role", "%.40q is not in the ceiling %v", m.Role, ceiling)
			continue
		}
		if scope, err := ParseScope(m.Scope); err != nil {
			wrong.add(at+".scope", "%v", err)
		} else if !MayBeOn(m.Role, scope.Kind) {
			wrong.add(at+".scope", "%s cannot be held on %s", m.Role, scope.Kind)
		}
	}
	return wrong
}

// checkAddress refuses what keys must not be fetched from: only https is, or http on this machine if near allows that.
func checkAddress(address string, near bool) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%.200q is not a plain address like https://idp.example", address)
	}
	if u.Scheme != "https" && !(near && u.Scheme == "http" && isLoopback(u.Hostname())) {
		return fmt.Errorf("the address %.200q must start with https:// unless it is on this machine", address)
	}
	return nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}
