package state

import (
	"pmograph/auth"
	"pmograph/ent"
)

// offered are the mutations of the policy by slot of the table they are done to.
var offered [][]auth.ActionRow

func init() {
	offered = make([][]auth.ActionRow, len(Tables))
	for _, a := range auth.Actions {
		for _, table := range a.On {
			d := byTable[table]
			offered[d.Slot] = append(offered[d.Slot], a)
		}
	}
}

// Can names the mutations that the viewer's rights allow with a row. What the row's state or other rows make of it, a preview tells.
func (v *View) Can(d *Desc, row any) []string { return v.can(d, row, v.may(d, row)) }

// CanFact is Can of a fact.
func (v *View) CanFact(x Fact) []string { return v.can(x.Desc(), nil, x.key.may) }

func (v *View) can(d *Desc, row any, may auth.Permission) (names []string) {
	if shared[d.Slot] {
		may = v.rights.Organisation()
	}
	if g, ok := row.(*ent.RoleAssignment); ok && !may.Has(auth.MayOf(g.Role)) {
		return nil // nobody takes away what is above him
	}
	question := answers[d.Slot]
	for _, a := range offered[d.Slot] {
		allowed := may.Has(a.Needs)
		if question != nil && question.Needs == a.Needs {
			allowed = question.answers(v.s, v.newest, v.rights, d, row)
		}
		if allowed {
			names = append(names, a.Action)
		}
	}
	return names
}

// RunsOffice tells whether the viewer may change what everybody works with.
func (v *View) RunsOffice() bool { return v.rights.Organisation().Has(auth.Configure) }
