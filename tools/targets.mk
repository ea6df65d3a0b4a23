# Targets for people, but for the first two: bench, help and what demo and check are made of.  Included
# by the top Makefile.
#
# Everything that needs a server runs against a private copy of PostgreSQL below build/pg, so no root
# and no running server are needed.  Started as root, the targets hand over to an unprivileged user.

AS_USER = tools/as-user.sh
PRIVATE = build/pg
PRIVATE_BIN = $(CURDIR)/$(PRIVATE)/bin
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: help setup setup-all private demo demo-stop check check-run check-all check-all-run bench \
	check-tools check-unit check-regress check-isolation check-pgtap check-examples check-tap check-fuzz

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | sort -u | \
	  awk -F'\t' '{ printf "  make %-16s %s\n", $$1, $$2 }'
	@echo "  PG_CONFIG=/path/to/pg_config selects the server to build for."

setup: ## install the Debian packages that building and testing need (root or sudo)
	@tools/setup.sh
setup-all: ## also what make check-all and make bench need
	@tools/setup.sh all

demo-stop: ## stop the server that make demo left running
	@$(AS_USER) tools/demo.sh stop

check-all: ## the slower tests and those that need npm or PyPI packages
	@tools/setup.sh all
	@$(AS_USER) $(MAKE) --no-print-directory check-all-run
bench: ## measure speed, size and recall (see bench/README.md)
	@tools/setup.sh all
	@bench/run.sh $(BENCH_ARGS)

# A copy of the server's programs with this build of vecstore installed: build/pg/{bin,lib,share}.
private: all
	@tools/private-pg.sh $(PG_CONFIG) $(PRIVATE)

check-run:
	@$(MAKE) --no-print-directory -j$(JOBS) private
	@$(MAKE) --no-print-directory -j1 check-tools check-unit check-regress check-isolation check-pgtap check-examples check-tap
	@echo "make check: everything passed"

check-tools: private ## layering, exported symbols, listed tests, versions
	@failed=0; for script in tools/check-*.sh; do \
	  if $$script; then echo "test $$script ... ok"; else echo "test $$script ... FAILED"; failed=1; fi; \
	done; exit $$failed

check-unit: ## the core on every SIMD target, plain and under ASan and UBSan
	@$(MAKE) --no-print-directory -C test/unit check

REGRESS_TESTS = $(shell cat test/regress_schedule 2>/dev/null)
check-regress: private ## behaviour through SQL (pg_regress)
	@tools/regress.sh $(REGRESS_TESTS)

ISOLATION_TESTS = $(shell cat test/isolation_schedule 2>/dev/null)
check-isolation: private ## interleavings of insert, scan, vacuum, build
	@tools/isolation.sh $(ISOLATION_TESTS)

check-pgtap: private ## properties and privileges (pgTAP)
	@tools/pgtap.sh

check-examples: private ## the SQL examples of README.md, docs and examples
	@tools/examples.sh

check-tap: private ## crash, standby, dump, recall floors (TAP)
	@tools/tap.sh test/t

check-fuzz: ## fuzz the parsers for a while
	@$(MAKE) --no-print-directory -C test/fuzz check

check-all-run: private
	@$(MAKE) --no-print-directory check-fuzz
	@tools/tap.sh test/t_slow
	@test/clients/run.sh
	@echo "make check-all: everything passed"
