package archtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

func report(t *testing.T, wrong []string, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}

func TestImports(t *testing.T)  { wrong, err := CheckImports(root); report(t, wrong, err) }
func TestReserved(t *testing.T) { wrong, err := CheckReserved(root); report(t, wrong, err) }
func TestSizes(t *testing.T)    { wrong, err := CheckSizes(root); report(t, wrong, err) }

func TestWords(t *testing.T) {
	list := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Skip("no git checkout: ", err)
	}
	wrong, err := CheckWords(root, strings.Fields(string(out)))
	report(t, wrong, err)
}

// Each rule can fail: a planted violation is reported.
func TestViolationsAreFound(t *testing.T) {
	long := "package x\n\nfunc F() {\n" + strings.Repeat("\t_ = 1\n", 6) + "}\n"
	for _, x := range []struct {
		name, file, text, want string
		check                  func(string) ([]string, error)
	}{
		{"import", "internal/calc/x/x.go", "package x\n\nimport _ \"pmograph/internal/state\"\n", "imports pmograph/internal/state", CheckImports},
		{"third party", "internal/decide/x.go", "package decide\n\nimport _ \"github.com/jackc/pgx/v5\"\n", "imports github.com/jackc/pgx/v5", CheckImports},
		{"unlisted package", "internal/nobody/x.go", "package nobody\n", "no row", CheckImports},
		{"SQL", "internal/read/x.go", "package read\n\nimport _ \"database/sql\"\n", "uses database/sql", CheckReserved},
		{"clock", "internal/read/x.go", "package read\n\nimport \"time\"\n\nvar _ = time.Now\n", "uses time.Now", CheckReserved},
		{"opener", "internal/read/x.go", "package read\n\nimport \"pmograph/internal/guard\"\n\nvar _ = guard.OpenMoney\n", "uses guard.OpenMoney", CheckReserved},
		{"whole snapshot", "internal/read/x.go", "package read\n\nimport \"pmograph/internal/state\"\n\nvar _ = state.All\n", "uses state.All", CheckReserved},
		{"long resolver", "graph/x.resolvers.go", long, "has 6 lines", CheckSizes},
		{"long file", "graph/x.go", "package x\n" + strings.Repeat("\n", 500), "has 501 lines", CheckSizes},
		{"word", "docs/x.md", "see /wor" + "k/main\n", "holds", func(dir string) ([]string, error) { return CheckWords(dir, []string{"docs/x.md"}) }},
		{"name", "internal/util/x.go", "package util\n", "says nothing", func(dir string) ([]string, error) { return CheckWords(dir, []string{"internal/util/x.go"}) }},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, x.file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(x.text), 0o600); err != nil {
			t.Fatal(err)
		}
		wrong, err := x.check(dir)
		if err != nil || len(wrong) != 1 || !strings.Contains(wrong[0], x.want) {
			t.Errorf("%s: %v, %v", x.name, wrong, err)
		}
	}
}
