package state

import (
	"errors"

	"pmograph/auth"
)

// FieldChange is one column of a changed row as a viewer may see it. Old and New are JSON texts; null where there was no value.
type FieldChange struct {
	Column   string
	Old, New string
	Withheld bool // the viewer may not see the column: Old and New are empty
}

// Fields lists what changed in a row, as the viewer may see it: closed columns are named and withheld. The columns the record keeps
// itself are left out. ok is false if the viewer may not see the row.
func (v *View) Fields(c *Change) (fields []FieldChange, ok bool) {
	row := c.After
	if row == nil {
		row = c.Before
	}
	may := v.may(c.Table, row)
	if !may.Has(reads[c.Table.Slot]) {
		return nil, false
	}
	if c.Before != nil { // an amount that stood where he may not see amounts stays closed when its row moves
		may &= v.may(c.Table, c.Before)
	}
	for _, i := range c.Columns {
		if i < c.Table.keeps {
			continue
		}
		col := &c.Table.Columns[i]
		f := FieldChange{Column: col.Name, Withheld: !may.Has(auth.Reads(col.Class))}
		if !f.Withheld {
			var err1, err2 error
			f.Old, err1 = c.Table.valueText(c.Before, i)
			f.New, err2 = c.Table.valueText(c.After, i)
			if err := errors.Join(err1, err2); err != nil {
				panic(err) // both rows came from the codec
			}
		}
		fields = append(fields, f)
	}
	return fields, true
}
