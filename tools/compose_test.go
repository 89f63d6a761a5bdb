// Package tools holds checks of files that are not Go. Its go.mod pins the tools the Makefile runs.
package tools

import (
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

func load(t *testing.T, env ...string) (*types.Project, error) {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../docker-compose.yml"}, cli.WithEnv(env))
	if err != nil {
		t.Fatal(err)
	}
	return options.LoadProject(t.Context())
}

func TestComposeFile(t *testing.T) {
	project, err := load(t, "POSTGRES_PASSWORD=secret")
	if err != nil {
		t.Fatal(err)
	}
	server, database := project.Services["pmo"], project.Services["postgres"]
	if !server.ReadOnly || server.Restart == "" || len(server.Ports) == 0 {
		t.Errorf("server: want a read-only root, a restart policy and a port, got %v, %q, %v", server.ReadOnly, server.Restart, server.Ports)
	}
	for _, port := range append(server.Ports, database.Ports...) {
		if port.HostIP != "127.0.0.1" {
			t.Errorf("port %s is open on %q, want 127.0.0.1", port.Published, port.HostIP)
		}
	}
	if database.HealthCheck == nil || server.DependsOn["postgres"].Condition != types.ServiceConditionHealthy {
		t.Error("the server does not wait for a healthy database")
	}
	if strings.Contains(strings.Join(server.Command, " "), "secret") {
		t.Error("the password stands in the server's command line")
	}
}

func TestComposeFileAsksForPassword(t *testing.T) {
	if _, err := load(t); err == nil || !strings.Contains(err.Error(), "POSTGRES_PASSWORD") {
		t.Errorf("without a password: %v, want an error that names POSTGRES_PASSWORD", err)
	}
}
