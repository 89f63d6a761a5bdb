package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/edge"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/journal"
	"pmograph/internal/vocab"
	"pmograph/web"
)

type demoCommand struct {
	where
	listen
	Once bool `help:"Print the first answer and end, without serving."`
}

//go:embed queries/*.graphql
var queries embed.FS

// demoAdmin is the subject of the demo's administrator, who is a user on record.
const demoAdmin = "demo-admin"

// Run fills an empty record with the UK government's major projects, New York City's capital projects and a synthetic portfolio, shows the
// first answer, and serves.
func (c *demoCommand) Run(ctx context.Context) error {
	log := quiet()
	r, err := c.open(ctx, log)
	if err != nil {
		return fmt.Errorf("%w; the sample in %s may be of another version: remove it and start again", err, c.Data)
	}
	defer r.close()
	if err := fill(ctx, r.journal); err != nil {
		return err
	}
	k := key{dir: c.Data}
	private, err := k.private()
	if err != nil {
		return err
	}
	tokens, err := demoTokens(private)
	if err != nil {
		return err
	}
	ready, err := readyQueries()
	if err != nil {
		return err
	}
	c.Dev = true
	s, err := c.server(r, log, k, func(req *http.Request) web.Config {
		conf := web.Config{Endpoint: "/graphql", Queries: ready}
		if onThisMachine(req.Host) { // tokens are for who sits here, not for pages that point a name of theirs at this address
			conf.Tokens = tokens
		}
		return conf
	})
	if err != nil {
		return err
	}
	defer s.verifier.Close()
	if c.Once {
		c.Addr = "127.0.0.1:0"
	}
	err = s.serve(ctx, c.where, c.listen, func(url string) error {
		if err := firstAnswer(ctx, os.Stdout, url, tokens[1].Token); err != nil {
			return err
		}
		if c.Once {
			return errOnce
		}
		welcome(os.Stdout, url, tokens, ready)
		return nil
	})
	if errors.Is(err, errOnce) {
		return nil
	}
	return err
}

// errOnce ends the server when the first answer was all that was asked for.
var errOnce = errors.New("answered once")

func onThisMachine(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	ip := net.ParseIP(strings.Trim(name, "[]"))
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

// fill brings the sample in, unless the record holds something.
func fill(ctx context.Context, j *journal.Journal) error {
	if j.Latest().Seq() > 0 {
		return nil
	}
	if err := organise(ctx, j); err != nil {
		return err
	}
	do := edge.Operator(j)
	if err := edge.GrantRole(ctx, do, edge.GrantRequest{Subject: demoAdmin, Role: string(vocab.RoleAdmin)}); err != nil {
		return err
	}
	for _, name := range tabular.Samples() {
		m, _ := tabular.Embedded(name)
		report, err := edge.Import(ctx, do, m, tabular.Sample(name), edge.ImportOptions{})
		if err != nil {
			return err
		}
		if len(report.Refused) > 0 {
			return fmt.Errorf("the sample of %s cannot be imported: %v", name, report.Refused[0])
		}
	}
	return nil
}

// organise sets the organisation up: its fiscal year is the one the publications are about.
func organise(ctx context.Context, j *journal.Journal) error {
	_, err := edge.Operator(j)(ctx, decide.OrganisationUpdate(decide.OrganisationUpdateInput{Patch: map[string]any{
		"name": "UK Government Major Projects Portfolio", "currency": "GBP", "timezone": "Europe/London", "fiscalYearStart": int64(4)}}), journal.Meta{Reason: "demo"})
	return err
}

// demoTokens makes one token for each role, and one more for a project manager; ADMIN's names the administrator on record.
func demoTokens(private ed25519.PrivateKey) ([]web.Token, error) {
	var tokens []web.Token
	add := func(role vocab.Role, scope string) error {
		label := string(role)
		if scope != "" {
			label += " on " + scope
		}
		t, err := sign(private, string(role), scope, "demo-"+strings.ToLower(string(role)), 24*time.Hour)
		tokens = append(tokens, web.Token{Label: label, Role: string(role), Token: t})
		return err
	}
	for _, name := range vocab.Role("").Values() {
		role, scope := vocab.Role(name), ""
		if !auth.MayBeOn(role, vocab.ScopeKindOrganisation) { // held on a node only
			scope = "portfolio:MOD"
		}
		if err := add(role, scope); err != nil {
			return nil, err
		}
	}
	err := add(vocab.RoleProjectManager, "portfolio:SYNTHETIC")
	return tokens, err
}

func readyQueries() ([]web.Query, error) {
	files, err := queries.ReadDir("queries")
	if err != nil {
		return nil, err
	}
	var list []web.Query
	for _, f := range files {
		text, err := queries.ReadFile(path.Join("queries", f.Name()))
		if err != nil {
			return nil, err
		}
		_, title, _ := strings.Cut(strings.TrimSuffix(f.Name(), ".graphql"), "-")
		list = append(list, web.Query{Name: strings.ReplaceAll(title, "-", " "), Query: string(text)})
	}
	return list, nil
}

func welcome(w io.Writer, url string, tokens []web.Token, ready []web.Query) {
	fmt.Fprintf(w, "\nGraphiQL  %[1]s%[2]s\nLive page %[1]s%[2]ssample/\nGraphQL   %[1]s/graphql\n\nQueries ready there:\n", url, web.Path)
	for _, q := range ready {
		fmt.Fprintf(w, "  %s\n", q.Name)
	}
	fmt.Fprintln(w, "\nTokens, valid for a day:")
	for _, t := range tokens {
		fmt.Fprintf(w, "  %-40s %s\n", t.Label, t.Token)
	}
	fmt.Fprintln(w, "\nStop with Ctrl-C; the next start takes up the same data.")
}

// ask puts a query to a server as any client would.
func ask(ctx context.Context, url, token, query string, into any) error {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var answer struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s: %w", res.Status, err)
	}
	if len(answer.Errors) > 0 {
		return errors.New(answer.Errors[0].Message)
	}
	return json.Unmarshal(answer.Data, into)
}
