package main

import (
	"fmt"

	netmail "net/mail"
	"net/url"
	"os"
	"strings"
	"time"

	"pmograph/internal/deliver"
	"pmograph/internal/mail"
)

// mailing says how users are told by mail.
type mailing struct {
	SMTP             string `name:"smtp" help:"Mail server that users are told through, like smtp://user@mail.example.org:587 (STARTTLS), smtps:// (TLS from the first byte) or smtp+plain:// (a relay without TLS). Its password is PMO_SMTP_PASSWORD, or in a file. Without a server no mail is sent." env:"PMO_SMTP" placeholder:"URL"`
	SMTPPasswordFile string `name:"smtp-password-file" help:"File with the password for the mail server." env:"PMO_SMTP_PASSWORD_FILE" type:"path" placeholder:"FILE"`
	MailFrom         string `help:"Address that mail comes from, like 'Project office <pmo@example.org>'." env:"PMO_MAIL_FROM" placeholder:"ADDRESS"`
	MailRate         int    `help:"Mails a second at the most." default:"10" env:"PMO_MAIL_RATE" placeholder:"N"`
	MailLink         string `help:"Address at which your dashboard shows a thing, with {id} for its identifier, like https://pmo.example.org/things/{id}; without it mail has no links to things." env:"PMO_MAIL_LINK" placeholder:"URL"`
	PublicURL        string `name:"public-url" help:"Address at which people reach this server, for the link in mail that ends it." env:"PMO_PUBLIC_URL" placeholder:"URL"`
}

// server gives the mail server; nil if there is none.
func (m mailing) server() (*mail.Server, error) {
	if m.SMTP == "" {
		return nil, nil
	}
	s, err := mail.ParseServer(m.SMTP)
	if err != nil {
		return nil, usage("--smtp: " + err.Error())
	}
	s.Password, s.Rate = os.Getenv("PMO_SMTP_PASSWORD"), m.MailRate
	if m.SMTPPasswordFile != "" {
		text, err := os.ReadFile(m.SMTPPasswordFile)
		if err != nil {
			return nil, fmt.Errorf("--smtp-password-file: %w", err)
		}
		s.Password = strings.TrimRight(string(text), "\r\n")
	}
	if s.User != "" && s.Password == "" {
		return nil, usage("--smtp names a user, but there is no password: set PMO_SMTP_PASSWORD or --smtp-password-file")
	}
	return s.Ready(), nil
}

// post gives the channel by which users are told by mail; none if there is no mail server.
func (m mailing) post(r *record) ([]deliver.Channel, error) {
	server, err := m.server()
	if server == nil || err != nil {
		return nil, err
	}
	public, err := m.usable()
	if err != nil {
		return nil, err
	}
	return []deliver.Channel{mail.New(r.journal, server, mail.Options{From: m.MailFrom, Public: public, Things: m.MailLink, Now: time.Now})}, nil
}

// usable looks at what mail needs beside a server, and gives the address of this one.
func (m mailing) usable() (*url.URL, error) {
	if _, err := netmail.ParseAddress(m.MailFrom); err != nil {
		return nil, usage(fmt.Sprintf("--smtp needs --mail-from, an address like pmo@example.org, not %q", m.MailFrom))
	}
	public, err := url.Parse(m.PublicURL)
	if err != nil || public.Host == "" || public.Scheme != "https" && public.Scheme != "http" {
		return nil, usage(fmt.Sprintf("--smtp needs --public-url, like https://pmo.example.org, not %q", m.PublicURL))
	}
	if link, err := url.Parse(strings.ReplaceAll(m.MailLink, "{id}", "project-1")); m.MailLink != "" && (err != nil || link.Host == "" || !strings.Contains(m.MailLink, "{id}")) {
		return nil, usage("--mail-link is an address with {id} in it, like https://pmo.example.org/things/{id}")
	}
	return public, nil
}
