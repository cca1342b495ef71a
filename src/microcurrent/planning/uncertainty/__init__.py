"""Uncertainty done properly: one plan on many virtual people, and which input would narrow it most.

::

    inputs      every number that differs between people, hands and devices, and draws of it
    person      the same plan on one person: conductivities, layers, skin, contacts, hand and device
    on_basis    one person on a stored surface basis: all but tissue, without solving the bulk again
    figures     the names and dimensions of the figures, and the interval of each
    pieces      people solved, a few to a file; all of them in one netCDF file
    crews       who solves: this process, every core, or a dask cluster
    sweeping    a sweep over people: goes on where one was stopped, nothing lost and nothing twice
    emulator    a Gaussian process that stands for the solver
    ranking     Sobol indices with their own intervals
    spreading   all of it: Plan -> Uncertainty
"""
