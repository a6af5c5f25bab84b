"""What the scripts that measure learned laws share: our weights and answers, timing, and one table row.

Our side writes them: `deepmanifold-bench learned-export FILE`.
"""

import json
import time

import numpy as np

BATCHES = (1, 64, 4096, 65536)


def load(path):
    """The exported law, map, points and answers as numpy arrays."""
    with open(path, encoding="utf-8") as file:
        raw = json.load(file)
    return {k: np.array(v) if isinstance(v, list) else v for k, v in raw.items()}


def points(data, n):
    """n deformations C (Mandel), the exported ones over and over."""
    C = data["C"].reshape(-1, 6)
    return np.ascontiguousarray(np.tile(C, (-(-n // len(C)), 1))[:n])


def inputs(data, n):
    """n inputs of the map."""
    x = data["x"].reshape(-1, 6)
    return np.ascontiguousarray(np.tile(x, (-(-n // len(x)), 1))[:n])


def seconds(call, least=0.3, blocks=5):
    """CPU seconds of one call: median over blocks of repeated calls."""
    call()
    start = time.process_time()
    call()
    one = max(time.process_time() - start, 1e-7)
    repeat = max(1, int(least / blocks / one))
    times = []
    for _ in range(blocks):
        start = time.process_time()
        for _ in range(repeat):
            call()
        times.append((time.process_time() - start) / repeat)
    return sorted(times)[blocks // 2]


def check(name, ours, theirs):
    """Stops unless the peer computes the same thing, to 1e-10 of the largest entry."""
    ours, theirs = np.asarray(ours).ravel(), np.asarray(theirs).ravel()
    error = np.abs(ours - theirs).max() / np.abs(ours).max()
    if not error < 1e-10:
        raise SystemExit(f"{name}: differs from ours by {error}")


def unpack(data):
    """Weights of the energy net by name: skip W, hidden V and bias of both layers, output v."""
    w, h = data["weights"], int(data["width"])
    cut = np.cumsum([3 * h, h, 3 * h, h * h, h])
    W1, b1, W2, V, b2, v = np.split(w, cut)
    return W1.reshape(h, 3), b1, W2.reshape(h, 3), V.reshape(h, h), b2, v


def unpack_map(data):
    """Weights of the map 6-64-64-6: W and b of every layer."""
    out, at = [], 0
    sizes = [6, 64, 64, 6]
    for q, p in zip(sizes, sizes[1:]):
        out += [data["mapWeights"][at : at + p * q].reshape(p, q)]
        out += [data["mapWeights"][at + p * q : at + p * q + p]]
        at += p * q + p
    return out


def cofactor_tensor():
    """D[i, j, k] with ∂(cof C)_i/∂C_j = Σ_k D_ijk C_k, Mandel; and cof C = ½ Σ D_ijk C_j C_k."""
    r = np.sqrt(2.0)
    rows = [(0, 0), (1, 1), (2, 2), (1, 2), (2, 0), (0, 1)]

    def matrix(v):
        m = np.zeros((3, 3))
        for c, (i, j) in zip(v, rows):
            m[i, j] = m[j, i] = c if i == j else c / r
        return m

    def cross(A, B):
        """Half the mixed cofactor of two symmetric matrices."""
        eye = np.eye(3)
        a, b = np.trace(A), np.trace(B)
        return A @ B + B @ A - a * B - b * A + (a * b - np.trace(A @ B)) * eye

    D = np.zeros((6, 6, 6))
    for j in range(6):
        for k in range(6):
            m = cross(matrix(np.eye(6)[j]), matrix(np.eye(6)[k]))
            D[:, j, k] = [m[p] * (1 if p[0] == p[1] else r) for p in rows]
    return D


def show(values):
    """name=value pairs, as deepmanifold-bench prints them."""
    print(" ".join(f"{k}={v:.6g}" for k, v in values.items()), flush=True)
