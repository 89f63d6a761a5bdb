package faulttest_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	. "pmograph/internal/journal/faulttest"
	"pmograph/internal/store/pgtest"
)

// Two processes behind a pooler in transaction mode, which gives each transaction whatever connection is free: nothing may rest on a
// session. Connections are fewer than the processes would open.
func TestThroughPooler(t *testing.T) {
	skipShort(t)
	database := pgtest.Database(t)
	pooled := pooler(t, database)
	a, b := Open(t, pooled, Setup{}), Open(t, pooled, Setup{})
	straight := Open(t, database, Setup{})
	found, err := Prepare(t.Context(), a.Journal, 32)
	if err != nil {
		t.Fatal(err)
	}
	var account Account
	ctx, stop := context.WithTimeout(t.Context(), Pick(1500*time.Millisecond, 15*time.Second))
	defer stop()
	var callers sync.WaitGroup
	for i := range 32 {
		c := Caller{Number: i, Journal: []*Process{a, b}[i%2].Journal, Found: found, Account: &account, Pause: time.Millisecond}
		callers.Go(func() { c.Run(ctx) })
	}
	callers.Wait()
	if account.Count(Done) == 0 || account.Count(Not) > 0 {
		t.Errorf("%d done, %d refused; the first: %+v", account.Count(Done), account.Count(Not), account.Calls()[0])
	}
	Compare(t, straight.Store, &account, a, b, straight)
}

// pooler starts pgbouncer before a database and gives the URL through it.
func pooler(t *testing.T, database string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if os.Getenv("PMO_REQUIRE_POSTGRES") != "" {
			t.Fatal(err)
		}
		t.Skip("pgbouncer is not here: ", err)
	}
	dir, err := os.MkdirTemp("", "pmo-pooler-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	host, serverPort, err := net.SplitHostPort(hostOf(database))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(database[:len(database)-len("?sslmode=disable")])
	config := filepath.Join(dir, "pgbouncer.ini")
	text := fmt.Sprintf("[databases]\n%s = host=%s port=%s user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = any\n"+
		"pool_mode = transaction\ndefault_pool_size = 4\nmax_client_conn = 100\nlogfile = %s/log\n", name, host, serverPort, port, dir)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-q", config)
	if who, err := user.Lookup("postgres"); err == nil && os.Geteuid() == 0 { // it does not run as root
		uid, _ := strconv.Atoi(who.Uid)
		gid, _ := strconv.Atoi(who.Gid)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	Eventually(t, 10*time.Second, "the pooler listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", addr, name)
}
