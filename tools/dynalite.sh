#!/bin/sh
# Sees that dynalite is there: a second DynamoDB, so that the store is not fitted to one stand-in's mistakes.
# Its versions are pinned in tools/npm/package-lock.json; it is installed in build/npm.
set -eu
cd "$(dirname "$0")/.."
folder=build/npm

say() { echo "porchlight: $*" >&2; }

mkdir -p "$folder"
exec 8>build/dynalite.lock
if command -v flock >/dev/null; then flock 8; fi
if [ -f "$folder/made-from" ] && cmp -s tools/npm/package-lock.json "$folder/made-from"; then exit 0; fi

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing nodejs and npm with apt-get"
        export DEBIAN_FRONTEND=noninteractive
        apt-get install -y -q --no-install-recommends nodejs npm >/dev/null 2>&1 ||
            { apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends nodejs npm >/dev/null; }
    else
        say "the store's tests need node 18 or newer, and npm. On Debian: sudo apt-get install nodejs npm"
        exit 1
    fi
fi
say "setting up dynalite for the tests, once"
rm -f "$folder/made-from"
cp tools/npm/package.json tools/npm/package-lock.json tools/npm/.npmrc "$folder/"
(cd "$folder" && npm ci --loglevel=error --no-progress >/dev/null) || { say "dynalite could not be installed (npm says why above)"; exit 1; }
cp tools/npm/package-lock.json "$folder/made-from"
