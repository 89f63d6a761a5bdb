package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"pmograph/auth"
	"pmograph/internal/store"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/wake/natstest"
)

// examined parses flags as the command line would, and gives the doctor for them.
func examined(t *testing.T, args ...string) *doctor {
	t.Helper()
	var cli commands
	parser, err := kong.New(&cli, named())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(append([]string{"doctor"}, args...)); err != nil {
		t.Fatal(err)
	}
	cli.Doctor.dir = cli.Doctor.Data
	return &doctor{doctorCommand: &cli.Doctor, now: time.Now()}
}

// worst gives the worst verdict of a check, and what was said of it.
func (d *doctor) worst(check string) (v verdict, says string) {
	for _, f := range d.found {
		if f.Check == check && (v == "" || slices.Index([]verdict{ok, warn, bad}, f.Verdict) > slices.Index([]verdict{ok, warn, bad}, v)) {
			v, says = f.Verdict, f.Says
		}
	}
	return v, says
}

// Every check of configuration fails where it should, and passes beside it.
func TestDoctorOnConfiguration(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil { // whatever the umask
			t.Fatal(err)
		}
		return path
	}
	backups := func(age time.Duration) string {
		path := t.TempDir()
		f := filepath.Join(path, "pmo.db")
		if err := os.WriteFile(f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(f, at, at); err != nil {
			t.Fatal(err)
		}
		return path
	}
	empty, nats := t.TempDir(), natstest.New(t)
	nats.Start()
	reaches := func(d *doctor) { d.waking(t.Context()) }
	for _, c := range []struct {
		check string
		by    func(*doctor)
		want  verdict
		args  []string
	}{
		{"TLS", (*doctor).network, ok, nil},
		{"TLS", (*doctor).network, bad, []string{"--addr", "0.0.0.0:80"}},
		{"TLS", (*doctor).network, bad, []string{"--addr", ":80"}},
		{"TLS", (*doctor).network, ok, []string{"--addr", "0.0.0.0:80", "--trusted-proxy", "10.0.0.0/8"}},
		{"TLS", (*doctor).network, ok, []string{"--addr", "0.0.0.0:80", "--tls-cert", "c", "--tls-key", "k"}},
		{"proxies", (*doctor).network, ok, []string{"--trusted-proxy", "10.0.0.1"}},
		{"proxies", (*doctor).network, bad, []string{"--trusted-proxy", "0.0.0.0/0"}},
		{"proxies", (*doctor).network, bad, []string{"--trusted-proxy", "everybody"}},
		{"CORS", (*doctor).network, ok, []string{"--cors-origin", "https://pmo.example"}},
		{"CORS", (*doctor).network, ok, []string{"--cors-origin", "http://localhost:3000"}},
		{"CORS", (*doctor).network, warn, []string{"--cors-origin", "http://pmo.example"}},
		{"CORS", (*doctor).network, bad, []string{"--cors-origin", "*"}},
		{"metrics", (*doctor).network, ok, []string{"--metrics-addr", "127.0.0.1:9090"}},
		{"metrics", (*doctor).network, warn, []string{"--metrics-addr", ":9090"}},
		{"development", (*doctor).network, ok, nil},
		{"development", (*doctor).network, ok, []string{"--dev"}},
		{"development", (*doctor).network, warn, []string{"--dev", "--addr", ":443"}},
		{"anchor", (*doctor).network, warn, nil},
		{"anchor", (*doctor).network, ok, []string{"--anchor-file", "a"}},
		{"signing key", (*doctor).keys, ok, []string{"--data", empty}},
		{"signing key", (*doctor).keys, bad, []string{"--signing-key-file", filepath.Join(dir, "none")}},
		{"signing key", (*doctor).keys, bad, []string{"--signing-key-file", file("wrong.key", 0o600)}},
		{"certificate", (*doctor).certificate, bad, []string{"--tls-cert", file("c", 0o600), "--tls-key", file("k", 0o600)}},
		{"certificate", (*doctor).certificate, "", nil},
		{"backups", (*doctor).backups, warn, nil},
		{"backups", (*doctor).backups, bad, []string{"--backups", empty}},
		{"backups", (*doctor).backups, bad, []string{"--backups", backups(48 * time.Hour)}},
		{"backups", (*doctor).backups, ok, []string{"--backups", backups(time.Hour)}},
		{"backups", (*doctor).backups, bad, []string{"--backups", filepath.Join(dir, "none")}},
		{"open files", (*doctor).machine, ok, []string{"--max-connections", "10"}},
		{"open files", (*doctor).machine, warn, []string{"--max-connections", "2000000000"}},
		{"file modes", (*doctor).files, bad, []string{"--data", empty, "--tls-key", file("open.key", 0o644)}},
		{"file modes", (*doctor).files, bad, []string{"--data", empty, "--signing-key-file", file("open2.key", 0o640)}},
		{"file modes", (*doctor).files, ok, []string{"--data", empty, "--tls-key", file("closed.key", 0o600)}},
		{"file modes", (*doctor).files, bad, []string{"--data", empty, "--nats-credentials", file("open.creds", 0o644)}},
		{"NATS", reaches, "", nil},
		{"NATS", reaches, ok, []string{"--database", "any", "--nats", nats.URL()}},
		{"NATS", reaches, warn, []string{"--database", "any", "--nats", "nats://127.0.0.1:1"}},
		{"NATS", reaches, bad, []string{"--database", "any", "--nats", "nats://pmo:secret@127.0.0.1:1"}},
		{"NATS", reaches, bad, []string{"--nats", nats.URL()}},
	} {
		d := examined(t, c.args...)
		if strings.HasPrefix(c.check, "file") {
			if err := os.Chmod(empty, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		c.by(d)
		if v, says := d.worst(c.check); v != c.want {
			t.Errorf("%s with %v: %q, want %q: %s", c.check, c.args, v, c.want, says)
		}
	}
}

// What was measured is judged.
func TestDoctorJudges(t *testing.T) {
	for _, c := range []struct {
		check string
		by    func(*doctor)
		want  verdict
	}{
		{"file system", func(d *doctor) { d.disk(1<<40, "") }, ok},
		{"file system", func(d *doctor) { d.disk(1<<40, "NFS") }, bad},
		{"disk", func(d *doctor) { d.disk(1<<40, "") }, ok},
		{"disk", func(d *doctor) { d.disk(1<<20, "") }, bad},
		{"memory", func(d *doctor) { d.memory(1, 100) }, ok},
		{"memory", func(d *doctor) { d.memory(90, 100) }, warn},
		{"administrators", func(d *doctor) { d.administrators(0, 9) }, bad},
		{"administrators", func(d *doctor) { d.administrators(1, 0) }, ok},
		{"administrators", func(d *doctor) { d.administrators(6, 0) }, warn},
		{"feed keys", func(d *doctor) { d.feedKeys(nil) }, ok},
		{"feed keys", func(d *doctor) { d.feedKeys([]string{"feed-key-1"}) }, warn},
	} {
		d := examined(t, "--data", t.TempDir())
		if c.by(d); d.found[0].Do != "" && d.found[0].Verdict == ok {
			t.Errorf("%+v says what to do though nothing is wrong", d.found[0])
		}
		if v, says := d.worst(c.check); v != c.want {
			t.Errorf("%s: %q, want %q: %s", c.check, v, c.want, says)
		}
	}
	good := []store.Setting{{Name: "server_version_num", Value: "160004"}}
	for _, s := range safe {
		good = append(good, store.Setting{Name: s.name, Value: s.want})
	}
	d := examined(t)
	d.settings(good)
	if v, says := d.worst("database"); v != ok {
		t.Errorf("a good server: %s %s", v, says)
	}
	for i, s := range good {
		d, wrong := examined(t), slices.Clone(good)
		wrong[i].Value = "130000"
		d.settings(wrong)
		if v, says := d.worst("database"); v == ok || !strings.Contains(says, "13") {
			t.Errorf("%s: %s %s", s.Name, v, says)
		}
	}
}

// An issuer that does not answer, answers something else, or has another clock is named.
func TestDoctorOnIssuers(t *testing.T) {
	for name, c := range map[string]struct {
		h    http.HandlerFunc
		want verdict
	}{
		"good":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }, ok},
		"not there":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, bad},
		"redirected": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", http.StatusFound) }, bad},
		"late": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat))
		}, warn},
	} {
		issuer := httptest.NewServer(c.h)
		file := filepath.Join(t.TempDir(), "issuers.yaml")
		text := "issuers:\n- issuer: " + issuer.URL + "\n  jwksUrl: " + issuer.URL + "/keys\n  audience: pmo\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d := examined(t, "--issuers", file)
		d.issuers(t.Context())
		if v, says := d.worst("issuers"); v != c.want {
			t.Errorf("%s: %q, want %q: %s", name, v, c.want, says)
		}
		issuer.Close()
		if c.want == ok {
			d := examined(t, "--issuers", file)
			d.issuers(t.Context())
			if v, says := d.worst("issuers"); v != bad {
				t.Errorf("nobody answers: %s %s", v, says)
			}
		}
	}
}

