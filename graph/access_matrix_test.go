package graph_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/graph/plan/plantest"
	"pmograph/internal/accesstest"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// overheard is a record whose mutations are overheard.
type overheard struct {
	*journal.Journal
	mu   sync.Mutex
	last state.Decision
}

func (o *overheard) Do(ctx context.Context, id auth.Identity, dec state.Decision, m journal.Meta) (journal.Outcome, error) {
	o.mu.Lock()
	o.last = dec
	o.mu.Unlock()
	return o.Journal.Do(ctx, id, dec, m)
}

// matrix is the office behind every transport, and what the oracle knows of it.
type matrix struct {
	office *accesstest.Office
	door   *overheard
	h      http.Handler
	srv    *httptest.Server
	org    *accesstest.Org
	held   [][]accesstest.Held
	users  []int64
	in     []bool
	cells  map[string]int
	at     time.Time
	errs   int
}

func officeIn(h *house) *accesstest.Office {
	o := accesstest.NewOffice()
	h.do("import", func(d *state.Draft) error { o.Put(d); return nil })
	h.do("import", func(d *state.Draft) error { // what can be deleted: nothing hangs on it
		p := state.Portfolios.New(d)
		p.Code, p.Name, p.Lifecycle, p.ParentID = "E", "Empty", vocab.PortfolioLifecycleActive, ptr(int64(1))
		must(state.Portfolios.Put(d, p))
		g := state.Programs.New(d)
		g.Code, g.Name, g.Lifecycle, g.PortfolioID = "E", "Empty", vocab.PortfolioLifecycleActive, 1
		must(state.Programs.Put(d, g))
		r := state.Resources.New(d)
		r.Code, r.Kind, r.RoleName, r.ContractShare, r.TeamID = "E", vocab.ResourceKindPlaceholder, "Engineer", 1000, ptr(int64(1))
		must(state.Resources.Put(d, r))
		m := state.Milestones.New(d)
		m.ProjectID, m.Name, m.State, m.Weight = 1, "Empty", vocab.MilestoneStatePlanned, 1
		return state.Milestones.Put(d, m)
	})
	return o
}

func newMatrix(t testing.TB) *matrix { return newMatrixOn(t, newHouse(t), now) }

func newMatrixOn(t testing.TB, h *house, at time.Time) *matrix {
	o := officeIn(h)
	m := &matrix{office: o, door: &overheard{Journal: h.j}, org: accesstest.Read(h.j.Latest()), cells: map[string]int{}, at: at}
	names := map[string]auth.Identity{}
	for _, a := range o.Actors {
		held, user, in := m.org.Holds(a.ID, vocab.DateOf(at))
		m.held, m.users, m.in = append(m.held, held), append(m.users, user), append(m.in, in)
		names[a.Name] = a.ID
	}
	s := graph.NewServer(m.door, graph.Options{Log: slog.New(slog.DiscardHandler), Verify: func(_ context.Context, token string) (auth.Identity, error) { return names[token], nil }})
	m.h, m.srv = s, httptest.NewServer(s)
	t.Cleanup(func() { s.Stop(context.Background()); m.srv.Close() })
	return m
}

// reply is what an operation was answered with, whatever way it came.
type reply struct {
	Data   map[string]any
	Errors []struct {
		Extensions struct{ Code string }
	}
}

// refused tells whether a mutation was, by errors of the request or of the payload.
func (r reply) refused() bool {
	for _, p := range r.Data {
		if list, ok := at(p, "errors").([]any); ok && len(list) == 0 && len(r.Errors) == 0 {
			return false
		}
	}
	return true
}

func decoded(raw []byte) (r reply) {
	must(json.Unmarshal(raw, &r))
	return r
}

