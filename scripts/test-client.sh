#!/usr/bin/env bash
# A short package that depends on ours, built plainly: no toolset, no flags of ours. Its learned law must
# reach half the speed of the native build, because the kernels choose their instructions at run time.
# Its build folder is kept beside our own, so that a second run compiles only what changed.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/flags.sh

client=Tests/ClientPackage
# The programs of the documents are those that are built here.
for pair in README.md:Readme notebooks-md/04-coupling.md:Springs; do
  document=${pair%:*} program=$client/Sources/${pair#*:}/main.swift
  text=$(awk '/^```swift/ { inside = 1; next } /^```/ { inside = 0 } inside' "$document")
  [ "$text" = "$(cat "$program")" ] || {
    echo "the program in $document is not $program" >&2
    exit 1
  }
done
# What the plain build is compared with; a second after `scripts/test.sh`, which has built it already.
swift build "${flags[@]}" --product deepmanifold-bench < /dev/null
swift build -c release --package-path "$client" --scratch-path .build/client < /dev/null
.build/client/release/Readme
springs=$(.build/client/release/Springs)
# Every line that it prints stands in the notebook.
while IFS= read -r line; do
  grep -qxF "$line" notebooks-md/04-coupling.md || {
    echo "the springs of notebook 4 say: $line" >&2
    exit 1
  }
done <<< "$springs"
native=0
plain=0
# In turn, and the best of each: a busy machine slows both.
for _ in 1 2 3; do
  figure=$(.build/release/deepmanifold-bench law | sed -E 's/.*points=([0-9.e+]+).*/\1/')
  native=$(awk "BEGIN { print ($figure > $native) ? $figure : $native }")
  line=$(.build/client/release/Client)
  figure=$(sed -E 's/.*law ([0-9.e+]+) points.*/\1/' <<< "$line")
  plain=$(awk "BEGIN { print ($figure > $plain) ? $figure : $plain }")
done
echo "client package: $line; best $plain plain, $native native"
awk "BEGIN { exit !($plain >= 0.5 * $native && $native > 0) }" || {
  echo "a learned law runs at less than half its native speed in a client package" >&2
  exit 1
}
