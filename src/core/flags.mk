# How the core is compiled: by the extension, by the unit tests and by the fuzzers alike.
# The core never sees PostgreSQL's headers or flags; the dispatcher picks the SIMD target at run time.
# -MD and not -MMD: headers that a system header includes (foreach_target.h does) are dependencies too.
CORE_CXXFLAGS = -std=c++17 -O3 -g -Wall -Wextra -fPIC -fvisibility=hidden -fno-exceptions -fno-rtti \
	-fno-threadsafe-statics -fno-math-errno -MD -MP
# Highway's per-target code: the auto-vectoriser must not add instructions a target does not promise.
SIMD_CXXFLAGS = -O2 -fno-tree-vectorize -fno-tree-slp-vectorize -DHWY_WANT_AVX3_DL
# bm25 scores have the same bits on every processor.
SCORE_CXXFLAGS = -ffp-contract=off
# $(call core_cxxflags,file.cpp)
core_cxxflags = $(CORE_CXXFLAGS) $(if $(findstring core/simd/,$(1)),$(SIMD_CXXFLAGS)) \
	$(if $(findstring bm25/score,$(1)),$(SCORE_CXXFLAGS))