// by asks on a way.
func (m *matrix) by(way string, actor int, line *websocket.Conn, query string) (reply, int) {
	id := m.office.Actors[actor].ID
	switch way {
	case "POST", "GET":
		a := pose(m.h, id, "", plantest.Request{Query: query, Get: way == "GET"})
		return decoded(a.Body), a.Status
	case "WS":
		return overLine(line, query), http.StatusOK
	}
	r := request(plantest.Request{Query: query})
	r.Header.Set("Accept", "text/event-stream")
	ctx, cancel := context.WithCancel(graph.WithIdentity(r.Context(), id))
	defer cancel()
	w := &firstEvent{ResponseRecorder: httptest.NewRecorder(), got: cancel}
	m.h.ServeHTTP(w, r.WithContext(ctx))
	for s := bufio.NewScanner(bytes.NewReader(w.Body.Bytes())); s.Scan(); {
		if data, ok := strings.CutPrefix(s.Text(), "data: "); ok && strings.HasPrefix(data, "{") {
			return decoded([]byte(data)), w.Code
		}
	}
	return decoded(w.Body.Bytes()), w.Code
}

// firstEvent ends a stream once there is an event.
type firstEvent struct {
	*httptest.ResponseRecorder
	got context.CancelFunc
}

func (f *firstEvent) Flush() {
	if f.ResponseRecorder.Flush(); bytes.Contains(f.Body.Bytes(), []byte("data: {")) {
		f.got()
	}
}

func (f *firstEvent) Unwrap() http.ResponseWriter { return nil }

