#!/bin/sh
# Makes this machine ready: Debian packages through apt where they are missing, a .venv with the locked dependencies.
# With --tests also what the tests need: a browser and PostgreSQL. Quick when nothing is missing.
set -eu
cd "$(dirname "$0")/.."

missing=""
need() { # package, test command…
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

need tesseract-ocr command -v tesseract
need tesseract-ocr-vie sh -c 'tesseract --list-langs 2>&1 | grep -qx vie'
need poppler-utils command -v pdftoppm
need python3-venv sh -c 'python3 -c "import ensurepip, venv"'
if [ "${1:-}" = "--tests" ]; then
    need chromium sh -c 'command -v chromium || command -v chromium-browser || command -v google-chrome'
    need postgresql sh -c 'ls /usr/lib/postgresql/*/bin/initdb'
fi

if [ -n "$missing" ]; then
    install="apt-get install -y --no-install-recommends$missing"
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "sohoa: these are missing:$missing. Install them with this system's package manager, then run make again." >&2
        exit 1
    elif [ "$(id -u)" = 0 ]; then
        as=""
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as="sudo"
    elif command -v sudo >/dev/null 2>&1 && [ -t 0 ]; then
        as="sudo"
    else
        echo "sohoa: these are missing:$missing. Ask the administrator to run: sudo $install" >&2
        exit 1
    fi
    echo "Installing:$missing"
    $as env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    $as env DEBIAN_FRONTEND=noninteractive $install -qq >/dev/null
fi

python=""
for candidate in python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "sohoa: Python 3.11 or newer is missing. Install it with: sudo apt-get install python3.11 python3.11-venv" >&2
    exit 1
fi

want=$(cat requirements.lock pyproject.toml | cksum)
have=$(cat .venv/sohoa-locked 2>/dev/null || true)
if [ "$want" != "$have" ]; then
    echo "Installing the locked Python packages into .venv"
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
    .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . 2>/dev/null
    echo "$want" >.venv/sohoa-locked
fi
