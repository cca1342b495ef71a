"""Compiling: whether the kernels of the field engine are compiled already, so that a face can say so."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from microcurrent.physics.conduction.basis import coding, operators
from microcurrent.physics.conduction.engine import lanes, sweeps, vectors


def kernels_compiled(*, basis: bool) -> bool:
    """Return whether every module of kernels has some in numba's cache that are newer than its source.

    `basis`: those of a surface basis, too, and not only those of a single solve. A wrong answer costs
    nothing but a needless or a missing remark.
    """
    # The kernels of the engine have those of `vectors` compiled into them.
    modules = (sweeps, lanes) if basis else (sweeps,)
    solving = all(_compiled(module, vectors) for module in modules)
    return solving and (not basis or all(_compiled(module) for module in (coding, operators)))


def _compiled(module: ModuleType, *within: ModuleType) -> bool:
    source = Path(str(module.__file__))
    folders = {
        Path(kernel.stats.cache_path)
        for kernel in vars(module).values()
        if hasattr(kernel, "py_func") and getattr(kernel.stats, "cache_path", None)
    }
    written = max(Path(str(one.__file__)).stat().st_mtime for one in (module, *within))
    return any(
        index.stat().st_mtime >= written
        for folder in folders
        for index in folder.glob(f"{source.stem}.*.nbi")
    )
