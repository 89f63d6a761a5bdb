package edge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Certificate is a certificate with its key, in two files of PEM. It is taken anew when they change.
type Certificate struct {
	certFile, keyFile string

	mu   sync.Mutex
	pair *tls.Certificate
	seen string // the files' text when they were looked at last, right or wrong
}

// LoadCertificate reads a certificate and its key.
func LoadCertificate(certFile, keyFile string) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile}
	_, err := c.Renew()
	return c, err
}

// Renew takes the files' content if it is another than before. With an error the pair from before stays; the same wrong content is told once.
func (c *Certificate) Renew() (changed bool, err error) {
	cert, err := os.ReadFile(c.certFile)
	key, errKey := os.ReadFile(c.keyFile)
	if err = errors.Join(err, errKey); err == nil {
		c.mu.Lock()
		same := c.seen == string(cert)+string(key)
		c.seen = string(cert) + string(key)
		c.mu.Unlock()
		if same {
			return false, nil
		}
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.X509KeyPair(cert, key)
	}
	if err != nil {
		return false, fmt.Errorf("the TLS certificate cannot be taken: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pair = &pair
	return true, nil
}

// Config gives what a server needs for TLS 1.2 and above, with HTTP/2.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.pair, nil
	}}
}

// Watch renews the certificate from time to time and whenever it is told to, until ctx ends.
func (c *Certificate) Watch(ctx context.Context, every time.Duration, now <-chan os.Signal, log *slog.Logger) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-now:
			said = ""
		}
		changed, err := c.Renew()
		switch {
		case err != nil && err.Error() != said:
			said = err.Error()
			log.Error("the TLS certificate stays as it was", "error", err)
		case changed:
			said = ""
			log.Info("a new TLS certificate is in use")
		}
	}
}
