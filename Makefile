# Consent Bridge. `make help` lists the targets; README.md says more.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test build release lint fuzz validator install-dependencies swift

PACKAGES := libmicrohttpd-dev libcurl4-openssl-dev libsqlite3-dev pkg-config openssl ca-certificates
IMPORT_CHECK := --explicit-target-dependency-import-check error
SECONDS_OF_FUZZING ?= 120

help: ## show this text
	@echo 'make TARGET, where TARGET is one of:'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)$$/\1|\2/p' $(MAKEFILE_LIST) \
	    | while IFS='|' read -r name text; do printf '  %-22s %s\n' "$$name" "$$text"; done

demo: build ## play a short story on two sandbox platforms; ONCE=1 ends after it, FAULT=actito-down breaks it
	@exec .build/debug/consent-bridge demo $(if $(filter-out 0,$(ONCE)),--once) $(if $(FAULT),--fault '$(FAULT)')

# SwiftPM prints what the import check finds at the top and builds on, so its exit status decides.
build: install-dependencies swift ## debug build, shared with the tests
	@swift build $(IMPORT_CHECK)

test: install-dependencies swift validator ## build and run every test
	@swift build --build-tests $(IMPORT_CHECK)
	@exec swift test --disable-xctest $(IMPORT_CHECK) 2>&1

release: install-dependencies swift ## optimised build, .build/release/consent-bridge
	@swift build -c release --static-swift-stdlib $(IMPORT_CHECK)

lint: swift ## check the format of every source
	@swift format lint --strict --recursive Package.swift Sources Tests

# A trap would hang in the backtracer and survive the time limit, so the backtracer is off.
fuzz: swift ## feed the JSON parser random bytes for SECONDS_OF_FUZZING (120)
	@mkdir -p .build/json-corpus
	@swiftc -O -sanitize=fuzzer,address -parse-as-library -swift-version 6 \
	    -package-name fuzz -module-name JSONFuzz \
	    Sources/JSON/*.swift Tests/Fuzz/JSONFuzz.swift -o .build/json-fuzz
	@SWIFT_BACKTRACE=enable=no timeout -k 5 $$(($(SECONDS_OF_FUZZING) + 30)) .build/json-fuzz \
	    -max_total_time=$(SECONDS_OF_FUZZING) -max_len=4096 -timeout=5 \
	    -dict=Tests/Fuzz/json.dict -artifact_prefix=.build/ .build/json-corpus

# The tests check with it that every call to Didomi is as its API describes it.
validator: ## install the OpenAPI validator (from PyPI) into .build/venv if it is missing
	@cmp -s Tests/OpenAPI/requirements.txt .build/venv/requirements.txt && exit 0; \
	python3 -c 'import ensurepip, venv' 2>/dev/null \
	    || $(MAKE) --no-print-directory install-dependencies PACKAGES=python3-venv; \
	echo 'installing the OpenAPI validator into .build/venv'; \
	python3 -m venv .build/venv; \
	.build/venv/bin/python -m pip install --quiet --disable-pip-version-check \
	    --requirement Tests/OpenAPI/requirements.txt; \
	cp Tests/OpenAPI/requirements.txt .build/venv/

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
