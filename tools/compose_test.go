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
	return loadWith(t, nil, env...)
}

func loadWith(t *testing.T, profiles []string, env ...string) (*types.Project, error) {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../docker-compose.yml"}, cli.WithEnv(env), cli.WithProfiles(profiles))
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

// By default there is one server and no NATS; the profile adds both, and both servers use it.
func TestComposeFileWithNATS(t *testing.T) {
	usual, err := load(t, "POSTGRES_PASSWORD=secret")
	if err != nil {
		t.Fatal(err)
	}
	if address := usual.Services["pmo"].Environment["PMO_NATS"]; len(usual.Services) != 2 || address == nil || *address != "" {
		t.Errorf("by default: %v, NATS at %v", usual.ServiceNames(), address)
	}
	project, err := loadWith(t, []string{"nats"}, "POSTGRES_PASSWORD=secret", "PMO_NATS=nats://nats:4222")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pmo", "pmo-2"} {
		server, ok := project.Services[name]
		if !ok || !server.ReadOnly || len(server.Ports) != 1 || server.Ports[0].HostIP != "127.0.0.1" || *server.Environment["PMO_NATS"] != "nats://nats:4222" {
			t.Errorf("%s: %+v", name, server)
		}
	}
	nats := project.Services["nats"]
	if _, tag, _ := strings.Cut(nats.Image, ":"); tag == "" || tag == "latest" || len(nats.Ports) > 0 {
		t.Errorf("NATS is %q, at ports %v", nats.Image, nats.Ports)
	}
}

func TestComposeFileAsksForPassword(t *testing.T) {
	if _, err := load(t); err == nil || !strings.Contains(err.Error(), "POSTGRES_PASSWORD") {
		t.Errorf("without a password: %v, want an error that names POSTGRES_PASSWORD", err)
	}
}
