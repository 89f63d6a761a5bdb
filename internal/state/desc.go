package state

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"pmograph/ent/schema"
	"pmograph/internal/guard"
	"pmograph/internal/vocab"
)

// Kind is the form of a column's values in entries and databases.
type Kind uint8

// The kinds of columns.
const (
	KindInt Kind = iota
	KindBool
	KindText
	KindTime
	KindDate
	KindMoney
	KindRate
	KindPersonal
	KindJSON
)

// Column is one column of an entity, as its ent schema declares it.
type Column struct {
	Name      string
	Kind      Kind
	Nullable  bool
	Immutable bool
	Long      bool        // it holds the address of a long text
	Grants    bool        // rights follow from it (access rule 10)
	Class     vocab.Class // fixed by its type
	Ref       *Desc       // the entity it refers to; nil if it is no reference
	Comment   string

	index      int      // field of the row's struct
	enum       []string // closed list; nil if open
	validators []func(reflect.Value) error
	refType    string
}

// List gives the words of a closed list; nil if the column is open.
func (c *Column) List() []string { return c.enum }

// Desc describes one entity: everything the generic parts (draft, codec, stores, imports) know about it.
type Desc struct {
	Name    string // table
	Word    string // in ids: project in project-42
	Comment string
	Columns []Column
	Uniques [][]int // column indexes; a row whose last column is null is not held to it
	Slot    int     // position in Tables and in snapshots

	typ      reflect.Type
	byName   map[string]int
	refs     []int // columns that refer to other entities: rows are grouped by each
	hashed   []int // columns the hash of a row covers, by name
	personal bool  // there are erasable columns
	texts    []int // columns with addresses of long texts
	project  int   // the column that names the project a row lies in, -1 if there is none
	table    table
	form     *factForm // if its rows are facts
	keeps    int       // columns from the first on that the record itself keeps
}

// Column gives the column of a name.
func (d *Desc) Column(name string) (*Column, bool) {
	i, ok := d.byName[name]
	if !ok {
		return nil, false
	}
	return &d.Columns[i], true
}

// ID gives the identifier of a row at the edge: its word and its number.
func (d *Desc) ID(id int64) string {
	var room [48]byte
	return string(d.AppendID(room[:0], id))
}

// AppendID appends what ID gives.
func (d *Desc) AppendID(b []byte, id int64) []byte {
	return strconv.AppendInt(append(append(b, d.Word...), '-'), id, 10)
}

// RowID gives a row's number.
func (d *Desc) RowID(row any) int64 {
	if g, ok := row.(*factGroup); ok {
		return g.owner
	}
	return reflect.ValueOf(row).Elem().Field(d.Columns[0].index).Int()
}

// Version gives the journal number that last changed a row, or a fact as ent's row.
func (d *Desc) Version(row any) int64 { return d.field(row, d.keeps-1).Int() }

// Base is what every row has beside number and version, but for facts.
type Base struct {
	CreatedAt, UpdatedAt       time.Time
	ExternalSource, ExternalID *string
	ArchivedAt                 *time.Time
}

// Base reads what every row has.
func (d *Desc) Base(row any) Base {
	at := func(column int) any { return d.field(row, column).Addr().Interface() }
	return Base{
		*at(colCreated).(*time.Time), *at(colUpdated).(*time.Time), *at(colSource).(**string), *at(colExternal).(**string), *at(colArchived).(**time.Time),
	}
}

func (d *Desc) field(row any, column int) reflect.Value {
	return reflect.ValueOf(row).Elem().Field(d.Columns[column].index)
}

// intField gives the value of an integer column that may be null.
func (d *Desc) intField(row any, column int) (int64, bool) {
	v := d.field(row, column)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return 0, false
		}
		v = v.Elem()
	}
	return v.Int(), true
}

// describe reads an entity's ent schema: mixins first, as ent itself orders the columns.
func describe(table string, s ent.Interface, typ reflect.Type) *Desc {
	d := &Desc{Name: table, typ: typ, byName: map[string]int{}}
	var fields []ent.Field
	var indexes []ent.Index
	for _, m := range s.Mixin() {
		fields, indexes = append(fields, m.Fields()...), append(indexes, m.Indexes()...)
	}
	fields, indexes = append(fields, s.Fields()...), append(indexes, s.Indexes()...)
	for _, f := range fields {
		d.byName[f.Descriptor().Name] = len(d.Columns)
		d.Columns = append(d.Columns, column(table, f.Descriptor(), typ))
	}
	for _, e := range s.Edges() {
		if e := e.Descriptor(); e.Field != "" {
			i := d.byName[e.Field]
			d.Columns[i].refType = e.Type
			d.refs = append(d.refs, i)
			checkNoAction(table, e)
		}
	}
	for _, x := range indexes {
		if x := x.Descriptor(); x.Unique {
			var cols []int
			for _, f := range x.Fields {
				cols = append(cols, d.byName[f])
			}
			d.Uniques = append(d.Uniques, cols)
		}
	}
	for _, a := range s.Annotations() {
		if c, ok := a.(interface{ Name() string }); ok && c.Name() == "Comment" {
			d.Comment = reflect.ValueOf(a).Elem().FieldByName("Text").String()
		}
	}
	d.Word = strings.ReplaceAll(singular(table), "_", "-")
	d.project = d.columnFrom(0, "project_id")
	d.keeps = d.byName["seq"] + 1
	for i := range d.Columns {
		if d.Columns[i].Class == vocab.ClassPersonal {
			d.personal = true
		} else if n := d.Columns[i].Name; n != "seq" && n != "created_at" && n != "updated_at" {
			d.hashed = append(d.hashed, i)
		}
	}
	for i := range d.Columns {
		if d.Columns[i].Long {
			d.texts = append(d.texts, i)
		}
	}
	if _, ok := d.byName[textsErasedAt]; d.texts != nil && !ok {
		panic(fmt.Sprintf("%s: an entity with long texts mixes in LongTexts", table))
	}
	slices.SortFunc(d.hashed, func(a, b int) int { return strings.Compare(d.Columns[a].Name, d.Columns[b].Name) })
	return d
}

