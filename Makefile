# One place says how Go builds here. Mixed settings would compile everything twice.
export GOFLAGS := -trimpath -buildvcs=false
export CGO_ENABLED := 0

# The dashboard is rebuilt when one of its own files is newer than what was built last.
WEB_SOURCES := $(shell find web -type f -not -name '*.go' -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
WEB_MODULES := web/node_modules/.package-lock.json
WEB_BUILT   := web/node_modules/.built

# make build VERSION=1.2.3 names a release.
LDFLAGS := -s -w $(if $(VERSION),-X main.version=$(VERSION))

# The tests of make test-faults; the short form of each runs in make test.
FAULTS := Storm|OlderCopy|Withdrawn|Clock|ByHand|Culprit|End$$|Pooler|Import|Kill|Stopped|Terminated|Versions|Replicas|Outage|Chaos

.DEFAULT_GOAL := help
.PHONY: help demo test test-faults check build web generate migrate bench bench-peers bench-live bench-build bench-hostile lint format tools-test web-check clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## Start the server with sample portfolios in .demo (flags: make demo ARGS="--addr :9000")
	bin/pmo demo --data .demo $(ARGS)

test: ## Run everything, with PostgreSQL and Chromium (installs what is missing when run as root)
	scripts/setup.sh
	@$(MAKE) --no-print-directory web web-check tools-test
	go vet ./...
	scripts/generated.sh
	go test -count=1 -timeout 30m ./...
	scripts/race.sh
	scripts/fuzz.sh 90

test-faults: ## Break everything for some ten minutes: kill, stop, cut, restart, swap; 0 lost, 0 doubled
	scripts/setup.sh
	PMO_FAULTS=long go test -count=1 -timeout 60m -v -run '$(FAULTS)' ./internal/journal/faulttest ./cmd/pmo

check: format ## The quick gate before a commit: format, vet, lint, generated code, unit tests
	go vet ./...
	@$(MAKE) --no-print-directory lint
	scripts/generated.sh
	go test ./internal/archtest
	go test -short ./...

build: web ## Build bin/pmo
	go build -ldflags "$(LDFLAGS)" -o bin/pmo ./cmd/pmo

web: ## Build the dashboard and GraphiQL, where Node.js 20.19 or newer is installed
	@if ! scripts/has-node.sh; then \
	  echo "web: no Node.js 20.19 or newer; /graphiql will say how to get it, everything else works"; \
	else test -f web/dist/index.html || rm -f $(WEB_BUILT); $(MAKE) --no-print-directory $(WEB_BUILT); fi

generate: ## Write all generated code anew
	go generate ./...

migrate: ## Write a new migration for both databases (make migrate name=add_risk)
	@test -n "$(name)" || { echo 'migrate: give the migration a name: make migrate name=add_risk' >&2; exit 2; }
	go run ./ent/migrate/write $(name)

bench: ## Run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

bench-peers: ## Measure beside a hand-written limit and PostGraphile, where the shared comparison is
	scripts/bench-peers.sh

bench-live: ## Measure subscribers beside the limit (WORK=DIR keeps the cluster)
	ROUNDS=$${ROUNDS:-3} PEERS= WORKLOADS= EXTRA=live scripts/bench-peers.sh

bench-hostile: ## Attack a server of its own beside ordinary questions
	scripts/bench-hostile.sh

bench-build: ## Measure generated lines, a cold build and its memory
	scripts/bench-build.sh

lint: ## Run the linters of .golangci.yml (the first time builds them, some minutes)
	go tool -modfile=tools/go.mod golangci-lint run ./...

clean: ## Remove what was built, and the demo's data
	rm -rf bin .demo web/node_modules

# From here on: steps of the targets above.

format:
	@unformatted=$$(find . -name '*.go' -not -path './web/node_modules/*' -print0 | xargs -0 gofmt -l); \
	test -z "$$unformatted" || { printf 'not formatted, run gofmt -w:\n%s\n' "$$unformatted" >&2; exit 1; }

web-check:
	@if scripts/has-node.sh; then cd web && npm run check; fi

tools-test:
	cd tools && go test ./...

$(WEB_MODULES): web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

$(WEB_BUILT): $(WEB_MODULES) $(WEB_SOURCES)
	cd web && npm run build
	@touch $@
