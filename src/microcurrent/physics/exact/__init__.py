"""Closed-form solutions: the judges of the numerical laws, plain and slow.

::

    disc                V1, V2   equipotential and uniform-flux disc on a half-space
    contact_disc        V3       disc with contact impedance, by rings
    layers              V4, V5   point and disc sources on layers, real or complex
    depth               V6       share of the current below a depth, midway between two electrodes
    sphere              V7       point sources on a homogeneous sphere
    concentric_spheres  V8       points and caps on any number of spherical shells, with the field
    double_cable                  a myelinated fibre with every compartment: the slow twin of `nerve`
    cylinder            V9       point electrodes on the side of an infinite cylinder
    inclusion           V10      point electrodes on a plane disc with a concentric inclusion
    arcs                V11      opposite arcs with contact impedance on a plane disc
    strips              V12      two coplanar strips on a half-plane
    film                          disc, strip and bridge of conducting film on skin of uniform impedance
    halfspace           V13      point source on an anisotropic half-space
    columns             V14      column, coaxial rings and shells with contact impedance
    problems, flat_problems      the same questions, set up for `conduction` at any resolution
    cases                        the list of both, with orders of convergence
    steps                        round bodies on cubes, laid in any position
    round_problems               spheres, cylinder and plates on steps
    scatter                      studies over resolutions and positions: order and error bars
    round_cases, rotations       the lists of them

V-numbers are those of the project's verification list; ``benchmarks/verification.py`` prints the rows
of `cases`.
Each function names its source and the units of what it takes and gives.
"""
