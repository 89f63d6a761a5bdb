package dataset

import (
	"strings"

	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var (
	_ = declare(Dataset{
		Name: "Users", Singular: "User", Title: "Users", Key: []string{"Id"}, Entity: state.Users.Desc(),
		Description: "Persons and services that may sign in.",
		Columns: []Column{
			idOf(state.Users, "the user"),
			col("Name", Text, "Name shown; null if not given or erased.", func(v *View, u *ent.User) Value { return ofPersonal(state.Users.Key(v, u), u.Name) }).dimension().closed(vocab.ClassPersonal).text(),
			col("Email", Text, "Address for mail; null if not given or erased.", func(v *View, u *ent.User) Value { return ofPersonal(state.Users.Key(v, u), u.Email) }).closed(vocab.ClassPersonal).text(),
			col("Locale", Text, "BCP 47 language tag; null if not set.", func(_ *View, u *ent.User) Value { return OfOptional(u.Locale) }).dimension().nullable(),
			truthOf("Active", "Whether signing in is allowed.", func(_ *View, u *ent.User) bool { return u.Active }),
			versionOf(state.Users),
		},
		Measures: []Measure{counted("Users", "users")},
		source:   rowsOfTable(state.Users, nil),
	})

	_ = declare(Dataset{
		Name: "Teams", Singular: "Team", Title: "Teams", Key: []string{"Id"}, Entity: state.Teams.Desc(),
		Description: "People who work together under one manager, with where the team lies in the tree.",
		Columns: []Column{
			idOf(state.Teams, "the team"),
			textOf("Code", "Short name, unique in the organisation.", func(t *ent.Team) string { return t.Code }).text(),
			textOf("Name", "Name.", func(t *ent.Team) string { return t.Name }).text(),
			refOf("ParentId", state.Teams, "Teams", "Team above.", func(t *ent.Team) *int64 { return t.ParentID }),
			refOf("ManagerId", state.Users, "Users", "User who manages the people.", func(t *ent.Team) *int64 { return t.ManagerID }),
			col("Path", Text, "Names from the topmost team that is visible down to it, with > between.", func(v *View, t *ent.Team) Value { return OfText(strings.Join(teamPath(v, t), " > ")) }).dimension(),
			col("Depth", Int, "How many visible teams lead to it; 1 at the top.", func(v *View, t *ent.Team) Value { return OfInt(len(teamPath(v, t))) }).level(vocab.UnitCount, 0),
			versionOf(state.Teams),
		},
		Measures: []Measure{counted("Teams", "teams")},
		source:   rowsOfTable(state.Teams, map[string]string{"ParentId": "parent_id", "ManagerId": "manager_id"}),
	})

	standardRate = func() Column {
		c := amount("StandardRate", "RateCurrency", "Price of one hour; null if unknown.", rateCurrency, func(v *View, x *ent.Resource) Value {
			k := state.Resources.Key(v, x)
			if !k.Sees(vocab.ClassRate) {
				return Hidden
			}
			minor, ok := k.Rate(x.StandardRate)
			if !ok || x.RateCurrency == nil {
				return None
			}
			return ofMinor(minor, *x.RateCurrency)
		}).level(vocab.UnitMoney, Varies)
		c.Class = vocab.ClassRate
		return c
	}()

	_ = declare(Dataset{
		Name: "Resources", Singular: "Resource", Title: "Resources", Key: []string{"Id"}, Entity: state.Resources.Desc(),
		Description: "Persons, teams, things and open positions that work is booked on.",
		Columns: []Column{
			idOf(state.Resources, "the resource"),
			textOf("Code", "Short name, unique in the organisation.", func(x *ent.Resource) string { return x.Code }).text(),
			col("Name", Text, "Name; null for an open position or after erasure.", func(v *View, x *ent.Resource) Value { return ofPersonal(state.Resources.Key(v, x), x.Name) }).dimension().closed(vocab.ClassPersonal).text(),
			wordOf("Kind", "What it is.", func(x *ent.Resource) vocab.ResourceKind { return x.Kind }),
			textOf("RoleName", "Role it works as.", func(x *ent.Resource) string { return x.RoleName }).text(),
			refOf("TeamId", state.Teams, "Teams", "Team it belongs to.", func(x *ent.Resource) *int64 { return x.TeamID }),
			refOf("ManagerId", state.Users, "Users", "User who manages its time, where that is not the team's manager.", func(x *ent.Resource) *int64 { return x.ManagerID }),
			refOf("UserId", state.Users, "Users", "User it is.", func(x *ent.Resource) *int64 { return x.UserID }),
			col("ContractShare", Decimal, "Contracted share of full time.", func(_ *View, x *ent.Resource) Value { return OfUnits(int64(x.ContractShare), 3) }).level(vocab.UnitRatio, 3),
			standardRate,
			col("RateCurrency", Text, "ISO 4217 code of the rate; null without one.", func(v *View, x *ent.Resource) Value {
				if !state.Resources.Key(v, x).Sees(vocab.ClassRate) {
					return Hidden
				}
				return OfOptional(x.RateCurrency)
			}).closed(vocab.ClassRate),
			dateOf("ValidFrom", "First day it can be booked; null means from the beginning.", func(x *ent.Resource) *vocab.Date { return x.ValidFrom }),
			dateOf("ValidTo", "Last day it can be booked; null means without end.", func(x *ent.Resource) *vocab.Date { return x.ValidTo }),
			versionOf(state.Resources),
		},
		Measures: []Measure{counted("Resources", "resources")},
		source:   rowsOfTable(state.Resources, map[string]string{"TeamId": "team_id", "ManagerId": "manager_id", "UserId": "user_id"}),
	})
)

func rateCurrency(_ *View, x *ent.Resource) string { return orEmpty(x.RateCurrency) }

// teamPath gives the names from the topmost visible team down to one.
func teamPath(v *View, t *ent.Team) []string {
	return once(v, t, func() []string {
		if up := state.Teams.Ref(v, t.ParentID); up != nil {
			above := teamPath(v, up)
			return append(above[:len(above):len(above)], t.Name)
		}
		return []string{t.Name}
	})
}
