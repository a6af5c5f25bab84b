"""The stretched and twisted cube of solvers/FEM/README.md with FElupe and MKL PARDISO, on one thread.

Prints name=value pairs as `deepmanifold-bench cube` does. Usage: felupe_cube.py N
"""

import resource
import sys
import time

import felupe as fem
import numpy as np
from pypardiso import spsolve

n = int(sys.argv[1])
start = time.process_time()
mesh = fem.Cube(n=n + 1)
field = fem.FieldContainer([fem.Field(fem.RegionHexahedron(mesh), dim=3)])
body = fem.SolidBody(fem.NeoHookeCompressible(mu=1, lmbda=10), field)
X = mesh.points
bottom, top = np.where(X[:, 2] < 1e-9)[0], np.where(X[:, 2] > 1 - 1e-9)[0]
held = np.concatenate([(3 * s[:, None] + np.arange(3)).ravel() for s in (bottom, top)])
free = np.setdiff1d(np.arange(X.size), held)
centre = np.array([0.5, 0.5, 0])
assembly = solve = solves = 0

for s in (0.2, 0.4, 0.6, 0.8, 1.0):
    a = np.deg2rad(30 * s)
    R = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    target = np.zeros_like(X)
    target[top] = (X[top] - centre) @ R.T + centre + [0, 0, 0.5 * s] - X[top]
    step = (target - field[0].values).ravel()[held]
    iteration = 0
    while True:
        t = time.process_time()
        K = body.assemble.matrix(field).tocsr()
        r = np.asarray(body.assemble.vector(field).todense()).ravel()
        assembly += time.process_time() - t
        if iteration and np.linalg.norm(r[free]) <= 1e-8 * np.linalg.norm(r[held]):
            break
        t = time.process_time()
        rhs = -r[free] - (K[free][:, held] @ step if iteration == 0 else 0)
        u = field[0].values.reshape(-1).copy()
        u[free] += spsolve(K[free][:, free].tocsr(), rhs)
        if iteration == 0:
            u[held] += step
        field[0].values[...] = u.reshape(-1, 3)
        solve += time.process_time() - t
        iteration += 1
        solves += 1

total = time.process_time() - start
force = np.asarray(body.assemble.vector(field).todense()).reshape(-1, 3)[top, 2].sum()
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(
    f"total={total} assembly={assembly} solve={solve}"
    f" memory={memory} value={force} solves={solves}"
)
