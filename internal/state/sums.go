package state

// touched and touch note that what hangs on a row, or on the facts of an owner, is to be summed anew.
func (d *Draft) touched(t *Desc, before, after any)   {}
func (d *Draft) touch(t *Desc, owner int64)           {}
func (b *Builder) touched(t *Desc, before, after any) {}
func (b *Builder) touch(t *Desc, owner int64)         {}
