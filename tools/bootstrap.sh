#!/bin/sh
# Makes the virtual environment that every make target runs in. Quick when nothing changed since.
# usage: bootstrap.sh FOLDER [PYTHON]
set -eu
cd "$(dirname "$0")/.."
folder=$1
python=${2:-python3}

say() { echo "porchlight: $*" >&2; }
stop() { say "$*"; exit 1; }
can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }
install() {
    say "installing $* with apt-get"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -q --no-install-recommends "$@" >/dev/null 2>&1 ||
        { apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends "$@" >/dev/null; } ||
        stop "apt-get could not install $*"
}

if ! command -v "$python" >/dev/null; then
    [ "$python" = python3 ] && can_install || stop "there is no $python: install Python 3.11 or newer, or name one with PYTHON=/path/to/python3"
    install python3 python3-venv
fi
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') || stop "$python does not run"
case $version in
    2.* | 3.[0-9] | 3.10) stop "$python is Python $version: Porchlight needs 3.11 or newer; name one with PYTHON=/path/to/python3" ;;
esac

# Two makes at once on a new clone must not build the same folder.
mkdir -p build
exec 9>build/bootstrap.lock
if command -v flock >/dev/null; then flock 9; fi

made_from=$(cat requirements.txt requirements-dev.txt; echo "Python $version")
if [ -f "$folder/made-from" ] && [ "$made_from" = "$(cat "$folder/made-from")" ] && "$folder/bin/python" -c '' 2>/dev/null; then
    exit 0
fi

if ! "$folder/bin/python" -c "import pip, sys; assert '%d.%d' % sys.version_info[:2] == '$version'" 2>/dev/null; then
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        can_install || stop "$python has no venv module: install it (Debian: sudo apt-get install python$version-venv), then try again"
        install "python$version-venv"
    fi
    rm -rf "$folder"
    "$python" -m venv "$folder" || stop "could not make $folder"
fi
say "setting up $folder for Python $version; this takes a minute or two, once"
rm -f "$folder/made-from"
log=build/setup.log
"$folder/bin/python" -m pip install --no-input --disable-pip-version-check \
    -r requirements.txt -r requirements-dev.txt >"$log" 2>&1 || {
    grep -v '^WARNING' "$log" | tail -n 20 >&2
    stop "the packages could not be installed (see above, and $log); try again when that is mended"
}
echo "$made_from" >"$folder/made-from"
