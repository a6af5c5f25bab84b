#!/usr/bin/env bash
# Everything that must hold: every test, the main job, every command of the README and the notebooks, and
# a client package that depends on this one as others would.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/flags.sh

swift build "${flags[@]}" --build-tests < /dev/null
swift test "${flags[@]}" --skip-build < /dev/null
scripts/main-job.sh < /dev/null
scripts/check-documents.sh
scripts/test-client.sh
