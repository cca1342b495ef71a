"""Electrochemistry: what direct current does to film and skin under an electrode, and drives into it.

::

    faraday        Faraday's law: moles and mass per charge
    transport      diffusivity, mobility, conductivity, transport numbers, Nernst-Planck
    membrane       constant-field flux; the binary electrolyte in steady current
    depletion      Sand's time; build-up at an electrode and in a film
    iontophoresis  ions and water that a current carries through skin
    equilibrium    which ions a solution holds, from sodium, buffer and acidity
    column         layers from the metal into the skin, cut into cells
    fluxes         diffusion and drift between cells, with derivatives
    acidity        pH under a probe through time

Current density is positive into the body, so positive under the anode. Amounts in mol, concentrations in
mol/m3.
"""

from microcurrent.physics.electrochemistry.acidity import Acidity, acidity_under
from microcurrent.physics.electrochemistry.column import Column, Layer, column_of, conductivity_at_start
from microcurrent.physics.electrochemistry.depletion import film_build_up, sand_time, surface_build_up
from microcurrent.physics.electrochemistry.equilibrium import SPECIES, VALENCES, Solutes, ph_of, ph_with
from microcurrent.physics.electrochemistry.faraday import FARADAY, GAS, amount, mass, thermal_voltage
from microcurrent.physics.electrochemistry.iontophoresis import (
    ion_flux,
    mass_flux,
    neutral_flux,
    osmotic_flow,
    single_ion_number,
)
from microcurrent.physics.electrochemistry.membrane import (
    binary_slope,
    constant_field_flux,
    enhancement,
    limiting_density,
    reduced_voltage,
    salt_diffusivity,
)
from microcurrent.physics.electrochemistry.transport import (
    conductivity,
    diffusivity,
    flux,
    mobility,
    transport_numbers,
)

__all__ = [
    "FARADAY",
    "GAS",
    "SPECIES",
    "VALENCES",
    "Acidity",
    "Column",
    "Layer",
    "Solutes",
    "acidity_under",
    "amount",
    "binary_slope",
    "column_of",
    "conductivity",
    "conductivity_at_start",
    "constant_field_flux",
    "diffusivity",
    "enhancement",
    "film_build_up",
    "flux",
    "ion_flux",
    "limiting_density",
    "mass",
    "mass_flux",
    "mobility",
    "neutral_flux",
    "osmotic_flow",
    "ph_of",
    "ph_with",
    "reduced_voltage",
    "salt_diffusivity",
    "sand_time",
    "single_ion_number",
    "surface_build_up",
    "thermal_voltage",
    "transport_numbers",
]
