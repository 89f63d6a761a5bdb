package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"pmograph/internal/access"
	"pmograph/internal/edge"
	"pmograph/internal/store"
)

// network says how a server meets the network.
type network struct {
	TLSCert string `name:"tls-cert" help:"File with the certificate, and those that vouch for it, in PEM: the server speaks TLS, and takes a changed file within ten seconds or on SIGHUP. Without it a proxy has to." env:"PMO_TLS_CERT" type:"path" placeholder:"FILE"`
	TLSKey  string `name:"tls-key" help:"File with the certificate's key." env:"PMO_TLS_KEY" type:"path" placeholder:"FILE"`

	TrustedProxy            []string `help:"Network of proxies whose X-Forwarded-For, -Proto and -Host count, like 10.0.0.0/8; repeat for more." env:"PMO_TRUSTED_PROXY" placeholder:"CIDR"`
	MaxConnections          int      `help:"Connections at once; one more is closed." default:"10000" env:"PMO_MAX_CONNECTIONS" placeholder:"N"`
	MaxConnectionsPerSender int      `help:"Of them from one address, unless it is a trusted proxy's or this machine's." default:"512" env:"PMO_MAX_CONNECTIONS_PER_SENDER" placeholder:"N"`
}

// proxies reads the networks of trusted proxies; one address is a network, too.
func (n network) proxies() (all edge.Proxies, err error) {
	for _, text := range n.TrustedProxy {
		p, err := netip.ParsePrefix(text)
		if a, e := netip.ParseAddr(text); err != nil && e == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, usage(fmt.Sprintf("--trusted-proxy: %q is no network; write it like 10.0.0.0/8", text))
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// thisMachine are the addresses of the machine itself.
var thisMachine = edge.Proxies{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func (n network) connections(proxies edge.Proxies) *edge.Connections {
	return &edge.Connections{All: n.MaxConnections, PerAddress: n.MaxConnectionsPerSender, Exempt: append(proxies[:len(proxies):len(proxies)], thisMachine...)}
}

// certificate reads the certificate; nil if the server does not speak TLS.
func (n network) certificate() (*edge.Certificate, error) {
	switch {
	case n.TLSCert == "" && n.TLSKey == "":
		return nil, nil
	case n.TLSCert == "" || n.TLSKey == "":
		return nil, usage("--tls-cert and --tls-key belong together; give both or neither")
	}
	return edge.LoadCertificate(n.TLSCert, n.TLSKey)
}

// certificateEvery is how often the files of the certificate are looked at.
const certificateEvery = 10 * time.Second

// renew takes new certificates until the function it gives is called.
func renew(c *edge.Certificate, log *slog.Logger) (stop func()) {
	if c == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.Watch(ctx, certificateEvery, hup, log)
	}()
	return func() { signal.Stop(hup); cancel(); <-ended }
}

// accessFile is where the journal of access lies with SQLite. It is no part of the record: a restore leaves it as it is.
func (w where) accessFile() string { return filepath.Join(w.Data, "access.db") }

// access opens the journal of access; its tables must be there.
func (w where) access(ctx context.Context) (access.Store, error) {
	if w.Database != "" {
		return store.OpenPostgresAccess(ctx, w.Database)
	}
	return store.OpenSQLiteAccess(ctx, w.accessFile())
}

// accessReader opens the journal of access to read it; nil if there is none yet.
func (w where) accessReader(ctx context.Context) (access.Store, error) {
	if w.Database != "" {
		return store.OpenPostgresAccess(ctx, w.Database)
	}
	db, err := store.OpenSQLiteAccessReader(ctx, w.accessFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return db, err
}

// noted enters what a command did in the journal of access.
func (w where) noted(ctx context.Context, e access.Entry) error {
	db, err := w.access(ctx)
	if err != nil {
		return err
	}
	e.At, e.Actor, e.Count = time.Now(), "operator", 1
	err = db.Append(ctx, func(head access.Mark) []access.Entry { return access.Chain(head, []access.Entry{e}) })
	return errors.Join(err, db.Close())
}

// onLoopback tells whether only this machine reaches an address.
func onLoopback(addr string) bool {
	host := addr
	if i := strings.LastIndexByte(addr, ':'); i >= 0 {
		host = addr[:i]
	}
	return onThisMachine(host)
}
