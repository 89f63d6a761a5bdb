package main

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/budget"
	"pmograph/internal/edge"
	"pmograph/internal/journal"
	"pmograph/internal/vocab"
)

// limiting says how much may be asked for.
type limiting struct {
	Budget       []string `help:"Points for a role, as ROLE=REQUEST/BUCKET/REFILL: at most for one request, at once, and back each second; a point is 100 values, 0 sets no limit, and of several roles the largest counts. ANY is everybody; repeat for more." default:"${budgets}" env:"PMO_BUDGET" placeholder:"ROLE=N/N/N"`
	MaxTokens    int      `help:"Tokens of a document that is not registered." default:"1000" env:"PMO_MAX_TOKENS" placeholder:"N"`
	MaxDepth     int      `help:"Fields within one another in a document." default:"16" env:"PMO_MAX_DEPTH" placeholder:"N"`
	MaxAliases   int      `help:"Aliases in a document." default:"30" env:"PMO_MAX_ALIASES" placeholder:"N"`
	MaxRoots     int      `help:"Fields at the root of an operation, mutations among them." default:"10" env:"PMO_MAX_ROOTS" placeholder:"N"`
	MaxRunning   int      `help:"Questions answered at a time; without it four for each processor." env:"PMO_MAX_RUNNING" placeholder:"N"`
	MaxStreams   int      `help:"WebSockets and event streams that a user may have open at a time." default:"50" env:"PMO_MAX_STREAMS" placeholder:"N"`
	MaxQueryKiB  int64    `help:"Size of a GraphQL request in KiB." default:"256" env:"PMO_MAX_QUERY_KIB" placeholder:"N"`
	MaxUploadMiB int64    `help:"Size of an import in MiB." default:"50" env:"PMO_MAX_UPLOAD_MIB" placeholder:"N"`

	MaxExportsMiB int64 `name:"max-exports-mib" help:"Disk in MiB for exports that are kept for an hour, to be sent in parts." default:"4096" env:"PMO_MAX_EXPORTS_MIB" placeholder:"N"`
}

const (
	usualBudgets   = "ANY=1000/10000/200,SERVICE=5000/100000/2000"
	anybody        = "ANY"
	runningPerCore = 4
	maxWriting     = 256
	maxPrincipals  = 100_000 // whose budgets are kept, a hundred bytes each
)

// rates reads the budgets.
func (l limiting) rates() (map[vocab.Role]budget.Rate, error) {
	rates := map[vocab.Role]budget.Rate{}
	texts := l.Budget
	if len(texts) == 0 {
		texts = strings.Split(usualBudgets, ",")
	}
	for _, text := range texts {
		name, numbers, ok := strings.Cut(text, "=")
		parts := strings.Split(numbers, "/")
		role, err := vocab.Parse[vocab.Role](strings.ToUpper(name))
		if strings.EqualFold(name, anybody) {
			role, err = anybody, nil
		}
		var n [3]int
		for i := range parts {
			if ok = ok && len(parts) == len(n) && err == nil; ok {
				n[i], err = strconv.Atoi(parts[i])
				ok = n[i] >= 0
			}
		}
		if !ok || err != nil {
			return nil, usage(fmt.Sprintf("--budget: %q is not ROLE=REQUEST/BUCKET/REFILL with a role and whole numbers", text))
		}
		if n[1] > 0 && (n[0] == 0 || n[0] > n[1]) {
			return nil, usage(fmt.Sprintf("--budget: %q allows a request more than the bucket holds", text))
		}
		rates[role] = budget.Rate{Request: n[0], Bucket: n[1], Refill: n[2]}
	}
	if _, ok := rates[anybody]; !ok {
		return nil, usage("--budget: say what ANY may spend, as ANY=1000/10000/200")
	}
	return rates, nil
}

// largest gives the larger of two rates; without a limit is larger than any.
func largest(a, b budget.Rate) budget.Rate {
	more := func(a, b int) int {
		if a == 0 || b == 0 {
			return 0
		}
		return max(a, b)
	}
	return budget.Rate{Request: more(a.Request, b.Request), Bucket: more(a.Bucket, b.Bucket), Refill: max(a.Refill, b.Refill)}
}

// budgets give each principal of a record what his roles allow.
func (l limiting) budgets(j *journal.Journal, now func() time.Time) (*graph.Budgets, error) {
	rates, err := l.rates()
	if err != nil {
		return nil, err
	}
	running := l.MaxRunning
	if running <= 0 {
		running = runningPerCore * runtime.GOMAXPROCS(0)
	}
	return &graph.Budgets{
		Buckets: &budget.Buckets[graph.Principal]{Max: maxPrincipals, Now: now},
		Running: &budget.Gate[graph.Principal]{Slots: running, Queue: 8 * running},
		Writing: &budget.Gate[graph.Principal]{Slots: maxWriting, Queue: maxWriting},
		Rate: func(id auth.Identity) budget.Rate {
			rate := rates[anybody]
			for _, role := range j.Latest().Roles(id, vocab.DateOf(now())) {
				if r, ok := rates[role]; ok {
					rate = largest(rate, r)
				}
			}
			return rate
		},
	}, nil
}

// documents are the limits of documents.
func (l limiting) documents() graph.Limits {
	d := graph.DefaultLimits
	d.Tokens, d.Depth, d.Aliases, d.RootFields = given(l.MaxTokens, d.Tokens), given(l.MaxDepth, d.Depth), given(l.MaxAliases, d.Aliases), given(l.MaxRoots, d.RootFields)
	return d
}

// requests are the limits of requests.
func (l limiting) requests(now func() time.Time) edge.Limits {
	e := edge.DefaultLimits(now)
	e.Query, e.Upload = given(l.MaxQueryKiB<<10, e.Query), given(l.MaxUploadMiB<<20, e.Upload)
	return e
}

func given[N int | int64](n, otherwise N) N {
	if n <= 0 {
		return otherwise
	}
	return n
}