// dial opens a WebSocket for somebody; nil if he is not let in.
func (m *matrix) dial(t testing.TB, actor int) *websocket.Conn {
	c, res, err := websocket.Dial(t.Context(), m.srv.URL, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	must(err)
	if res.Body != nil {
		must(res.Body.Close())
	}
	must(wsjson.Write(t.Context(), c, map[string]any{"type": "connection_init", "payload": map[string]any{"Authorization": "Bearer " + m.office.Actors[actor].Name}}))
	var ack struct{ Type string }
	if err := wsjson.Read(t.Context(), c, &ack); err != nil || ack.Type != "connection_ack" {
		return nil
	}
	c.SetReadLimit(1 << 20)
	return c
}

var asked atomic.Int64 // over WebSockets

// overLine asks over a WebSocket, and gives the first answer.
func overLine(c *websocket.Conn, query string) reply {
	ctx, id := context.Background(), fmt.Sprint(asked.Add(1))
	must(wsjson.Write(ctx, c, map[string]any{"id": id, "type": "subscribe", "payload": map[string]any{"query": query}}))
	var first *reply
	for {
		var msg struct {
			ID, Type string
			Payload  json.RawMessage
		}
		if must(wsjson.Read(ctx, c, &msg)); msg.ID != id {
			continue // of a stream that was left
		}
		switch msg.Type {
		case "next":
			if first == nil {
				r := decoded(msg.Payload)
				first = &r
				if strings.HasPrefix(query, "subscription") {
					must(wsjson.Write(ctx, c, map[string]any{"id": id, "type": "complete"}))
					return *first
				}
			}
		case "error":
			var r reply
			must(json.Unmarshal(msg.Payload, &r.Errors))
			return r
		case "complete":
			return *first
		}
	}
}

// mayDo says by the oracle who may do what a decision does.
func (m *matrix) mayDo(t testing.TB, dec state.Decision, input string) func(actor int) bool {
	if strings.HasPrefix(dec.Action, "viewer") || strings.HasPrefix(dec.Action, "savedQuery") { // of himself, whoever is let in and sees anything
		return func(actor int) bool {
			about := dec.Action != "viewerMailSet" || !strings.Contains(input, "project-1") || m.org.Sees(m.held[actor], "projects", m.org.Rows("projects")[1])
			own := dec.Action != "viewerMailDelete" && dec.Action != "savedQueryUpdate" && dec.Action != "savedQueryDelete" || m.office.Actors[actor].Name == "admin@organisation"
			return m.in[actor] && about && own && accesstest.Anywhere(m.held[actor]).Has(accesstest.Of("read"))
		}
	}
	d, err := state.NewDraft(m.door.Latest(), auth.Machine("test"), dec.Action, m.at, vocab.DateOf(m.at))
	must(err)
	must(dec.Run(d))
	must(d.Finish(nil))
	is, list := m.org, []accesstest.Change{}
	for _, c := range d.Changes() {
		for one := range c.Each() {
			x := accesstest.Change{Table: one.Table.Name, Before: one.Before, After: one.After, Action: dec.Action}
			for _, i := range one.Columns {
				x.Columns = append(x.Columns, one.Table.Columns[i].Name)
			}
			id := one.ID
			is, list = is.With(x.Table, id, one.After), append(list, x)
		}
	}
	return func(actor int) bool {
		if !m.in[actor] {
			return false
		}
		if dec.Action == "allocationHoursSet" { // it changes nothing but what follows from it: whoever plans the project may
			a := m.org.Rows("allocations")[1]
			if !m.org.Sees(m.held[actor], "allocations", a) || !m.org.Can(m.held[actor], "allocations", a).Has(accesstest.Of("plan")) {
				return false
			}
		}
		for _, c := range list {
			if !accesstest.May(m.org, is, m.held[actor], c) || !m.org.MayGive(m.office.Actors[actor].ID, vocab.DateOf(m.at), m.users[actor], c) {
				return false
			}
		}
		after, _, in := is.Holds(m.office.Actors[actor].ID, vocab.DateOf(m.at))
		return in && !is.Enlarged(m.held[actor], after)
	}
}

// tried is a mutation that goes well for who may do everything, and who else may do it by the oracle.
type tried struct {
	what, query string
	may         func(int) bool
}

// moves are all mutations of the office, as previews.
func (m *matrix) moves(t testing.TB) (moves []tried) {
	admin := slices.IndexFunc(m.office.Actors, func(a accesstest.Actor) bool { return a.Name == "admin@organisation" })
	for _, name := range slices.Sorted(maps.Keys(officeMoves)) {
		for _, input := range officeMoves[name] {
			input = strings.NewReplacer("2022-05-21T00:00:00Z", m.at.AddDate(0, 1, 0).Format(time.RFC3339), "2022-04-21T00:00:00Z", m.at.Add(12*time.Hour).Format(time.RFC3339)).Replace(input)
			q := "mutation { " + name + "(preview: true, input: { " + input + " }) { errors { path code message } changes { id } } }"
			if r, _ := m.by("POST", admin, nil, q); r.refused() {
				t.Fatalf("%s %s does not go well for who may do everything: %+v", name, input, r)
			}
			moves = append(moves, tried{name + " " + input, q, m.mayDo(t, m.door.last, input)})
		}
	}
	return moves
}

// expect counts a cell.
func (m *matrix) expect(t testing.TB, actor int, way, what string, got, want bool) {
	t.Helper()
	if m.cells[way]++; got != want {
		if m.errs++; m.errs < 25 {
			t.Errorf("%s, by %s, %s: %v, want %v", m.office.Actors[actor].Name, way, what, got, want)
		}
	}
}

var rest = []string{"GET", "WS", "SSE"}

// Everybody in the office asks every question, tries every mutation and opens every stream, by every transport: who gets what is what the
// oracle says.
func TestEverybodyEveryOperationEveryTransport(t *testing.T) {
	m := newMatrix(t)
	step := 1
	if testing.Short() {
		step = 7
	}
	for _, f := range contract().Mutation.Fields {
		if len(officeMoves[f.Name]) == 0 {
			t.Errorf("%s is tried by nobody", f.Name)
		}
	}
	moves := m.moves(t)
	for i := 0; i < len(m.office.Actors); i += step {
		line := m.dial(t, i)
		m.expect(t, i, "WS", "opens", line != nil, m.in[i])
		ways := func(n int) []string {
			if way := rest[(n+i)%3]; line != nil || way != "WS" {
				return []string{"POST", way}
			}
			return []string{"POST"}
		}
		for n, x := range moves {
			for _, way := range ways(n) {
				r, status := m.by(way, i, line, x.query)
				if way == "GET" {
					m.expect(t, i, way, x.what+" is not let through", status == http.StatusMethodNotAllowed, true)
					continue
				}
				m.expect(t, i, way, x.what, !r.refused(), x.may(i))
			}
		}
		m.things(t, i, line, ways)
		m.lists(t, i, line, ways)
		m.streams(t, i, line)
		if line != nil {
			must(line.CloseNow())
		}
	}
	all := 0
	for _, n := range m.cells {
		all += n
	}
	t.Logf("%d people, %d mutations, %d cells %v: %d wrong", len(m.office.Actors), len(moves), all, m.cells, m.errs)
	if all < 10_000 && step == 1 {
		t.Errorf("only %d cells", all)
	}
}

// things asks for every row by its number.
func (m *matrix) things(t testing.TB, actor int, line *websocket.Conn, ways func(int) []string) {
	for n, p := range accesstest.Probes {
		rows := m.org.Rows(p.Desc.Name)
		ids := slices.Sorted(maps.Keys(rows))
		for part := range slices.Chunk(ids, 100) {
			var names []string
			for _, id := range part {
				names = append(names, p.Desc.ID(id))
			}
			text, _ := json.Marshal(names)
			for _, way := range ways(n) {
				r, _ := m.by(way, actor, line, `{ nodes(ids: `+string(text)+`) { id } }`)
				list, _ := r.Data["nodes"].([]any)
				for k, id := range part {
					m.expect(t, actor, way, "sees "+names[k], len(list) > k && list[k] != nil, m.in[actor] && m.org.Sees(m.held[actor], p.Desc.Name, rows[id]))
				}
			}
		}
	}
}

// officeLists are the lists of the contract by entity, each with fields by the class of their columns.
var officeLists = []struct {
	field, table string
	open         map[string]vocab.Class // path of a value that is there in every row of the office
}{
	{"users", "users", map[string]vocab.Class{"subject": vocab.ClassPersonal, "name": vocab.ClassPersonal}}, {"roleAssignments", "role_assignments", nil}, {"feedKeys", "feed_keys", nil}, {"webhooks", "webhooks", nil}, {"tokenRevocations", "token_revocations", nil},
	{"portfolios", "portfolios", nil}, {"programs", "programs", nil}, {"projects", "projects", nil}, {"teams", "teams", nil},
	{"resources", "resources", nil}, {"allocations", "allocations", nil}, {"milestones", "milestones", nil}, {"kpiDefinitions", "kpi_definitions", nil},
	{"costCategories", "cost_categories", nil}, {"rateCards", "rate_cards", nil}, {"tolerances", "tolerances", nil}, {"workCalendars", "work_calendars", nil}, {"exchangeRates", "exchange_rates", nil},
}

// lists asks for every list: which rows there are, and how many; and for what is in their guarded columns.
func (m *matrix) lists(t testing.TB, actor int, line *websocket.Conn, ways func(int) []string) {
	for n, l := range officeLists {
		rows := m.org.Rows(l.table)
		total := "totalCount "
		for _, way := range ways(n) {
			r, _ := m.by(way, actor, line, `{ `+l.field+`(first: 100) { `+total+`nodes { id } } }`)
			shown := map[string]bool{}
			nodes, _ := at(r.Data[l.field], "nodes").([]any)
			for _, x := range nodes {
				shown[at(x, "id").(string)] = true
			}
			seen := 0
			for id, row := range rows {
				if m.in[actor] && m.org.Sees(m.held[actor], l.table, row) {
					seen++
				}
				if len(rows) <= 100 {
					name := accesstest.Desc(l.table).ID(id)
					m.expect(t, actor, way, l.field+" has "+name, shown[name], m.in[actor] && m.org.Sees(m.held[actor], l.table, row))
				}
			}
			count, _ := at(r.Data[l.field], "totalCount").(float64)
			m.expect(t, actor, way, fmt.Sprintf("%s: the count is that of visible rows: %v", l.field, count), int(count) == seen, true)
		}
	}
	for n, x := range []struct{ table, query string }{
		{"users", `{ nodes(ids: %s) { ... on User { value: subject } } }`}, {"resources", `{ nodes(ids: %s) { ... on Resource { value: name } } }`},
		{"resources", `{ nodes(ids: %s) { ... on Resource { value: standardRate { value } } } }`}, {"milestones", `{ nodes(ids: %s) { ... on Milestone { value: budget { value } } } }`},
		{"status_reports", `{ nodes(ids: %s) { ... on StatusReport { value: cost { wholeLife { value } } } } }`}, {"cost_entries", `{ nodes(ids: %s) { ... on CostEntry { value: actual { value } } } }`},
		{"budget_lines", `{ nodes(ids: %s) { ... on BudgetLine { value: amount { value } } } }`}, {"baseline_periods", `{ nodes(ids: %s) { ... on BaselinePeriod { value: amount { value } } } }`},
		{"kpi_measurements", `{ nodes(ids: %s) { ... on KpiMeasurement { value } } }`},
	} {
		class := []vocab.Class{vocab.ClassPersonal, vocab.ClassPersonal, vocab.ClassRate}
		rows := m.org.Rows(x.table)
		ids := slices.Sorted(maps.Keys(rows))
		var names []string
		for _, id := range ids[:min(9, len(ids))] {
			if x.table == "resources" && id == 6 || x.table == "milestones" && id == 5 {
				continue // a placeholder has neither, and an empty milestone none
			}
			names = append(names, accesstest.Desc(x.table).ID(id))
		}
		text, _ := json.Marshal(names)
		of := vocab.ClassMoney
		if n < 3 {
			of = class[n]
		}
		for _, way := range ways(n) {
			r, _ := m.by(way, actor, line, fmt.Sprintf(x.query, text))
			list, _ := r.Data["nodes"].([]any)
			for k, name := range names {
				ref, _ := state.ParseID(name)
				row := rows[ref.ID]
				open := m.in[actor] && m.org.Sees(m.held[actor], x.table, row) && m.org.Opens(m.held[actor], x.table, row, of)
				has := false
				if k < len(list) {
					value := at(list[k], "value")
					inner, figure := value.(map[string]any)
					has = value != nil && (!figure || at(inner, "value") != nil || at(inner, "wholeLife", "value") != nil)
				}
				m.expect(t, actor, way, fmt.Sprintf("class %d of %s is open", of, name), has, open)
			}
		}
	}
}

// streams opens what can be followed.
func (m *matrix) streams(t testing.TB, actor int, line *websocket.Conn) {
	anything := m.in[actor] && accesstest.Anywhere(m.held[actor]) != 0
	for n := range int64(4) {
		q := fmt.Sprintf(`subscription { projectChanged(id: "project-%d", initial: true) { project { id } } }`, n+1)
		sees := m.in[actor] && m.org.Sees(m.held[actor], "projects", m.org.Rows("projects")[n+1])
		for _, way := range []string{"WS", "SSE"} {
			if way == "SSE" || line != nil {
				r, _ := m.by(way, actor, line, q)
				m.expect(t, actor, way, q, at(r.Data["projectChanged"], "project", "id") != nil, sees)
			}
		}
	}
	for _, way := range []string{"WS", "SSE"} {
		if way == "SSE" || line != nil {
			r, _ := m.by(way, actor, line, `subscription { rollupChanged(initial: true) { rollup { projects { total { value } } } } }`)
			m.expect(t, actor, way, "follows what he sees", len(r.Errors) == 0 && r.Data["rollupChanged"] != nil, anything)
		}
	}
}
