"""The safety core against a host and a load that do anything, at length: `make bench-safety`.

python benchmarks/safety.py --runs 2000 --steps 50
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "firmware"), str(ROOT / "tests" / "firmware")]

from hypothesis import HealthCheck, settings  # noqa: E402
from hypothesis.stateful import run_state_machine_as_test  # noqa: E402
from machine import AnyHost  # noqa: E402  of tests/firmware


def main() -> int:
    """Run the machine and print how much of the device's time it went through."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=2_000)
    parser.add_argument("--steps", type=int, default=50)
    wanted = parser.parse_args()
    began, passed, ticks = time.monotonic(), 0, 0

    class Counted(AnyHost):
        """The same, and its time is added up."""

        def teardown(self):
            nonlocal passed, ticks
            passed += self.time
            ticks += self.ticks

    run_state_machine_as_test(
        Counted,
        settings=settings(
            max_examples=wanted.runs, stateful_step_count=wanted.steps, deadline=None, derandomize=False,
            suppress_health_check=list(HealthCheck), print_blob=True,
        ),
    )  # fmt: skip
    print(
        f"{wanted.runs} runs of at most {wanted.steps} steps: {ticks} ticks, {passed / 3.6e9:.1f} h of the "
        f"device's time, in {time.monotonic() - began:.0f} s; every rule held after every tick."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
