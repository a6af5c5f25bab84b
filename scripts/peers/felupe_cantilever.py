"""The cantilever of solvers/FEM/README.md with FElupe and MKL PARDISO, on one thread.

Prints name=value pairs as `deepmanifold-bench cantilever` does. Usage: felupe_cantilever.py N
"""

import resource
import sys
import time

import felupe as fem
import numpy as np
from pypardiso import spsolve

n = int(sys.argv[1])
start = time.process_time()
mesh = fem.Cube(a=(0, 0, 0), b=(8, 1, 1), n=(8 * n + 1, n + 1, n + 1))
field = fem.FieldContainer([fem.Field(fem.RegionHexahedron(mesh), dim=3)])
body = fem.SolidBody(fem.LinearElastic(E=210e9, nu=0.3), field)
_, free = fem.dof.partition(field, {"root": fem.dof.Boundary(field[0], fx=0)})
X = mesh.points
tip = np.where(np.abs(X[:, 0] - 8) < 1e-9)[0]
share = np.ones(len(tip))
for axis in (1, 2):
    at_edge = (np.abs(X[tip, axis]) < 1e-9) | (np.abs(X[tip, axis] - 1) < 1e-9)
    share *= np.where(at_edge, 0.5, 1.0)
load = np.zeros_like(X)
load[tip, 2] = -1e6 / n**2 * share

before = time.process_time()
K = body.assemble.matrix()
assembled = time.process_time()
u = np.zeros(X.size)
u[free] = spsolve(K[free][:, free].tocsr(), load.ravel()[free])
end = time.process_time()

centre = np.argmin(np.linalg.norm(X - [8, 0.5, 0.5], axis=1))
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(
    f"total={end - start} assembly={assembled - before} solve={end - assembled}"
    f" memory={memory} value={u[3 * centre + 2]}"
)
