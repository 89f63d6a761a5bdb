package odata

import (
	"slices"
	"strconv"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/vocab"
)

// This file makes of a viewer's catalogue what $metadata says, whatever form it is said in.

// model is a schema: types, sets and what is said of them.
type model struct {
	types     []entityType
	sets      []entitySet
	container []annotation
}

type entityType struct {
	name        string
	key         []string
	properties  []propertyType
	navigations []navigationType
	annotations []annotation
}

type propertyType struct {
	name, edm   string
	nullable    bool
	scale       string // of decimals
	precision   int    // of instants and decimals; 0: none
	annotations []annotation
}

type navigationType struct {
	name, to    string // to: the type
	many        bool
	nullable    bool
	partner     string
	on          [][2]string // of references to one: columns that are equal
	annotations []annotation
}

type entitySet struct {
	name, of    string
	bindings    [][2]string // navigation and set
	annotations []annotation
}

// annotation says something about what it stands at.
type annotation struct {
	term, qualifier string // the term by its vocabulary's alias
	value           any    // true, false, a string, path, member, []any or record
	annotations     []annotation
}

type (
	path   string    // of a property
	member string    // of an enumeration
	record []fieldOf // of a structured type
)

type fieldOf struct {
	name  string
	value any
}

// vocabularies are those whose terms are used, by alias.
var vocabularies = []struct{ alias, namespace string }{
	{"Core", "Org.OData.Core.V1"}, {"Capabilities", "Org.OData.Capabilities.V1"}, {"Aggregation", "Org.OData.Aggregation.V1"},
	{"Measures", "Org.OData.Measures.V1"}, {"Validation", "Org.OData.Validation.V1"},
}

const (
	vocabularyRoot = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/"
	containerName  = "Container"
	// digitsOfDecimals is how many digits a decimal has at most.
	digitsOfDecimals = 38
)

func described(text string) annotation { return annotation{term: "Core.Description", value: text} }

// modelOf makes the model of a catalogue; currency is the organisation's.
func modelOf(c *dataset.Catalogue, currency string) *model {
	m := &model{container: capabilities()}
	for _, d := range c.Whole() {
		m.types = append(m.types, typeOf(d, currency))
		m.sets = append(m.sets, setOf(d))
	}
	return m
}

func typeOf(d *dataset.Dataset, currency string) entityType {
	t := entityType{name: d.Singular, key: d.Key, annotations: []annotation{described(d.Description),
		{term: "Aggregation.ApplySupported", value: record{{"Transformations", transformations}, {"PropertyRestrictions", false}, {"Rollup", member("Aggregation.RollupType/None")}}}}}
	for i := range d.Measures {
		t.annotations = append(t.annotations, aggregateOf(d, &d.Measures[i]))
	}
	for i := range d.Columns {
		t.properties = append(t.properties, columnOf(d, &d.Columns[i], currency))
	}
	for i := range d.Navs {
		t.navigations = append(t.navigations, navigationOf(d, &d.Navs[i]))
	}
	return t
}

var transformations = []any{"filter", "search", "compute", "groupby", "aggregate", "topcount", "bottomcount", "topsum", "bottomsum", "toppercent", "bottompercent", "orderby", "top", "skip", "concat", "identity"}

func columnOf(d *dataset.Dataset, c *dataset.Column, currency string) propertyType {
	p := propertyType{name: c.Name, edm: edmTypes[c.Kind], nullable: c.Nullable && !slices.Contains(d.Key, c.Name), annotations: []annotation{described(c.Description)}}
	switch c.Kind {
	case dataset.Decimal:
		p.precision, p.scale = digitsOfDecimals, "variable"
		if c.Scale != dataset.Varies {
			p.scale = strconv.Itoa(int(c.Scale))
		}
	case dataset.Instant:
		p.precision = 6
	}
	switch {
	case c.Unit == vocab.UnitMoney && c.Currency != "":
		p.annotations = append(p.annotations, annotation{term: "Measures.ISOCurrency", value: path(c.Currency)},
			annotation{term: "Aggregation.ContextDefiningProperties", value: []any{path(c.Currency)}})
	case c.Unit == vocab.UnitMoney && c.Kind == dataset.Decimal && currency != "":
		p.annotations = append(p.annotations, annotation{term: "Measures.ISOCurrency", value: currency})
	case c.Unit != "" && c.Unit != vocab.UnitMoney:
		p.annotations = append(p.annotations, annotation{term: "Measures.Unit", value: string(c.Unit)})
	}
	if c.Words != nil {
		var words []any
		for _, w := range c.Words {
			words = append(words, record{{"Value", w}})
		}
		p.annotations = append(p.annotations, annotation{term: "Validation.AllowedValues", value: words})
	}
	switch c.Role {
	case dataset.Amount:
		p.annotations = append(p.annotations, annotation{term: "Aggregation.Aggregatable", value: true})
	case dataset.Dimension, dataset.Key:
		p.annotations = append(p.annotations, annotation{term: "Aggregation.Groupable", value: true})
	}
	return p
}

