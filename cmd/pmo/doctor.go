package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"
)

type doctorCommand struct {
	serving
	Backups string `help:"Directory of backups, whose newest is to be a day old at most." type:"path" placeholder:"DIR"`
	JSON    bool   `help:"Print the findings as JSON."`
}

// verdict is what a check came to.
type verdict string

// The verdicts, from best to worst.
const (
	ok   verdict = "ok"
	warn verdict = "warn"
	bad  verdict = "bad"
)

// finding is one line of the doctor's.
type finding struct {
	Check   string  `json:"check"`
	Verdict verdict `json:"verdict"`
	Says    string  `json:"says"`
	Do      string  `json:"do,omitempty"` // what to do about it
}

// doctor looks at what serve would use. It changes nothing.
type doctor struct {
	*doctorCommand
	now   time.Time
	found []finding
}

func (d *doctor) say(v verdict, check, do, format string, args ...any) {
	if v == ok {
		do = ""
	}
	d.found = append(d.found, finding{check, v, fmt.Sprintf(format, args...), do})
}

// judge says one thing if something is wrong and another if it is right.
func (d *doctor) judge(wrong bool, v verdict, check, does, says, do string) {
	if wrong {
		d.say(v, check, do, "%s", says)
	} else {
		d.say(ok, check, "", "%s", does)
	}
}

// exit is an exit code whose reason was printed.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// Run examines and prints.
func (c *doctorCommand) Run(ctx context.Context) error {
	c.dir = c.Data
	d := &doctor{doctorCommand: c, now: time.Now()}
	d.examine(ctx)
	if err := d.print(os.Stdout); err != nil {
		return err
	}
	if code := d.code(); code != 0 {
		return exit(code)
	}
	return nil
}

func (d *doctor) examine(ctx context.Context) {
	d.files()
	d.keys()
	d.network()
	d.certificate()
	d.issuers(ctx)
	d.mail(ctx)
	d.waking(ctx)
	d.machine()
	d.backups()
	if d.Database != "" {
		d.postgres(ctx)
	} else {
		d.sqlite(ctx)
	}
	d.record(ctx)
	d.accessLog(ctx)
}

func (d *doctor) code() (code int) {
	for _, f := range d.found {
		code = max(code, map[verdict]int{ok: 0, warn: 1, bad: 2}[f.Verdict])
	}
	return code
}

func (d *doctor) print(out io.Writer) error {
	if d.JSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(d.found)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range d.found {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Verdict, f.Check, f.Says)
		if f.Do != "" {
			fmt.Fprintf(w, "\t\t→ %s\n", f.Do)
		}
	}
	return w.Flush()
}
