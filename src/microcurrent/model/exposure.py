"""Estimate, Exposure and Prediction: what tissue receives, with interval and provenance."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.checks import finite, named, refuse


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value [SI] with its 90 % interval `low` to `high`; `dimension` is a key of `units.UNITS`."""

    value: float
    low: float
    high: float
    dimension: str

    def __post_init__(self) -> None:
        for name in ("value", "low", "high"):
            finite(self, name, getattr(self, name))
        slack = 1e-9 * max(abs(self.low), abs(self.high))
        if not self.low - slack <= self.value <= self.high + slack:
            raise refuse(
                self, "value", expected=f"between {self.low:g} and {self.high:g}", came=f"{self.value:g}"
            )

    @staticmethod
    def exact(value: float, dimension: str) -> Estimate:
        """Return an estimate without spread: the value follows from the plan alone."""
        return Estimate(value=value, low=value, high=value, dimension=dimension)


@dataclass(frozen=True, kw_only=True)
class Input:
    """One number that a prediction rests on: its value and range [SI], source and confidence."""

    name: str
    value: float
    low: float
    high: float
    dimension: str
    source: str
    confidence: str

    def __post_init__(self) -> None:
        for field in ("name", "source", "confidence"):
            named(self, field, getattr(self, field))


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Share of a tissue's volume in each class of |E|: `edges` (N+1,) [V/m], `shares` (N,) sum 1."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.edges) != len(self.shares) + 1:
            raise refuse(self, "edges", expected=f"{len(self.shares) + 1} edges", came=len(self.edges))


@dataclass(frozen=True, kw_only=True)
class TissueExposure:
    """What one tissue receives at the peak of the current.

    `volume` [m3] is the part near the probes that percentiles are taken over. |E| [V/m] as median,
    95th and 99th percentile and maximum of the cells; |J| [A/m2] likewise; for a glide the
    time-weighted mean over positions, except the maximum, which is over all positions.
    """

    tissue: str
    volume: float
    field_median: Estimate
    field_p95: Estimate
    field_p99: Estimate
    field_max: Estimate
    density_median: Estimate
    density_p95: Estimate
    density_p99: Estimate
    density_max: Estimate
    histogram: Histogram


@dataclass(frozen=True, kw_only=True)
class ContactExposure:
    """What the skin under one electrode receives in one step.

    Mean over the contact: `peak_density`, `rms_density`, `dc_density` (largest 1 s mean) [A/m2];
    `edge_ratio`: largest local density over the mean [fraction]; at the site that receives most:
    `net_charge_density` and `absolute_charge_density` [C/m2]; `charge_per_phase_density` [C/m2].
    """

    electrode: str
    area: Estimate
    peak_density: Estimate
    rms_density: Estimate
    dc_density: Estimate
    edge_ratio: Estimate
    net_charge_density: Estimate
    absolute_charge_density: Estimate
    charge_per_phase_density: Estimate


@dataclass(frozen=True, kw_only=True)
class StepExposure:
    """What one step gives: by tissue, by contact, and what it asks of the stimulator.

    `tissue_resistance` [ohm]: between the electrodes, skin layer excluded; `voltage` [V]: largest
    that the stimulator must reach; `spacing` [m]: least and largest distance between the probes;
    `tissue_share`: part of the current that each tissue of the body, near or far, carries
    half-way between the probes, `(tissue, share)`; `balance_error`: largest relative difference of
    delivered and wanted current in the solutions.
    """

    number: int
    tissues: tuple[TissueExposure, ...]
    contacts: tuple[ContactExposure, ...]
    tissue_resistance: Estimate
    voltage: Estimate
    spacing: tuple[float, float]
    tissue_share: tuple[tuple[str, Estimate], ...]
    balance_error: float
    positions: int


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """What the whole plan gives in one sitting.

    `net_charge_density` and `absolute_charge_density` [C/m2] accumulate over all steps at the patch
    of skin that receives most; `dc_charge` [C] is the sum of |net charge| over steps.
    """

    steps: tuple[StepExposure, ...]
    net_charge_density: Estimate
    absolute_charge_density: Estimate
    dc_charge: Estimate


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """An exposure with its provenance and uncertainty.

    Digests of plan, body, tables and field arrays; `samples` and `seed` of the interval; `cells` of
    the grid; every `Input`; `method` with its version; `warnings`.
    """

    plan: str
    body: str
    tables: str
    fields: str
    exposure: Exposure
    inputs: tuple[Input, ...]
    method: str
    cells: int
    samples: int
    seed: int
    warnings: tuple[str, ...] = ()
