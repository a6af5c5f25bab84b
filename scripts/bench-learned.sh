#!/usr/bin/env bash
# Learned laws and maps here, with JAX and with PyTorch, on the same weights and points, in turn on one
# core (A B A B), so that a slow spell of the machine touches all. Every peer's answers are first compared with
# ours, to 1e-10. PEERS_ENV names an environment that has torch and jax; without it one is made and thrown
# away. ROUNDS is 3; NO_COMPILE=1 leaves out the compiled PyTorch, whose compilation takes minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/flags.sh

swift build "${flags[@]}" --product deepmanifold-bench < /dev/null >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
env=${PEERS_ENV:-$work/env}
if [ ! -x "$env/bin/python" ]; then
  python3 -m venv "$env"
  # The build for processors alone is a fifth of the size, where it is to be had.
  "$env/bin/pip" -q install numpy jax >&2
  "$env/bin/pip" -q install "torch==2.13.0+cpu" >&2 || "$env/bin/pip" -q install torch >&2
fi
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
.build/release/deepmanifold-bench learned-export "$work/learned.json"
peers=("learned_jax.py" "learned_torch.py")
[ -n "${NO_COMPILE:-}" ] || peers+=("learned_torch.py --compile")
for _ in $(seq "${ROUNDS:-3}"); do
  for case in learned training; do
    echo "here $(taskset -c 0 .build/release/deepmanifold-bench "$case")"
  done
  for peer in "${peers[@]}"; do
    read -r script flag <<< "$peer"
    # shellcheck disable=SC2086
    line=$(taskset -c 0 "$env/bin/python" "scripts/peers/$script" "$work/learned.json" $flag)
    echo "$script${flag:+ $flag} $line"
  done
done | tee "$work/lines"
echo "treloar $(taskset -c 0 "$env/bin/python" scripts/peers/treloar_torch.py datasets/treloar1944/treloar1944.csv)" |
  tee -a "$work/lines"
python3 scripts/peers/learned_table.py "$work/lines"
