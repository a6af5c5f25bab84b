#!/usr/bin/env bash
# Builds and runs every test, then a client package that depends on this one as others would.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/flags.sh

swift build "${flags[@]}" --build-tests < /dev/null
swift test "${flags[@]}" --skip-build < /dev/null
scripts/test-client.sh
