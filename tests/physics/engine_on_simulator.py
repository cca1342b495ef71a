"""Small problems, and what the engine's device path finds for them; run as a program on numba's simulator.

Threads are Python's there, so grids are tiny, and levels are kept on rows far below the size at which it pays.
"""

import sys

import numpy as np

from microcurrent.physics.conduction.engine import Engine, building
from microcurrent.physics.conduction.grid import Grid

#: Levels with fewer nodes than this are lists; as shipped, all levels but the cells would be.
ON_ROWS = 40
TOLERANCE = 1e-8


def grid(n):
    return Grid(
        x=np.linspace(0, 0.020, n + 1),
        y=np.linspace(0, 0.022, n + 1),
        z=np.cumsum(np.concatenate([[0.0], 0.001 * 1.1 ** np.arange(n + 2)])),
    )


def layered(n):
    """Skin, fat and muscle under air with a step in it, S/m."""
    sigma = np.zeros((n, n, n + 2))
    sigma[:, :, 1:2], sigma[:, :, 2:4], sigma[:, :, 4:] = 0.02, 0.05, 0.35
    sigma[: n // 2, :, 1:2] = 0
    return sigma


def contrast(n):
    """Specks that conduct 10 000 times worse or 10 times better than what is around them, S/m."""
    drawn = np.random.default_rng(3).random((n, n, n + 2))
    sigma = np.where(drawn < 0.15, 3e-5, np.where(drawn > 0.9, 3.0, 0.3))
    sigma[:2, :3] = 0
    return sigma


def balanced(count):
    """One milliampere in at one end, out at two cells of the other, A ``(n,)``."""
    right = np.zeros(count)
    right[3], right[-4], right[-9] = 1e-3, -0.4e-3, -0.6e-3
    return right


def electrodes(count):
    """A weak contact that gives a current and one at 0 V that takes it: S, A ``(n,)`` each."""
    robin, right = np.zeros(count), np.zeros(count)
    robin[:6], robin[-20:] = 1e-7, 1e-5
    right[:6] = 1e-7 * 3.0
    return robin, right


def engines(device):
    """Engines by name, with the conductivity of each."""
    models = {"layered": (10, layered(10)), "contrast": (8, contrast(8))}
    return {
        name: Engine(grid(n), sigma, double=name == "layered", threads=1, device=device)
        for name, (n, sigma) in models.items()
    }


def solved(engine):
    """Potentials of three kinds of sources, V."""
    count = engine.count
    robin, right = electrodes(count)
    sources = engine.solve(balanced(count), tolerance=TOLERANCE)
    contacts = engine.solve(right, robin=robin, tolerance=TOLERANCE)
    many = engine.solve_many(np.stack([balanced(count), np.zeros(count)], axis=1), tolerance=1e-6)
    return {
        "sources": sources.potential,
        "contacts": contacts.departure,
        "level": np.array(contacts.level),
        "many": many,
        "residuals": np.array([sources.residual, contacts.residual]),
        "iterations": np.array([sources.iterations, contacts.iterations]),
    }


def cycles(hierarchy):
    """Two random right sides and what the cycle makes of them; the second also on other threads."""
    from microcurrent.physics.conduction.engine.cuda.levels import DeviceLevels

    levels = DeviceLevels(hierarchy)
    levels.renew()
    there = hierarchy.levels[0].stencil.inverse > 0
    right = np.random.default_rng(5).standard_normal((2, there.size)).astype(np.float32) * there
    found = []
    for r, shape in ((right[0], (2, 2)), (right[1], (2, 2)), (right[1], (1, 3))):
        levels._shape = shape
        levels.fields[0].r.copy_to_device(r)
        levels.cycle()
        found.append(levels.fields[0].z.copy_to_host())
    return {"right": right, "found": np.stack(found)}


def main(path):
    building._ON_ROWS = ON_ROWS
    results = {
        "loaded": np.array(sorted(name for name in sys.modules if name.startswith("numba.cuda")), str)
    }
    for name, engine in engines("cuda").items():
        found = solved(engine)
        hierarchy = engine._hierarchy
        found["extras"] = np.array([level.extras.begin.size - 1 for level in hierarchy.levels])
        if name == "contrast":
            found |= cycles(hierarchy)
        results |= {f"{name}.{key}": value for key, value in found.items()}
    np.savez(path, **results)


if __name__ == "__main__":
    main(sys.argv[1])
