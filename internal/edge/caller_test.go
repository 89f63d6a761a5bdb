package edge

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// Only what trusted proxies say counts: the last address that is not one of theirs.
func TestCaller(t *testing.T) {
	proxies := Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48")}
	for _, c := range []struct {
		remote string
		header []string
		want   string
	}{
		{"198.51.100.7:1234", nil, "198.51.100.7"},
		{"198.51.100.7:1234", []string{"203.0.113.9"}, "198.51.100.7"}, // nobody's proxy says so
		{"10.0.0.1:1", nil, "10.0.0.1"},
		{"10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"10.0.0.1:1", []string{"1.2.3.4, 203.0.113.9"}, "203.0.113.9"}, // the first is the sender's own word
		{"10.0.0.1:1", []string{"1.2.3.4, 203.0.113.9, 10.9.9.9"}, "203.0.113.9"},
		{"10.0.0.1:1", []string{"1.2.3.4", "203.0.113.9, 10.9.9.9"}, "203.0.113.9"}, // two lines are one list
		{"10.0.0.1:1", []string{"10.1.1.1, 10.2.2.2"}, "10.1.1.1"},
		{"10.0.0.1:1", []string{"203.0.113.9, nonsense, 10.2.2.2"}, "10.2.2.2"},
		{"10.0.0.1:1", []string{"nonsense"}, "10.0.0.1"},
		{"10.0.0.1:1", []string{"203.0.113.9:4711"}, "203.0.113.9"},
		{"10.0.0.1:1", []string{"[2001:db8::9]:4711"}, "2001:db8::9"},
		{"10.0.0.1:1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"[2001:db8:1::5]:1", []string{"2001:db8::9"}, "2001:db8::9"},
		{"[fe80::1%eth0]:1", nil, "fe80::1"},
		{"10.0.0.1:1", []string{"203.0.113.9" + strings.Repeat(", 10.2.2.2", 1000)}, "10.2.2.2"}, // no end of hops is looked at
		{"@", []string{"203.0.113.9"}, "invalid IP"},                                             // a socket of this machine
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{"X-Forwarded-For": c.header}}
		if got := proxies.caller(r).String(); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.remote, c.header, got, c.want)
		}
	}
}

// Scheme and host are believed from proxies alone, and only if they are well formed.
func TestForwarded(t *testing.T) {
	proxies := Proxies{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct {
		remote, proto, host string
		tls                 bool
		secure              bool
		want                string
	}{
		{"198.51.100.7:1", "https", "evil.example", false, false, "here"},
		{"198.51.100.7:1", "http", "", true, true, "here"},
		{"10.0.0.1:1", "https", "pmo.example:8443", false, true, "pmo.example:8443"},
		{"10.0.0.1:1", "http", "a b", true, false, "here"},
		{"10.0.0.1:1", "ftp", "a/b", false, false, "here"},
		{"10.0.0.1:1", "", "[::1]:80", true, true, "[::1]:80"},
	} {
		r := &http.Request{RemoteAddr: c.remote, Host: "here", Header: http.Header{"X-Forwarded-Proto": {c.proto}, "X-Forwarded-Host": {c.host}}}
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if secure := proxies.forwarded(r); secure != c.secure || r.Host != c.want {
			t.Errorf("%+v: %v %q", c, secure, r.Host)
		}
	}
}
