"""Writes the case of the idealised chair: a slab of bedded, jointed rock on a back and a seat.

    python3 make_case.py > case.yaml
    python3 make_case.py column=25 layer=30 residual=5 > other.yaml

IDEALISED: two straight planes and a slab of one thickness. No line of it was surveyed or digitised. Every
parameter stands in PARAMETERS with what it rests on: [S] read in a public source, [M] recalled from the
literature and not checked against the paper, [ours] chosen here. Angles in degrees, lengths in m.
"""

import math
import sys

PARAMETERS = {
    # The chair. Back 35-45 and seat 0-10 degrees, two-wedge idealisation about 36 over 0 [M].
    "back": (36.0, "dip of the back, degrees [M]"),
    "seat": (5.0, "dip of the seat towards the valley, degrees [M]"),
    "back-length": (500.0, "from the bend up to the head, m [ours]"),
    "seat-length": (350.0, "from the bend down to the toe, m [ours]"),
    # With these lengths a width of 1.9 km (scar about 2 km [M]) holds 270 million m3 (published 240-300 [S]).
    "thickness": (180.0, "of the slab, m (up to about 250 [M])"),
    "valley": (100.0, "bed beyond the toe up to the opposite bank, m [ours]"),
    "bank": (35.0, "dip of the opposite bank, degrees [ours]"),
    "bank-length": (450.0, "m [ours]"),
    # Bedding along the planes, cross joints across the beds, shifted by half a column from bed to bed.
    "column": (50.0, "spacing of cross joints at the base, m [ours]"),
    "layer": (60.0, "spacing of bedding, m [ours]"),
    # Rock mass.
    "young": (5e9, "Pa [ours]"),
    "poisson": (0.25, "[ours]"),
    "density": (2400.0, "kg/m3 [ours]"),
    # Joints. Clay residual 5-16 degrees, mean 12; back-calculated 17-28 in two dimensions [M].
    "peak": (20.0, "friction of the basal joint before slip, degrees [ours]"),
    "residual": (8.0, "after much slip, degrees (5-16 [M])"),
    "length": (5.0, "slip by which 1/e of the fall is left, m [ours]"),
    "internal": (30.0, "friction of bedding and cross joints inside, degrees [ours]"),
    "bank-friction": (30.0, "on the opposite bank, degrees [ours]"),
    # Time and contact.
    "end": (60.0, "s"),
    "step": (0.02, "s"),
    "output": (0.5, "s"),
    "tolerance": (1e-6, "largest overlap over block size"),
}


def line(origin, direction, distance):
    return (origin[0] + distance * direction[0], origin[1] + distance * direction[1])


def joints(length, spacing, shifted):
    """Places of cross joints from 0 to length, the number of columns rounded, shifted by half a column or not."""
    n = max(1, round(length / spacing))
    inner = [(i + 0.5) / n for i in range(n)] if shifted else [i / n for i in range(1, n)]
    return [0.0, *(length * t for t in inner), length]


def chair(p):
    """Fixed and free blocks as (name, material, corners), and the area of the free ones."""
    A, B = math.radians(p["back"]), math.radians(p["seat"])
    u1, n1 = (-math.cos(A), math.sin(A)), (math.sin(A), math.cos(A))
    u2, n2 = (math.cos(B), -math.sin(B)), (math.sin(B), math.cos(B))
    half = math.tan((A - B) / 2)

    def bend(h):
        # Where planes at height h above both legs meet: both legs lose h tan(half the turn) in length.
        return line(line((0, 0), n1, h), u1, h * half)

    layers = max(1, round(p["thickness"] / p["layer"]))
    heights = [p["thickness"] * k / layers for k in range(layers + 1)]
    free, area = [], 0.0
    for k in range(layers):
        for leg, u, full in (("back", u1, p["back-length"]), ("seat", u2, p["seat-length"])):
            # Joints fan out from the bend: at height h all distances shrink alike.
            shrink = [(full - h * half) / full for h in heights]
            at = joints(full, p["column"], k % 2 == 1)
            for i, (a, b) in enumerate(zip(at, at[1:])):
                low, high = bend(heights[k]), bend(heights[k + 1])
                ends = [
                    line(low, u, a * shrink[k]), line(low, u, b * shrink[k]),
                    line(high, u, b * shrink[k + 1]), line(high, u, a * shrink[k + 1]),
                ]
                if leg == "back":
                    ends.reverse()
                free.append((f"{leg}-{k}-{i}", "rock", ends))
                area += polygon_area(ends)
    depth = 60.0
    far = line((0, 0), u2, p["seat-length"] + p["valley"])
    C = math.radians(p["bank"])
    u3, n3 = (math.cos(C), math.sin(C)), (-math.sin(C), math.cos(C))
    below = bend(-depth)
    head = line((0, 0), u1, p["back-length"] + 50)
    # The corner below the foot of the bank, on the bisector there.
    foot = math.tan((B + C) / 2)
    under = line(line(far, n2, -depth), u2, depth * foot)
    end = line(far, u3, p["bank-length"])
    fixed = [
        ("bed-back", "bed", [head, line(head, n1, -depth), below, (0, 0)]),
        ("bed-seat", "bed", [(0, 0), below, under, far]),
        ("opposite-bank", "bank", [far, under, line(end, n3, -depth), end]),
    ]
    return fixed, free, area


