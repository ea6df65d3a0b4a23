# vecstore: build, install, try and test.  `make help` lists the targets.
#
# Three rings: src/core (C++17, no PostgreSQL), src/bridge (headers of both), src/pg (C).
# Files are found by wildcard; adding one needs no change here.

EXTENSION  = vecstore
MODULE_big = vecstore
PG_CONFIG ?= pg_config
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" vecstore.control)

CORE_OBJS := $(patsubst %.cpp,%.o,$(wildcard src/core/*/*.cpp))
PG_OBJS   := $(patsubst %.c,%.o,$(wildcard src/pg/*.c src/pg/*/*.c))
OBJS       = $(CORE_OBJS) $(PG_OBJS)
SQL_PARTS := $(sort $(wildcard sql/parts/*.sql))

DATA       = $(wildcard sql/vecstore--*--*.sql)
DATA_built = sql/vecstore--$(EXTVERSION).sql
EXTRA_CLEAN = build sql/vecstore--$(EXTVERSION).sql $(shell find src -name '*.d' 2>/dev/null)

PG_CPPFLAGS = -Isrc -DVECSTORE_VERSION='"$(EXTVERSION)"'
SHLIB_LINK  = -lhwy -Wl,--version-script=src/exports.map

include src/core/flags.mk

override with_llvm = no

# PGXS has a rule for `check` that only complains, so it stays out when that is the goal (ours starts
# a second make).
ifeq ($(filter check,$(MAKECMDGOALS)),)
ifneq ($(shell command -v $(PG_CONFIG) 2>/dev/null),)
PGXS := $(shell $(PG_CONFIG) --pgxs)
ifneq ($(wildcard $(PGXS)),)
HAVE_PGXS = yes
include $(PGXS)
override CFLAGS := $(filter-out -Wdeclaration-after-statement,$(CFLAGS)) -O2 -MMD -MP
endif
endif
endif

ifndef HAVE_PGXS
.DEFAULT_GOAL := all
all install:
	@echo "PostgreSQL's build files were not found (PG_CONFIG=$(PG_CONFIG))."
	@echo "On Debian: sudo make setup      installs what is missing, then run make again."
	@exit 1
clean:
	rm -rf $(EXTRA_CLEAN) $(OBJS) vecstore.so
endif

$(CORE_OBJS): %.o: %.cpp
	$(CXX) $(call core_cxxflags,$<) $(CORE_EXTRA) -Isrc -c -o $@ $<

src/pg/build_info.o: vecstore.control
vecstore.so: src/exports.map

sql/vecstore--$(EXTVERSION).sql: $(SQL_PARTS) vecstore.control
	cat $(SQL_PARTS) > $@

-include $(OBJS:.o=.d)

include tools/targets.mk

# The two commands of the README.
demo: ## build, load real data, answer questions over it; leaves a private server running
	@tools/setup.sh
	@$(AS_USER) env JOBS=$(JOBS) tools/demo.sh run
ifneq ($(filter check,$(MAKECMDGOALS)),)
check: ## all tests that need only Debian's packages
	@tools/setup.sh
	@$(AS_USER) $(MAKE) --no-print-directory check-run
endif