// checkNoAction refuses references by which a database would change rows on its own.
func checkNoAction(table string, e *edge.Descriptor) {
	for _, a := range e.Annotations {
		if a, ok := a.(*entsql.Annotation); ok && a.OnDelete == entsql.NoAction {
			return
		}
		if a, ok := a.(entsql.Annotation); ok && a.OnDelete == entsql.NoAction {
			return
		}
	}
	panic(fmt.Sprintf("%s.%s: a reference must be declared with NO ACTION", table, e.Name))
}

func singular(table string) string {
	if s, ok := strings.CutSuffix(table, "ies"); ok {
		return s + "y"
	}
	return strings.TrimSuffix(table, "s")
}

var kindOf = map[reflect.Type]Kind{
	reflect.TypeFor[time.Time]():      KindTime,
	reflect.TypeFor[vocab.Date]():     KindDate,
	reflect.TypeFor[guard.Money]():    KindMoney,
	reflect.TypeFor[guard.Rate]():     KindRate,
	reflect.TypeFor[guard.Personal](): KindPersonal,
}

func column(table string, f *field.Descriptor, typ reflect.Type) Column {
	sf, ok := structField(typ, f.Name)
	if !ok {
		panic(fmt.Sprintf("%s.%s: the generated row has no such field", table, f.Name))
	}
	c := Column{Name: f.Name, Nullable: f.Nillable, Immutable: f.Immutable, Comment: f.Comment, index: sf.Index[0]}
	t := sf.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch k, special := kindOf[t]; {
	case special:
		c.Kind = k
	case f.Info.Type == field.TypeJSON:
		c.Kind = KindJSON
	case t.Kind() == reflect.String:
		c.Kind = KindText
	case t.Kind() == reflect.Bool:
		c.Kind = KindBool
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		c.Kind = KindInt
	default:
		panic(fmt.Sprintf("%s.%s: no form for %s", table, f.Name, t))
	}
	c.Long = t == reflect.TypeFor[vocab.TextAddress]()
	if g, ok := reflect.Zero(t).Interface().(guard.Guarded); ok {
		c.Class = g.Class()
	}
	if e, ok := reflect.Zero(t).Interface().(interface{ Values() []string }); ok {
		c.enum = e.Values()
	}
	for _, a := range f.Annotations {
		if _, ok := a.(schema.Grants); ok {
			c.Grants = true
		}
	}
	for _, v := range f.Validators {
		c.validators = append(c.validators, validator(v))
	}
	return c
}

// validator lets ent's typed validators be asked of any field.
func validator(f any) func(reflect.Value) error {
	switch f := f.(type) {
	case func(string) error:
		return func(v reflect.Value) error {
			if v.Kind() != reflect.String {
				return nil
			}
			return f(v.String())
		}
	case func(int) error:
		return func(v reflect.Value) error {
			if !v.CanInt() {
				return nil
			}
			return f(int(v.Int()))
		}
	}
	fn := reflect.ValueOf(f)
	in := fn.Type().In(0)
	return func(v reflect.Value) error {
		if !v.CanConvert(in) {
			return nil // a guarded or structured value: ent has no validator for those
		}
		err, _ := fn.Call([]reflect.Value{v.Convert(in)})[0].Interface().(error)
		return err
	}
}

// structField finds the generated struct's field of a column: names are equal but for case and underscores.
func structField(typ reflect.Type, column string) (reflect.StructField, bool) {
	flat := strings.ReplaceAll(column, "_", "")
	i := slices.IndexFunc(reflect.VisibleFields(typ), func(f reflect.StructField) bool {
		return f.IsExported() && len(f.Index) == 1 && strings.EqualFold(f.Name, flat)
	})
	if i < 0 {
		return reflect.StructField{}, false
	}
	return reflect.VisibleFields(typ)[i], true
}