func aggregateOf(d *dataset.Dataset, m *dataset.Measure) annotation {
	about := []annotation{described(m.Description + " " + m.Formula + "; " + string(m.Additivity) + ".")}
	if m.Currency != "" {
		about = append(about, annotation{term: "Aggregation.ContextDefiningProperties", value: []any{path(m.Currency)}})
	}
	return annotation{term: "Aggregation.CustomAggregate", qualifier: m.Name, value: edmTypes[m.Kind], annotations: about}
}

func navigationOf(d *dataset.Dataset, n *dataset.Nav) navigationType {
	t := navigationType{name: n.Name, to: n.Target().Singular, many: n.Many, partner: n.Back, annotations: []annotation{described(n.Description)}}
	if !n.Many {
		t.on, t.nullable = n.On, true
		t.partner = backOf(d, n)
	}
	return t
}

// backOf finds the reference to many whose way back a reference to one is.
func backOf(d *dataset.Dataset, n *dataset.Nav) string {
	for i := range n.Target().Navs {
		if o := &n.Target().Navs[i]; o.To == d.Name && o.Back == n.Name {
			return o.Name
		}
	}
	return ""
}

func setOf(d *dataset.Dataset) entitySet {
	s := entitySet{name: d.Name, of: d.Singular}
	for i := range d.Navs {
		s.bindings = append(s.bindings, [2]string{d.Navs[i].Name, d.Navs[i].To})
	}
	no := func(term, property string) annotation {
		return annotation{term: "Capabilities." + term, value: record{{property, false}}}
	}
	yes := func(term, property string) annotation {
		return annotation{term: "Capabilities." + term, value: record{{property, true}}}
	}
	s.annotations = []annotation{described(d.Title + ". " + d.Description), yes("FilterRestrictions", "Filterable"), yes("SortRestrictions", "Sortable"), yes("CountRestrictions", "Countable"),
		yes("SearchRestrictions", "Searchable"), yes("ExpandRestrictions", "Expandable"), yes("ChangeTracking", "Supported"), {term: "Capabilities.TopSupported", value: true},
		{term: "Capabilities.SkipSupported", value: true}, {term: "Capabilities.IndexableByKey", value: true}, no("InsertRestrictions", "Insertable"), no("UpdateRestrictions", "Updatable"), no("DeleteRestrictions", "Deletable")}
	if !slices.ContainsFunc(d.Columns, func(c dataset.Column) bool { return c.Texts }) {
		i := slices.IndexFunc(s.annotations, func(a annotation) bool { return a.term == "Capabilities.SearchRestrictions" })
		s.annotations[i] = no("SearchRestrictions", "Searchable")
	}
	return s
}

// functions are those of filters.
var functions = []any{"contains", "startswith", "endswith", "indexof", "length", "substring", "tolower", "toupper", "trim", "concat", "matchesPattern",
	"year", "month", "day", "hour", "minute", "second", "fractionalseconds", "date", "now", "mindatetime", "maxdatetime", "totaloffsetminutes", "round", "floor", "ceiling", "cast"}

// capabilities says what the service can do.
func capabilities() []annotation {
	return []annotation{
		described("Everything that the catalogue of datasets has, as far as the caller may see it. It is read; mutations are sent to /graphql."),
		{term: "Capabilities.ConformanceLevel", value: member("Capabilities.ConformanceLevelType/Advanced")},
		{term: "Capabilities.SupportedFormats", value: []any{"application/json;metadata=minimal;IEEE754Compatible=false", "application/json;metadata=none", "application/json;metadata=full"}},
		{term: "Capabilities.SupportedMetadataFormats", value: []any{"application/xml", "application/json"}},
		{term: "Capabilities.AcceptableEncodings", value: []any{"zstd", "gzip", "identity"}},
		{term: "Capabilities.FilterFunctions", value: functions},
		{term: "Capabilities.BatchSupported", value: true},
		{term: "Capabilities.BatchSupport", value: record{{"Supported", true}, {"ContinueOnErrorSupported", true}, {"ReferencesInRequestBodiesSupported", false},
			{"ReferencesAcrossChangeSetsSupported", false}, {"EtagReferencesSupported", false}, {"SupportedFormats", []any{"application/json"}}}},
		{term: "Capabilities.BatchContinueOnErrorSupported", value: true},
		{term: "Capabilities.KeyAsSegmentSupported", value: true},
		{term: "Capabilities.CrossJoinSupported", value: false},
	}
}
