"""The laws: arrays in, arrays out, SI units, no files and no clock.

::

    conduction/    div(sigma grad phi) = 0 on a grid with electrodes: potential, density, heat
    exact/         closed-form solutions that judge it
    bodies/        geometry: slab and labelled volume, and where a probe touches them
    skin/          the stratum corneum and the metal on it, as layers without thickness
    electrochemistry/  what direct current does to the film and the skin under an electrode
    nerve/         nerve fibres in the field of a current: what excites them
    heat/          how warm a current makes the skin, and when warmth harms it

`bodies` and `skin` say where current enters and through what; `conduction` says where it flows.
"""
