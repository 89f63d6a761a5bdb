package state_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var update = flag.Bool("update", false, "write the golden lists anew")

// Every column is guarded by its type, or stands on the reviewed public list: a new one shows up as a difference in this file.
func TestPublicColumnsAreReviewed(t *testing.T) {
	var b strings.Builder
	for _, d := range state.Tables {
		for _, c := range d.Columns {
			if c.Class == vocab.ClassPublic {
				fmt.Fprintf(&b, "%s.%s\n", d.Name, c.Name)
			}
		}
	}
	golden(t, "testdata/public.txt", b.String())
}

// Columns from which rights follow, for review.
func TestGrantingColumnsAreReviewed(t *testing.T) {
	var b strings.Builder
	for _, d := range state.Tables {
		for _, c := range d.Columns {
			if c.Grants {
				fmt.Fprintf(&b, "%s.%s\n", d.Name, c.Name)
			}
		}
	}
	golden(t, "testdata/grants.txt", b.String())
}

func golden(t *testing.T, file, have string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(have), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if have != string(want) {
		t.Errorf("%s has changed; if it is meant, run: go test ./internal/state -update\n%s", file, have)
	}
}

// Structured columns hold no amounts, rates or persons: their Go types are these and no others.
func TestStructuredColumns(t *testing.T) {
	allowed := map[string]bool{"work_calendars.weekly_minutes": true, "work_calendars.exceptions": true, "webhooks.events": true}
	for _, d := range state.Tables {
		for _, c := range d.Columns {
			if c.Kind == state.KindJSON && !allowed[d.Name+"."+c.Name] {
				t.Errorf("%s.%s is structured; review what it holds and add it here", d.Name, c.Name)
			}
		}
	}
}

// The record's own columns are described, like everything a stranger reads.
func TestEveryColumnIsDescribed(t *testing.T) {
	for _, d := range state.Tables {
		for _, c := range d.Columns {
			if c.Comment == "" || d.Comment == "" {
				t.Errorf("%s.%s has no comment", d.Name, c.Name)
			}
		}
	}
}
