"""The engine on a graphics processor: the levels on rows there, the small lower ones on the CPU. Optional.

Matrix, levels, tolerance and stopping are those of the engine on the CPU. Sweeps are red and black, since
a sweep in order leaves nothing to do side by side, so the iterations differ and the answers agree to the
tolerance. No sum depends on which thread was first: the same problem gives the same digits. Nothing here is
imported, and CUDA neither, until `Engine` is asked for ``device="cuda"``.
::

    presence   require, ...          refuses where there is no usable device, or no room on it
    iteration  DeviceIteration       conjugate gradients on the device
    levels     DeviceLevels          the cycle
    kernels    sweep, product, ...   what each thread does, on rows
    apart      extras_sweep, ...     the same for cells that have no place on the rows
"""
