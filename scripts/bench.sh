#!/usr/bin/env bash
# Builds and runs the measured cases; prints one table. Keep the machine idle meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/flags.sh

swift build "${flags[@]}" --product deepmanifold-bench < /dev/null >&2
.build/release/deepmanifold-bench "$@"
