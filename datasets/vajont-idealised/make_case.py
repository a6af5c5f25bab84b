"""Writes the case of the idealised chair: a slab of bedded, jointed rock on a back and a seat.

    python3 make_case.py > case.yaml
    python3 make_case.py column=25 layer=30 residual=5 > other.yaml

IDEALISED: two straight planes and a slab of one thickness. No line of it was surveyed or digitised.
Every parameter stands in PARAMETERS with what it rests on: [S] read in a public source, [M]
recalled from the literature and not checked against the paper, [ours] chosen here.
"""

import math
import sys

PARAMETERS = {
    # The chair. Back 35-45 and seat 0-10 degrees, two-wedge idealisation about 36 over 0 [M].
    "back": (36.0, "dip of the back, degrees [M]"),
    "seat": (5.0, "dip of the seat towards the valley, degrees [M]"),
    "back-length": (500.0, "from the bend up to the head, m [ours]"),
    "seat-length": (350.0, "from the bend down to the toe, m [ours]"),
    # Over a width of 1.9 km (scar about 2 km [M]) it holds 270 million m3 (published 240-300 [S]).
    "thickness": (180.0, "of the slab, m (up to about 250 [M])"),
    "valley": (100.0, "bed beyond the toe up to the opposite bank, m [ours]"),
    "bank": (35.0, "dip of the opposite bank, degrees [ours]"),
    "bank-length": (450.0, "m [ours]"),
    # Bedding along the planes, cross joints across it, shifted by half a column from bed to bed.
    "column": (50.0, "spacing of cross joints at the base, m [ours]"),
    "layer": (60.0, "spacing of bedding, m [ours]"),
    # Rock mass.
    "young": (5e9, "Pa [ours]"),
    "poisson": (0.25, "[ours]"),
    "density": (2400.0, "kg/m3 [ours]"),
    # Joints. Clay residual 5-16 degrees, mean 12; back-calculated 17-28 in two dimensions [M].
    "peak": (12.0, "friction of the basal joint before slip, degrees [ours]"),
    "residual": (5.0, "after much slip, degrees (5-16 [M])"),
    "length": (5.0, "slip by which 1/e of the fall is left, m [ours]"),
    "internal": (30.0, "friction of bedding and cross joints inside, degrees [ours]"),
    "bank-friction": (30.0, "on the opposite bank, degrees [ours]"),
    # Time and contact.
    "end": (40.0, "s"),
    "step": (0.02, "s"),
    "output": (0.5, "s"),
    "tolerance": (1e-4, "largest overlap over block size"),
}


def line(origin, direction, distance):
    return (origin[0] + distance * direction[0], origin[1] + distance * direction[1])


def joints(count, shifted):
    """Shares of a leg at which cross joints stand: between columns, or in their middles."""
    if shifted:
        return [(i + 0.5) / count for i in range(count)]
    return [i / count for i in range(1, count)]


