# The front door: `make help`. Everything is built by CMake presets under build/<preset>.
PRESET ?= debug
JOBS   ?= $(shell nproc)

.DEFAULT_GOAL := debug
.PHONY: help debug release test asan tsan fuzz promql-fuzz soak bench check format sizes hooks clean

help: ## this menu
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build/%/build.ninja: CMakeLists.txt tests/CMakeLists.txt CMakePresets.json
	@cmake --preset $*

debug: build/debug/build.ninja ## build everything, with debug information
	@cmake --build build/debug -j $(JOBS)

release: build/release/build.ninja ## build/release/athanor, and promqltest and athanor-blockgen beside it
	@cmake --build build/release -j $(JOBS) --target athanor promqltest athanor-blockgen

test: debug ## unit tests and checks of the house
	@ctest --test-dir build/debug -j $(JOBS) --output-on-failure

asan: build/asan/build.ninja ## the same under ASan and UBSan
	@cmake --build build/asan -j $(JOBS) && ctest --test-dir build/asan -j $(JOBS) --output-on-failure

tsan: build/tsan/build.ninja ## the same under TSan
	@cmake --build build/tsan -j $(JOBS) && ctest --test-dir build/tsan -j $(JOBS) --output-on-failure

T ?=
fuzz: build/fuzz/build.ninja ## fuzz one target for a minute: make fuzz T=xor_chunk
	@cmake --build build/fuzz -j $(JOBS) --target fuzz_$(T)
	@mkdir -p build/fuzz/corpus/$(T)
	build/fuzz/tests/fuzz_$(T) -max_total_time=60 $(addprefix -dict=,$(wildcard tests/fuzz/dict/$(T).dict)) \
	  build/fuzz/corpus/$(T) tests/fuzz/corpus/$(T)

MINUTES ?= 5
promql-fuzz: build/asan/build.ninja ## random queries for MINUTES=5 against a plain evaluation; ends with a verdict
	@cmake --build build/asan -j $(JOBS) --target promql_oracle
	build/asan/promql_oracle check --seed $$(date +%s)000 --seconds $$(($(MINUTES) * 60))

soak: ## fuzz every target for MINUTES=5, repeat tests under ASan and TSan; ends with a verdict
	@tools/soak $(MINUTES)

bench: build/release/build.ninja ## build the programs of bench/
	@cmake --build build/release -j $(JOBS) --target benches

check: build/debug/build.ninja ## floors and headers
	@tools/check-floors && tools/check-headers build/debug

format: ## clang-format what differs from HEAD
	@git diff --name-only --diff-filter=d HEAD -- '*.c' '*.h' '*.cc' | xargs -r clang-format -i

sizes: ## the longest functions and files, as news
	@git ls-files 'src/*.c' | xargs wc -l | sort -n | tail -21
	@git ls-files 'src/*.c' | ctags --languages=C --c-kinds=f --fields=+ne --output-format=json -L - -f - | \
	  python3 -c 'import json,sys; r=[json.loads(l) for l in sys.stdin]; r=[(t["end"]-t["line"]+1,t["path"],t["name"]) for t in r if "end" in t]; [print("%5d %s %s"%x) for x in sorted(r)[-20:]]'

hooks: ## install the pre-commit hook
	@ln -sf ../../tools/hooks/pre-commit .git/hooks/pre-commit

clean: ## remove build/
	rm -rf build
