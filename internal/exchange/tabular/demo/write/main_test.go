package main

import (
	"bytes"
	"path/filepath"
	"testing"
)

// The files are what the rules give, and there are no others.
func TestFilesAreWhatTheRulesGive(t *testing.T) {
	all := files()
	for name, want := range all {
		if got, err := read(filepath.Join("..", name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not up to date (%v): go generate ./internal/exchange/tabular", name, err)
		}
	}
	there, err := filepath.Glob("../synthetic_*")
	if err != nil || len(there) != len(all) {
		t.Errorf("%d files, written are %d: %v", len(there), len(all), err)
	}
}

// What is split adds up.
func TestPartsAddUp(t *testing.T) {
	for i := range projects {
		p, sum := &projects[i], int64(0)
		m := p.money()
		for n := range m.budget {
			sum += m.budget[n] + m.contingency[n]
		}
		if sum != p.pence() {
			t.Errorf("%s has a budget of %d, by month %d", p.code, p.pence(), sum)
		}
		for _, b := range p.baselines() {
			earns, plans := int64(0), int64(0)
			for n := range gates {
				_, weight := b.due(n)
				earns += weight
			}
			for _, amount := range b.amounts {
				plans += amount
			}
			if earns != plans || b.state == "APPROVED" && plans != sum {
				t.Errorf("baseline %d of %s plans %d and earns %d of %d", b.number, p.code, plans, earns, sum)
			}
		}
	}
}
