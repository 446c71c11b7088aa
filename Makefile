# Porchlight's commands. Each sets itself up: see tools/bootstrap.sh.
# PYTHON= picks the interpreter (3.11 or newer); it then gets an environment of its own.

SHELL := /bin/sh
VENV := $(if $(PYTHON),.venv-$(shell "$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null),.venv)
RUN := $(VENV)/bin/python
export PYTHON
# Bytecode is kept, whatever the shell says: tests start hundreds of processes, and each would compile anew.
unexport PYTHONDONTWRITEBYTECODE
# A worker a core, up to four (each holds about 450 MB); a file stays with one worker, which sets up once what the
# file shares, and files start in the order that tests/support/side_by_side.py gives.
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

define CHECKS
$(RUN) -m ruff check .
$(RUN) -m ruff format --check .
$(RUN) -m mypy
$(RUN) -m tools.build.catalogs check
$(RUN) -m check_jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
$(RUN) -m check_jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
$(RUN) -m check_jsonschema --quiet --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
endef

.DEFAULT_GOAL := help
.PHONY: help setup run test quick fix translations take-translations pull-texts browsers package doctor deploy load audit status keys chaos poster screenshots paint firefox probe bench release hooks clean

help:  ## list these commands
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

setup:  ## make the environment (every command below does this by itself)
	@sh tools/bootstrap.sh $(VENV) $(PYTHON)

run: setup  ## serve the site and the mailroom on this machine (PORT=8000 MAILROOM_PORT=8025 DELIVER_EVERY=5; TOWNS=500: with invented towns; DIRECTORY=demo: with an invented state of 5,000 services)
	@exec $(RUN) -m tools.local.run

test: setup browsers  ## lint, check types and catalogs, and run every test
	$(CHECKS)
	@sh tools/dynalite.sh
	$(RUN) -m pytest $(SIDE_BY_SIDE)

quick: setup  ## the part of test that takes seconds: the checks, and the tests that touch nothing outside
	$(CHECKS)
	$(RUN) -m pytest --pure -q $(SIDE_BY_SIDE)

fix: setup  ## put code in order: formatting, imports, simple mistakes
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

translations: setup  ## bring the catalogs up to date with the sentences, and compile them
	$(RUN) -m tools.build.catalogs update
	$(RUN) -m tools.build.catalogs compile

take-translations: setup  ## bring a translator's file into a catalog (LOCALE=es FILE=~/es.po)
	@$(RUN) -m tools.build.take_translations "$(LOCALE)" "$(FILE)"

pull-texts: setup  ## bring published catalogs and contacts into this folder, to be committed (STAGE=prod, or local)
	@$(RUN) -m tools.aws.pull_texts

browsers:  ## see that the browser, fonts, GnuPG and OpenSSL that the tests use are there
	@sh tools/browsers.sh

package: setup  ## build build/package/ for AWS (TARGET=local: for this machine)
	$(RUN) -m tools.build.package --target $(or $(TARGET),aws)

doctor: setup  ## list what stands between a stage and its readers (STAGE=prod)
	@$(RUN) -m tools.aws.doctor "$(STAGE)"

deploy: package  ## bring the package to AWS (STAGE=prod; YES=1: without a question)
	@$(RUN) -m tools.aws.deploy "$(STAGE)" $(if $(YES),--yes)

load: setup  ## send this machine's site 20,000 pages and reports (REQUESTS=20000 SECONDS=1200)
	@$(RUN) -m tools.load

audit: setup  ## ask for known weaknesses in what the functions carry
	@sh tools/audit.sh $(RUN)

status: setup  ## say how the deliveries stand, of make run or of a stage (STAGE=prod)
	@$(RUN) -m tools.aws.status

keys: setup  ## list the delivery keys; DO=rotate makes a new one, DO=destroy KID=... shreds what it sealed (STAGE=prod)
	@$(RUN) -m tools.aws.keys

chaos: setup  ## let everything fail under 2,000 reports, and see that none is lost (SEED=1 REPORTS=2000)
	@$(RUN) -m tools.chaos

poster: setup browsers  ## make sheets to hang up, in build/posters (PUBLIC_URL=https://... LOCALE= PLACE=)
	@$(RUN) -m tools.look.poster

screenshots: setup browsers  ## take the pictures in docs/screenshots again
	@$(RUN) -m tools.look.screenshots

paint: setup browsers  ## measure when a page is first seen over an emulated slow line
	@$(RUN) -m tools.look.paint

firefox: setup  ## try the exit, the form and Back in Firefox ESR (Debian's firefox-esr)
	@$(RUN) -m tools.look.firefox

probe: setup  ## look at a site from outside, by GET alone (URL=https://... LANGUAGES="en es" QUIET=1)
	@$(RUN) -m tools.probe

bench: setup  ## measure, against baselines built in the same run (QUICK=1: fewer rounds)
	$(RUN) -m bench

release: quick  ## tag this version and build its package, with hashes, in build/release
	@$(RUN) -m tools.build.release

hooks:  ## run the quick part of test before each commit
	git config core.hooksPath .githooks

clean:  ## remove all that make made
	rm -rf .venv .venv-* build chalicelib/built_pages .chalice/deployments .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find chalicelib \( -name '*.mo' -o -name __pycache__ \) -prune -exec rm -rf {} +
