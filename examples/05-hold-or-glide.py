"""What does gliding change? The same direct current for the same time, held and over longer paths.

On a surface basis every millimetre of a glide is solved on its own. Printed is the charge per area under
the moving probe where there is most, and the strongest field that the muscle meets in the mean.
"""

import tempfile
from pathlib import Path

from microcurrent import units, workflow

PLAN = """
title = "Hold or glide"
body = "slab"
intent = "comparison"
[sites]
"start" = ["-15 mm", "0 mm"]
"end"   = ["{end} mm", "0 mm"]
"fixed" = ["0 mm", "-30 mm"]
[electrode.moving]
shape = "sphere"
diameter = "20 mm"
coupling = "gel"
[electrode.still]
shape = "pad"
width = "30 mm"
height = "20 mm"
coupling = "gel"
[[step]]
system = "galvanic"
current = "100 uA"
ramp = "2 s"
{what}
"""
HOLD = """
do = "hold"
duration = "20 s"
anode = { electrode = "moving", at = "start" }
cathode = { electrode = "still", at = "fixed" }
"""
GLIDE = """
do = "glide"
moving = {{ electrode = "moving", along = ["start", "end"] }}
moving_is = "anode"
fixed = {{ electrode = "still", at = "fixed" }}
speed = "{speed} mm/s"
passes = 2
"""


def exposure(folder: Path, length: int) -> tuple[float, float]:
    """Return the most charge per area around the path [C/m2] and the median of |E| in muscle [V/m]."""
    what = GLIDE.format(speed=length / 10) if length else HOLD
    plan = folder / f"{length}.toml"
    plan.write_text(PLAN.format(end=length - 15 if length else 15, what=what), encoding="utf-8")
    workflow.build_basis(workflow.BasisWanted(body=str(plan), spacing=3e-3), folder / "bases")
    written = workflow.expose_plan(
        plan, folder / f"{length}", workflow.ExposureWanted(), folder=folder / "bases"
    )
    found = written.summary
    charge = next(part.net.largest for part in found.skin if part.place == "around start")
    muscle = next(p for p in found.steps[0].tissues if p.muscle and p.place == "near the probes")
    return charge, muscle.field.p95


def main() -> None:
    """Print one line for each length of path."""
    print("path      most charge per area   field in muscle, 5 % is above")
    with tempfile.TemporaryDirectory() as name:
        for length in (0, 10, 20, 40):
            charge, field = exposure(Path(name), length)
            told = units.write(charge, "charge density", digits=2), units.write(field, "field", digits=2)
            print(f"{f'{length} mm' if length else 'held':7s}   {told[0]:20s}   {told[1]}")
    print(
        "Gliding spares the skin; what the muscle meets hardly changes. No interval: values of the tables."
    )


if __name__ == "__main__":
    main()
