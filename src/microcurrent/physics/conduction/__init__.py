"""Current flow in tissue: finite volumes, complete electrode model, one setup for all positions.

``div(sigma grad phi) = 0`` on a rectilinear grid, insulated outside. Through an electrode's contact
of impedance z flows ``(U - phi) / z`` per area; its total current is given, its potential U comes out.
::

    grid        Grid, graded_edges        where the cells are
    contact     Contact, exposed_faces,   what an electrode covers, and the layer between
                contact_on, disc_contact
    assembly    bulk_matrix               conductivity to a sparse matrix, the plain twin
    engine/     Engine                    matrix-free multigrid in conjugate gradients, by numba
    part        Part                      one connected part and its engine
    conductor   Conductor -> Solution     contacts and currents in, potential out, current checked
    alternating alternating_fields        the same in phasors: complex tissue, complex contacts
    drives      Drive, drive, ...         currents, voltages and floating electrodes mixed
    conductances FaceConductances         what lies between two cells, ready-made: from
    fractions   mixed_cells, ...            labels on a finer grid, or with
    sheets      Sheet, with_sheets          thin resistive layers inside the tissue
    basis/      SurfaceBasis            the bulk solved once for patches of skin, electrodes live
    fields      face_currents, ...        density, field, heat, power, current through planes
    recovery    tissue_field              the field in one tissue, better on steps and mixed faces

::

    conductor = Conductor(grid, conductivity)                    # S/m
    pair = [disc_contact(grid, conductor.conducting, centre=c, radius=0.005, impedance=1.0) for c in at]
    solution = conductor.solve(pair, [1e-4, -1e-4])              # A
    density = current_density(conductor, face_currents(conductor, solution))   # A/m2

Judged by `microcurrent.physics.exact`.
"""
