package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"pmograph/internal/access"
	"pmograph/internal/decide"
	"pmograph/internal/mail"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/vocab"
)

// files looks at who may read what is to be kept from others.
func (d *doctor) files() {
	check := func(v verdict, path string) {
		info, err := os.Stat(path)
		switch {
		case path == "" || errors.Is(err, fs.ErrNotExist):
		case err != nil:
			d.say(bad, "file modes", "let the server's user read it", "%v", err)
		default:
			d.judge(info.Mode().Perm()&0o077 != 0, v, "file modes", filepath.Base(path)+" is its owner's alone",
				fmt.Sprintf("%s is open to other users of the machine: mode %04o", filepath.Base(path), info.Mode().Perm()), "chmod go-rwx "+path)
		}
	}
	check(warn, d.Data)
	for _, path := range []string{d.where.file(), d.accessFile(), d.key.file(), d.TLSKey, d.NatsCredentials} {
		check(bad, path)
	}
	check(warn, d.AnchorFile)
}

const (
	oldKey     = 365 * 24 * time.Hour
	oldBackup  = 25 * time.Hour
	soon       = 30 * 24 * time.Hour
	clockApart = 5 * time.Second
)

// keys looks at the key that signs.
func (d *doctor) keys() {
	if file := d.key.file(); file != "" {
		if _, err := os.Stat(file); err != nil {
			d.judge(d.SigningKeyFile != "", bad, "signing key", "there is none yet; serve makes one", "the signing key is not there", "see --signing-key-file")
			return
		}
	}
	r, err := d.ring()
	if err != nil {
		d.say(bad, "signing key", "give a key that can be read; pmo keys list shows what there is", "%v", err)
		return
	}
	since := r.Keys()[0].Since
	d.judge(!since.IsZero() && d.now.Sub(since) > oldKey, warn, "signing key", "it is younger than a year, or its age is not known",
		fmt.Sprintf("it has signed since %s", since.Format(time.DateOnly)), "pmo keys rotate")
}

// network looks at who can reach the server, and how.
func (d *doctor) network() {
	local := onLoopback(d.Addr)
	proxies, err := d.proxies()
	if err != nil {
		d.say(bad, "proxies", "write networks like 10.0.0.0/8", "%v", err)
	}
	for _, p := range proxies {
		d.judge(p.Bits() == 0, bad, "proxies", p.String()+" may say who asks", p.String()+" is everybody: whoever asks may say that he is somebody else", "name the proxies' own network")
	}
	switch {
	case d.TLSCert != "" || local:
		d.say(ok, "TLS", "", "tokens do not cross a network in the clear")
	case len(proxies) > 0:
		d.say(ok, "TLS", "", "a proxy has to speak TLS before %s", d.Addr)
	default:
		d.say(bad, "TLS", "give --tls-cert and --tls-key, or listen on loopback behind a proxy", "%s is served without TLS: tokens can be read on their way", d.Addr)
	}
	d.judge(slices.Contains(d.CorsOrigin, "*"), bad, "CORS", "no page of any origin may call the API", "every page that somebody opens may call the API: --cors-origin *", "name the dashboards' origins")
	for _, o := range d.CorsOrigin {
		u, err := url.Parse(o)
		if o != "*" && (err != nil || u.Scheme != "https" && !onLoopback(u.Host)) {
			d.say(warn, "CORS", "serve the dashboard by https", "%s is an origin that others on the way can speak for", o)
		}
	}
	d.judge(d.MetricsAddr != "" && !onLoopback(d.MetricsAddr), warn, "metrics", "figures are not served to others", "whoever reaches "+d.MetricsAddr+" reads the figures", "bind --metrics-addr to loopback, or to a network that only Prometheus is in")
	d.judge(d.Dev && !local, warn, "development", "errors suggest names of the schema to nobody outside this machine", "everybody with a token may read the schema, and errors suggest names from it", "leave out --dev")
	d.judge(d.AnchorFile == "", warn, "anchor", "signed heads are kept in a file", "signed heads are in the log alone: who edits database and log is not found out", "give --anchor-file, best on another machine")
}

