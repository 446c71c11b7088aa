#!/bin/sh
# Asks a public list of known weaknesses about every package that the functions carry, as the lock pins them.
# pip-audit gets an environment of its own, so that what it brings touches nothing else.
# usage: audit.sh PYTHON
set -u
cd "$(dirname "$0")/.."
environment=build/audit
log=build/audit.log
stop() { echo "porchlight: $*: the audit is not done" >&2; exit 2; }

mkdir -p build
if ! "$environment/bin/pip-audit" --version >/dev/null 2>&1; then
    "$1" -m venv "$environment" || stop "could not make $environment"
    "$environment/bin/python" -m pip install --no-input --disable-pip-version-check --quiet pip-audit==2.10.1 \
        >"$log" 2>&1 || stop "pip-audit could not be installed (see $log)"
fi
"$environment/bin/pip-audit" --require-hashes --disable-pip --progress-spinner off -r requirements.lock >"$log" 2>&1
code=$?
if grep -q 'could not be audited' "$log"; then
    cat "$log" >&2
    stop "the list of known weaknesses does not answer for these"
fi
if grep -qi 'vulnerabilit' "$log"; then
    cat "$log"
    exit "$code"
fi
tail -n 3 "$log" >&2
stop "the list of known weaknesses could not be reached"
