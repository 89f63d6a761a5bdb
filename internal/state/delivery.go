package state

import "time"

// Delivery is how far somebody outside was told of the journal, over a channel. It is no fact of the record: telling changes nothing in it.
type Delivery struct {
	Recipient int64
	UpTo      Position  // all up to here was told, or given up
	Round     int64     // of the recipient, as UpTo is meant
	Version   int64     // of the recipient, as what follows is meant
	Due       time.Time // not told before this instant; zero: as soon as the record moves
	ToldAt    time.Time // when something was told last; zero: never

	Failed  int       // attempts in a row that failed
	Since   time.Time // of the first of those; zero if none failed
	Error   string    // what the last of those failed with, without secrets; empty if none failed
	Stopped bool      // the recipient wants nothing any more, until its Version is another
}

// DeadLetter is an entry of the journal that a recipient was not told of.
type DeadLetter struct {
	Recipient int64
	Number    int64 // of the entry; 0 if what is missing is not known, since the record went on differently
	At        time.Time
	Attempts  int
	Error     string // what the last attempt failed with, without secrets
}