// certificate looks at the certificate.
func (d *doctor) certificate() {
	if d.TLSCert == "" && d.TLSKey == "" {
		return
	}
	pair, err := tls.LoadX509KeyPair(d.TLSCert, d.TLSKey)
	if err != nil {
		d.say(bad, "certificate", "give a certificate and its own key", "%v", err)
		return
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	switch {
	case err != nil:
		d.say(bad, "certificate", "get another", "%v", err)
	case d.now.After(leaf.NotAfter) || d.now.Before(leaf.NotBefore):
		d.say(bad, "certificate", "renew it", "it is valid from %s to %s", leaf.NotBefore.Format(time.DateOnly), leaf.NotAfter.Format(time.DateOnly))
	default:
		d.judge(leaf.NotAfter.Sub(d.now) < soon, warn, "certificate", "it is valid until "+leaf.NotAfter.Format(time.DateOnly), "it ends on "+leaf.NotAfter.Format(time.DateOnly), "renew it")
	}
}

// issuers asks those whose tokens are accepted for their keys, and looks at their clocks.
func (d *doctor) issuers(ctx context.Context) {
	trusted, err := d.trusted()
	if err != nil {
		d.say(bad, "issuers", "mend the file; docs/identity.md says how it is written", "%v", err)
	}
	client := &http.Client{Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, t := range trusted {
		where := t.JWKSURL
		if where == "" {
			where = strings.TrimSuffix(t.Issuer, "/") + "/.well-known/openid-configuration"
		}
		status, apart, err := asked(ctx, client, where, d.now)
		switch {
		case err != nil:
			d.say(bad, "issuers", "let the server reach it; its tokens are refused until then", "%s: %v", t.Issuer, err)
		case status != http.StatusOK:
			d.say(bad, "issuers", "look at the issuer's address; keys are not fetched by way of redirects", "%s answers %d where its keys should be", t.Issuer, status)
		default:
			d.judge(apart > clockApart, warn, "issuers", t.Issuer+" answers, and its clock is this machine's",
				fmt.Sprintf("%s: its clock and this machine's are %s apart", t.Issuer, apart.Round(time.Second)), "set the clocks: tokens are refused before their time or after it")
		}
	}
}

// asked gets a page and gives its status, and how far the sender's clock is from this machine's.
func asked(ctx context.Context, client *http.Client, where string, now time.Time) (status int, apart time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return 0, 0, err
	}
	r, err := client.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer r.Body.Close()
	if at, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		apart = max(now.Sub(at).Abs()-time.Second, 0) // the header has whole seconds
	}
	return r.StatusCode, apart, nil
}

// mail looks whether the mail server lets this one in. It sends nothing.
func (d *doctor) mail(ctx context.Context) {
	server, err := d.mailing.server()
	if err == nil && server != nil {
		_, err = d.usable()
	}
	switch {
	case err != nil:
		d.say(bad, "mail", "docs/mail.md says what mail needs", "%v", err)
		return
	case server == nil:
		return
	}
	if err := server.Check(ctx); err != nil {
		d.say(bad, "mail", "look at --smtp, the password, and whether the mail server can be reached from here", "%s does not let this server in: %v", server.Host, err)
		return
	}
	d.judge(server.TLS == mail.Plain && !onThisMachine(server.Host), warn, "mail", server.Host+" lets this server in", "mail crosses the network to "+server.Host+" in the clear", "use smtp:// or smtps://")
}

// machine looks at disk and bounds of the process.
func (d *doctor) machine() {
	free, network, err := fileSystem(d.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.say(ok, "data directory", "", "there is none yet; serve makes it")
	case err != nil:
		d.say(warn, "data directory", "look yourself", "its file system: %v", err)
	default:
		d.disk(free, network)
	}
	n, err := openFiles()
	if err != nil {
		d.say(warn, "open files", "look yourself", "%v", err)
		return
	}
	need := int64(d.MaxConnections) + 200 // database, files, what is being closed
	d.judge(n < need, warn, "open files", fmt.Sprintf("%d may be open", n), fmt.Sprintf("%d may be open; %d connections need %d", n, d.MaxConnections, need), "raise the limit (LimitNOFILE, ulimit -n), or lower --max-connections")
}

