"""Heat: how warm a current makes the skin, and when warmth harms it.

::

    pennes    closed forms of heat in perfused tissue (V18), and the length over which blood takes it away
    contact   how warm the skin under a probe becomes
    damage    Arrhenius' integral, and equivalent minutes at 43 degrees C

Temperatures in K, differences in K, power in W.
"""

from microcurrent.physics.heat.contact import contact_heating, tissue_heating
from microcurrent.physics.heat.damage import arrhenius_damage, equivalent_time, time_to_damage
from microcurrent.physics.heat.pennes import (
    kohlrausch_rise,
    perfusion_coefficient,
    perfusion_length,
    point_heater_rise,
    step_flux_rise,
    surface_flux_rise,
)

__all__ = [
    "arrhenius_damage",
    "contact_heating",
    "equivalent_time",
    "kohlrausch_rise",
    "perfusion_coefficient",
    "perfusion_length",
    "point_heater_rise",
    "step_flux_rise",
    "surface_flux_rise",
    "time_to_damage",
    "tissue_heating",
]
