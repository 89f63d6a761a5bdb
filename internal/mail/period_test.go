package mail

import (
	"testing"
	"time"

	"pmograph/ent"
	"pmograph/internal/vocab"
)

// A digest comes at its hour by the reader's clock, once a day whatever the clock does.
func TestEndsOfPeriods(t *testing.T) {
	for _, c := range []struct {
		name, zone string
		m          ent.MailSubscription
		at, want   string
	}{
		{"at once: the minute", "Europe/Berlin", ent.MailSubscription{Delivery: vocab.MailDeliveryImmediate}, "2026-03-04T12:00:59Z", "2026-03-04T12:01:00Z"},
		{"at once: a period holds its beginning", "Europe/Berlin", ent.MailSubscription{Delivery: vocab.MailDeliveryImmediate}, "2026-03-04T12:01:00Z", "2026-03-04T12:02:00Z"},
		{"before the hour", "Europe/Berlin", daily(7), "2026-03-04T05:59:59Z", "2026-03-04T06:00:00Z"},
		{"on the hour", "Europe/Berlin", daily(7), "2026-03-04T06:00:00Z", "2026-03-05T06:00:00Z"},
		{"another day there than here", "Pacific/Auckland", daily(7), "2026-03-03T19:00:00Z", "2026-03-04T18:00:00Z"},
		{"half hours", "Asia/Kolkata", daily(0), "2026-03-04T18:29:00Z", "2026-03-04T18:30:00Z"},
		{"the clock goes on in spring", "Europe/Berlin", daily(7), "2026-03-28T07:00:00Z", "2026-03-29T05:00:00Z"},
		{"and back in autumn", "Europe/Berlin", daily(7), "2026-10-24T07:00:00Z", "2026-10-25T06:00:00Z"},
		{"to the end of a month", "Europe/Berlin", daily(7), "2026-12-31T07:00:00Z", "2027-01-01T06:00:00Z"},
		{"a week", "Europe/Berlin", weekly(7, vocab.WeekdayMonday), "2026-03-04T12:00:00Z", "2026-03-09T06:00:00Z"},
		{"a week on its day, before the hour", "Europe/Berlin", weekly(7, vocab.WeekdayMonday), "2026-03-09T05:00:00Z", "2026-03-09T06:00:00Z"},
		{"a week on its day, after the hour", "Europe/Berlin", weekly(7, vocab.WeekdayMonday), "2026-03-09T06:00:00Z", "2026-03-16T06:00:00Z"},
		{"a week over a change of the clock", "Europe/Berlin", weekly(7, vocab.WeekdaySunday), "2026-03-22T06:00:00Z", "2026-03-29T05:00:00Z"},
		{"a week whose day is another one in UTC", "America/Los_Angeles", weekly(20, vocab.WeekdayFriday), "2026-03-06T12:00:00Z", "2026-03-07T04:00:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := ends(&c.m, at, zone).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func daily(hour int) ent.MailSubscription {
	return ent.MailSubscription{Delivery: vocab.MailDeliveryDaily, Hour: hour, Weekday: vocab.WeekdayMonday}
}

func weekly(hour int, day vocab.Weekday) ent.MailSubscription {
	return ent.MailSubscription{Delivery: vocab.MailDeliveryWeekly, Hour: hour, Weekday: day}
}

// Whatever the hour and the zone, there is one end a day, and one a week, in every year.
func TestEveryDayEndsOnce(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "UTC"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for hour := range 24 {
			for _, m := range []ent.MailSubscription{daily(hour), weekly(hour, vocab.WeekdaySunday)} {
				at, n := time.Date(2026, 1, 1, 0, 0, 0, 0, zone), 0
				for end := at.AddDate(1, 0, 0); at.Before(end); n++ {
					next := ends(&m, at, zone)
					if again := ends(&m, next.Add(-time.Nanosecond), zone); !next.After(at) || !again.Equal(next) {
						t.Fatalf("%s at %d: after %s comes %s", name, hour, at, next)
					}
					at = next
				}
				if want := map[vocab.MailDelivery]int{vocab.MailDeliveryDaily: 366, vocab.MailDeliveryWeekly: 53}[m.Delivery]; n < want-1 || n > want {
					t.Errorf("%s at %d: %d times %s in a year", name, hour, n, m.Delivery)
				}
			}
		}
	}
}
