package graph_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/auth"
	"pmograph/internal/state"
)

// allowed are the elements of the contract that show no column of the record and change none: what they are made from is covered, or they are
// the same for everybody. At most fifteen, each with its reason.
var allowed = []struct {
	what *regexp.Regexp
	why  string
}{
	{regexp.MustCompile(`\((first|last|after|before|afterNumber)\)$|^(PageInfo|JournalPageInfo)\.|(Connection|Edge)\.(totalCount|pageInfo|edges|nodes|cursor|node)$`), "pages are cut from visible rows; a cursor holds the place in their order"},
	{regexp.MustCompile(`\((knownAt|asOf|from|to|grain|by|method|initial|first|overAllocated|order|kinds|filter)\)$|^KnownAt\.|Order\.(by|direction)$`), "which record, which days, in which order of visible values: each value is a question to the view"},
	{regexp.MustCompile(`\((id|ids|path|node|scope)\)$`), "a name is a request: it is resolved in the viewer's sight"},
	{regexp.MustCompile(`Payload\.|^FieldError\.|^Import(Report|Count|Error)\.`), "what a mutation did, shown through the view of its actor"},
	{regexp.MustCompile(`^(Change|PortfolioChange|FieldChange|JournalEntry|JournalConnection|JournalEdge)\.|\.journal$`), "entries are shown by View.Fields: changes of visible rows, closed columns withheld"},
	{regexp.MustCompile(`^Subscription\.|Event\.`), "a stream asks anew with the rights of the moment, and tells what would be answered"},
	{regexp.MustCompile(`^(Figure|Explanation|ExplainInput|Contributor|Coverage)\.`), "a figure declares the classes of all its inputs; one that is closed makes it NOT_VISIBLE"},
	{regexp.MustCompile(`^(Rollup|DataAge|[A-Za-z]*(Share|Counts|Totals|Amounts)|CategoryCost|MonthCost|EarnedValue|EarnedSchedule|KpiValue|KpiPoint|KpiBreach)\.|\.(rollup|cost|earnedValue|kpis)$|^(Dataset[A-Za-z]*|Aggregate[A-Za-z]*)\.|^Query\.(datasets|aggregate)|^SavedQuery(Filter\.dataset|\.run)`), "made of figures of visible rows, or of visible rows whose closed columns are withheld before anything is done with them"},
	{regexp.MustCompile(`^(ComputedHealth|HealthDimension)\.|^(Project\.(baselineFinish|computedHealth|confidence|health|reporting|slip)|Milestone\.(baselineDate|slip)|ActionItem\.overdue|Baseline\.bac|Amount\.(reason|value)|Portfolio\.currency|FeedKey\.lastUsedAt|Webhook\.(deadLetters|delivery)|(Delivery|DeadLetter)\.\w+|RegisteredDocument\.problem)$`), "follows from visible rows of the thing and from settings that all share"},
	{regexp.MustCompile(`^(Load|LoadRow|CapacityMap|BookedTeam|OverAllocation)\.|\.(load|team|capacity)$|^CapacityFilter\.`), "people's time is opened in one place, to whoever may know all people it is about, else in units of five: figures of load"},
	{regexp.MustCompile(`^(Viewer|ViewerNode|ViewerRole|Claim)\.|^Query\.viewer$|\.(viewerCan|permissions)$`), "what the viewer himself is, and may do with what he sees"},
	{regexp.MustCompile(`^AccessEntry\.|^Query\.accessLog$`), "the journal of access lies beside the record; it is read by who audits the whole organisation"},
	{regexp.MustCompile(`^Node\.|^Query\.(node|nodes)$`), "an interface: the row of the thing's own entity counts"},
	{regexp.MustCompile(`^CalendarException\.`), "lies in a column of work_calendars, which all share"},
	{regexp.MustCompile(`Filter\.(text|top|portfolio|asOf|from|to|everywhere|active|health|confidence|reporting|code|definition|source|status)$|\((states|open)\)$`), "a condition on what the viewer sees of visible rows: none on a guarded column, see TestFiltersTouchNothingGuarded"},
}

// covering tells by which row of the policy an element of the contract is covered.
type covering struct {
	schema  *ast.Schema
	types   map[string]string // entity by type
	columns map[string]bool   // Type.field of exposed columns
	inputs  map[string]bool   // input types of mutations, and what lies in them
}

