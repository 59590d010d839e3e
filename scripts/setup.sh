#!/bin/sh
# Makes this machine ready: Debian packages through apt where they are missing, a .venv with the locked dependencies.
# With --tests also what the tests need: a browser, its driver, and PostgreSQL; with --check npm. Quick when nothing
# is missing. `make fresh` runs this on minimal Debian systems: run it after any change here.
set -eu
cd "$(dirname "$0")/.."

stop() {
    echo "sohoa: $1" >&2
    exit 1
}

# --- Debian packages ---

missing=""
need() { # package, test command…
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

python=$(find_python)
if [ -z "$python" ]; then
    missing="$missing python3 python3-venv"
else
    need "python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv" "$python" -c 'import ensurepip, venv'
fi
need tesseract-ocr command -v tesseract
need tesseract-ocr-vie sh -c 'tesseract --list-langs 2>&1 | grep -qx vie'
need poppler-utils command -v pdftoppm
if [ "${1:-}" = "--tests" ]; then
    need chromium sh -c 'command -v chromium || command -v chromium-browser || command -v google-chrome'
    need postgresql sh -c 'ls /usr/lib/postgresql/*/bin/initdb'
    # Playwright's wheel brings the driver of the browser, a Node.js, but not this library of it; see the end
    need libatomic1 "${python:-python3}" -c 'import ctypes; ctypes.CDLL("libatomic.so.1")'
fi

if [ "${1:-}" = "--check" ]; then
    need nodejs command -v node
    need npm command -v npm
fi

if [ -n "$missing" ]; then
    install="apt-get install -y --no-install-recommends$missing"
    command -v apt-get >/dev/null 2>&1 ||
        stop "These are missing:$missing. Install them with this system's package manager, then run make again."
    if [ "$(id -u)" = 0 ]; then
        as=""
    elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        as="sudo"
    else
        stop "These are missing:$missing. Ask the administrator to run: apt-get update && $install"
    fi
    echo "Installing:$missing"
    apt() { # quiet while all is well; a new machine may be installing updates of its own just now
        # shellcheck disable=SC2086
        said=$($as env DEBIAN_FRONTEND=noninteractive "$@" -qq -o DPkg::Lock::Timeout=600 2>&1)
    }
    apt apt-get update || true # an old list often does; the next command shows it
    # shellcheck disable=SC2086
    apt $install || {
        echo "$said" >&2
        stop "These could not be installed:$missing. Mend what apt-get says above, then run: ${as:+$as }$install"
    }
    python=$(find_python)
    [ -n "$python" ] || stop "This system's Python is older than 3.11. Install Python 3.11 or newer, then run make again."
fi

# --- Python packages ---

want=$(cat requirements.lock pyproject.toml | cksum)
have=$(cat .venv/sohoa-locked 2>/dev/null || true)
if [ "$want" != "$have" ] || ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Installing the locked Python packages into .venv"
    .venv/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
    pip() { # quiet while all is well: setuptools warns at length about folders that hold data
        said=$(.venv/bin/python -m pip install -q --disable-pip-version-check "$@" 2>&1) || {
            echo "$said" >&2
            stop "The Python packages could not be installed. Mend what pip says above, then run make again."
        }
    }
    pip --require-hashes -r requirements.lock
    pip --no-deps --no-build-isolation -e .
    echo "$want" >.venv/sohoa-locked
fi

if [ "${1:-}" = "--tests" ]; then
    driver=$(echo .venv/lib/python3*/site-packages/playwright/driver/node)
    said=$("$driver" --version 2>&1) ||
        stop "The browser driver ($driver) does not start: $said. Install what it names, then run make test again."
fi
