"""Device: a product on the market as far as it is known, cell by cell, each with its source; or unknown."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent import units
from microcurrent.model.checks import finite, named, one_of, refuse

#: What stands for a cell, or an end of a range, that nobody has found.
UNKNOWN = "?"
#: Whom a device is made for, in the words of a list.
CLASSES = ("home", "professional", "aesthetic", "therapeutic", "prescription")
#: Every cell that a catalogue entry has, known or not, and what it holds: "text", "money", "count", or a
#: dimension of `units.UNITS`.
CELLS = {
    "maker": "text",
    "waveform": "text",
    "polarity": "text",
    "frequency": "frequency",
    "pulse": "time",
    "least_current": "current",
    "largest_current": "current",
    "control": "text",
    "compliance": "voltage",
    "channels": "count",
    "electrodes": "text",
    "electrode_size": "length",
    "session": "time",
    "clearance": "text",
    "price": "money",
    "claims": "text",
}
#: Cells that an entry may have beside these: the shape that is computed with, a lower current stated for
#: the face, the largest direct current, and the voltage that was seen at a load.
MORE_CELLS = {
    "shape": "text",
    "face_current": "current",
    "direct_current": "current",
    "voltage_reached": "voltage",
}
#: The shapes that figures are computed for.
SHAPES = ("direct", "square", "pulses", "sine")
POLARITIES = ("positive", "negative", "alternating")
CONTROLS = ("current", "voltage")
#: High over low end from which each is written in a unit of its own.
_FAR_APART = 1000.0
_WORDS = {"shape": SHAPES, "polarity": POLARITIES, "control": CONTROLS}


@dataclass(frozen=True, kw_only=True)
class Span:
    """What a figure lies between, `low` and `high` [SI of `dimension`]; None is an end that is not known.

    Not an interval of confidence: a device with three settings has the span of all three.
    `assumed`: it rests on a shape that was taken because none was found.
    """

    low: float | None
    high: float | None
    dimension: str
    assumed: bool = False

    def __post_init__(self) -> None:
        for field in ("low", "high"):
            if getattr(self, field) is not None:
                finite(self, field, getattr(self, field))
        if self.low is not None and self.high is not None and self.low > self.high:
            raise refuse(self, "low", expected=f"at most {self.high:g}", came=f"{self.low:g}")

    @staticmethod
    def exact(value: float, dimension: str, *, assumed: bool = False) -> Span:
        """Return a span of one value."""
        return Span(low=value, high=value, dimension=dimension, assumed=assumed)

    @staticmethod
    def unknown(dimension: str) -> Span:
        """Return a span of which nothing is known."""
        return Span(low=None, high=None, dimension=dimension)

    @property
    def known(self) -> bool:
        """Whether both ends are known."""
        return self.low is not None and self.high is not None

    @property
    def text(self) -> str:
        """The span in words: ``"80 to 400 µA"``, ``"0.5 Hz to ?"`` or ``"?"``."""
        if self.low is None and self.high is None:
            return UNKNOWN
        if self.low is None or self.high is None:
            low, high = (
                UNKNOWN if end is None else units.write(end, self.dimension)
                for end in (self.low, self.high)
            )
            return f"{low} to {high}"
        if self.low == self.high:
            return units.write(self.low, self.dimension)
        if self.low and self.high >= _FAR_APART * self.low:
            return f"{units.write(self.low, self.dimension)} to {units.write(self.high, self.dimension)}"
        return units.write_interval(self.low, self.high, self.dimension, digits=3)


@dataclass(frozen=True, kw_only=True)
class Known:
    """One cell that is known.

    `cell`: a key of `CELLS` or `MORE_CELLS`. `texts`; or `values` [SI], every one that can be chosen; or
    `low` and `high` [SI], of which one may be None. Money has its `currency`, and the `year` where known.
    `sources`: ids of references; `confidence`: their mark.
    """

    cell: str
    sources: tuple[str, ...]
    confidence: str
    texts: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None
    currency: str = ""
    year: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        one_of(self, "cell", self.cell, (*CELLS, *MORE_CELLS))
        named(self, "confidence", self.confidence)
        if not self.sources:
            raise refuse(self, "sources", expected="at least one", came="none")
        if self.dimension == "text":
            self._check_texts()
        else:
            self._check_numbers()

    def _check_texts(self) -> None:
        if not self.texts or self.values or self.low is not None or self.high is not None:
            raise refuse(
                self, "texts", expected=f"words alone, for {self.cell}", came=self.values or "none"
            )
        for text in self.texts:
            named(self, "texts", text)
            if self.cell in _WORDS:
                one_of(self, "texts", text, _WORDS[self.cell])

    def _check_numbers(self) -> None:
        ends = tuple(end for end in (self.low, self.high) if end is not None)
        if self.texts or bool(self.values) == bool(ends):
            raise refuse(self, "values", expected=f"values or ends of a range, for {self.cell}", came="both"
                         if ends else "neither")  # fmt: skip
        for value in (*self.values, *ends):
            finite(self, "values" if self.values else "low", value, minimum=0)
        if list(self.values) != sorted(set(self.values)):
            raise refuse(self, "values", expected="rising values, each once", came=self.values)
        if len(ends) == 2 and ends[0] > ends[1]:
            raise refuse(self, "low", expected=f"at most {ends[1]:g}", came=f"{ends[0]:g}")
        if self.dimension == "money":
            named(self, "currency", self.currency)

    @property
    def dimension(self) -> str:
        """What the cell holds: "text", "money", "count" or a dimension of `units.UNITS`."""
        return {**CELLS, **MORE_CELLS}[self.cell]

    @property
    def span(self) -> Span:
        """The ends of values or range [SI]."""
        if self.values:
            return Span(low=self.values[0], high=self.values[-1], dimension=self.dimension)
        return Span(low=self.low, high=self.high, dimension=self.dimension)

    @property
    def text(self) -> str:
        """The cell in words, without source and mark."""
        if self.dimension == "text":
            return "; ".join(self.texts)
        if self.dimension in ("money", "count"):
            ends = [UNKNOWN if end is None else f"{end:,.0f}" for end in (self.span.low, self.span.high)]
            plain = " to ".join(dict.fromkeys(ends))
            if self.dimension == "count":
                return plain
            return f"{self.currency} {plain}" + (f" ({self.year})" if self.year else ", year ?")
        if len(self.values) > 1:
            return ", ".join(units.write(value, self.dimension) for value in self.values)
        return self.span.text


@dataclass(frozen=True, kw_only=True)
class Device:
    """A product: `name` for the command line, `title` for people, `classes`, and what is known of it.

    `facts`: the cells that are known, each once. Every cell of `CELLS` that is not among them is unknown,
    and a catalogue entry says so. It is no `Stimulator`: nothing here drives it.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    facts: tuple[Known, ...]
    sources: tuple[str, ...]
    note: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        named(self, "title", self.title)
        for word in self.classes:
            one_of(self, "classes", word, CLASSES)
        cells = [fact.cell for fact in self.facts]
        for cell in cells:
            if cells.count(cell) > 1:
                raise refuse(self, "facts", expected="each cell once", came=f"{cell} twice")

    def get(self, cell: str) -> Known | None:
        """Return a cell, or None where it is not known."""
        return next((fact for fact in self.facts if fact.cell == cell), None)

    def text(self, cell: str) -> str:
        """Return a cell in words, "?" where it is not known."""
        found = self.get(cell)
        return UNKNOWN if found is None else found.text

    def span(self, cell: str) -> Span:
        """Return the ends of a cell with numbers [SI], both None where it is not known."""
        found = self.get(cell)
        if found is None:
            return Span.unknown({**CELLS, **MORE_CELLS}[cell])
        return found.span

    @property
    def unknown(self) -> tuple[str, ...]:
        """The cells of `CELLS` that nobody has found."""
        return tuple(cell for cell in CELLS if self.get(cell) is None)


@dataclass(frozen=True, kw_only=True)
class ProductCode:
    """A product code of the American regulator: `code`, `name`, `regulation` and class as far as known."""

    code: str
    name: str
    regulation: str
    device_class: str
    sources: tuple[str, ...]
    confidence: str
    note: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        if len(self.code) != 3 or not self.code.isalpha() or not self.code.isupper():
            raise refuse(self, "code", expected="three capital letters", came=self.code)
