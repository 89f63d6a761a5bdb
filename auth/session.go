package auth

import "time"

// Session is an actor on a day: who he is on record, what he may do, and until when that is certain.
type Session struct {
	Identity Identity
	User     int64  // number of his User row; 0 if there is none yet
	Actor    string // how the journal names him: user-7, or a fixed word for the program itself
	Rights   *Rights
	// ValidUntil is the next instant at which a grant, claim or token begins or ends; after it the session is built anew.
	ValidUntil time.Time
}

// Machine is the program itself, acting for the operator of the machine: it may do everything, and the journal names it.
func Machine(name string) Session {
	r := &Rights{org: All}
	r.seal()
	return Session{Actor: name, Rights: r}
}