func newCovering(s *ast.Schema) *covering {
	c := &covering{s, map[string]string{}, map[string]bool{}, map[string]bool{}}
	for column, where := range exposed {
		if strings.HasPrefix(where, "-") {
			continue
		}
		typ, path, _ := strings.Cut(where, ".")
		table, _, _ := strings.Cut(column, ".")
		if _, ok := auth.EntityOf(table); ok {
			c.types[typ] = table
		}
		for name := range strings.SplitSeq(path, ".") {
			c.columns[typ+"."+name] = true
			typ = s.Types[typ].Fields.ForName(name).Type.Name()
		}
	}
	for _, f := range s.Mutation.Fields {
		if _, ok := auth.ActionOf(f.Name); ok {
			c.input(f.Arguments[0].Type.Name())
		}
	}
	return c
}

func (c *covering) input(name string) {
	if d := c.schema.Types[name]; d.Kind == ast.InputObject && !c.inputs[name] {
		c.inputs[name] = true
		for _, f := range d.Fields {
			c.input(f.Type.Name())
		}
	}
}

// row tells whether an element is covered by the policy: by the entity or the column it shows, or by the mutation it is of.
func (c *covering) row(on *ast.Definition, f *ast.FieldDefinition) bool {
	of := c.schema.Types[f.Type.Name()]
	switch {
	case c.inputs[on.Name], on == c.schema.Mutation: // the draft asks for each changed column
		return true
	case c.columns[on.Name+"."+f.Name]:
		return true
	case c.types[on.Name] != "" && slices.ContainsFunc(mapped(everywhere), func(name string) bool { return name == f.Name }):
		return true
	case strings.HasSuffix(on.Name, "Filter"): // a condition on a column that is shown, or on a node that has to be seen
		typ := strings.TrimSuffix(on.Name, "Filter")
		return c.columns[typ+"."+f.Name] || c.columns[typ+"."+strings.TrimSuffix(f.Name, "Id")]
	}
	return c.shows(of)
}

// shows tells whether a type is an entity's, or a list of one.
func (c *covering) shows(of *ast.Definition) bool {
	name := strings.TrimSuffix(strings.TrimSuffix(of.Name, "Connection"), "Edge")
	return c.types[name] != ""
}

func mapped(m map[string]string) (list []string) {
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

// Every element of the contract is covered by a row of the policy, through the entity and column it shows or the mutation it is of, or it is
// allowed for a reason: what is added needs one or the other.
func TestEveryElementIsCoveredByThePolicy(t *testing.T) {
	s := contract()
	c := newCovering(s)
	used := make([]int, len(allowed))
	byRow, uncovered := 0, []string{}
	judge := func(name string, ok bool) {
		if ok {
			byRow++
			return
		}
		for i, a := range allowed {
			if a.what.MatchString(name) {
				used[i]++
				return
			}
		}
		uncovered = append(uncovered, name)
	}
	for name, d := range s.Types {
		if d.BuiltIn || strings.HasPrefix(name, "__") || d.IsLeafType() {
			continue
		}
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			judge(name+"."+f.Name, c.row(d, f))
			for _, a := range f.Arguments {
				of := s.Types[a.Type.Name()]
				judge(name+"."+f.Name+"("+a.Name+")", of.Kind == ast.InputObject && of.Name != "KnownAt" || d == s.Mutation)
			}
		}
	}
	slices.Sort(uncovered)
	for _, name := range uncovered {
		t.Errorf("%s is covered by no row of the policy and is not allowed", name)
	}
	for i, a := range allowed {
		if used[i] == 0 || len(a.why) < 20 {
			t.Errorf("%s allows nothing, or has no reason", a.what)
		}
	}
	if len(allowed) > 15 {
		t.Errorf("%d kinds of element are allowed", len(allowed))
	}
	for _, d := range state.Tables {
		if !slices.Contains(mapped(c.types), d.Name) {
			t.Errorf("%s is shown nowhere", d.Name)
		}
	}
	t.Logf("%d elements by rows of the policy, %v by %d reasons", byRow, used, len(allowed))
}

// No rule lives in a directive: those there are say what a field costs, and nothing runs for them.
func TestDirectivesDecideNothing(t *testing.T) {
	text, err := os.ReadFile("../gqlgen.yml")
	must(err)
	for name, d := range contract().Directives {
		if d.Position.Src.BuiltIn {
			continue
		}
		if !strings.Contains(string(text), name+": {skip_runtime: true}") {
			t.Errorf("@%s may run", name)
		}
	}
}
