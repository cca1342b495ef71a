"""Does direct current go deeper than alternating current? Ask the program instead of the folklore.

Two probes on a flat block of cheek; at each spacing the part of the current that muscle and mucosa carry
half-way between the probes, for direct current and for 100 Hz pulses of the same peak.
"""

import tempfile
from pathlib import Path

from microcurrent import workflow

PLAN = """
title = "How deep, {spacing} mm apart"
body = "slab"
intent = "comparison"
[sites]
"one"   = ["-{half} mm", "0 mm"]
"other" = ["{half} mm", "0 mm"]
[electrode.a]
shape = "sphere"
diameter = "12 mm"
coupling = "gel"
[electrode.b]
shape = "sphere"
diameter = "12 mm"
coupling = "gel"
[[step]]
do = "hold"
system = "galvanic"
current = "100 uA"
duration = "30 s"
anode = {{ electrode = "a", at = "one" }}
cathode = {{ electrode = "b", at = "other" }}
[[step]]
do = "hold"
system = "faradic"
waveform = "biphasic"
current = "100 uA"
frequency = "100 Hz"
pulse = "300 us"
duration = "30 s"
between = [ {{ electrode = "a", at = "one" }}, {{ electrode = "b", at = "other" }} ]
"""
DEEP = ("mimetic muscle", "mucosa")


def deep_share(step) -> str:
    """Return the part of the current below the fat, with its 90 % interval."""
    shares = [share for tissue, share in step.tissue_share if tissue in DEEP]
    low, middle, high = (100 * sum(getattr(s, end) for s in shares) for end in ("low", "value", "high"))
    return f"{middle:4.0f} % ({low:.0f} to {high:.0f} %)"


def main() -> None:
    """Print one line for each spacing."""
    print("spacing   direct current          100 Hz pulses")
    with tempfile.TemporaryDirectory() as folder:
        for spacing in (20, 30, 45, 60):
            plan = Path(folder) / f"{spacing}.toml"
            plan.write_text(PLAN.format(spacing=spacing, half=spacing / 2), encoding="utf-8")
            with workflow.Workspace(Path(folder) / "records.sqlite") as workspace:
                prediction = workflow.predict(
                    workflow.read(plan), workspace=workspace, actor="example", samples=8
                )
            direct, pulsed = (deep_share(step) for step in prediction.exposure.steps)
            print(f"{spacing:4d} mm   {direct:22s}  {pulsed}")
    print("The kind of current hardly matters under current control; the spacing does.")


if __name__ == "__main__":
    main()
