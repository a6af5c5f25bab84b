"""One table from the lines of scripts/bench-learned.sh: medians over the rounds, and ratios.

Usage: learned_table.py FILE
"""

import sys
from statistics import median

results = {}
treloar = ""
with open(sys.argv[1], encoding="utf-8") as file:
    for line in file:
        name, _, rest = line.strip().partition(" ")
        if name == "treloar":
            treloar = rest
            continue
        compiled = rest.startswith("--compile ")
        side = {"here": "here", "learned_jax.py": "JAX"}.get(name, "torch compiled" if compiled else "torch")
        for pair in rest.split():
            key, _, value = pair.partition("=")
            if value:
                results.setdefault((side, key), []).append(float(value))


def figure(side, key):
    values = results.get((side, key))
    return median(values) if values else None


def short(x):
    if x is None:
        return "–"
    return f"{x / 1e6:.2f} M" if x >= 1e6 else f"{x / 1e3:.3g} k" if x >= 1e3 else f"{x:.0f}"


def table(title, unit, mine, peers, batches):
    print(f"\n{title}, {unit}\n")
    print("| batch | " + " | ".join(["here", *(p[0] for p in peers), "here / best peer"]) + " |")
    print("|---" * (len(peers) + 3) + "|")
    for n in batches:
        values = [figure(side, f"{key}{n}") for _, side, key in peers]
        own = figure("here", f"{mine}{n}")
        known = [v for v in values if v]
        ratio = f"**{own / max(known):.1f}**" if own and known else "–"
        cells = [short(own), *(short(v) for v in values), ratio]
        print(f"| {n} | " + " | ".join(cells) + " |")


ALL = (1, 64, 4096, 65536)
law = [
    ("torch.func", "torch", "func"),
    ("torch by hand", "torch", "hand"),
    ("the same compiled", "torch compiled", "compiled"),
    ("JAX Hessian", "JAX", "hessian"),
    ("JAX chain rule", "JAX", "chain"),
]
table("Law 2 × 32: energy, stress, tangent", "points/s", "law", law, ALL)
table("The same, map in single precision here", "points/s", "single", law, ALL)
value = [("torch", "torch", "map"), ("JAX", "JAX", "map")]
table("Map 6-64-64-6: value", "points/s", "map", value, ALL)
both = [
    ("torch by hand", "torch", "jacobian"),
    ("the same compiled", "torch compiled", "jacobian"),
    ("JAX", "JAX", "jacobian"),
]
table("Map 6-64-64-6: value and Jacobian", "points/s", "jacobian", both, ALL)
for name, key in (("map 6-64-64-6", "trainMap"), ("law 2 × 32 on stresses", "trainLaw")):
    sides = [("torch", "torch", key), ("torch compiled", "torch compiled", key), ("JAX scan", "JAX", key)]
    table(f"Training of the {name}, Adam", "samples/s", key, sides, (256, 4096))
if treloar:
    v = dict(p.split("=") for p in treloar.split())
    how = "reached" if v["reached"] == "1" else "not reached: best"
    print(
        f"\nTreloar's 53 points, Adam in eager PyTorch: RMSE {v['rmse']} MPa {how} after "
        f"{v['seconds']} s per learning rate (rate {v['rate']}, {v['steps']} steps)."
    )
