package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"pmograph/auth"
)

// key says which keys sign and check this server's own tokens.
type key struct {
	SigningKey     string `help:"Signing key, Ed25519 in PEM; of several the first PRIVATE KEY signs and the others check. Without it a ring of keys is kept in the data directory." env:"PMO_SIGNING_KEY" placeholder:"PEM"`
	SigningKeyFile string `help:"File with the signing key, or several; a server takes a changed file within a second." env:"PMO_SIGNING_KEY_FILE" type:"path" placeholder:"FILE"`
	dir            string
}

// file is where the ring is kept; empty if it was given as a text.
func (k key) file() string {
	switch {
	case k.SigningKey != "":
		return ""
	case k.SigningKeyFile != "":
		return k.SigningKeyFile
	}
	return auth.KeyFile(k.dir)
}

// ring reads the keys; in a data directory without any it makes one.
func (k key) ring() (*auth.Ring, error) {
	switch {
	case k.SigningKey != "":
		r, err := auth.ParseRing([]byte(k.SigningKey))
		if err != nil {
			err = fmt.Errorf("--signing-key: %w", err)
		}
		return r, err
	case k.SigningKeyFile != "":
		text, err := os.ReadFile(k.SigningKeyFile)
		if err != nil {
			return nil, fmt.Errorf("the signing key cannot be read: %w", err)
		}
		r, err := auth.ParseRing(text)
		if err != nil {
			err = fmt.Errorf("--signing-key-file %s: %w", k.SigningKeyFile, err)
		}
		return r, err
	}
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return nil, err
	}
	return auth.LoadOrCreateRing(k.dir, time.Now())
}

// private is the key that signs.
func (k key) private() (ed25519.PrivateKey, error) {
	r, err := k.ring()
	if err != nil {
		return nil, err
	}
	return r.Signing(), nil
}

// keyPoll is how often a server looks whether its ring has changed.
const keyPoll = 500 * time.Millisecond

// follow has keys be those of the file as often as it changes, until ctx ends. What cannot be read changes nothing.
func (k key) follow(ctx context.Context, keys *auth.LocalKeys, log *slog.Logger) {
	if k.file() == "" {
		return
	}
	var seen fs.FileInfo
	for tick := time.NewTicker(keyPoll); ; {
		info, err := os.Stat(k.file())
		if err == nil && (seen == nil || !os.SameFile(seen, info) || !seen.ModTime().Equal(info.ModTime()) || seen.Size() != info.Size()) {
			seen = info
			ring, err := k.ring()
			switch {
			case err != nil:
				log.Error("the signing keys stay as they were", "error", err)
			case !sameKeys(ring, keys.Ring()):
				keys.Use(ring)
				log.Info("other signing keys", "signs", auth.KeyID(ring.Public()[0]), "keys", len(ring.Public()))
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return
		}
	}
}

func sameKeys(a, b *auth.Ring) bool {
	one, err := a.Encode()
	other, fault := b.Encode()
	return err == nil && fault == nil && string(one) == string(other)
}

type keysCommand struct {
	Rotate rotateCommand   `cmd:"" help:"Have a new key sign. Tokens of the one before are good until the last has expired, a day at most; servers take part within a second."`
	List   listKeysCommand `cmd:"" help:"List the keys: which signs, since when, and until when tokens of the others are good."`
}

type rotateCommand struct {
	Data string `help:"Directory of the signing key." default:"./data" env:"PMO_DATA" type:"path" placeholder:"DIR"`
	key
	Copied bool `help:"Somebody may have a copy of the key: its tokens end at once."`
}

// Run rotates the ring and lists it.
func (c *rotateCommand) Run(context.Context) error {
	c.dir = c.Data
	if c.file() == "" {
		return errors.New("the signing key is given as a text, by PMO_SIGNING_KEY or --signing-key, so this command cannot replace it. " +
			"Make a key with: openssl genpkey -algorithm ed25519; put its PEM block before those that are there, and start the servers anew: " +
			"the first signs, the others check. Take the old block away after a day")
	}
	if _, err := c.ring(); err != nil { // makes the first one
		return err
	}
	r, err := auth.RotateRing(c.file(), time.Now(), c.Copied)
	if err != nil {
		return err
	}
	return printKeys(r)
}

type listKeysCommand struct {
	Data string `help:"Directory of the signing key." default:"./data" env:"PMO_DATA" type:"path" placeholder:"DIR"`
	key
}

// Run lists the ring; it makes none.
func (c *listKeysCommand) Run(context.Context) error {
	c.dir = c.Data
	if file := c.file(); file != "" {
		if _, err := os.Stat(file); err != nil {
			return fmt.Errorf("there is no signing key yet: %w", err)
		}
	}
	r, err := c.ring()
	if err != nil {
		return err
	}
	return printKeys(r)
}

func printKeys(r *auth.Ring) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KEY\tSINCE\tUNTIL\tUSE")
	for i, k := range r.Keys() {
		use := "checks tokens"
		switch {
		case i == 0:
			use = "signs"
		case !k.Until.IsZero() && !time.Now().Before(k.Until):
			use = "checks signed heads only"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", auth.KeyID(k.Public), instant(k.Since), instant(k.Until), use)
	}
	return w.Flush()
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
