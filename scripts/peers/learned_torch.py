"""The learned law 2 x 32 and the map 6-64-64-6 with PyTorch on one thread; see learned_common.py.

Usage: learned_torch.py EXPORT [--compile]. Prints points/s and training samples/s as name=value pairs:
torch.func (eager), hand-derived formulas (eager) or, with --compile, these formulas compiled.
"""

import sys

import learned_common as common
import numpy as np
import torch
from torch.func import hessian, jacrev, vmap
from torch.nn.functional import softplus

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
data = common.load(sys.argv[1])
compiled = "--compile" in sys.argv
tensor = torch.as_tensor
weights = [tensor(w.copy()) for w in common.unpack(data)]
scales = tensor(data["featureScales"])
s, a, c, K = (float(data[k]) for k in ("stressScale", "growth", "cofactor", "bulk"))
root3 = float(np.sqrt(3.0))
centre = torch.tensor([root3, root3, 1.0])
D = tensor(common.cofactor_tensor())
D_flat = D.permute(2, 0, 1).reshape(6, 36).contiguous()
one = torch.tensor([1.0, 1.0, 1.0, 0, 0, 0])
D2 = torch.outer(one, one) - torch.eye(6)


def gradient_of_net(w, u):
    """∂N/∂u by hand, for rows u."""
    W1, b1, W2, V, b2, v = w
    z1 = u @ W1.T + b1
    z2 = softplus(z1) @ V.T + u @ W2.T + b2
    g2 = v * torch.sigmoid(z2)
    g1 = (g2 @ V) * torch.sigmoid(z1)
    return g1 @ W1 + g2 @ W2


def rest(w):
    W1, b1, W2, V, b2, v = w
    value = v @ softplus(V @ softplus(b1) + b2)
    g = gradient_of_net(w, torch.zeros(1, 3))[0]
    slope = s * g[2] / scales[2] + (s * g[0] / scales[0] + 2 * (s * g[1] / scales[1] + c)) / root3
    return value, slope


at_rest = rest(weights)


def geometry(C):
    trace = C[:, 0] + C[:, 1] + C[:, 2]
    DC = (C @ D_flat).reshape(-1, 6, 6)
    cof = 0.5 * torch.einsum("nij,nj->ni", DC, C)
    I = torch.stack([trace, cof[:, 0] + cof[:, 1] + cof[:, 2], (cof * C).sum(1) / 3], 1)
    A = torch.stack([one.expand_as(C), trace[:, None] * one - C, cof], 1)
    return I, A, DC


def derivatives(I, g):
    """∂W/∂I from ∂N/∂u."""
    x = torch.sqrt(I)
    G = s / scales * g
    linear = torch.stack([torch.zeros(()), torch.tensor(c), -at_rest[1]])
    q = 0.5 / x
    volume = torch.stack([torch.full_like(x[:, 0], a / 2), torch.zeros_like(x[:, 0]),
                          K / 4 - (K / 4 + a / 2) / I[:, 2]], 1)
    return (G + linear) * q + volume, G + linear, q, x


def by_hand(C):
    """Energy, stress and tangent of rows C, everything derived by hand."""
    W1, b1, W2, V, b2, v = weights
    I, A, DC = geometry(C)
    x = torch.sqrt(I)
    u = (x - centre) / scales
    z1 = u @ W1.T + b1
    h, d1 = softplus(z1), torch.sigmoid(z1)
    z2 = h @ V.T + u @ W2.T + b2
    k, d2 = softplus(z2), torch.sigmoid(z2)
    N = k @ v
    g2 = v * d2
    back = g2 @ V
    g1 = back * d1
    g = g1 @ W1 + g2 @ W2
    T2 = (d1[:, None, :] * W1.T) @ V.T + W2.T
    c2 = v * d2 * (1 - d2)
    c1 = back * d1 * (1 - d1)
    H = (T2 * c2[:, None, :]) @ T2.transpose(1, 2) + (W1.T * c1[:, None, :]) @ W1
    dW, G, q, _ = derivatives(I, g)
    H = s * H / scales[:, None] / scales * q[:, :, None] * q[:, None, :]
    curved = -2 * q**3 * G
    curved[:, 2] += (K / 4 + a / 2) / I[:, 2] ** 2
    H = H + torch.diag_embed(curved)
    W = (s * (N - at_rest[0]) + a / 2 * (I[:, 0] - 3 - torch.log(I[:, 2])) + c * (x[:, 1] - root3)
         - at_rest[1] * (x[:, 2] - 1) + K / 4 * (I[:, 2] - 1 - torch.log(I[:, 2])))
    S = 2 * (dW[:, None, :] @ A)[:, 0]
    T = 4 * (A.transpose(1, 2) @ H @ A + dW[:, 1, None, None] * D2 + dW[:, 2, None, None] * DC)
    return W, S, T


