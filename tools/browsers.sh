#!/bin/sh
# Sees that the browser and the fonts for the browser tests are there: Debian's own packages.
set -eu
wanted="chromium fonts-noto-core fonts-noto-cjk"

missing=""
command -v chromium >/dev/null || missing="chromium"
for fonts in fonts-noto-core fonts-noto-cjk; do
    dpkg-query -W -f '${Status}' "$fonts" 2>/dev/null | grep -q "ok installed" || missing="$missing $fonts"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "porchlight: installing$(printf ' %s' $missing) with apt-get" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 ||
        { apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends $missing >/dev/null; }
else
    echo "porchlight: the browser tests need $wanted. Missing:$(printf ' %s' $missing)" >&2
    echo "porchlight: on Debian: sudo apt-get install $wanted" >&2
    exit 1
fi
