// Command pmo is the whole of pmograph: server, command line and demo in one binary. Here everything is wired together; nothing is
// decided. It is the only place that reads the environment and the clock.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"pmograph/internal/decide"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/fault"
)

// version is set by the build.
var version = "0.1.0-dev"

// commands is the command line; others rely on it.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Serve the API."`
	Demo    demoCommand    `cmd:"" help:"Serve the sample portfolios, with a token for each role."`
	Token   tokenCommand   `cmd:"" help:"Print a token for a role."`
	Keys    keysCommand    `cmd:"" help:"Rotate and list the keys that sign this server's own tokens."`
	Import  importCommand  `cmd:"" help:"Bring data in from files."`
	Grant   grantCommand   `cmd:"" help:"Grant a role on the machine's own authority."`
	Backup  backupCommand  `cmd:"" help:"Copy a record in SQLite to a file and verify the copy, also while a server serves it."`
	Restore restoreCommand `cmd:"" help:"Put a backup in place."`
	Recover recoverCommand `cmd:"" help:"Make a record that was restored by PostgreSQL's own tools safe to go on with."`
	Export  exportCommand  `cmd:"" help:"Write out the journal, the journal of access, or the list of erased rows."`
	Migrate migrateCommand `cmd:"" help:"Bring the database's schema to this version. Serve does so itself."`
	Verify  verifyCommand  `cmd:"" help:"Check the journal's chain, and the rows against a replay of it."`
	Doctor  doctorCommand  `cmd:"" help:"Look at configuration, data directory and database as serve would use them, and say what is unsafe. Exit code: 0 nothing, 1 something to look at, 2 something to mend."`
	Schema  schemaCommand  `cmd:"" help:"Print the GraphQL schema."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

const (
	exitRefused = 1
	exitUsage   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// named are the words that help and defaults of flags name.
func named() kong.Vars {
	return kong.Vars{"budgets": usualBudgets, "line_entities": strings.Join(decide.LineEntities(), ","), "maps": strings.Join(tabular.Names(), ", ")}
}

func run(ctx context.Context, args []string) int {
	var cli commands
	parser := kong.Must(&cli, kong.Name("pmo"), kong.Description("A GraphQL backend for dashboards of a project management office."),
		kong.UsageOnError(), named(), kong.BindTo(ctx, (*context.Context)(nil)), kong.Exit(os.Exit))
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "pmo: %v\nRun pmo --help, or pmo COMMAND --help, for what there is.\n", err)
		return exitUsage
	}
	if err := k.Run(); err != nil {
		if code := exit(0); errors.As(err, &code) {
			return int(code)
		}
		fmt.Fprintln(os.Stderr, "pmo: "+explain(err))
		if u := usage(""); errors.As(err, &u) {
			return exitUsage
		}
		return exitRefused
	}
	return 0
}

// usage is what is wrong with how a command was called.
type usage string

func (u usage) Error() string { return string(u) }

// explain shows an error with one line for each field it concerns.
func explain(err error) string {
	f := (*fault.Error)(nil)
	if !errors.As(err, &f) || len(f.Fields) == 0 {
		return err.Error()
	}
	lines := []string{f.Text}
	if f.Text == "" {
		lines[0] = "refused"
	}
	for _, field := range f.Fields {
		lines = append(lines, "  "+strings.Join(field.Path, ", ")+": "+field.Text)
	}
	return strings.Join(lines, "\n")
}
