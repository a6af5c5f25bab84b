#!/usr/bin/env bash
# A ten-line package that depends on ours, built plainly: no toolset, no flags of ours.
# Its build folder is kept beside our own, so that a second run compiles only what changed.
set -euo pipefail
cd "$(dirname "$0")/.."

client=Tests/ClientPackage
swift build -c release --package-path "$client" --scratch-path .build/client < /dev/null
figure=$(.build/client/release/Client)
echo "client package: $figure"
[[ "$figure" =~ [0-9] ]] || {
  echo "the client package printed no figure" >&2
  exit 1
}
