#!/usr/bin/env bash
# Builds the command line for this processor. Quiet when all is well, the whole log when not.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/flags.sh

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! swift build "${flags[@]}" --product deepmanifold > "$log" 2>&1 < /dev/null; then
  cat "$log" >&2
  echo "build: failed" >&2
  exit 3
fi
