"""The live solve: electrodes, wet film and skin on a surface basis, in milliseconds for each position.

::

    wetting         Metal, Film              what of the skin is covered, and what is wet
    neighbours      surface_links            which faces share an edge, and how well a sheet joins them
    spreading       film_around              a film that reaches so far around metal of any shape
    network         wet_network -> Wet       the wet faces as parts, joined by film and metal contact
    system          LiveSystem               dense equations of one position, factored once
    solving         solve_live               currents or potentials in, current through every wet face out
    nonlinear       solve_nonlinear          skin whose impedance depends on its own current
    transient       step_through             skin with memory: currents that change in time
    glide           glide                    positions with dwell times: charge on the skin, field inside
    direct_current  through_direct_current   minutes of direct current, which wets the skin as it flows
    direct          DirectResponse           the plain twin of a basis, for small bodies and as a judge

From outside to inside: metal at the electrode's potential; its contact impedance; a film that conducts
sideways; the skin layer; the half cell under the face; the body, as the transfer matrix of the basis.
Where nothing is wet and the contact has no impedance, it is the complete electrode model.
"""