// disk judges the disk of the data directory. Half as much again as the record is needed for a backup's sake.
func (d *doctor) disk(free int64, network string) {
	d.judge(network != "" && d.Database == "", bad, "file system", "the record is on a disk of this machine, or in PostgreSQL", "the record is on "+network+": locks and writes of SQLite cannot be relied on there", "move the data directory to a local disk, or use PostgreSQL")
	need := int64(100 << 20)
	if info, err := os.Stat(d.where.file()); err == nil && d.Database == "" {
		need += info.Size() * 3 / 2
	}
	d.judge(free < need, bad, "disk", size(free)+" are free", fmt.Sprintf("%s are free, and %s may be needed", size(free), size(need)), "make room")
}

// backups looks at the newest backup.
func (d *doctor) backups() {
	if d.Backups == "" {
		d.say(warn, "backups", "give --backups DIR, the directory where pmo backup or pg_dump writes", "it is not known when the last backup was made")
		return
	}
	entries, err := os.ReadDir(d.Backups)
	newest := time.Time{}
	for _, e := range entries {
		if info, e := e.Info(); e == nil && info.Mode().IsRegular() && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	switch {
	case err != nil:
		d.say(bad, "backups", "name the directory of the backups", "%v", err)
	case newest.IsZero():
		d.say(bad, "backups", "make one: pmo backup", "there is none")
	default:
		d.judge(d.now.Sub(newest) > oldBackup, bad, "backups", "the newest is of "+newest.Format(time.RFC3339), "the newest is of "+newest.Format(time.RFC3339), "make one a day")
	}
}

// safe are the settings of PostgreSQL by which what was acknowledged stays.
var safe = []struct {
	name, want string
	v          verdict
	do         string
}{
	{"fsync", "on", bad, "ALTER SYSTEM SET fsync = on"},
	{"full_page_writes", "on", bad, "ALTER SYSTEM SET full_page_writes = on"},
	{"synchronous_commit", "on", warn, "ALTER SYSTEM SET synchronous_commit = on; writers set it for themselves"},
	{"default_transaction_isolation", "read committed", warn, "ALTER SYSTEM SET default_transaction_isolation = 'read committed'"},
	{"default_transaction_read_only", "off", bad, "let the server's role write"},
	{"in_recovery", "false", bad, "point --database at the primary: a standby takes no writes"},
	{"superuser", "off", warn, "give the server a role of its own that owns its database and no more"},
}

func (d *doctor) postgres(ctx context.Context) {
	settings, now, err := store.InspectPostgres(ctx, d.Database)
	if err != nil {
		d.say(bad, "database", "look at --database, and whether the server can be reached from here", "it does not answer: %s", withoutURL(err, d.Database))
		return
	}
	d.settings(settings)
	apart := time.Until(now).Abs()
	d.judge(apart > clockApart, bad, "clock", "this machine's is the database's", fmt.Sprintf("the database's is %s apart: nothing will be written", apart.Round(time.Second)), "set the clocks, by NTP")
}

// withoutURL gives an error's words without the address, which may hold a password.
func withoutURL(err error, address string) string {
	return strings.ReplaceAll(err.Error(), address, "URL")
}

// oldestPostgres is the oldest release that the product is tried on.
const oldestPostgres = 14

func (d *doctor) settings(settings []store.Setting) {
	have := map[string]string{}
	for _, s := range settings {
		have[s.Name] = s.Value
	}
	n, _ := strconv.Atoi(have["server_version_num"])
	d.judge(n/10000 < oldestPostgres, bad, "database", fmt.Sprintf("PostgreSQL %d", n/10000), fmt.Sprintf("PostgreSQL %d is older than %d", n/10000, oldestPostgres), "upgrade it")
	for _, s := range safe {
		d.judge(have[s.name] != s.want, s.v, "database", s.name+" is "+s.want, fmt.Sprintf("%s is %s, not %s", s.name, have[s.name], s.want), s.do)
	}
}

func (d *doctor) sqlite(ctx context.Context) {
	if _, err := os.Stat(d.where.file()); err != nil {
		return // record says so
	}
	settings, err := store.InspectSQLite(ctx, d.where.file())
	if err != nil || len(settings) == 0 {
		d.say(bad, "database", "take a copy of the data directory, then put the newest backup in place: pmo restore", "%v", err)
		return
	}
	d.judge(settings[0].Value != "wal", warn, "database", "SQLite writes ahead to a log", "SQLite does not write ahead to a log: "+settings[0].Value, "open it with serve once")
}

// record looks at what is in the record: its size, its clock, and who administers it.
func (d *doctor) record(ctx context.Context) {
	if _, err := os.Stat(d.where.file()); d.Database == "" && err != nil {
		d.say(ok, "record", "", "there is none yet; serve makes it")
		return
	}
	db, err := d.reader(ctx)
	if err != nil {
		d.say(bad, "record", "serve or pmo migrate brings an older one up to date; pmo verify names what is wrong", "%s", withoutURL(err, d.Database))
		return
	}
	defer db.Close()
	s, err := db.Load(ctx)
	if err != nil {
		d.say(bad, "record", "pmo verify names what is wrong", "%v", err)
		return
	}
	d.judge(s.At().Sub(d.now) > clockApart, bad, "clock", "no entry is of the future", "the newest entry is of "+s.At().Format(time.RFC3339)+": this machine's clock is behind", "set the clock, by NTP")
	d.fits(s)
	d.administrators(decide.Administrators(s, vocab.DateOf(d.now)))
	d.feedKeys(decide.FeedKeysEnding(s, d.now, d.now.Add(soon)))
}

func (d *doctor) fits(s *state.Snapshot) {
	limit, err := memoryLimit(d.MemoryLimit)
	if err != nil {
		d.say(bad, "memory", "write it like 4GiB", "%v", err)
		return
	}
	m := &memory{limit: limit}
	rows, facts := 0, 0
	for _, t := range state.Tables {
		if t.IsFacts() {
			facts += s.Count(t)
		} else {
			rows += s.Count(t)
		}
	}
	d.memory(int64(state.InMemory(rows, facts))*assumedPerRow, m.forRecord())
}

func (d *doctor) memory(need, may int64) {
	d.judge(need > may/5*4, warn, "memory", fmt.Sprintf("the record takes about %s of %s", size(need), size(may)), fmt.Sprintf("the record takes about %s, and may take %s", size(need), size(may)), "start with a larger --memory-limit, on a machine that has it")
}

// manyAdmins is how many users with ADMIN for good are unremarkable.
const manyAdmins = 5

func (d *doctor) administrators(unlimited, limited int) {
	switch {
	case unlimited == 0:
		d.say(bad, "administrators", "pmo grant gives ADMIN on the machine's authority", "no active user holds ADMIN on the organisation without end")
	case unlimited > manyAdmins:
		d.say(warn, "administrators", "take ADMIN from who does not need it, or give it an end", "%d users hold ADMIN without end, and %d roles of ADMIN have one", unlimited, limited)
	default:
		d.say(ok, "administrators", "", "%d users hold ADMIN without end, and %d roles of ADMIN have one", unlimited, limited)
	}
}

func (d *doctor) feedKeys(ending []string) {
	d.judge(len(ending) > 0, warn, "feed keys", "none in use ends within a month", "these end within a month: "+strings.Join(ending, ", "), "make new ones with feedKeyCreate, and give them to the programs that use these")
}

func (d *doctor) accessLog(ctx context.Context) {
	db, err := d.accessReader(ctx)
	if err == nil && db == nil {
		return
	}
	if err == nil {
		defer db.Close()
		_, _, err = access.Verify(ctx, db)
	}
	if err != nil {
		d.say(bad, "journal of access", "find out who changed it; pmo export access shows what there is", "%s", withoutURL(err, d.Database))
		return
	}
	d.judge(d.AccessDays == 0, warn, "journal of access", "its chain holds, and entries go when they are old", "entries are kept for good, addresses of people among them", "give --access-days")
}
