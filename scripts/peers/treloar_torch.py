"""Adam in eager PyTorch on Treloar's 53 points until it is as good as `deepmanifold fit --law learned`.

The same kind of law: W = N(sqrt(I1), sqrt(I2)) with two softplus layers, weights bound to be positive through
exp, beside a/2 (I1 - 3) + c (sqrt(I2) - sqrt(3)); incompressible, nominal stress by automatic
differentiation along the path. Features are scaled to their extent and every mode counts alike.
Usage: treloar_torch.py CSV [SECONDS [RMSE_MPA [WIDTH]]]; stops at the error or after that much processor
time, and says which.
"""

import csv
import sys
import time

import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
limit = float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
goal = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0327
width = int(sys.argv[4]) if len(sys.argv) > 4 else 8

rows = []
with open(sys.argv[1], encoding="utf-8") as file:
    for row in csv.reader(line for line in file if not line.startswith("#")):
        if row[0] in ("uniaxial", "equibiaxial", "pure-shear"):
            rows.append((row[0], float(row[1]), float(row[2])))
mode = [r[0] for r in rows]
stretch = torch.tensor([r[1] for r in rows])
stress = torch.tensor([r[2] for r in rows])
share = torch.tensor([2.0 if m == "equibiaxial" else 1.0 for m in mode])
second = torch.tensor([{"uniaxial": -0.5, "equibiaxial": 1.0, "pure-shear": 0.0}[m] for m in mode])
count = torch.tensor([float(mode.count(m)) for m in mode])
root3 = 3**0.5


def features(l):
    m = l**second
    t = 1 / (l * m)
    I1 = l**2 + m**2 + t**2
    I2 = 1 / l**2 + 1 / m**2 + 1 / t**2
    return I1, torch.sqrt(I1) - root3, torch.sqrt(I2) - root3


_, x1, x2 = features(stretch)
scale1, scale2 = x1.max(), x2.max()


def start(seed):
    g = torch.Generator().manual_seed(seed)
    r = lambda *n, mean=0.0: (mean + 0.5 * torch.randn(*n, generator=g)).requires_grad_()
    return {
        "W1": r(width, 2), "b1": r(width, mean=-1.0), "W2": r(width, 2, mean=-1.0),
        "V": r(width, width, mean=-2.0), "b2": r(width, mean=-2.0), "v": r(width, mean=-2.0),
        "a": r(1, mean=-1.0), "c": r(1, mean=-2.0),
    }


def predicted(p):
    l = stretch.clone().requires_grad_()
    I1, x1, x2 = features(l)
    u = torch.stack([x1 / scale1, x2 / scale2], 1)
    softplus = torch.nn.functional.softplus
    h = softplus(u @ p["W1"].exp().T + p["b1"])
    h = softplus(h @ p["V"].exp().T + u @ p["W2"].exp().T + p["b2"])
    W = h @ p["v"].exp() + p["a"].exp() / 2 * (I1 - 3) + p["c"].exp() * x2
    (P,) = torch.autograd.grad(W.sum(), l, create_graph=True)
    return P / share


best = (float("inf"), 0.0, 0)
reached = None
for rate in (3e-3, 1e-2, 3e-2):
    p = start(1)
    adam = torch.optim.Adam(p.values(), lr=rate)
    begin = time.process_time()
    steps = 0
    while time.process_time() - begin < limit:
        adam.zero_grad()
        error = predicted(p) - stress
        (error**2 / count).sum().backward()
        adam.step()
        steps += 1
        rmse = (error.detach() ** 2).mean().sqrt().item()
        best = min(best, (rmse, rate, steps))
        if rmse <= goal:
            seconds = time.process_time() - begin
            reached = min(reached or (seconds, steps, rate), (seconds, steps, rate))
            break
if reached:
    print(f"reached=1 seconds={reached[0]:.4g} steps={reached[1]} rate={reached[2]} rmse={goal}")
else:
    print(f"reached=0 seconds={limit} steps={best[2]} rate={best[1]} rmse={best[0]:.6g}")
