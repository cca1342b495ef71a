"""Compiling: whether the kernels of the field engine are compiled already, so that a face can say so."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from microcurrent.physics.conduction.basis import coding, operators
from microcurrent.physics.conduction.engine import lanes


def kernels_compiled() -> bool:
    """Return whether every module of kernels has some in numba's cache that are newer than its source.

    A wrong answer costs nothing but a needless or a missing remark.
    """
    return all(_compiled(module) for module in (coding, operators, lanes))


def _compiled(module: ModuleType) -> bool:
    source = Path(str(module.__file__))
    folders = {
        Path(kernel.stats.cache_path)
        for kernel in vars(module).values()
        if hasattr(kernel, "py_func") and getattr(kernel.stats, "cache_path", None)
    }
    written = source.stat().st_mtime
    return any(
        index.stat().st_mtime >= written
        for folder in folders
        for index in folder.glob(f"{source.stem}.*.nbi")
    )
