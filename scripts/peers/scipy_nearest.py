"""Nearest neighbours in 12 components as `deepmanifold-bench nearest` does, with SciPy's cKDTree on one thread.

Prints name=value pairs: queries per second, build in s.
"""

import time

import numpy as np
from scipy.spatial import cKDTree


def states(rng, count, on_manifold):
    if not on_manifold:
        return rng.standard_normal((count, 12))
    strain = rng.standard_normal((count, 6))
    stress = strain / np.sqrt(1 + strain**2)
    stress[:, :3] += 0.3 * strain[:, :3].sum(1)[:, None]
    return np.hstack([strain, stress]) + 0.02 * rng.standard_normal((count, 12))


rng = np.random.default_rng(1)
out = []
for name, on_manifold, count in (("manifold", True, 40_000), ("cloud", False, 8_000)):
    points, queries = states(rng, 100_000, on_manifold), states(rng, count, on_manifold)
    start = time.process_time()
    tree = cKDTree(points)
    out.append(f"{name}Build={time.process_time() - start}")
    start = time.process_time()
    tree.query(queries, workers=1)
    out.append(f"{name}={count / (time.process_time() - start)}")
print(" ".join(out))
