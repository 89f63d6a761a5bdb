package edge

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the networks of the proxies before this server. What the headers X-Forwarded-For, -Proto and -Host say counts only if it
// comes from one of them.
type Proxies []netip.Prefix

// Has tells whether an address is a proxy's.
func (p Proxies) Has(a netip.Addr) bool {
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(a) })
}

// maxHops bounds how many addresses of X-Forwarded-For are looked at, from the last on.
const maxHops = 20

// caller gives the address of who sent a request, without its port: the last one that is not a proxy's, of those that proxies vouch for.
// The zero address means that the connection has none, as on a socket of this machine.
func (p Proxies) caller(r *http.Request) netip.Addr {
	a := peer(r.RemoteAddr)
	if !p.Has(a) {
		return a
	}
	for _, hop := range p.hops(r.Header) {
		next, ok := hopAddress(hop)
		if !ok { // what stands before a malformed one is nobody's word
			break
		}
		if a = next; !p.Has(a) {
			break
		}
	}
	return a
}

// hops gives the addresses of X-Forwarded-For, the last first.
func (Proxies) hops(h http.Header) (all []string) {
	lines := h.Values("X-Forwarded-For")
	for i := len(lines) - 1; i >= 0; i-- {
		parts := strings.Split(lines[i], ",")
		slices.Reverse(parts)
		if all = append(all, parts...); len(all) >= maxHops {
			return all[:maxHops]
		}
	}
	return all
}

// peer reads the address of a connection.
func peer(remote string) netip.Addr {
	a, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap().WithZone("")
}

// hopAddress reads an address as proxies write it: bare, or with a port.
func hopAddress(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		both, err := netip.ParseAddrPort(text)
		if err != nil {
			return a, false
		}
		a = both.Addr()
	}
	return a.Unmap().WithZone(""), true
}

// forwarded has a request say what its sender asked for: over TLS or not, and by which host. It tells whether the sender used TLS.
func (p Proxies) forwarded(r *http.Request) (secure bool) {
	if !p.Has(peer(r.RemoteAddr)) {
		return r.TLS != nil
	}
	if host := r.Header.Get("X-Forwarded-Host"); wellFormedHost(host) {
		r.Host = host
	}
	switch r.Header.Get("X-Forwarded-Proto") {
	case "https":
		return true
	case "http":
		return false
	}
	return r.TLS != nil
}

// wellFormedHost accepts one name or address, with a port or without.
func wellFormedHost(host string) bool {
	return host != "" && len(host) <= 255 && !strings.ContainsFunc(host, func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && !strings.ContainsRune("-._:[]", c)
	})
}
