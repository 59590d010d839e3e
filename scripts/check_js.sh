#!/bin/sh
# Lints, checks the format of, and type-checks the scripts of the review UI. Installs the locked npm packages where
# they are missing or have changed.
set -eu
cd "$(dirname "$0")/.."

want=$(cat package.json package-lock.json | cksum)
have=$(cat node_modules/sohoa-locked 2>/dev/null || true)
if [ "$want" != "$have" ]; then
    echo "Installing the locked npm packages into node_modules"
    npm ci --no-audit --no-fund --loglevel=error >/dev/null || {
        echo "sohoa: The npm packages could not be installed. Mend what npm says above, then run make check again." >&2
        exit 1
    }
    echo "$want" >node_modules/sohoa-locked
fi
node_modules/.bin/biome check --error-on-warnings
node_modules/.bin/tsc --project tsconfig.json
