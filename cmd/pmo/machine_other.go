//go:build !linux

package main

import "errors"

func fileSystem(string) (free int64, network string, err error) {
	return 0, "", errors.New("it is not known on this system")
}

func openFiles() (int64, error) { return 0, errors.New("it is not known on this system") }
