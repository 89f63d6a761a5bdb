// Package natstest runs real NATS servers inside tests.
package natstest

import (
	"crypto/tls"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Server is a NATS server that can be ended and started again where it was.
type Server struct {
	t       testing.TB
	options server.Options
	running *server.Server // nil while it is ended
}

// New gives a server that does not run yet, on a port of its own. It ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	s := &Server{t: t, options: server.Options{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, NoLog: true, NoSigs: true}}
	t.Cleanup(s.End)
	return s
}

// Ask lets it ask for a name and a password, from its next start on.
func (s *Server) Ask(user, password string) { s.options.Username, s.options.Password = user, password }

// Encrypt has it speak TLS alone, from its next start on.
func (s *Server) Encrypt(with tls.Certificate) {
	s.options.TLS, s.options.TLSConfig = true, &tls.Config{Certificates: []tls.Certificate{with}, MinVersion: tls.VersionTLS12}
}

// Addr is where it listens, running or not.
func (s *Server) Addr() string { return fmt.Sprintf("%s:%d", s.options.Host, s.options.Port) }

// URL names it.
func (s *Server) URL() string { return "nats://" + s.Addr() }

// Start starts it and waits until it takes connections.
func (s *Server) Start() {
	s.t.Helper()
	o := s.options
	running, err := server.NewServer(&o)
	if err != nil {
		s.t.Fatal(err)
	}
	go running.Start()
	if !running.ReadyForConnections(30 * time.Second) {
		s.t.Fatal("the NATS server does not take connections")
	}
	s.running = running
}

// End ends it, with its connections.
func (s *Server) End() {
	if s.running != nil {
		s.running.Shutdown()
		s.running.WaitForShutdown()
		s.running = nil
	}
}
