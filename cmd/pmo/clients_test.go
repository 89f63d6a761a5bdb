package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pmograph/graph"
	"pmograph/internal/exchange/tabular"
)

// npm gives what runs a program of web/ in a directory; it skips the test where Node or a package is missing, unless they are demanded.
func npm(t *testing.T, dir string, packages ...string) func(t *testing.T, env []string, program string, args ...string) {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("PMO_REQUIRE_CHROMIUM") != "" {
		missing = t.Fatalf
	}
	if err := exec.Command("../../scripts/has-node.sh").Run(); err != nil {
		missing("Node.js 20.19 or newer is missing: scripts/setup.sh installs it")
	}
	for _, name := range packages {
		if _, err := os.Stat(filepath.Join("../../web/node_modules", name)); err != nil {
			missing("%s is missing: run `make web` first", name)
		}
	}
	return func(t *testing.T, env []string, program string, args ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // one that hangs is ended
		defer cancel()
		command := exec.CommandContext(ctx, program, args...)
		command.Dir, command.Env = dir, append(os.Environ(), env...)
		output, err := command.CombinedOutput()
		if err != nil {
			t.Errorf("%v: %s", err, output)
		}
		t.Logf("%s", output)
	}
}

// GraphQL over HTTP is spoken as the specification has it, by its official audits.
func TestAudits(t *testing.T) {
	run := npm(t, "../../web", "graphql-http")
	o := start(t, where{Data: t.TempDir()})
	o.organise(t)
	run(t, []string{"TOKEN=" + o.token(t, "PMO", "")}, "node", "clients/audit.mjs", o.http.URL)
}

// The contract and the operations beside it keep the rules that people expect of GraphQL, and of Relay.
func TestContractIsLinted(t *testing.T) {
	run := npm(t, "../..", "eslint", "@graphql-eslint/eslint-plugin")
	run(t, nil, "node", "web/node_modules/eslint/bin/eslint.js", "-c", "web/eslint.config.js", "graph/schema", "graph/testdata", "cmd/pmo/queries", "web/clients", "web/sample")
}

// The caches of widely used clients understand identifiers, pages, changes and events, over every transport and whatever is cut.
func TestCachesOfOthers(t *testing.T) {
	run := npm(t, "../../web", "@apollo/client", "@urql/core", "@urql/exchange-graphcache", "graphql-sse", "graphql-ws", "relay-compiler", "relay-runtime")
	sdl := filepath.Join(t.TempDir(), "schema.graphql")
	if err := os.WriteFile(sdl, []byte(graph.SDL()), 0o600); err != nil {
		t.Fatal(err)
	}
	onBoth(t, func(t *testing.T, o *office) {
		o.organise(t)
		pmo := o.token(t, "PMO", "")
		var any map[string]json.RawMessage
		o.ask(t, pmo, fmt.Sprintf(createPortfolio, "P"), nil, &any)
		for i := range 45 {
			o.ask(t, pmo, fmt.Sprintf(`mutation { projectCreate(input: { portfolioId: "portfolio-1", code: "C%02d", name: "Project %d" }) { number errors { message } } }`, i, i), nil, &any)
		}
		for _, x := range [][3]string{{"apollo", "", "ws"}, {"apollo", "", "sse"}, {"urql", "", "ws"}, {"urql", "GET", "sse"}, {"relay", "", ""}} {
			t.Run(strings.Join(x[:], " "), func(t *testing.T) {
				run(t, []string{"TOKEN=" + pmo, "SCHEMA=" + sdl, "METHOD=" + x[1], "EVENTS=" + x[2], "TMPDIR=" + t.TempDir()}, "node", "clients/"+x[0]+".mjs", o.http.URL)
			})
		}
	})
}

// Somebody else's client of OData finds its way about the feed, and somebody else's reader of EDMX understands its schema, which holds for its rows.
func TestFeedToOthers(t *testing.T) {
	run := npm(t, "../../web", "@odata/client", "@sap-ux/edmx-parser")
	onBoth(t, func(t *testing.T, o *office) {
		o.organise(t)
		o.load(t, tabular.Demo(), false)
		o.loadBy(t, "synthetic", tabular.Sample("synthetic"), false)
		pmo := []string{"TOKEN=" + o.token(t, "PMO", "")}
		for _, name := range []string{"odata", "metadata"} {
			t.Run(name, func(t *testing.T) { run(t, pmo, "node", "clients/"+name+".mjs", o.http.URL) })
		}
	})
}
