# Consent Bridge. `make help` lists the targets; README.md says more.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test test-long build release lint fuzz api-fuzz simulate mutants soak sanitize scrape bench bench-store bench-tools python-tools promtool install-dependencies swift

PACKAGES := libmicrohttpd-dev libcurl4-openssl-dev libsqlite3-dev pkg-config openssl ca-certificates
IMPORT_CHECK := --explicit-target-dependency-import-check error
BUSY_TESTS := ^(SimulationTests|ConsentBridgeTests)\.
# They mount a small file system, which only root may, or kill processes for long.
LONG_TESTS := SmallDiskTests|CrashTests|LargeStoreTests
SECONDS_OF_FUZZING ?= 120
EXAMPLES ?= 2000
SEEDS ?= 20000
FIRST ?= 1
MINUTES ?= 20
SANITIZER ?= thread
MODE ?= apart
BENCH_PACKAGES := gcc libc6-dev binutils wrk nghttp2-client nginx-light webhook valgrind
BENCH_C := gcc -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror
ROWS ?= 1000000

help: ## show this text
	@echo 'make TARGET, where TARGET is one of:'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)$$/\1|\2/p' $(MAKEFILE_LIST) \
	    | while IFS='|' read -r name text; do printf '  %-22s %s\n' "$$name" "$$text"; done

demo: build ## play a short story on two sandbox platforms; ONCE=1 ends after it, FAULT=actito-down breaks it
	@exec .build/debug/consent-bridge demo $(if $(filter-out 0,$(ONCE)),--once) $(if $(FAULT),--fault '$(FAULT)')

# SwiftPM prints what the import check finds at the top and builds on, so its exit status decides.
build: install-dependencies swift ## debug build, shared with the tests
	@swift build $(IMPORT_CHECK)

test: install-dependencies swift python-tools promtool ## build and run every test
	@swift build --build-tests $(IMPORT_CHECK)
	@# Apart, since tests that keep every thread busy would let the others' sockets time out.
	@swift test --disable-xctest --skip-build --skip '$(BUSY_TESTS)' 2>&1
	@exec swift test --disable-xctest --skip-build --no-parallel --filter '$(BUSY_TESTS)' \
	    --skip '$(LONG_TESTS)' 2>&1

release: install-dependencies swift ## optimised build, .build/release/consent-bridge
	@swift build -c release --static-swift-stdlib $(IMPORT_CHECK)

# A failing seed: .build/release/simulate trace SEED [MODE], or shrink SEED RULE [MODE].
simulate: install-dependencies swift ## play SEEDS (20000) stories from FIRST (1); MODE=apart, close or abandoned
	@swift build -c release --product simulate
	@exec .build/release/simulate $(SEEDS) $(FIRST) $(MODE)

test-long: install-dependencies swift python-tools ## what takes long or needs root: kills, a small disk, 100,000 stories, a soak, sanitizers (about 90 minutes)
	@swift build --build-tests $(IMPORT_CHECK)
	@swift test --disable-xctest --skip-build --no-parallel --filter '$(LONG_TESTS)' 2>&1
	@$(MAKE) --no-print-directory api-fuzz
	@$(MAKE) --no-print-directory simulate SEEDS=100000
	@$(MAKE) --no-print-directory soak
	@$(MAKE) --no-print-directory sanitize SANITIZER=thread
	@$(MAKE) --no-print-directory sanitize SANITIZER=address

soak: build ## a steady load with faults for MINUTES (20), watched for growth of memory, files and database
	@exec python3 Tests/Soak/soak.py .build/debug/consent-bridge $(MINUTES)

scrape: build ## time /metrics with ROWS (1000000) entries, changes and deliveries, alone and while webhooks come
	@exec python3 Tests/Scrape/scrape.py .build/debug/consent-bridge $(ROWS)

# In a scratch folder of its own; the stories of the simulation would take an hour there.
sanitize: install-dependencies swift python-tools promtool ## every test but the simulation with SANITIZER=thread or address
	@TSAN_OPTIONS="suppressions=$(CURDIR)/Tests/Sanitizers/thread.supp $${TSAN_OPTIONS:-}" \
	swift test --disable-xctest --sanitize=$(SANITIZER) --scratch-path .build/$(SANITIZER) \
	    --no-parallel --skip '^SimulationTests\.|$(LONG_TESTS)' 2>&1

mutants: install-dependencies swift ## break each rule in turn and see which test notices; RULE=A2 for one of them
	@command -v rsync >/dev/null || $(MAKE) --no-print-directory install-dependencies PACKAGES=rsync
	@exec python3 Tests/Mutants/mutants.py $(RULE)

# The parts: accept client latency drain calls micro growth memory; profile and store on demand.
bench: bench-tools swift ## measure beside ceiling and peers (15 minutes); PART='accept client' for some, QUICK=1 for a look
	@swift build -c release --static-swift-stdlib --product consent-bridge
	@swift build -c release --static-swift-stdlib --product micro
	@QUICK='$(QUICK)' exec python3 Benchmarks/bench $(PART)

bench-store: bench-tools swift ## make the store of 10 million received webhooks that bench measures too if it is there (22 GB while it is made, 5 minutes)
	@swift build -c release --static-swift-stdlib --product consent-bridge
	@exec python3 Benchmarks/bench store

