package mail

import (
	"slices"
	"time"

	"pmograph/ent"
	"pmograph/internal/vocab"
)

// A mail tells of a period: a minute of the clock for those who want it at once, else from one time of a digest to the next. A period holds
// its beginning and not its end.

// ends gives the end of the period that holds an instant, by the clock of a time zone. A time that the clock leaves out in spring is that of
// the clock after it or before it; one that comes twice in autumn counts once.
func ends(m *ent.MailSubscription, at time.Time, zone *time.Location) time.Time {
	if m.Delivery == vocab.MailDeliveryImmediate {
		return at.Truncate(time.Minute).Add(time.Minute)
	}
	y, month, d := at.In(zone).Date()
	for ; ; d++ {
		end := time.Date(y, month, d, m.Hour, 0, 0, 0, zone)
		day := time.Date(y, month, d, 12, 0, 0, 0, time.UTC).Weekday()
		if end.After(at) && (m.Delivery == vocab.MailDeliveryDaily || day == weekday(m.Weekday)) {
			return end
		}
	}
}

// lastEnd gives the last end of a period that is over, from one on that is.
func lastEnd(m *ent.MailSubscription, end, now time.Time, zone *time.Location) time.Time {
	if m.Delivery == vocab.MailDeliveryImmediate {
		return now.Truncate(time.Minute)
	}
	for next := ends(m, end, zone); !next.After(now); next = ends(m, end, zone) {
		end = next
	}
	return end
}

func weekday(w vocab.Weekday) time.Weekday {
	return time.Weekday((slices.Index(w.Values(), string(w)) + 1) % 7)
}
