#!/usr/bin/env bash
# Cantilever and cube here and with FElupe + MKL PARDISO, nearest neighbours here and with SciPy, in turn on one core (A B A B), so that a slow
# spell of the machine touches both. The peer is installed into a throw-away environment.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/flags.sh

swift build "${flags[@]}" --product deepmanifold-bench < /dev/null >&2
peers=$(mktemp -d)
trap 'rm -rf "$peers"' EXIT
python3 -m venv "$peers/env"
"$peers/env/bin/pip" -q install felupe pypardiso scipy >&2
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MPLBACKEND=Agg
for _ in 1 2 3; do
  for case in cantilever cube; do
    echo "here   $case $(taskset -c 0 .build/release/deepmanifold-bench "$case")"
    echo "felupe $case $(taskset -c 0 "$peers/env/bin/python" "scripts/peers/felupe_$case.py" 16)"
  done
  echo "here   nearest $(taskset -c 0 .build/release/deepmanifold-bench nearest)"
  echo "scipy  nearest $(taskset -c 0 "$peers/env/bin/python" scripts/peers/scipy_nearest.py)"
  echo "here   cantilever, multigrid $(taskset -c 0 .build/release/deepmanifold-bench multigrid)"
done
