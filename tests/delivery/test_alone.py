"""Delivery loads nothing but the standard library and the words; the controller no simulator."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
before = set(sys.modules)
import microcurrent.delivery, {modules}
new = set(sys.modules) - before
alien = {{n.partition(".")[0] for n in new}} - set(sys.stdlib_module_names) - {{"microcurrent"}}
own = {{".".join(n.split(".")[1:2]) for n in new if n.startswith("microcurrent.")}}
print(sorted(alien), sorted(own), sorted(n for n in new if "simulator" in n.split(".")[-1]))
"""
REAL = ["clock", "gate", "interlock", "ledger", "controller", "thread"]
SIMULATED = ["simulator", "faults", "load", "peak"]


@pytest.mark.parametrize(
    ("modules", "simulator"),
    [(REAL, ""), (REAL + SIMULATED, "microcurrent.delivery.simulator")],
    ids=["to a real stimulator", "with the simulator"],
)
def test_a_fresh_interpreter_loads_nothing_else(modules, simulator):
    program = PROGRAM.format(modules=", ".join(f"microcurrent.delivery.{name}" for name in modules))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    listed = f"['{simulator}']" if simulator else "[]"
    assert done.stdout.strip() == f"[] ['delivery', 'errors', 'model', 'units'] {listed}"
