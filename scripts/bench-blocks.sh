#!/usr/bin/env bash
# Running-bond walls here (deformable blocks, implicit) and with Box2D (rigid bodies, iterated impulses), in turn on
# one core (A B A B), so that a slow spell of the machine touches both. The peer is installed into a throw-away
# environment. BRICKS chooses the walls, ROUNDS is 3.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/flags.sh

swift build "${flags[@]}" --product deepmanifold-bench < /dev/null >&2
peers=$(mktemp -d)
trap 'rm -rf "$peers"' EXIT
python3 -m venv "$peers/env"
"$peers/env/bin/pip" -q install Box2D >&2
read -ra walls <<< "${BRICKS:-106 512 1000 5000 10000}"
for _ in $(seq "${ROUNDS:-3}"); do
  for bricks in "${walls[@]}"; do
    echo "here  $(taskset -c 0 .build/release/deepmanifold-bench wall "$bricks" 1)"
    echo "box2d $(taskset -c 0 "$peers/env/bin/python" scripts/peers/box2d_wall.py "$bricks")"
  done
done
