# Sourced by the other scripts: `flags` builds for this processor, where the compiler can.
# Some compilers know no -march=native (older ones on aarch64): then the build is a plain one.
flags=(-c release)
if echo "" | swiftc -typecheck -Xcc -march=native - > /dev/null 2>&1; then
  flags+=(--toolset toolset.json)
fi

# One BLAS thread: parallelism lies above the matrices.
export OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1}
