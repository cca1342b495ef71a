"""Nerve fibres in a field: thresholds of thousands together, traces of single ones.

A myelinated fibre is a double cable whose internodes are linear; they are reduced without loss to decay
modes, so that a tridiagonal system on the nodes is left. Fibres march side by side, one a lane of the
processor's vectors. ::

    sizes        size_in_table, size_by_formula   lengths of a myelinated fibre of some diameter
    cables       Cables, myelinated, bare         fibres, where the potential is wanted, point sources
    thresholds   thresholds, Method, Found        the least amplitude that fires each of them
    traces       traces, velocity                 potentials in time, where a pulse starts, how fast it runs
    membranes    steady, step_table, terms        gates of a membrane and their tables
    internodes   chain_of, modes_of               compartments between two nodes, and their decay modes
    schemes      scheme_of                        constants of a step: second order, or backward Euler
    blocks       block_at_rest, march_block       fibres in the arrays of the kernel
    kernel       march                            the compiled steps

Plain twin: `microcurrent.physics.exact.double_cable`. Outside judge: NEURON, in the tests. Where the method
comes from: docs/decisions/0037.
"""