// An old key is to be rotated.
func TestDoctorOnOldKeys(t *testing.T) {
	dir := t.TempDir()
	for age, want := range map[time.Duration]verdict{time.Hour: ok, 400 * 24 * time.Hour: warn} {
		r, err := auth.NewRing(time.Now().Add(-age))
		if err != nil {
			t.Fatal(err)
		}
		text, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(auth.KeyFile(dir), text, 0o600); err != nil {
			t.Fatal(err)
		}
		d := examined(t, "--data", dir)
		d.keys()
		if v, says := d.worst("signing key"); v != want {
			t.Errorf("%s old: %s %s", age, v, says)
		}
	}
}

// The whole of it, on both databases: without an administrator, with one, with an edited journal of access; nothing is changed by looking.
func TestDoctor(t *testing.T) {
	for name, w := range map[string]where{"sqlite": {Data: t.TempDir()}, "postgres": {Data: t.TempDir(), Database: pgtest.Database(t)}} {
		t.Run(name, func(t *testing.T) {
			flags := []string{"--data", w.Data}
			if w.Database != "" {
				flags = append(flags, "--database", w.Database)
			}
			pmo := func(args ...string) {
				t.Helper()
				if code := run(t.Context(), append(args, flags...)); code != 0 {
					t.Fatalf("pmo %v: %d", args, code)
				}
			}
			look := func() *doctor {
				d := examined(t, flags...)
				d.examine(t.Context())
				return d
			}
			pmo("grant", "--subject", "somebody", "--role", "VIEWER")
			d := look()
			if v, _ := d.worst("administrators"); v != bad || d.code() != 2 {
				t.Errorf("%+v", d.found)
			}
			pmo("grant", "--subject", "boss", "--role", "ADMIN")
			d = look()
			for _, check := range []string{"administrators", "journal of access", "memory", "TLS", "CORS", "clock"} {
				if v, says := d.worst(check); v != ok {
					t.Errorf("%s: %s %s", check, v, says)
				}
			}
			var out bytes.Buffer
			if err := d.print(&out); err != nil || !strings.Contains(out.String(), "administrators") || strings.Contains(out.String(), "boss") {
				t.Errorf("%v\n%s", err, out.String())
			}
			out.Reset()
			d.JSON = true
			var list []finding
			if err := d.print(&out); err != nil || json.Unmarshal(out.Bytes(), &list) != nil || !slices.Equal(list, d.found) {
				t.Errorf("%v\n%s", err, out.String())
			}
			tamper(t, w, `UPDATE "access_entry" SET "actor" = 'user-9' WHERE "n" = 1`)
			if v, _ := look().worst("journal of access"); v != bad {
				t.Error("an edited journal of access was not noticed")
			}
			if got := run(t.Context(), append([]string{"doctor"}, flags...)); got != 2 {
				t.Errorf("exit code %d", got)
			}
		})
	}
	fresh := filepath.Join(t.TempDir(), "none")
	d := examined(t, "--data", fresh)
	d.examine(t.Context())
	if _, err := os.Stat(fresh); err == nil {
		t.Error("the doctor made a data directory")
	}
	d.Database, d.found = "postgres://nobody:secret@127.0.0.1:1/none", nil
	d.postgres(t.Context())
	if v, says := d.worst("database"); v != bad || strings.Contains(says, "secret") {
		t.Errorf("%s %s", v, says)
	}
}
