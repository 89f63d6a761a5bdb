// Package schema declares every entity once: columns, references, indexes, and the meaning of each. It is declarative: no hooks, no
// policies, no defaults in the database. The rest of the program reads these declarations (see docs/adding.md).
package schema

import (
	"regexp"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"

	"pmograph/internal/guard"
	"pmograph/internal/vocab"
)

var dateType = map[string]string{dialect.Postgres: "date", dialect.SQLite: "text"}

// Grants marks a column from which rights follow: changing it is a grant and needs the authority to grant.
type Grants struct{}

// Name makes Grants an ent annotation.
func (Grants) Name() string { return "Grants" }

// Merge keeps the mark.
func (g Grants) Merge(schema.Annotation) schema.Annotation { return g }

// Base holds the columns every entity has.
type Base struct{ mixin.Schema }

// Fields of every entity.
func (Base) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable().Comment("Number of the row within its entity; never given twice."),
		field.Time("created_at").Immutable().Comment("Instant of the mutation that created the row."),
		field.Time("updated_at").Comment("Instant of the mutation that last changed the row."),
		field.Int64("seq").Comment("Journal number that last changed the row: its version."),
		field.String("external_source").Optional().Nillable().MaxLen(100).Comment("System the row was imported from; null for rows made here."),
		field.String("external_id").Optional().Nillable().MaxLen(300).Comment("Key of the row in that system; unique within it."),
		field.Time("archived_at").Optional().Nillable().Comment("Instant it was put out of use; null while in use."),
	}
}

// Indexes of every entity.
func (Base) Indexes() []ent.Index {
	return []ent.Index{index.Fields("external_source", "external_id").Unique()}
}

func base() []ent.Mixin { return []ent.Mixin{Base{}} }

// FactBase holds the columns every fact has: facts are many, so they carry little.
type FactBase struct{ mixin.Schema }

// Fields of every fact.
func (FactBase) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable().Comment("Number of the fact within its entity; never given twice."),
		field.Int64("seq").Comment("Journal number that last changed the fact: its version."),
	}
}

func fact() []ent.Mixin { return []ent.Mixin{FactBase{}} }

// Fact marks an entity whose rows are kept as columns, in groups by their owner, sorted by their key, which is unique within the group.
// Exactly one of the owner columns has a value; columns of the key have one always.
type Fact struct{ Owners, Key []string }

// Name makes Fact an ent annotation.
func (Fact) Name() string { return "Fact" }

func facts(name, comment string, f Fact) []schema.Annotation { return append(table(name, comment), f) }

func table(name, comment string) []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: name}, schema.Comment(comment)}
}

// day is a calendar date.
func day(name, comment string) ent.Field { return dateField(name, comment, false) }

// optDay is a calendar date that may be missing.
func optDay(name, comment string) ent.Field { return dateField(name, comment, true) }

func dateField(name, comment string, optional bool) ent.Field {
	b := field.Time(name).GoType(vocab.Date(0)).Comment(comment).
		SchemaType(dateType)
	if optional {
		b = b.Optional().Nillable()
	}
	return b
}

// nodeCode is the code of a node in the tree: tokens name nodes by their codes, so whoever changes one moves rights.
func nodeCode(comment string) ent.Field {
	return field.String("code").NotEmpty().MaxLen(40).Annotations(Grants{}).Comment(comment)
}

func code(comment string) ent.Field {
	return field.String("code").NotEmpty().MaxLen(40).Comment(comment)
}
func name(comment string) ent.Field {
	return field.String("name").NotEmpty().MaxLen(300).Comment(comment)
}

func currency(comment string) ent.Field {
	return field.String("currency").MinLen(3).MaxLen(3).Comment(comment)
}

func money(name, comment string) ent.Field {
	return field.Int64(name).GoType(guard.Money{}).Optional().Nillable().Comment(comment)
}

func personal(name, comment string) ent.Field {
	return field.Text(name).GoType(guard.Personal{}).Optional().Nillable().Comment(comment)
}

// longText is a text of some paragraphs. The row holds its address only; see vocab.TextAddress. Its entity mixes in LongTexts.
func longText(name, comment string) ent.Field {
	return field.String(name).GoType(vocab.TextAddress("")).Optional().Nillable().Match(address).Comment(comment)
}

var address = regexp.MustCompile("^[0-9a-f]{32}$")

// LongTexts holds the column that every entity with long texts has.
type LongTexts struct{ mixin.Schema }

// Fields of an entity with long texts.
func (LongTexts) Fields() []ent.Field {
	return []ent.Field{field.Time("texts_erased_at").Optional().Nillable().Comment("Instant its long texts were erased; null while they are not.")}
}

func ref(name, comment string) ent.Field { return field.Int64(name).Comment(comment) }

func optRef(name, comment string) ent.Field {
	return field.Int64(name).Optional().Nillable().Comment(comment)
}

// to is a reference held in a column of this entity; the database changes nothing when the target goes.
func to(name string, typ any, column string, required bool) ent.Edge {
	b := edge.To(name, typ).Field(column).Unique().Annotations(entsql.OnDelete(entsql.NoAction))
	if required {
		b = b.Required()
	}
	return b
}