def energy(C):
    trace = C[0] + C[1] + C[2]
    cof = 0.5 * (D @ C) @ C
    I = torch.stack([trace, cof[0] + cof[1] + cof[2], cof @ C / 3])
    W1, b1, W2, V, b2, v = weights
    x = torch.sqrt(I)
    u = (x - centre) / scales
    N = v @ softplus(V @ softplus(W1 @ u + b1) + W2 @ u + b2)
    return (s * (N - at_rest[0]) + a / 2 * (I[0] - 3 - torch.log(I[2])) + c * (x[1] - root3)
            - at_rest[1] * (x[2] - 1) + K / 4 * (I[2] - 1 - torch.log(I[2])))


def by_func(C):
    def value_and_stress(C):
        g, W = torch.func.grad_and_value(energy)(C)
        return 2 * g, W

    S, W = vmap(value_and_stress)(C)
    return W, S, 4 * vmap(hessian(energy))(C)


layers = [tensor(w.copy()) for w in common.unpack_map(data)]


def net_map(p, x):
    W1, b1, W2, b2, W3, b3 = p
    return torch.tanh(torch.tanh(x @ W1.T + b1) @ W2.T + b2) @ W3.T + b3


def map_by_hand(x):
    W1, b1, W2, b2, W3, b3 = layers
    h = torch.tanh(x @ W1.T + b1)
    k = torch.tanh(h @ W2.T + b2)
    T = ((1 - h * h)[:, None, :] * W1.T) @ W2.T
    J = ((1 - k * k)[:, None, :] * T) @ W3.T
    return k @ W3.T + b3, J.transpose(1, 2)


out = {}
C = tensor(common.points(data, 256))
x = tensor(common.inputs(data, 256))
laws = {"compiled": by_hand} if compiled else {"func": by_func, "hand": by_hand}
with torch.no_grad():
    for name, law in laws.items():
        f = torch.compile(law, dynamic=False) if compiled else law
        for key, value in zip("WST", law(C)):
            common.check(f"{name} {key}", data[key], value)
        # Every size is compiled for itself, which takes minutes.
        for n in (1, 4096) if compiled else common.BATCHES:
            if name == "func" and n > 4096:
                continue
            at = tensor(common.points(data, n))
            out[f"{name}{n}"] = n / common.seconds(lambda: f(at))
    y, J = map_by_hand(x)
    common.check("map y", data["y"], y)
    common.check("map J", data["J"], J)
    f = torch.compile(map_by_hand, dynamic=False) if compiled else map_by_hand
    for n in (4096,) if compiled else common.BATCHES:
        at = tensor(common.inputs(data, n))
        out[f"jacobian{n}"] = n / common.seconds(lambda: f(at))
        if not compiled:
            out[f"map{n}"] = n / common.seconds(lambda: net_map(layers, at))


def law_loss(w, C, S):
    I, A, _ = geometry(C)
    x = torch.sqrt(I)
    g = gradient_of_net(w, (x - centre) / scales)
    _, slope = rest(w)
    G = s / scales * g
    q = 0.5 / x
    W1 = G[:, 0] * q[:, 0] + a / 2
    W2 = (G[:, 1] + c) * q[:, 1]
    W3 = (G[:, 2] - slope) * q[:, 2] + K / 4 - (K / 4 + a / 2) / I[:, 2]
    error = (2 * (torch.stack([W1, W2, W3], 1)[:, None, :] @ A)[:, 0] - S) / s
    return 0.5 * (error**2).sum(1).mean()


def map_loss(p, x, y):
    return 0.5 * ((net_map(p, x) - y) ** 2).sum(1).mean()


def train(loss, start, samples, batch):
    params = [p.clone().requires_grad_() for p in start]
    adam = torch.optim.Adam(params, lr=1e-4, fused=True)
    f = torch.compile(loss, dynamic=False) if compiled else loss
    count = len(samples[0])

    def epoch():
        for at in range(0, count, batch):
            adam.zero_grad()
            f(params, *(x[at : at + batch] for x in samples)).backward()
            adam.step()

    return count / common.seconds(epoch, blocks=3)


count = 16384
S = tensor(np.tile(data["S"].reshape(-1, 6), (count // 256, 1)) * 1.1)
y = tensor(np.tile(data["y"].reshape(-1, 6), (count // 256, 1)) * 1.1)
C, x = tensor(common.points(data, count)), tensor(common.inputs(data, count))
params = [w.clone().requires_grad_() for w in weights]
loss = law_loss(params, C[:256], S[:256])
loss.backward()
common.check("law loss", data["lawLoss"], loss.item())
common.check("law gradient", data["lawGradient"], torch.cat([p.grad.ravel() for p in params]))
for batch in (256, 4096):
    if not compiled:
        out[f"trainMap{batch}"] = train(map_loss, layers, (x, y), batch)
    out[f"trainLaw{batch}"] = train(law_loss, weights, (C, S), batch)
common.show(out)
