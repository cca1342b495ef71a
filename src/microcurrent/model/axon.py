"""Rate, Gate, Channel, Membrane, FibreSize, Myelin, Axon: a published model of a nerve fibre."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.checks import finite, named, one_of, refuse

#: The shapes of a rate over the potential, with x = (v - at) / slope.
FORMS = ("linoid", "sigmoid", "exponential", "constant")


@dataclass(frozen=True, kw_only=True)
class Rate:
    """One rate of a gate over the potential v [V], with x = (v - at) / slope, `at` and `slope` in V.

    `form` linoid: rate |slope| x / (1 - exp(-x)) with `rate` in 1/(s V); sigmoid: rate / (1 + exp(-x));
    exponential: rate exp(x); constant: rate; `rate` of these in 1/s.
    """

    form: str
    rate: float
    at: float = 0.0
    slope: float = 1.0

    def __post_init__(self) -> None:
        one_of(self, "form", self.form, FORMS)
        finite(self, "rate", self.rate, above=0)
        finite(self, "at", self.at)
        finite(self, "slope", self.slope)
        if self.slope == 0:
            raise refuse(self, "slope", expected="not 0", came="0")


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One gate: it opens with `alpha`, shuts with `beta`, both times q10^((T - reference) / 10 K)."""

    name: str
    alpha: Rate
    beta: Rate
    q10: float
    reference: float

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        finite(self, "q10", self.q10, above=0)
        finite(self, "reference", self.reference, above=250)


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One channel: `conductance` [S/m2] with all `gates` open, each named as often as it multiplies;
    `reversal` [V].
    """

    name: str
    conductance: float
    reversal: float
    gates: tuple[str, ...]

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        finite(self, "conductance", self.conductance, above=0)
        finite(self, "reversal", self.reversal)
        if not self.gates:
            raise refuse(self, "gates", expected="at least one", came="none")


@dataclass(frozen=True, kw_only=True)
class Membrane:
    """An excitable membrane: `capacitance` [F/m2], `leak` [S/m2] to `leak_reversal` [V], `rest` [V].

    At `temperature` [K]. Every gate of a channel is one of `gates`.
    """

    name: str
    capacitance: float
    leak: float
    leak_reversal: float
    rest: float
    temperature: float
    gates: tuple[Gate, ...]
    channels: tuple[Channel, ...]

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        finite(self, "capacitance", self.capacitance, above=0)
        finite(self, "leak", self.leak, minimum=0)
        finite(self, "leak_reversal", self.leak_reversal)
        finite(self, "rest", self.rest)
        finite(self, "temperature", self.temperature, above=250)
        known = tuple(gate.name for gate in self.gates)
        for channel in self.channels:
            for gate in channel.gates:
                one_of(self, "channels", gate, known)


@dataclass(frozen=True, kw_only=True)
class FibreSize:
    """Lengths of one myelinated fibre [m]: `diameter` over the myelin, of the `axon`, of the `node`.

    `spacing` from node to node, `paranode` the length of the part beside it, and `lamellae` of myelin.
    """

    diameter: float
    axon: float
    node: float
    spacing: float
    paranode: float
    lamellae: float

    def __post_init__(self) -> None:
        for field in ("diameter", "axon", "node", "spacing", "paranode", "lamellae"):
            finite(self, field, getattr(self, field), above=0)
        if not self.node <= self.axon < self.diameter:
            raise refuse(self, "axon", expected="between node and fibre", came=f"{self.axon:g}")


@dataclass(frozen=True, kw_only=True)
class Myelin:
    """What all internodes of a double cable share.

    `capacitance` [F/m2] and `conductance` [S/m2] of one membrane of a lamella; `attachment`, `paranode` and
    `internode` [S/m2]: leak of the axon there; `narrow` and `wide` [m]: the space under the myelin at node
    and attachment, and elsewhere; lengths of `node` and `attachment` [m]; `parts` of the internode proper.
    """

    capacitance: float
    conductance: float
    attachment: float
    paranode: float
    internode: float
    narrow: float
    wide: float
    node_length: float
    attachment_length: float
    parts: int

    def __post_init__(self) -> None:
        for field in self.__dataclass_fields__:
            finite(self, field, getattr(self, field), above=0)


@dataclass(frozen=True, kw_only=True)
class Formula:
    """A length of `FibreSize` as a polynomial of the diameter [m^k] from `low` up to `high` [m], both
    included.
    """

    quantity: str
    low: float
    high: float
    coefficients: tuple[float, ...]

    def __post_init__(self) -> None:
        finite(self, "high", self.high, above=self.low)
        for coefficient in self.coefficients:
            finite(self, "coefficients", coefficient)


@dataclass(frozen=True, kw_only=True)
class Axon:
    """A published fibre: its membrane, `resistivity` of its axoplasm [ohm m], and what it is made of.

    A myelinated one has `myelin`, `sizes` and perhaps `formulas`; a bare one the `segment` [m] into which
    it is cut. `paper` names its reference, `source` where its numbers were read.
    """

    name: str
    title: str
    paper: str
    source: str
    confidence: str
    membrane: Membrane
    resistivity: float
    segment: float | None = None
    myelin: Myelin | None = None
    sizes: tuple[FibreSize, ...] = ()
    formulas: tuple[Formula, ...] = ()

    def __post_init__(self) -> None:
        for field in ("name", "title", "paper", "source", "confidence"):
            named(self, field, getattr(self, field))
        finite(self, "resistivity", self.resistivity, above=0)
        if (self.segment is None) == (self.myelin is None):
            raise refuse(self, "myelin", expected="either myelin or a segment", came="both or neither")
        if self.segment is not None:
            finite(self, "segment", self.segment, above=0)