def polygon_area(corners):
    pairs = zip(corners, corners[1:] + corners[:1])
    return 0.5 * sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)


def write(p, out):
    fixed, free, area = chair(p)
    for name, (_, meaning) in PARAMETERS.items():
        out.write(f"# {name} = {p[name]:g}: {meaning}\n")
    out.write(f"# area of the slide = {area:.10g} m2\n")
    rock = f"young: {p['young']:g}, poisson: {p['poisson']:g}, density: {p['density']:g}"
    out.write("kind: block-system\n")
    out.write("title: An idealised chair, parameters in the case (not a surveyed section)\n")
    out.write("plane: plane-strain\nmaterials:\n")
    for name in ("rock", "bed", "bank"):
        out.write(f"  {name}: {{{rock}}}\n")
    out.write(f"joints:\n  friction: {p['internal']:g}\n  pairs:\n")
    if p["peak"] > p["residual"]:
        law = f"law: slip-weakening, peak-friction: {p['peak']:g}, "
        law += f"residual-friction: {p['residual']:g}, length: {p['length']:g}"
    else:
        law = f"friction: {p['peak']:g}"
    out.write(f"    - {{between: [rock, bed], {law}}}\n")
    out.write(f"    - {{between: [rock, bank], friction: {p['bank-friction']:g}}}\n")
    out.write("blocks:\n")
    for blocks, fix in ((fixed, ", fixed: true"), (free, "")):
        for name, material, corners in blocks:
            points = ", ".join(f"[{x:.10g}, {y:.10g}]" for x, y in corners)
            out.write(f"  - {{name: {name}, material: {material}{fix}, outline: [{points}]}}\n")
    out.write(f"time: {{end: {p['end']:g}, step: {p['step']:g}, output: {p['output']:g}}}\n")
    out.write(f"contact: {{tolerance: {p['tolerance']:g}}}\n")
    toe = max((b for b in free if b[0].startswith("seat-0")), key=lambda b: b[2][1][0])[0]
    head = max((b for b in free if b[0].startswith("back-0")), key=lambda b: b[2][0][1])[0]
    C, B, A = (math.radians(p[k]) for k in ("bank", "seat", "back"))
    out.write("probes:\n")
    for name, block, (x, y) in (
        ("toe", toe, (math.cos(B), -math.sin(B))),
        ("head", head, (math.cos(A), -math.sin(A))),
    ):
        for quantity in ("displacement", "velocity"):
            out.write(f"  - {{name: {name} {quantity}, quantity: {quantity}, block: {block}, ")
            out.write(f"along: [{x:.10g}, {y:.10g}]}}\n")
    for term in ("kinetic", "strain", "potential", "friction", "joint", "algorithmic", "total"):
        out.write(f"  - {{name: {term}, quantity: energy, term: {term}, since: 0}}\n")
    out.write("  - {name: overlap, quantity: overlap}\n")


def main():
    p = {name: value for name, (value, _) in PARAMETERS.items()}
    for word in sys.argv[1:]:
        name, _, value = word.partition("=")
        if name not in p:
            sys.exit(f"make_case.py: there is no parameter '{name}'; there are {', '.join(p)}")
        p[name] = float(value)
    write(p, sys.stdout)


main()
