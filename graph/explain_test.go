package graph_test

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"math/big"
	"strings"
	"testing"
)

// recompute finds every figure in an answer and computes it again from what its explanation says, with Go's own parser and exact
// constants. It gives the number of figures that had a value.
func recompute(t testing.TB, v any) (n int) {
	t.Helper()
	switch x := v.(type) {
	case []any:
		for _, y := range x {
			n += recompute(t, y)
		}
	case map[string]any:
		if x["explain"] != nil && x["coverage"] != nil {
			n += recomputeOne(t, x)
		}
		for _, y := range x {
			n += recompute(t, y)
		}
	}
	return n
}

func exact(text any) constant.Value {
	num, den, isRatio := strings.Cut(fmt.Sprint(text), "/")
	v := constant.MakeFromLiteral(strings.TrimPrefix(num, "-"), token.FLOAT, 0)
	if strings.HasPrefix(num, "-") {
		v = constant.UnaryOp(token.SUB, v, 0)
	}
	if isRatio {
		v = constant.BinaryOp(v, token.QUO, constant.MakeFromLiteral(den, token.FLOAT, 0))
	}
	return v
}

func evaluate(e ast.Expr, of map[string]constant.Value) (v constant.Value, ok bool) {
	switch x := e.(type) {
	case *ast.Ident:
		v, ok = of[x.Name]
		return v, ok
	case *ast.ParenExpr:
		return evaluate(x.X, of)
	case *ast.BinaryExpr:
		a, ok1 := evaluate(x.X, of)
		b, ok2 := evaluate(x.Y, of)
		if !ok1 || !ok2 || x.Op == token.QUO && constant.Sign(b) == 0 {
			return nil, false
		}
		return constant.BinaryOp(a, x.Op, b), true
	}
	return nil, false
}

func rational(v constant.Value) *big.Rat {
	r, ok := new(big.Rat).SetString(constant.Num(v).ExactString() + "/" + constant.Denom(v).ExactString())
	if !ok {
		panic(v.ExactString())
	}
	return r
}

var zeroDigits = map[string]bool{"JPY": true}

func display(f map[string]any, v constant.Value) string {
	switch f["unit"] {
	case "RATIO", "MONTHS", "HOURS", "FTE":
		return halfEven(rational(v), 6)
	case "MONEY":
		if !zeroDigits[fmt.Sprint(f["currency"])] {
			return halfEven(rational(v), 2)
		}
		return halfEven(rational(v), 0)
	}
	if !rational(v).IsInt() {
		return halfEven(rational(v), 6)
	}
	return halfEven(rational(v), 0)
}

func recomputeOne(t testing.TB, f map[string]any) int {
	t.Helper()
	text := fmt.Sprint(at(f, "explain", "formula"))
	e, err := parser.ParseExpr(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	inputs := map[string]constant.Value{}
	for _, in := range at(f, "explain", "inputs").([]any) {
		if at(in, "value") != nil {
			inputs[fmt.Sprint(at(in, "name"))] = exact(at(in, "value"))
		}
	}
	v, ok := evaluate(e, inputs)
	if f["value"] == nil {
		if f["reason"] == nil {
			t.Errorf("neither value nor reason: %v", f)
		}
		if f["reason"] == "NOT_VISIBLE" && (len(inputs) > 0 || len(at(f, "explain", "contributors").([]any)) > 0) {
			t.Errorf("a figure that is not visible explains itself: %v", f)
		}
		if ok && f["reason"] != "NO_MEASUREMENT" && f["reason"] != "NO_SAMPLE" && f["reason"] != "NO_BASELINE" && f["reason"] != "BUDGET_EXHAUSTED" && f["reason"] != "COMPLETE" {
			t.Errorf("%s has the reason %v, yet the formula gives %s", text, f["reason"], v)
		}
		return 0
	}
	if !ok {
		t.Errorf("%s cannot be computed from %v, yet the value is %v", text, inputs, f["value"])
		return 0
	}
	if got := display(f, v); got != f["value"] {
		t.Errorf("%s of %v is %s, the answer says %v", text, inputs, got, f["value"])
	}
	for _, c := range at(f, "explain", "contributors").([]any) {
		effect(t, f, e, v, inputs, c)
	}
	return 1
}

// effect checks that leaving a contributor out changes the value by its effect. A greatest value is not a sum: there only the others tell.
func effect(t testing.TB, f map[string]any, e ast.Expr, v constant.Value, inputs map[string]constant.Value, c any) {
	t.Helper()
	if _, greatest := inputs["worst_slip"]; greatest || f["unit"] == "WORKING_DAYS" {
		return
	}
	without := map[string]constant.Value{}
	for name, x := range inputs {
		without[name] = x
	}
	for _, p := range at(c, "inputs").([]any) {
		name := fmt.Sprint(at(p, "name"))
		without[name] = constant.BinaryOp(without[name], token.SUB, exact(at(p, "value")))
	}
	rest, ok := evaluate(e, without)
	if !ok {
		if at(c, "effect") != nil {
			t.Errorf("without %v there is no value, yet the effect is %v", at(c, "node", "id"), at(c, "effect"))
		}
		return
	}
	if want := display(f, constant.BinaryOp(v, token.SUB, rest)); want != at(c, "effect") {
		t.Errorf("leaving out %v changes the value by %s, the answer says %v", at(c, "node", "id"), want, at(c, "effect"))
	}
}
