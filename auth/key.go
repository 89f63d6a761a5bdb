package auth

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

const (
	keyFile    = "signing.key"
	maxKeyFile = 64 << 10
)

// KeyFile is where a data directory keeps its ring.
func KeyFile(dir string) string { return filepath.Join(dir, keyFile) }

// LoadOrCreateRing reads the ring DIR/signing.key, and makes one if there is none. Any number of processes may start together: the file
// appears whole or not at all, the first one wins, and all get its key. A file that the group or others can read is refused.
func LoadOrCreateRing(dir string, now time.Time) (*Ring, error) {
	path := KeyFile(dir)
	ring, err := LoadRing(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return ring, err
	}
	if err := createRing(dir, path, now); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the signing key %s: %w", path, err)
	}
	return LoadRing(path)
}

// LoadRing reads a file with a ring. A file that the group or others can use is refused.
func LoadRing(path string) (*Ring, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the signing key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the signing key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the signing key %s is not a file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("the signing key %s can be used by others than its owner (mode %04o): run chmod 600 on it, or delete it to get a new key if somebody may have copied it", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, fmt.Errorf("read the signing key %s: %w", path, err)
	}
	ring, err := ParseRing(text)
	if err != nil {
		return nil, fmt.Errorf("the signing key %s: %w", path, err)
	}
	return ring, nil
}

// createRing writes a new ring beside path and links it there; the link fails with fs.ErrExist if another process was first.
func createRing(dir, path string, now time.Time) error {
	ring, err := NewRing(now)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, keyFile+".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := writeRing(f, ring); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func writeRing(f *os.File, ring *Ring) error {
	text, err := ring.Encode()
	if err == nil {
		_, err = f.Write(text)
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// RotateRing has a new key sign in the ring of a file, as Ring.Rotate does. The file is replaced as a whole: whatever happens, it holds
// the ring of before or the new one. Those who rotate at once wait for each other.
func RotateRing(path string, now time.Time, copied bool) (*Ring, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is a link: rotate the file that it leads to", path)
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return nil, fmt.Errorf("nobody else may rotate the signing key meanwhile: %w", err)
	}
	defer func() { _ = lock.Unlock() }() // it ends with the process at the latest
	ring, err := LoadRing(path)
	if err != nil {
		return nil, err
	}
	if ring, err = ring.Rotate(now, copied); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path+".next", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // what a process that was killed left is written over
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	if err := writeRing(f, ring); err != nil {
		return nil, err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return nil, err
	}
	return ring, syncDir(filepath.Dir(path))
}

// syncDir makes a new name in dir survive a power cut.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // it has no such call
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