def chair(p):
    """Fixed blocks (name, material, corners), outline and joints of the slab, its toe and head."""
    A, B, C = (math.radians(p[k]) for k in ("back", "seat", "bank"))
    u1, n1 = (-math.cos(A), math.sin(A)), (math.sin(A), math.cos(A))
    u2, n2 = (math.cos(B), -math.sin(B)), (math.sin(B), math.cos(B))
    u3, n3 = (math.cos(C), math.sin(C)), (-math.sin(C), math.cos(C))
    legs = ((u1, p["back-length"]), (u2, p["seat-length"]))
    half = math.tan((A - B) / 2)

    def at(h, leg, share):
        """At height h above the bed and a share of a leg; a leg loses h tan(half the turn)."""
        (u, full), bend = legs[leg], line(line((0, 0), n1, h), u1, h * half)
        return line(bend, u, share * (full - h * half))

    layers = max(1, round(p["thickness"] / p["layer"]))
    heights = [p["thickness"] * k / layers for k in range(layers + 1)]
    H = p["thickness"]
    outline = [at(0, 0, 1), at(0, 0, 0), at(0, 1, 1), at(H, 1, 1), at(H, 0, 0), at(H, 0, 1)]
    # Bedding, the joint across all beds at the bend, cross joints that fan out from it, bed by bed.
    traces = [[at(h, 0, 1), at(h, 0, 0), at(h, 1, 1)] for h in heights[1:-1]]
    traces.append([at(0, 0, 0), at(H, 0, 0)])
    for k, (low, high) in enumerate(zip(heights, heights[1:])):
        for leg, (_, full) in enumerate(legs):
            for share in joints(max(1, round(full / p["column"])), k % 2 == 1):
                traces.append([at(low, leg, share), at(high, leg, share)])
    # The bed, 60 m of it.
    deep = 60.0
    below = line(line((0, 0), n1, -deep), u1, -deep * half)
    head = line((0, 0), u1, p["back-length"] + 50)
    foot = line((0, 0), u2, p["seat-length"] + p["valley"])
    under = line(line(foot, n2, -deep), u2, deep * math.tan((B + C) / 2))
    end = line(foot, u3, p["bank-length"])
    fixed = [
        ("bed-back", "bed", [head, line(head, n1, -deep), below, (0, 0)]),
        ("bed-seat", "bed", [(0, 0), below, under, foot]),
        ("opposite-bank", "bank", [foot, under, line(end, n3, -deep), end]),
    ]
    inside = heights[1] / 2
    ends = (("toe", at(inside, 1, 0.99), u2), ("head", at(inside, 0, 0.99), line((0, 0), u1, -1)))
    return fixed, outline, traces, ends


def polygon_area(corners):
    pairs = zip(corners, corners[1:] + corners[:1])
    return 0.5 * sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)


def text(points):
    return "[" + ", ".join(f"[{x:.10g}, {y:.10g}]" for x, y in points) + "]"


def write(p, out):
    fixed, outline, traces, ends = chair(p)
    out.write("# An idealised chair after Vajont, NOT a surveyed section, by make_case.py with\n")
    for name, (_, meaning) in PARAMETERS.items():
        out.write(f"#   {name} = {p[name]:g}: {meaning}\n")
    out.write(f"# area of the slab = {polygon_area(outline):.10g} m2\n")
    rock = f"young: {p['young']:g}, poisson: {p['poisson']:g}, density: {p['density']:g}"
    out.write("kind: block-system\n")
    out.write("title: An idealised chair after Vajont (not a surveyed section)\n")
    out.write("plane: plane-strain\nmaterials:\n")
    for name in ("rock", "bed", "bank"):
        out.write(f"  {name}: {{{rock}}}\n")
    out.write(f"joints:\n  friction: {p['internal']:g}\n  pairs:\n")
    law = f"friction: {p['peak']:g}"
    if p["peak"] > p["residual"]:
        law = f"law: slip-weakening, peak-friction: {p['peak']:g}, "
        law += f"residual-friction: {p['residual']:g}, length: {p['length']:g}"
    out.write(f"    - {{between: [rock, bed], {law}}}\n")
    out.write(f"    - {{between: [rock, bank], friction: {p['bank-friction']:g}}}\n")
    out.write("blocks:\n")
    for name, material, corners in fixed:
        out.write(f"  - {{name: {name}, material: {material}, fixed: true, ")
        out.write(f"outline: {text(corners)}}}\n")
    out.write(f"domain: {{material: rock, outline: {text(outline)}}}\n")
    out.write("traces:\n")
    for trace in traces:
        out.write(f"  - {text(trace)}\n")
    out.write(f"time: {{end: {p['end']:g}, step: {p['step']:g}, output: {p['output']:g}}}\n")
    out.write(f"contact: {{tolerance: {p['tolerance']:g}}}\n")
    out.write("probes:\n")
    for name, (x, y), (a, b) in ends:
        for quantity in ("displacement", "velocity"):
            out.write(f"  - {{name: {name} {quantity}, quantity: {quantity}, ")
            out.write(f"block: [{x:.10g}, {y:.10g}], along: [{a:.10g}, {b:.10g}]}}\n")
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
