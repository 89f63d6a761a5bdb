package main

import "syscall"

// Numbers of file systems that lie on another machine: their locks and their promise to have written cannot be relied on.
var networkFileSystems = map[int64]string{0x6969: "NFS", 0x517B: "SMB", 0xFF534D42: "CIFS", 0xFE534D42: "SMB2", 0x01021997: "9p", 0x65735546: "FUSE", 0x73757245: "Coda", 0x5346414F: "AFS"}

// fileSystem gives the free bytes where a path lies, and what kind of network it lies on; empty if on none.
func fileSystem(path string) (free int64, network string, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, "", err
	}
	return int64(s.Bavail) * s.Bsize, networkFileSystems[int64(uint32(s.Type))], nil
}

// openFiles gives how many files and connections the process may have open.
func openFiles() (int64, error) {
	var l syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l)
	return int64(min(l.Cur, 1<<62)), err
}
