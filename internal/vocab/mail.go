package vocab

import "io"

// MailDelivery is when mail is sent.
type MailDelivery string

// The values of MailDelivery.
const (
	MailDeliveryImmediate MailDelivery = "IMMEDIATE" // after the minute in which something changed
	MailDeliveryDaily     MailDelivery = "DAILY"     // once a day
	MailDeliveryWeekly    MailDelivery = "WEEKLY"    // once a week
)

// Values lists the closed set, in its natural order.
func (MailDelivery) Values() []string {
	return []string{"IMMEDIATE", "DAILY", "WEEKLY"}
}

// MarshalGQL writes the value's name.
func (v MailDelivery) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *MailDelivery) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// MailTopic is a kind of thing that mail tells of.
type MailTopic string

// The values of MailTopic.
const (
	MailTopicStructure MailTopic = "STRUCTURE" // portfolios, programs and projects
	MailTopicPlan      MailTopic = "PLAN"      // milestones and baselines
	MailTopicReports   MailTopic = "REPORTS"   // status reports, action items and measurements
	MailTopicMoney     MailTopic = "MONEY"     // budgets and costs
	MailTopicPeople    MailTopic = "PEOPLE"    // bookings
)

// Values lists the closed set, in its natural order.
func (MailTopic) Values() []string {
	return []string{"STRUCTURE", "PLAN", "REPORTS", "MONEY", "PEOPLE"}
}

// MarshalGQL writes the value's name.
func (v MailTopic) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *MailTopic) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// Weekday is a day of the week.
type Weekday string

// The values of Weekday.
const (
	WeekdayMonday    Weekday = "MONDAY"    // Monday
	WeekdayTuesday   Weekday = "TUESDAY"   // Tuesday
	WeekdayWednesday Weekday = "WEDNESDAY" // Wednesday
	WeekdayThursday  Weekday = "THURSDAY"  // Thursday
	WeekdayFriday    Weekday = "FRIDAY"    // Friday
	WeekdaySaturday  Weekday = "SATURDAY"  // Saturday
	WeekdaySunday    Weekday = "SUNDAY"    // Sunday
)

// Values lists the closed set, in its natural order.
func (Weekday) Values() []string {
	return []string{"MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"}
}

// MarshalGQL writes the value's name.
func (v Weekday) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *Weekday) UnmarshalGQL(src any) error { return unmarshal(v, src) }
