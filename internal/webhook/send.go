package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"pmograph/ent"
	"pmograph/internal/deliver"
	"pmograph/internal/read"
)

const (
	sendTime = 15 * time.Second // for one message, from dialling to the end of the answer
	maxReply = 64 << 10         // bytes of an answer that are read, so that the connection can be used again
)

// send sends a message. Whatever keeps it from arriving is a *deliver.Failure, but for the end of ctx.
func (c *Channel) send(ctx context.Context, v *read.View, hook *ent.Webhook, step read.Step, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	now, id := c.o.Now(), messageID(hook, step.After.Position)
	var signatures []string
	for _, secret := range secrets(v.Snapshot(), hook, now) {
		w, err := standardwebhooks.NewWebhookRaw(secret)
		if err != nil {
			return err
		}
		signature, err := w.Sign(id, now, body)
		if err != nil {
			return err
		}
		signatures = append(signatures, signature)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "pmograph/"+c.o.Version)
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	reply, err := c.clients[req.URL.Scheme].Do(req)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return &deliver.Failure{Over: step.After, Text: why(err)}
	}
	defer reply.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(reply.Body, maxReply)) // what it says besides is not listened to
	if reply.StatusCode/100 == 2 {
		return nil
	}
	return &deliver.Failure{Over: step.After, Text: fmt.Sprintf("it answered with status %d", reply.StatusCode), Gone: reply.StatusCode == http.StatusGone}
}

// why says what kept a message from arriving, without the address, in which people put secrets.
func why(err error) string {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		if u.Timeout() {
			return fmt.Sprintf("it did not answer within %s", sendTime)
		}
		err = u.Err
	}
	text := err.Error()
	return text[:min(len(text), 300)]
}

var (
	errPrivate = errors.New("its address is not a public one, and the operator does not allow that network")
	errPlain   = errors.New("its address has no TLS, and the operator does not allow that in its network")
)

// client gives a client that follows no redirects, keeps to the networks it may reach, and sends nothing before it knows that it does: the address is
// looked at when it has been resolved and is about to be dialled.
func client(allow []netip.Prefix, secure bool) *http.Client {
	dialer := &net.Dialer{Timeout: sendTime, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		ip := to.Addr().WithZone("").Unmap()
		switch {
		case slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(ip) }):
			return nil
		case !secure:
			return errPlain
		case !public(ip):
			return errPrivate
		}
		return nil
	}}
	return &http.Client{
		Timeout:       sendTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: sendTime,
			MaxIdleConns: 100, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: maxReply,
		},
	}
}

// special are networks that are neither private by name nor anybody's own: for carriers, documentation, measurements, and those by which others are
// reached within an address.
var special = func() (all []netip.Prefix) {
	for _, p := range strings.Fields(`0.0.0.0/8 100.64.0.0/10 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4
		::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 fec0::/10`) {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}()

// public tells whether an address is one of the internet at large.
func public(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) })
}
