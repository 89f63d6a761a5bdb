package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"pmograph/internal/edge"
)

type grantCommand struct {
	where
	Subject string `help:"Whom to grant it to: the subject of his tokens." required:"" placeholder:"NAME"`
	Role    string `help:"Role to grant." required:""`
	Scope   string `help:"Where it holds: portfolio:CODE, program:CODE or project:CODE; without it everywhere." placeholder:"KIND:CODE"`
}

// Run grants through the server that has the record open, or opens it itself.
func (c *grantCommand) Run(ctx context.Context) error {
	g := edge.GrantRequest{Subject: c.Subject, Role: c.Role, Scope: c.Scope}
	client, err := c.running()
	if err != nil {
		return err
	}
	if client == nil {
		r, err := c.open(ctx, quiet())
		if err != nil {
			return err
		}
		defer r.close()
		return edge.GrantRole(ctx, edge.Operator(r.journal), g)
	}
	body, err := json.Marshal(g)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://pmo/grant", bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(res.Body)
		return fmt.Errorf("the server refused: %s", text)
	}
	return nil
}
