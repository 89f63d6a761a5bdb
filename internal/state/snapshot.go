// Package state is the read model: immutable snapshots of every entity, private drafts over them, and the views by which alone they are
// read. It knows rows, rights and the forms of entries; it knows no database and no clock.
package state

import (
	"fmt"
	"iter"
	"reflect"
	"strconv"
	"strings"
	"time"

	"pmograph/ent"
	"pmograph/ent/actionitem"
	"pmograph/ent/allocation"
	"pmograph/ent/allocationhour"
	"pmograph/ent/baseline"
	"pmograph/ent/baselineentry"
	"pmograph/ent/baselineperiod"
	"pmograph/ent/budgetline"
	"pmograph/ent/capacityentry"
	"pmograph/ent/costcategory"
	"pmograph/ent/costentry"
	"pmograph/ent/exchangerate"
	"pmograph/ent/feedkey"
	"pmograph/ent/kpidefinition"
	"pmograph/ent/kpimeasurement"
	"pmograph/ent/mailsubscription"
	"pmograph/ent/milestone"
	"pmograph/ent/organisation"
	"pmograph/ent/portfolio"
	"pmograph/ent/program"
	"pmograph/ent/project"
	"pmograph/ent/ratecard"
	"pmograph/ent/registereddocument"
	"pmograph/ent/resource"
	"pmograph/ent/roleassignment"
	"pmograph/ent/savedquery"
	"pmograph/ent/schema"
	"pmograph/ent/statusreport"
	"pmograph/ent/team"
	"pmograph/ent/tokenrevocation"
	"pmograph/ent/tolerance"
	"pmograph/ent/user"
	"pmograph/ent/webhook"
	"pmograph/ent/workcalendar"
	"pmograph/internal/guard"
	"pmograph/internal/vocab"
)

// The entities, one line each, parents before children.
var (
	WorkCalendars   = register[ent.WorkCalendar](workcalendar.Table, schema.WorkCalendar{})
	Organisations   = register[ent.Organisation](organisation.Table, schema.Organisation{})
	Users           = register[ent.User](user.Table, schema.User{})
	RoleAssignments = register[ent.RoleAssignment](roleassignment.Table, schema.RoleAssignment{})
	Portfolios      = register[ent.Portfolio](portfolio.Table, schema.Portfolio{})
	Programs        = register[ent.Program](program.Table, schema.Program{})
	Teams           = register[ent.Team](team.Table, schema.Team{})
	Resources       = register[ent.Resource](resource.Table, schema.Resource{})
	Projects        = register[ent.Project](project.Table, schema.Project{})
	Milestones      = register[ent.Milestone](milestone.Table, schema.Milestone{})
	Baselines       = register[ent.Baseline](baseline.Table, schema.Baseline{})
	BaselineEntries = register[ent.BaselineEntry](baselineentry.Table, schema.BaselineEntry{})
	ExchangeRates   = register[ent.ExchangeRate](exchangerate.Table, schema.ExchangeRate{})
	StatusReports   = register[ent.StatusReport](statusreport.Table, schema.StatusReport{})
	ActionItems     = register[ent.ActionItem](actionitem.Table, schema.ActionItem{})
	CostCategories  = register[ent.CostCategory](costcategory.Table, schema.CostCategory{})
	RateCards       = register[ent.RateCard](ratecard.Table, schema.RateCard{})
	Tolerances      = register[ent.Tolerance](tolerance.Table, schema.Tolerance{})
	KpiDefinitions  = register[ent.KpiDefinition](kpidefinition.Table, schema.KpiDefinition{})
	Allocations     = register[ent.Allocation](allocation.Table, schema.Allocation{})

	FeedKeys            = register[ent.FeedKey](feedkey.Table, schema.FeedKey{})
	Webhooks            = register[ent.Webhook](webhook.Table, schema.Webhook{})
	TokenRevocations    = register[ent.TokenRevocation](tokenrevocation.Table, schema.TokenRevocation{})
	MailSubscriptions   = register[ent.MailSubscription](mailsubscription.Table, schema.MailSubscription{})
	RegisteredDocuments = register[ent.RegisteredDocument](registereddocument.Table, schema.RegisteredDocument{})
	SavedQueries        = register[ent.SavedQuery](savedquery.Table, schema.SavedQuery{})
)

// The entities whose rows are facts.
var (
	BudgetLines     = registerFacts[ent.BudgetLine](budgetline.Table, schema.BudgetLine{})
	CostEntries     = registerFacts[ent.CostEntry](costentry.Table, schema.CostEntry{})
	BaselinePeriods = registerFacts[ent.BaselinePeriod](baselineperiod.Table, schema.BaselinePeriod{})
	KpiMeasurements = registerFacts[ent.KpiMeasurement](kpimeasurement.Table, schema.KpiMeasurement{})
	CapacityEntries = registerFacts[ent.CapacityEntry](capacityentry.Table, schema.CapacityEntry{})
	AllocationHours = registerFacts[ent.AllocationHour](allocationhour.Table, schema.AllocationHour{})
)

func init() { link() }

// Snapshot is every entity at one journal number. It never changes once published.
type Snapshot struct {
	pos     Position
	hash    [32]byte
	at      time.Time
	levels  Levels
	tables  []*content
	sums    [2]cells // of projects and of resources
	lineage *Lineage
}

