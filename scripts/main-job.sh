#!/usr/bin/env bash
# The main job: fit Treloar's rubber, stretch a perforated sheet of it, write the report.
set -euo pipefail
cd "$(dirname "$0")/.."
deepmanifold=.build/release/deepmanifold
mkdir -p out

"$deepmanifold" fit datasets/treloar1944 --law isotropic -o out/treloar.h5
"$deepmanifold" run datasets/cases/perforated-sheet.yaml -o out/perforated-sheet.vtkhdf
"$deepmanifold" report out/perforated-sheet.vtkhdf -o out/report.html
