package auth

import (
	"fmt"
	"sort"
	"strings"
)

// Print renders the policy table for review: role × entity, with what each role reads and writes, then relations and actions.
func Print() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Role × entity: r read, $ money, h rate, p personal, w write, a place and assign; - nothing.\n\n%-18s", "")
	tables := append([]EntityRow(nil), Entities...)
	sort.Slice(tables, func(i, j int) bool { return tables[i].Table < tables[j].Table })
	for _, r := range Roles {
		fmt.Fprintf(&b, " %-17s", strings.ToLower(string(r.Role)))
	}
	for _, e := range tables {
		fmt.Fprintf(&b, "\n%-18s", e.Table)
		for _, r := range Roles {
			fmt.Fprintf(&b, " %-17s", cell(r.May, e))
		}
	}
	b.WriteString("\n\nRoles\n")
	for _, r := range Roles {
		fmt.Fprintf(&b, "%-18s on %v: %s\n%18s may %s\n", r.Role, r.Scopes, r.Why, "", r.May)
	}
	b.WriteString("\nRelations\n")
	for _, r := range Relations {
		gives := string(r.Role)
		if r.May != 0 {
			gives = r.May.String()
		}
		fmt.Fprintf(&b, "%s.%s → %s on the %s: %s\n", r.Table, r.Column, gives, strings.ToLower(string(r.On)), r.Why)
	}
	b.WriteString("\nAnswers\n")
	for _, a := range Answers {
		fmt.Fprintf(&b, "%s.%s: %v asks, %v answers; who has %s at %s sees what is asked and sets %v: %s\n", a.Table, a.Column, a.Open, a.Given, a.Needs, a.At, a.Sets, a.Why)
	}
	b.WriteString("\nActions\n")
	for _, a := range Actions {
		fmt.Fprintf(&b, "%-22s needs %s", a.Action, a.Needs)
		if len(a.On) > 0 {
			fmt.Fprintf(&b, " on %s", strings.Join(a.On, ", "))
		}
		if a.Table != "" {
			fmt.Fprintf(&b, "; may change %s %v besides: %s", a.Table, a.Column, a.Why)
		}
		b.WriteByte('\n')
	}
	b.WriteString("\nDeclassified\n")
	for _, d := range Declassified {
		fmt.Fprintf(&b, "%s: %s\n", d.What, d.Why)
	}
	return b.String()
}

func cell(may Permission, e EntityRow) string {
	if !may.Has(e.Read) {
		return "-"
	}
	s := ""
	for _, x := range []struct {
		p Permission
		c string
	}{{Read, "r"}, {ReadMoney, "$"}, {ReadRate, "h"}, {ReadPersonal, "p"}, {e.Write, "w"}, {e.Assign, "a"}} {
		if x.p != 0 && may.Has(x.p) {
			s += x.c
		}
	}
	return s
}
