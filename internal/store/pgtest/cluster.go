// Package pgtest runs a private PostgreSQL for tests and for writing migrations. It needs PostgreSQL 15 or newer on the machine, found
// in PATH or below /usr/lib/postgresql. Each process has at most one cluster, and it goes when the process goes, however that ends.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNotFound says that the machine has no PostgreSQL.
var ErrNotFound = errors.New("no PostgreSQL found: initdb is neither in PATH nor below /usr/lib/postgresql")

// Start starts the process's cluster, if it does not run yet, and gives the URL of a database named name on it, which need not exist.
func Start() (url func(name string) string, err error) {
	port, err := cluster()
	return func(name string) string {
		return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", port, name)
	}, err
}

var cluster = sync.OnceValues(start)

// keeper ends the cluster when its standard input does: when this process has ended.
const keeper = `"$1/postgres" -D "$2/data" -k "$2" -p "$3" -h 127.0.0.1 -c fsync=off -c full_page_writes=off -c max_connections=200 >"$2/log" 2>&1 &
read -r _
kill -QUIT $!
wait $!
rm -rf "$2"`

// life is the write end of the keeper's standard input. It is never closed before the process ends.
var life *os.File //nolint:unused // held, so that the collector does not close it

func start() (port int, err error) {
	bin, err := binaries()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "pmo-postgres-")
	if err != nil {
		return 0, err
	}
	attr, err := unprivileged(dir)
	if err != nil {
		return 0, err
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", dir+"/data", "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if port, err = freePort(); err != nil {
		return 0, err
	}
	stdin, w, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	life = w
	keep := exec.Command("/bin/sh", "-c", keeper, "sh", bin, dir, strconv.Itoa(port))
	keep.SysProcAttr, keep.Dir, keep.Stdin = attr, dir, stdin
	if err := keep.Start(); err != nil {
		return 0, err
	}
	stdin.Close()
	return port, answering(port, dir)
}

// answering waits until the server takes connections.
func answering(port int, dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		c, err := pgx.Connect(ctx, fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port))
		if err == nil {
			return c.Close(ctx)
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(dir + "/log")
			return fmt.Errorf("PostgreSQL does not start: %w\n%s", err, log)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func binaries() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	newest, best := "", -1
	for _, p := range found {
		bin := filepath.Dir(p)
		if v, err := strconv.Atoi(filepath.Base(filepath.Dir(bin))); err == nil && v > best {
			newest, best = bin, v
		}
	}
	if newest == "" {
		return "", ErrNotFound
	}
	return newest, nil
}

// unprivileged gives the directory to a user PostgreSQL accepts, since it refuses root, and says how to run as him: in a session of
// their own, so that signals for the tests do not reach the server first.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setsid: true}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, uid, gid)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
