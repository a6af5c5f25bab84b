"""Runs variants of the idealised chair and prints a table in Markdown, a row per variant.

    python3 bracket.py OUT residual=5 residual=12 'column=25 layer=30' …

OUT is a folder for cases and results; every further word holds parameters of make_case.py, or nothing
for the case as it is. Shares are of the energy of the fall until the peak of the speed. Needs
`deepmanifold` on the PATH.
"""

import csv
import io
import json
import math
import pathlib
import subprocess
import sys

here = pathlib.Path(__file__).parent


def call(*words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, **more)


def measure(folder, number, parameters):
    """Runs one variant; what the table shows of it."""
    case, result = folder / f"{number}.yaml", folder / f"{number}.vtkhdf"
    case.write_text(
        call(sys.executable, here / "make_case.py", *parameters.split(), check=True).stdout)
    notes = dict(
        line[1:].split(" = ") for line in case.read_text().splitlines() if line.startswith("#")
        and " = " in line)
    notes = {name.strip(): float(value.split()[0].rstrip(":")) for name, value in notes.items()}
    # Exit code 1 says that a step did not settle; the table counts them.
    run = call("deepmanifold", "run", case, "-o", result, "--json")
    figures = json.loads(run.stdout.splitlines()[-1])
    table = call("deepmanifold", "inspect", result, "--probes", check=True).stdout
    rows = list(csv.DictReader(io.StringIO(table)))
    column = lambda name: [float(row[name]) for row in rows]
    mass = notes["density"] * notes["area of the slab"]
    speed = [math.sqrt(2 * max(e, 0) / mass) for e in column("kinetic [J]")]
    peak = max(range(len(rows)), key=speed.__getitem__)
    fall = -column("potential [J]")[peak]
    share = lambda *names: f"{100 * sum(column(name)[peak] for name in names) / fall:.1f}"
    late = column("joint [J]")[-1] + column("algorithmic [J]")[-1]
    return [
        parameters or "as it is", f"{speed[peak]:.1f}", f"{column('time [s]')[peak]:.1f}",
        f"{column('toe displacement [m]')[peak]:.0f}",
        f"{column('head displacement [m]')[peak]:.0f}", share("friction [J]"),
        share("joint [J]", "algorithmic [J]"), share("strain [J]"),
        f"{max(map(abs, column('total [J]'))) / fall:.0e}",
        f"{column('toe displacement [m]')[-1]:.0f}",
        f"{-100 * late / column('potential [J]')[-1]:.0f}",
        f"{figures['unsettled']} of {figures['steps']}",
    ]


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: bracket.py OUT PARAMETERS…")
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    heads = [
        "variant", "peak speed, m/s", "at, s", "toe then, m", "head then, m", "friction then, %",
        "impacts and scheme, %", "strain, %", "balance", "toe at the end, m",
        "impacts and scheme at the end, %", "steps not settled",
    ]
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads), flush=True)
    for number, parameters in enumerate(sys.argv[2:]):
        print("| " + " | ".join(measure(folder, number, parameters)) + " |", flush=True)


main()
