"""The engine: matrix-free multigrid in conjugate gradients, compiled by numba when first used.

Each cell keeps three conductances in float32; air costs nothing. Blocks of cells that conduct well together
become one cell of the next level, down to a few hundred. One symmetric cycle over the levels preconditions
conjugate gradients, whose potential and true residual are float64.
::

    solver       Engine, Solved     set up once, solve for any sources and electrodes
    krylov       Iteration          conjugate gradients with reliable updates
    levels       Hierarchy, Level   the cycle over the levels
    building     make_hierarchy     levels from conductances
    blocks       next_blocks        which cells may join, by place
    cells        join_cells         which of them do, by conductance, and the links between the joined
    aggregation  join_nodes, Graph  the same on every further level
    sweeps       descend, ...       kernels on rows: sweeps, transfer, products
    extras       Extras             cells of a level that have no place on its rows
    links        Links, correct     the small lower levels
    many         Many               conjugate gradients for sixteen right sides at once
    lanes        lanes_descend, ... the kernels on rows for sixteen right sides
    lanes_lists  lanes_correct, ... those on extras and links
    phasors      PhasorEngine       alternating current: complex conductances, the same cycle
    phasor_rows  advance, ...       its kernels on rows
    rows         Rows, Stencil      cells kept row by row, and their conductances
    memory       require            refuses what does not fit, with an estimate
    soundness    check_faces, ...   refuses conductivities and faces that cannot be meant
    cuda         a package          the engine on a graphics processor, optional
    team         Team               threads that share planes
    vectors      load8, ...         short vectors for numba

Plain twin: `microcurrent.physics.conduction.assembly`. Where the method comes from, and what was tried:
docs/decisions/0015 and 0019.
"""

from microcurrent.physics.conduction.engine.phasors import PhasorEngine, SolvedPhasors
from microcurrent.physics.conduction.engine.solver import Engine, Solved

__all__ = ["Engine", "PhasorEngine", "Solved", "SolvedPhasors"]
