"""The learned law 2 x 32 and the map 6-64-64-6 with JAX on one thread; see learned_common.py.

Usage: learned_jax.py EXPORT. Prints points/s and training samples/s as name=value pairs.
"""

import os
import sys

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import learned_common as common
import numpy as np
from jax import lax

jax.config.update("jax_enable_x64", True)
data = common.load(sys.argv[1])
W1, b1, W2, V, b2, v = map(jnp.asarray, common.unpack(data))
scales = jnp.asarray(data["featureScales"])
s, a, c, K = (float(data[k]) for k in ("stressScale", "growth", "cofactor", "bulk"))
root3 = np.sqrt(3.0)
centre = jnp.array([root3, root3, 1.0])
D = jnp.asarray(common.cofactor_tensor())
one = jnp.array([1.0, 1.0, 1.0, 0, 0, 0])
D2 = jnp.outer(one, one) - jnp.eye(6)


def net(w, u):
    W1, b1, W2, V, b2, v = w
    h = jax.nn.softplus(W1 @ u + b1)
    return v @ jax.nn.softplus(V @ h + W2 @ u + b2)


def rest(w):
    value, g = jax.value_and_grad(net, 1)(w, jnp.zeros(3))
    slope = s * g[2] / scales[2] + (s * g[0] / scales[0] + 2 * (s * g[1] / scales[1] + c)) / root3
    return value, slope


def energy_of_invariants(w, at_rest, I):
    value, slope = at_rest
    x = jnp.sqrt(I)
    u = (x - centre) / scales
    return (
        s * (net(w, u) - value)
        + a / 2 * (I[0] - 3 - jnp.log(I[2]))
        + c * (x[1] - root3)
        - slope * (x[2] - 1)
        + K / 4 * (I[2] - 1 - jnp.log(I[2]))
    )


def invariants(C):
    trace = C[0] + C[1] + C[2]
    cof = 0.5 * (D @ C) @ C
    return jnp.array([trace, cof[0] + cof[1] + cof[2], cof @ C / 3]), cof, trace


weights = (W1, b1, W2, V, b2, v)
at_rest = jax.jit(rest)(weights)


def by_hessian(C):
    def energy(C):
        return energy_of_invariants(weights, at_rest, invariants(C)[0])

    g = jax.grad(energy)
    return energy(C), 2 * g(C), 4 * jax.jacfwd(g)(C)


def by_chain(C):
    I, cof, trace = invariants(C)

    def energy(I):
        return energy_of_invariants(weights, at_rest, I)

    value, g = jax.value_and_grad(energy)(I)
    H = jax.jacfwd(jax.grad(energy))(I)
    A = jnp.stack([one, trace * one - C, cof])
    T = A.T @ H @ A + g[1] * D2 + g[2] * (D @ C)
    return value, 2 * g @ A, 4 * T


def stress(w, at_rest, C):
    I, cof, trace = invariants(C)
    g = jax.grad(energy_of_invariants, 2)(w, at_rest, I)
    return 2 * g @ jnp.stack([one, trace * one - C, cof])


out = {}
C = common.points(data, 256)
for name, law in (("hessian", by_hessian), ("chain", by_chain)):
    f = jax.jit(jax.vmap(law))
    W, S, T = f(C)
    common.check(name + " W", data["W"], W)
    common.check(name + " S", data["S"], S)
    common.check(name + " T", data["T"], T)
    for n in common.BATCHES:
        x = jnp.asarray(common.points(data, n))
        t = common.seconds(lambda: jax.block_until_ready(f(x)))
        out[f"{name}{n}"] = n / t

layers = tuple(map(jnp.asarray, common.unpack_map(data)))


def net_map(p, x):
    W1, b1, W2, b2, W3, b3 = p
    return W3 @ jnp.tanh(W2 @ jnp.tanh(W1 @ x + b1) + b2) + b3


value = jax.jit(jax.vmap(lambda x: net_map(layers, x)))
both = jax.jit(jax.vmap(lambda x: (net_map(layers, x), jax.jacrev(net_map, 1)(layers, x))))
forward = jax.jit(jax.vmap(lambda x: (net_map(layers, x), jax.jacfwd(net_map, 1)(layers, x))))
x = common.inputs(data, 256)
y, J = both(x)
common.check("map y", data["y"], y)
common.check("map J", data["J"], J)
for n in common.BATCHES:
    x = jnp.asarray(common.inputs(data, n))
    out[f"map{n}"] = n / common.seconds(lambda: jax.block_until_ready(value(x)))
    t = min(common.seconds(lambda f=f: jax.block_until_ready(f(x))) for f in (both, forward))
    out[f"jacobian{n}"] = n / t


def train(loss, params, samples, batch):
    """Adam over one epoch inside one compiled scan; samples/s."""
    gradient = jax.grad(loss)

    def step(state, part):
        p, m, q, t = state
        g = gradient(p, *part)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        q = jax.tree.map(lambda q, g: 0.999 * q + 0.001 * g * g, q, g)
        rate = 1e-4 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        p = jax.tree.map(lambda p, m, q: p - rate * m / (jnp.sqrt(q) + 1e-8), p, m, q)
        return (p, m, q, t), None

    @jax.jit
    def epoch(p, parts):
        zero = jax.tree.map(jnp.zeros_like, p)
        return lax.scan(step, (p, zero, zero, 0.0), parts)[0][0]

    count = len(samples[0])
    parts = tuple(jnp.asarray(x).reshape(count // batch, batch, -1) for x in samples)
    return count / common.seconds(lambda: jax.block_until_ready(epoch(params, parts)))


def map_loss(p, x, y):
    return 0.5 * jnp.mean(jnp.sum((jax.vmap(lambda x: net_map(p, x))(x) - y) ** 2, 1))


def law_loss(w, C, S):
    at = rest(w)
    error = (jax.vmap(lambda C: stress(w, at, C))(C) - S) / s
    return 0.5 * jnp.mean(jnp.sum(error**2, 1))


count = 65536
x, C = common.inputs(data, count), common.points(data, count)
y = np.tile(data["y"].reshape(-1, 6), (count // 256, 1)) * 1.1
S = np.tile(data["S"].reshape(-1, 6), (count // 256, 1)) * 1.1
loss, g = jax.value_and_grad(law_loss)(weights, C[:256], S[:256])
common.check("law loss", data["lawLoss"], loss)
common.check("law gradient", data["lawGradient"], np.concatenate([np.ravel(g[k]) for k in (0, 1, 2, 3, 4, 5)]))
for batch in (256, 4096):
    out[f"trainMap{batch}"] = train(map_loss, layers, (x, y), batch)
    out[f"trainLaw{batch}"] = train(law_loss, weights, (C, S), batch)
common.show(out)
