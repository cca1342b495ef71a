"""One file for each kind of stimulator; beside it, what its driver does and does not do (`*.quality.toml`).

::

    own_firmware   ours: the safety core of `firmware/` over a serial line or a process
"""