// Lineage marks the snapshots of one record: rights built for one record are refused by views of another.
type Lineage struct{ key [32]byte } // of the addresses of long texts

// Position names a state of the record: a journal number and the first bytes of that entry's hash, so that a record that lost entries
// and went on differently is noticed.
type Position struct {
	Seq  int64
	Mark uint64
}

// String gives the form cursors use: 42.0123456789abcdef.
func (p Position) String() string { return fmt.Sprintf("%d.%016x", p.Seq, p.Mark) }

// ParsePosition reads what String wrote.
func ParsePosition(s string) (Position, error) {
	a, b, ok := strings.Cut(s, ".")
	seq, err1 := strconv.ParseInt(a, 10, 64)
	mark, err2 := strconv.ParseUint(b, 16, 64)
	if !ok || err1 != nil || err2 != nil || len(b) != 16 || seq < 0 {
		return Position{}, fmt.Errorf("%q is not a position: journal number, dot, 16 hexadecimal digits", s)
	}
	return Position{seq, mark}, nil
}

// Empty is the snapshot of a new record whose long texts have addresses without a secret: for replays and tests.
func Empty() *Snapshot { return EmptyWith([32]byte{}) }

// EmptyWith is the snapshot of a new record with its key for the addresses of long texts.
func EmptyWith(key [32]byte) *Snapshot {
	s := &Snapshot{lineage: &Lineage{key}}
	for _, d := range Tables {
		s.tables = append(s.tables, newContent(d))
	}
	return s
}

// Origin is the record before its first entry.
func (s *Snapshot) Origin() *Snapshot {
	o := Empty()
	o.lineage = s.lineage
	return o
}

// SameRecord tells whether two snapshots are of one record as this process knows it; a record that was loaded anew is another.
func (s *Snapshot) SameRecord(o *Snapshot) bool { return s.lineage == o.lineage }

// Seq is the journal number the snapshot is true at.
func (s *Snapshot) Seq() int64 { return s.pos.Seq }

// Position is the position the snapshot is true at.
func (s *Snapshot) Position() Position { return s.pos }

// Hash is the hash of the newest entry, all zero before the first.
func (s *Snapshot) Hash() [32]byte { return s.hash }

// At is the instant of the newest entry.
func (s *Snapshot) At() time.Time { return s.at }

// Snapshot makes a snapshot usable where readers are; it cannot be read outside this package, since it shows everything.
func (s *Snapshot) Snapshot() *Snapshot { return s }

// Digest gives an entity's digest.
func (s *Snapshot) Digest(d *Desc) Digest { return s.tables[d.Slot].digest }

// Next gives the number the entity's next row will get.
func (s *Snapshot) Next(d *Desc) int64 { return s.tables[d.Slot].next }

// Count gives the number of an entity's rows, for operators.
func (s *Snapshot) Count(d *Desc) int {
	if d.form != nil {
		return s.tables[d.Slot].facts
	}
	return s.tables[d.Slot].rows.n
}

// Organisation gives the organisation's settings, nil before there are any. They are of class public.
func (s *Snapshot) Organisation() *ent.Organisation {
	var o *ent.Organisation
	s.tables[Organisations.desc.Slot].rows.each(func(row any) bool { o = row.(*ent.Organisation); return false })
	return o
}

// Webhooks gives the webhooks, for who tells them.
func (s *Snapshot) Webhooks() iter.Seq[*ent.Webhook] {
	return func(yield func(*ent.Webhook) bool) {
		s.tables[Webhooks.desc.Slot].rows.each(func(row any) bool { return yield(row.(*ent.Webhook)) })
	}
}

// Webhook gives a webhook, nil if there is none, for who tells it.
func (s *Snapshot) Webhook(id int64) *ent.Webhook {
	row, _ := s.tables[Webhooks.desc.Slot].rows.get(uint64(id))
	w, _ := row.(*ent.Webhook)
	return w
}

// Documents gives the registered documents, which are of class public, and what identifies them: it is equal as long as they are the same.
func (s *Snapshot) Documents() (basis any, each iter.Seq[*ent.RegisteredDocument]) {
	c := s.tables[RegisteredDocuments.desc.Slot]
	return c, func(yield func(*ent.RegisteredDocument) bool) {
		c.rows.each(func(row any) bool { return yield(row.(*ent.RegisteredDocument)) })
	}
}

// RightsBasis identifies what rights are built from: as long as it is equal, sessions built from the snapshot hold for another too.
func (s *Snapshot) RightsBasis() [10]any {
	var b [10]any
	for i, d := range []*Desc{Users.desc, RoleAssignments.desc, Portfolios.desc, Programs.desc, Projects.desc, Teams.desc, Resources.desc, FeedKeys.desc, Webhooks.desc, TokenRevocations.desc} {
		b[i] = s.tables[d.Slot]
	}
	return b
}

// keyText gives a unique value as text that keeps types apart by position only.
func keyText(v reflect.Value) string {
	if !v.IsValid() {
		return ""
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch x := v.Interface().(type) {
	case guard.Personal:
		return guard.OpenPersonal(x)
	case vocab.Date:
		return x.String()
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Int, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	}
	panic(fmt.Sprintf("%s cannot be part of a unique value", v.Type()))
}

// RateScale is the number of parts of one in which exchange rates are kept.
const RateScale = 1_000_000_000

// LimitScale is the number of parts of one in which thresholds are kept.
const LimitScale = 1_000_000
