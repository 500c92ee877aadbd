# The few words of this project. Everything they need they set up themselves, in .venv and in the user's cache folder.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LABEXTENSION := $(VENV)/share/jupyter/labextensions/perception-workbench
# pip's own setting for a folder of wheels also holds for uv, which installs the same set in a fraction of the time.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
export SSL_CERT_FILE ?= $(PIP_CERT)
ifeq ($(strip $(SSL_CERT_FILE)),)
unexport SSL_CERT_FILE
endif
export OMP_NUM_THREADS ?= 1
# The environment is our own: whoever imports a module first keeps it compiled there, which halves every start after it.
unexport PYTHONDONTWRITEBYTECODE
SOURCES := $(shell find extensions -name node_modules -prune -o \( -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name '*.json' -o -name '*.svg' \) -print 2>/dev/null | grep -v -e /lib/ -e tsconfig.tsbuildinfo)

.PHONY: help setup labels demo lab test check bench clean

help:
	@echo "make demo   set up, then run the whole loop on real images and say what it did"
	@echo "make lab    open JupyterLab on the demo's workspace"
	@echo "make test   set up, then run every test"
	@echo "make check  format, lint, types, layers, spelling, front ends"
	@echo "make bench  the figures of the README, beside their peers"

setup: $(VENV)/.installed extensions/.built

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet uv
	# Where nothing is built yet, the installation builds the front ends itself.
	test -e workbench/labextension/static/style.js || fresh=yes; \
	$(BIN)/python -m uv pip install --python $(BIN)/python --constraint constraints.txt --editable '.[dev]' && \
	touch $@ && if [ "$$fresh" = yes ]; then touch extensions/.built; fi

extensions/.built: $(SOURCES) $(VENV)/.installed
	cd extensions && (test -d node_modules || npm ci --no-audit --no-fund) && PATH="$(abspath $(BIN)):$$PATH" npm run build:prod
	# Copied, not linked: Voila refuses extensions behind a link.
	rm -rf $(LABEXTENSION) && mkdir -p $(LABEXTENSION) && cp -R workbench/labextension/. extensions/lab/install.json $(LABEXTENSION)/
	touch $@

labels: setup
	$(BIN)/workbench labels install

demo: setup labels
	$(BIN)/python notebooks/demo.py

lab: setup
	# The workspace's own Label Studio comes along, and ends with JupyterLab.
	export WORKBENCH_WORKSPACE=$${WORKBENCH_WORKSPACE:-$(abspath demo)}; \
	if [ -d "$$WORKBENCH_WORKSPACE/labels" ]; then \
		trap '$(BIN)/workbench labels stop' EXIT; trap 'exit 130' INT TERM; $(BIN)/workbench labels start & \
	fi; \
	$(BIN)/jupyter lab $(LAB_OPTIONS)

test: setup labels
	# What needed another attempt on this machine is listed at the end; see CONTRIBUTING.
	$(BIN)/pytest -m '' -n 2 --dist loadgroup -p no:cacheprovider -r R

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell workbench tests docs README.md CHANGELOG.md extensions/lab/src extensions/widgets/src
	cd extensions && npm run check

bench: setup
	for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) demo workbench/labextension workbench/widgets/static extensions/node_modules extensions/.built extensions/*/lib
