"""Whether this machine has a graphics processor that the engine can use, and room on it."""

from __future__ import annotations

from microcurrent.errors import Problem, ValueRefused


def require() -> None:
    """Raise `ValueRefused`, with what to install, where CUDA cannot be used."""
    reason = _lacking()
    if reason:
        raise ValueRefused(
            Problem(
                what='field engine on device "cuda"',
                expected="an NVIDIA graphics processor, its driver, and the extra microcurrent[gpu]",
                came=reason,
                advice='Install them, or leave the device at "cpu": it gives the same answer',
            )
        )


def require_memory(needed: int) -> None:
    """Raise `ValueRefused` where the device has less than `needed` bytes free."""
    from numba import cuda

    free = cuda.current_context().get_memory_info().free
    if needed > free:
        raise ValueRefused(
            Problem(
                what="not enough memory on the graphics processor for the field engine",
                expected=f"{needed / 1e9:.1f} GB",
                came=f"{free / 1e9:.1f} GB free",
                advice='Take a coarser grid, or leave the device at "cpu"',
            )
        )


def _lacking() -> str:
    """Return what is not there, or nothing."""
    try:
        from numba import cuda
    except ImportError as error:
        return f"no numba.cuda ({error})"
    if cuda.is_available():
        return ""
    return "none that numba.cuda finds"
