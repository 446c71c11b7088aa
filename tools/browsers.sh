#!/bin/sh
# Sees that the programs of others that the tests use are there, as Debian's own packages: a browser with fonts,
# and GnuPG and OpenSSL, which open what we encrypt.
set -eu
wanted="chromium fonts-noto-core fonts-noto-cjk gnupg openssl"

missing=""
command -v chromium >/dev/null || missing="chromium"
command -v gpg >/dev/null && command -v gpg-agent >/dev/null || missing="$missing gnupg"
command -v openssl >/dev/null || missing="$missing openssl"
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
    echo "porchlight: the tests need $wanted. Missing:$(printf ' %s' $missing)" >&2
    echo "porchlight: on Debian: sudo apt-get install $wanted" >&2
    exit 1
fi
