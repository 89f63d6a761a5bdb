// Package pgtest runs private PostgreSQL servers for tests and for writing migrations. It needs PostgreSQL 15 or newer on the machine,
// found in PATH or below /usr/lib/postgresql. Each process shares one cluster, and a test that stops or swaps its server has one of its
// own; both go when the process goes, however that ends.
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
	c, err := shared()
	if err != nil {
		return nil, err
	}
	return c.URL, nil
}

var shared = sync.OnceValues(func() (*Cluster, error) {
	c, err := create(false)
	if err == nil {
		err = c.Start()
	}
	return c, err
})

// Cluster is a server with its data.
type Cluster struct {
	bin, dir string
	port     int
	durable  bool
	attr     *syscall.SysProcAttr
	keeper   *exec.Cmd // nil while the server is stopped
	life     *os.File  // the write end of the keeper's standard input
}

// keeper ends the server when its standard input says how, and server and data when its standard input ends: when this process has ended.
const keeper = `"$1/postgres" -D "$2/data" -k "$2" -p "$3" -h 127.0.0.1 -c "fsync=$4" -c "full_page_writes=$4" -c max_connections=200 >>"$2/log" 2>&1 &
read -r how
case $how in fast) kill -INT $! ;; *) kill -QUIT $! ;; esac
wait $!
test -n "$how" || rm -rf "$2"`

// create makes a cluster that does not run yet. A durable one writes through to the disk; others lose data when the machine fails.
func create(durable bool) (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	c := &Cluster{bin: bin, durable: durable}
	if c.dir, err = os.MkdirTemp("", "pmo-postgres-"); err != nil {
		return nil, err
	}
	if c.attr, err = unprivileged(c.dir); err != nil {
		return nil, err
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", c.data(), "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
	initdb.SysProcAttr, initdb.Dir = c.attr, c.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	c.port, err = freePort()
	return c, err
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// URL names a database of the cluster, which need not exist.
func (c *Cluster) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", c.Addr(), database)
}

// Addr is where the server listens, running or not.
func (c *Cluster) Addr() string { return fmt.Sprintf("127.0.0.1:%d", c.port) }

// Start starts the server and waits until it takes connections.
func (c *Cluster) Start() error {
	stdin, w, err := os.Pipe()
	if err != nil {
		return err
	}
	sync := "off"
	if c.durable {
		sync = "on"
	}
	k := exec.Command("/bin/sh", "-c", keeper, "sh", c.bin, c.dir, strconv.Itoa(c.port), sync)
	k.SysProcAttr, k.Dir, k.Stdin = c.attr, c.dir, stdin
	if err := k.Start(); err != nil {
		return err
	}
	stdin.Close()
	c.keeper, c.life = k, w
	return c.answering()
}

// Stop ends the server: in order, or at once as if it had crashed.
func (c *Cluster) Stop(atOnce bool) error {
	how := "fast\n"
	if atOnce {
		how = "immediate\n"
	}
	if _, err := c.life.WriteString(how); err != nil {
		return err
	}
	err := c.keeper.Wait()
	c.keeper = nil
	return errors.Join(err, c.life.Close())
}

// Copy copies the data of a stopped server to a folder beside it and gives its path.
func (c *Cluster) Copy() (string, error) {
	to, err := os.MkdirTemp(c.dir, "copy-")
	if err != nil {
		return "", err
	}
	if who := c.attr.Credential; who != nil {
		err = os.Chown(to, int(who.Uid), int(who.Gid))
	}
	return to, errors.Join(err, command("cp", "-a", c.data(), to))
}

// Swap puts an older copy in the place of the data of a stopped server.
func (c *Cluster) Swap(copied string) error {
	if err := os.RemoveAll(c.data()); err != nil {
		return err
	}
	return command("cp", "-a", filepath.Join(copied, "data"), c.dir)
}

func command(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
	}
	return nil
}

// remove ends the server, if it runs, and removes its data.
func (c *Cluster) remove() error {
	if c.keeper == nil {
		return os.RemoveAll(c.dir)
	}
	err := c.life.Close()
	_ = c.keeper.Wait() // what it could not remove is removed here
	return errors.Join(err, os.RemoveAll(c.dir))
}

// answering waits until the server takes connections.
func (c *Cluster) answering() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(c.dir + "/log")
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
