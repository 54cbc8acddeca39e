#!/bin/sh
# Chromium by apt where root and apt allow, the npm checkers where npm is; what cannot
# be installed is said, and the tests that need it are skipped with the reason.
cd "$(dirname "$0")" || exit 1

has_chromium() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

if ! has_chromium; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing chromium"
        { apt-get -qq update && apt-get -qq -y --no-install-recommends install chromium fonts-dejavu-core; } >/dev/null 2>&1
    fi
    has_chromium || echo "no chromium: the browser tests will be skipped"
fi

if command -v npm >/dev/null 2>&1; then
    if [ ! -d node_modules/axe-core ] || [ ! -d node_modules/html-validate ] \
        || [ package-lock.json -nt node_modules ]; then
        echo "installing html-validate and axe-core"
        npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null 2>&1 \
            && touch node_modules \
            || echo "npm cannot install: html-validate and axe-core tests will be skipped"
    fi
else
    echo "no npm: html-validate and axe-core tests will be skipped"
fi
exit 0
