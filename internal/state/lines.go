package state

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// line is the form of an entry outside a database: one line of JSON. Its names and meanings are those of the journal's tables.
//
//	{"seq":1,"at":"2026-03-01T12:00:00.123456Z","actor":"user-7","action":"projectCreate","reason":"","request_id":"…","key":"…",
//	 "input":"hexadecimal","results":"project-1","schema":1,"min_writer":1,"min_reader":1,
//	 "tables":{"projects":{"next":2,"digest":"…"}},"change_count":1,"hash":"hexadecimal",
//	 "changes":[{"n":0,"entity":"projects","id":1,"project":1,"portfolio":1,"op":"CREATE","columns":{"name":[null,"Bridge"]},
//	   "private":[{"column":"name","salt":"hexadecimal","old":null,"new":"Ada"}]}]}
//
// tables and columns are the very texts that were hashed, byte for byte: who computes the chain must not write them anew. private holds the
// erasable values that are still there; null is no value, and the chain has their HMACs.
type line struct {
	Seq       int64           `json:"seq"`
	At        time.Time       `json:"at"`
	Actor     string          `json:"actor"`
	Action    string          `json:"action"`
	Reason    string          `json:"reason"`
	RequestID string          `json:"request_id"`
	Key       string          `json:"key"`
	Input     hexText         `json:"input"`
	Results   string          `json:"results"`
	Schema    int             `json:"schema"`
	MinWriter int             `json:"min_writer"`
	MinReader int             `json:"min_reader"`
	Tables    json.RawMessage `json:"tables"`
	Count     int             `json:"change_count"`
	Hash      hexText         `json:"hash"`
	Changes   []lineChange    `json:"changes"`
}

type lineChange struct {
	N         int             `json:"n"`
	Entity    string          `json:"entity"`
	ID        int64           `json:"id"`
	Project   int64           `json:"project"`
	Portfolio int64           `json:"portfolio"`
	Op        string          `json:"op"`
	Columns   json.RawMessage `json:"columns"`
	Private   []linePrivate   `json:"private,omitempty"`
}

type linePrivate struct {
	Column string          `json:"column"`
	Salt   hexText         `json:"salt"`
	Old    json.RawMessage `json:"old"`
	New    json.RawMessage `json:"new"`
}

// hexText is bytes as hexadecimal digits.
type hexText []byte

// MarshalText writes the digits.
func (h hexText) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

// UnmarshalText reads the digits.
func (h *hexText) UnmarshalText(b []byte) (err error) { *h, err = hex.AppendDecode(nil, b); return err }

// WriteEntry writes an entry, complete with its erasable values, as one line of JSON. ReadEntry gives the same entry back, whose hash
// continues the chain as before.
func WriteEntry(w io.Writer, e *Entry) error {
	l := line{
		Seq: e.Seq, At: e.At.UTC(), Actor: e.Actor, Action: e.Action, Reason: e.Reason, RequestID: e.RequestID, Key: e.Key, Input: e.Input,
		Results: e.Results, Schema: e.Schema, MinWriter: e.MinWriter, MinReader: e.MinReader, Tables: json.RawMessage(e.Tables), Count: e.Count,
		Hash: e.Hash[:], Changes: make([]lineChange, len(e.Changes)),
	}
	for i := range e.Changes {
		c := &e.Changes[i]
		l.Changes[i] = lineChange{c.N, c.Entity, c.ID, c.Project, c.Portfolio, c.Op, json.RawMessage(c.Columns), nil}
		for _, p := range c.Private {
			l.Changes[i].Private = append(l.Changes[i].Private, linePrivate{p.Column, p.Salt, rawOf(p.Old), rawOf(p.New)})
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // it would change texts that were hashed
	if err := enc.Encode(&l); err != nil {
		return fmt.Errorf("journal entry %d: %w", e.Seq, err)
	}
	return nil
}

func rawOf(text *string) json.RawMessage {
	if text == nil {
		return json.RawMessage(null)
	}
	return json.RawMessage(*text)
}

func textOf(raw json.RawMessage) *string {
	if len(raw) == 0 || string(raw) == null {
		return nil
	}
	return new(string(raw))
}

// ReadEntry reads what WriteEntry wrote; io.EOF is the end. A name it does not know is an error.
func ReadEntry(r *bufio.Reader) (*Entry, error) {
	text, err := r.ReadBytes('\n')
	if len(text) == 0 || err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var l line
	if err := dec.Decode(&l); err != nil {
		return nil, fmt.Errorf("an entry is not readable: %w", err)
	}
	e := &Entry{
		Seq: l.Seq, At: l.At.UTC(), Actor: l.Actor, Action: l.Action, Reason: l.Reason, RequestID: l.RequestID, Key: l.Key, Input: l.Input,
		Results: l.Results, Schema: l.Schema, MinWriter: l.MinWriter, MinReader: l.MinReader, Tables: string(l.Tables), Count: l.Count,
		Changes: make([]EntryChange, len(l.Changes)),
	}
	if copy(e.Hash[:], l.Hash) != len(e.Hash) || len(l.Hash) != len(e.Hash) {
		return nil, fmt.Errorf("journal entry %d: its hash has %d bytes", e.Seq, len(l.Hash))
	}
	for i, c := range l.Changes {
		e.Changes[i] = EntryChange{N: c.N, Entity: c.Entity, ID: c.ID, Project: c.Project, Portfolio: c.Portfolio, Op: c.Op, Columns: string(c.Columns)}
		for _, p := range c.Private {
			e.Changes[i].Private = append(e.Changes[i].Private, Private{p.Column, p.Salt, textOf(p.Old), textOf(p.New)})
		}
	}
	return e, nil
}