bench-tools: install-dependencies ## what `make bench` needs: load tools and peers from Debian and PyPI, its C programs
	@$(MAKE) --no-print-directory install-dependencies PACKAGES='$(BENCH_PACKAGES) python3 python3-venv'
	@cmp -s Benchmarks/peers/requirements.txt .build/bench-venv/requirements.txt || { \
	    python3 -m venv --clear .build/bench-venv; \
	    .build/bench-venv/bin/pip install --quiet --disable-pip-version-check \
	        -r Benchmarks/peers/requirements.txt; \
	    cp Benchmarks/peers/requirements.txt .build/bench-venv/requirements.txt; }
	@mkdir -p .build/bench
	@$(BENCH_C) -o .build/bench/load Benchmarks/load/load.c
	@$(BENCH_C) -o .build/bench/sink Benchmarks/load/sink.c
	@$(BENCH_C) -o .build/bench/accept Benchmarks/ceiling/accept.c -lmicrohttpd -lsqlite3 -lpthread
	@$(BENCH_C) -o .build/bench/client Benchmarks/ceiling/client.c -lcurl
	@$(BENCH_C) -o .build/bench/commit Benchmarks/ceiling/commit.c -lsqlite3

lint: swift ## check the format of every source
	@swift format lint --strict --recursive Package.swift Sources Tests Benchmarks/Micro

# A trap would hang in the backtracer and survive the time limit, so the backtracer is off.
fuzz: swift ## feed the JSON parser random bytes for SECONDS_OF_FUZZING (120)
	@mkdir -p .build/json-corpus
	@swiftc -O -sanitize=fuzzer,address -parse-as-library -swift-version 6 \
	    -package-name fuzz -module-name JSONFuzz \
	    Sources/JSON/*.swift Tests/Fuzz/JSONFuzz.swift -o .build/json-fuzz
	@SWIFT_BACKTRACE=enable=no timeout -k 5 $$(($(SECONDS_OF_FUZZING) + 30)) .build/json-fuzz \
	    -max_total_time=$(SECONDS_OF_FUZZING) -max_len=4096 -timeout=5 \
	    -dict=Tests/Fuzz/json.dict -artifact_prefix=.build/ .build/json-corpus

api-fuzz: install-dependencies swift python-tools ## ask the admin API EXAMPLES (2000) things of each kind, from its description
	@swift build --build-tests $(IMPORT_CHECK)
	@API_EXAMPLES=$(EXAMPLES) API_SEED=$(FIRST) exec swift test --disable-xctest --skip-build \
	    --filter DescriptionTests 2>&1

python-tools: ## install the validators from PyPI that the tests run (Tests/requirements.txt) into .build/venv
	@cmp -s Tests/requirements.txt .build/venv/requirements.txt || { \
	    python3 -c 'import ensurepip, venv' 2>/dev/null \
	        || $(MAKE) --no-print-directory install-dependencies PACKAGES='python3 python3-venv'; \
	    python3 -m venv --clear .build/venv; \
	    .build/venv/bin/pip install --quiet --disable-pip-version-check -r Tests/requirements.txt; \
	    cp Tests/requirements.txt .build/venv/requirements.txt; }

# Taken out of Debian's package instead of installing it, which would start a server.
promtool: ## fetch Prometheus' promtool, which the tests run, into .build/promtool
	@[[ ! -x .build/promtool/promtool ]] || exit 0; \
	mkdir -p .build/promtool; cd .build/promtool; \
	if known="$$(command -v promtool)"; then ln -sf "$$known" promtool; exit 0; fi; \
	command -v apt-get >/dev/null || { \
	    echo 'Put promtool (https://prometheus.io/download/) into PATH, then try again.' >&2; exit 1; }; \
	root=(); [[ "$$(id -u)" == 0 ]] || root=(sudo); \
	apt-get download -qq prometheus 2>/dev/null \
	    || { "$${root[@]}" apt-get update -qq; apt-get download -qq prometheus; }; \
	dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x --strip-components=3 ./usr/bin/promtool; \
	rm prometheus_*.deb

install-dependencies: ## install the C libraries that are missing (apt-get, with sudo unless root)
	@command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || { \
	    echo 'This is not Debian or Ubuntu; install yourself what matches: $(PACKAGES)' >&2; exit 0; }; \
	missing=(); \
	for package in $(PACKAGES); do \
	    [[ "$$(dpkg-query -W -f '$${db:Status-Status}' "$$package" 2>/dev/null || true)" == installed ]] \
	        || missing+=("$$package"); \
	done; \
	[[ $${#missing[@]} -gt 0 ]] || exit 0; \
	root=(); \
	if [[ "$$(id -u)" != 0 ]]; then \
	    command -v sudo >/dev/null || { \
	        echo "Missing: $${missing[*]}. Install them as root, then try again." >&2; exit 1; }; \
	    root=(sudo); \
	fi; \
	echo "installing $${missing[*]}"; \
	"$${root[@]}" apt-get update -qq; \
	"$${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$${missing[@]}"

swift:
	@command -v swift >/dev/null || { \
	    echo 'No Swift toolchain found. Install Swift 6.3 (https://www.swift.org/install/linux/)' >&2; \
	    echo 'and put its usr/bin into PATH.' >&2; exit 1; }
