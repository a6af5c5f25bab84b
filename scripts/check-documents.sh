#!/usr/bin/env bash
# Runs the commands of the README and of every notebook, in order, in a copy of the tree.
# Blocks fenced as ```sh are run; those fenced as ```sh no-run are not. `deepmanifold` is on the PATH.
# A block may test its own result (grep, a comparison); the first command that fails fails the document.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
export PATH="$root/.build/release:$PATH"
command -v deepmanifold > /dev/null || {
  echo "documents: build first (make build)" >&2
  exit 2
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
shopt -s nullglob
failed=0
for document in README.md notebooks-md/*.md; do
  [ -e "$document" ] || continue
  commands=$(awk '
    /^```sh[ \t]*$/ { inside = 1; next }
    /^```/ { inside = 0 }
    inside { print }' "$document")
  [ -n "$commands" ] || continue
  copy="$work/$(basename "$document" .md)"
  mkdir "$copy"
  tar --exclude ./.build --exclude ./.git --exclude ./out -cf - . | tar -xf - -C "$copy"
  if (cd "$copy" && bash -euo pipefail -c "$commands" < /dev/null > "$copy.log" 2>&1); then
    echo "documents: $document passed"
  else
    echo "documents: $document FAILED" >&2
    tail -n 30 "$copy.log" >&2
    failed=1
  fi
done
exit $failed
