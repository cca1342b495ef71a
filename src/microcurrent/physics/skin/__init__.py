"""The stratum corneum and the metal on it: layers without thickness, per area of contact.

::

    impedance        at rest: series, parallel, constant-phase element; in frequency and in time
    hydration        the same between dry, gelled and wet, by time under cover; swelling
    direct_current   how direct current changes the layer: sinh law, wetting, breakdown; at one moment
    transient        the same through time, for a given current or a given voltage
    double_layer     bare metal: double layer, charge that can be taken back, onset of electrolysis
    diffusion        Warburg's impedances of ions that diffuse
    marching         implicit steps of adaptive length, for `transient` and `double_layer`

Arrays run over faces (n,): one entry, one place of skin. Current density is positive into the body, so
positive under the anode.
"""

from microcurrent.physics.skin.diffusion import (
    bounded_warburg_impedance,
    warburg_coefficient,
    warburg_impedance,
)
from microcurrent.physics.skin.direct_current import (
    DirectCurrentLaw,
    SkinFaces,
    SkinState,
    alternating_impedance,
    at_rest,
    differential_impedance,
    secant_impedance,
    skin_faces,
    steady_state,
    wetted_conductance,
)
from microcurrent.physics.skin.double_layer import (
    ElectrodeTrace,
    MetalInterface,
    charge_verdict,
    faradaic_density,
    half_cycle_charge,
    interface_impedance,
    metal_under_current,
    pair_voltage,
    saturation_time,
    steady_potential,
)
from microcurrent.physics.skin.hydration import (
    Hydration,
    bulk_conductivity,
    bulk_permittivity,
    degree_after,
    hydrated,
    hydrated_admittance,
    hydrated_impedance,
    swollen,
)
from microcurrent.physics.skin.impedance import (
    QUOTED_AT,
    SkinImpedance,
    area_impedance,
    cole_impedance,
    mittag_leffler,
    peak_voltage,
    step_admittance,
    step_impedance,
)
from microcurrent.physics.skin.transient import SkinTrace, advance, under_current, under_voltage

__all__ = [
    "QUOTED_AT",
    "DirectCurrentLaw",
    "ElectrodeTrace",
    "Hydration",
    "MetalInterface",
    "SkinFaces",
    "SkinImpedance",
    "SkinState",
    "SkinTrace",
    "advance",
    "alternating_impedance",
    "area_impedance",
    "at_rest",
    "bounded_warburg_impedance",
    "bulk_conductivity",
    "bulk_permittivity",
    "charge_verdict",
    "cole_impedance",
    "degree_after",
    "differential_impedance",
    "faradaic_density",
    "half_cycle_charge",
    "hydrated",
    "hydrated_admittance",
    "hydrated_impedance",
    "interface_impedance",
    "metal_under_current",
    "mittag_leffler",
    "pair_voltage",
    "peak_voltage",
    "saturation_time",
    "secant_impedance",
    "skin_faces",
    "steady_potential",
    "steady_state",
    "step_admittance",
    "step_impedance",
    "swollen",
    "under_current",
    "under_voltage",
    "warburg_coefficient",
    "warburg_impedance",
    "wetted_conductance",
]
