# make demo     install, then the main job on the sample corpus
# make test     install, then lint, types and tests
# make coverage run the tests, and print which lines and branches no test reaches: make coverage TESTS=tests/unit/video
# make lowest   install the lowest versions that are allowed into build/lowest, and run the unit tests with them
# make docs     install, then build the documentation site into build/site; make notebooks runs the notebooks again
# make fuzz     mutate files of every kind and read them: make fuzz N=5000, and from a case on: FROM=video:300
# make kills    kill each command at random moments and run it again: make kills KILLS=20
# Needs Python 3.11 or later, make and the package index.
PYTHON ?= python3
VENV ?= .venv
# make CONSTRAINTS= takes the newest versions
CONSTRAINTS ?= constraints.txt
BIN_NAME = $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN = $(VENV)/$(BIN_NAME)

.PHONY: install demo test coverage installs lowest check docs notebooks fuzz kills bench clean

install: $(VENV)/.installed-dev

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"ferfusion needs Python 3.11 or later, $(PYTHON) is {v[0]}.{v[1]}; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check $(if $(CONSTRAINTS),-c $(CONSTRAINTS))

$(VENV)/.installed: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) -e '.[app]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/.installed

demo: $(VENV)/.installed
	$(BIN)/ferfusion demo demo

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check
	$(BIN)/pytest -n auto --dist worksteal

TESTS ?= tests
coverage: install
	$(BIN)/pytest -n auto --dist worksteal $(TESTS) --cov

installs: install
	$(BIN)/pytest -m installs --durations=0

# a deprecation in an old version is no fault of the project
LOWEST = build/lowest
lowest:
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/$(BIN_NAME)/python -m pip install --quiet -c constraints-lowest.txt '.[actions,app,baum,imbalance,keras,onnx,synth]' httpx hypothesis pytest statsmodels
	cd tests && PYTHONPATH=. ../$(LOWEST)/$(BIN_NAME)/python -m pytest -q -o filterwarnings= unit

docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "build/site/index.html; with its search: python -m http.server -d build/site"

notebooks: install
	$(BIN)/python docs/run_notebooks.py

N ?= 300
fuzz: install
	PYTHONPATH=tests OMP_NUM_THREADS=1 $(BIN)/python -m fuzz $(N) $(FROM)

KILLS ?= 20
kills: install
	PYTHONPATH=tests OMP_NUM_THREADS=1 $(BIN)/python -m kills $(KILLS)

bench: install
	$(BIN)/python benchmarks/everything.py $(if $(QUICK),--quick)

clean:
	rm -rf $(VENV) demo build .mypy_cache .ruff_cache .pytest_cache .hypothesis
