# The commands of this project. A machine with Python 3.11 or newer, make and a C++ compiler needs nothing else:
# every target makes the environment and builds the native core first, when they are missing or out of date.
#
#   make          create .venv, build the native core, install the project (editable) with its development tools
#   make study    the first study on the embedded data set; prints where the results are
#   make test     the test suite, two processes
#   make check    lint, format, types, import order
#   make format   bring Python and C++ sources into the format that `make check` asks for
#   make bench    speed, methods and scale against peers and limits; writes benchmarks/results/ (PEERS= leaves the peers out)
#   make fuzz     damaged data files, runs, studies, TOML and settings for SECONDS (120); tells every unclean end
#   make sanitize native tests under AddressSanitizer + UndefinedBehaviorSanitizer, and under ThreadSanitizer
#   make clean    remove the environment and everything built
#
# PYTHON chooses the interpreter of a new environment, TESTS and PYTEST_ARGS what `make test` runs.

PYTHON ?= python3
VENV ?= .venv
PEERS ?= 1
SECONDS ?= 120
SEED ?= 0
TESTS ?=
PYTEST_ARGS ?= -n 2

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
BUILT := $(VENV)/.built
NATIVE := $(wildcard native/*.cpp native/*.hpp)
FORMATTED := $(NATIVE) $(wildcard tests/native/*.cpp tests/native/*.hpp)

.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.PHONY: build study test check format bench fuzz sanitize clean

build: $(BUILT)

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "gossamer needs Python 3.11 or newer, and $(PYTHON) is not; say for example: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
	  { echo "$(PYTHON) has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@

# Build requirements live in the environment itself, so that a rebuild compiles only what changed.
$(BUILT): $(VENV)/.created pyproject.toml CMakeLists.txt $(NATIVE)
	@command -v $${CXX:-c++} >/dev/null || { echo "No C++ compiler found; install g++ or clang, or set CXX" >&2; exit 1; }
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], "cmake", "ninja", sep="\n")' > $(VENV)/build-requirements.txt
	$(PIP) install --quiet -r $(VENV)/build-requirements.txt
	PATH="$(abspath $(BIN)):$$PATH" $(PIP) install --quiet --no-build-isolation --editable '.[dev]'
	touch $@

study: $(BUILT)
	$(BIN)/gossamer study run digits

test: $(BUILT)
	$(BIN)/python -m pytest $(PYTEST_ARGS) $(TESTS)

check: $(BUILT)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet tests/test_architecture.py
	$(BIN)/clang-format --dry-run -Werror $(FORMATTED)

format: $(BUILT)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(FORMATTED)

$(VENV)/.peers: $(BUILT)
	PATH="$(abspath $(BIN)):$$PATH" $(PIP) install --quiet --no-build-isolation --editable '.[bench]'
	touch $@

bench: $(BUILT) $(if $(PEERS),$(VENV)/.peers)
	$(BIN)/gossamer bench --save benchmarks/results
	$(BIN)/gossamer bench methods --save benchmarks/results
	$(BIN)/gossamer bench scale --save benchmarks/results

fuzz: $(BUILT)
	$(BIN)/python tests/fuzz --seconds $(SECONDS) --seed $(SEED)

# Two builds of tests/native: ThreadSanitizer cannot be joined with AddressSanitizer.
SANITIZERS := address,undefined thread
SANITIZE_ENV := UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=die_after_fork=0

sanitize: $(BUILT)
	@set -e; for sanitizer in $(SANITIZERS); do \
	  folder=build/sanitize-$${sanitizer%,*}; \
	  $(BIN)/cmake -S . -B $$folder -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN)/ninja) -DCMAKE_BUILD_TYPE=Debug \
	    -DPython_EXECUTABLE=$(abspath $(BIN)/python) -DGOSSAMER_NATIVE_TESTS=ON -DGOSSAMER_SANITIZE=$$sanitizer >/dev/null; \
	  $(BIN)/cmake --build $$folder --target native_tests; \
	  for set in $$($(BIN)/python -c 'from gossamer import _native; print(*_native.cpu()["instruction_sets"])'); do \
	    echo "native tests under $$sanitizer, instruction set $$set"; \
	    $(SANITIZE_ENV) GOSSAMER_ISA=$$set $$folder/tests/native/native_tests; \
	  done; \
	done

clean:
	rm -rf $(VENV) build dist
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
