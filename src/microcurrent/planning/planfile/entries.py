"""What may stand in a plan file: one pydantic model per table; unknown keys are errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from microcurrent import units
from microcurrent.errors import UnitError

#: Waveform -> keys that it needs, keys that it allows; current, ramp and surge go with any.
WAVEFORMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "constant": ((), ()),
    "monophasic": (("frequency", "pulse"), ()),
    "biphasic": (("frequency", "pulse"), ("gap", "ratio")),
    "sine": (("frequency",), ()),
    "ramped-square": (("frequency", "rise"), ()),
    "burst": (("frequency", "pulses", "pulse"), ("fill",)),
}


def _refused(trouble: UnitError) -> PydanticCustomError:
    problem = trouble.problems[0]
    return PydanticCustomError(
        "quantity",
        "{what}",
        {"what": problem.what, "expected": problem.expected, "came": problem.came},
    )


def _reader(dimension: str) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        try:
            return units.read(value, dimension)
        except UnitError as trouble:
            raise _refused(trouble) from trouble

    return read


def _read_current(value: Any) -> tuple[float, str]:
    try:
        return units.read_current(value)
    except UnitError as trouble:
        raise _refused(trouble) from trouble


def _schema(dimension: str, example: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "description": f"a {dimension} with its unit", "examples": [example]}
    )


Length = Annotated[float, BeforeValidator(_reader("length")), _schema("length", "10 mm")]
Area = Annotated[float, BeforeValidator(_reader("area")), _schema("area", "0.8 cm2")]
Time = Annotated[float, BeforeValidator(_reader("time")), _schema("time", "40 s")]
Frequency = Annotated[float, BeforeValidator(_reader("frequency")), _schema("frequency", "30 Hz")]
Speed = Annotated[float, BeforeValidator(_reader("speed")), _schema("speed", "10 mm/s")]
Current = Annotated[
    tuple[float, str], BeforeValidator(_read_current), _schema("current (peak, or rms)", "300 uA rms")
]
DirectPart = Annotated[float, BeforeValidator(_reader("current")), _schema("direct current", "50 uA")]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Entry(BaseModel):
    """A table: unknown keys refused, no silent conversion between types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ElectrodeEntry(Entry):
    """``[electrode.NAME]``."""

    shape: Literal["sphere", "disc", "roller", "pad", "glove"]
    coupling: Literal["dry", "water", "gel"]
    diameter: Length | None = None
    width: Length | None = None
    height: Length | None = None
    length: Length | None = None
    material: Name = "stainless steel"
    contact_area: Area | None = None


class PlacementEntry(Entry):
    """An electrode `at` one site, by name or by coordinates."""

    electrode: Name
    at: Name | list[Length]


class PathEntry(Entry):
    """An electrode gliding `along` sites."""

    electrode: Name
    along: Annotated[list[Name | list[Length]], Field(min_length=2, max_length=50)]


class RampEntry(Entry):
    """Different ramps at the start (`rise`) and at the end (`fall`)."""

    rise: Time
    fall: Time


class SurgeEntry(Entry):
    """A repeated swell."""

    rise: Time
    hold: Time
    fall: Time
    rest: Time


class AlternatingEntry(Entry):
    """Reversal of the polarity every so often, through zero."""

    every: Time
    ramp: Time


class StepEntry(Entry):
    """What every step has."""

    title: str = ""
    start: Time | None = None
    current: Current
    offset: DirectPart | None = None
    ramp: Time | RampEntry | None = None
    surge: SurgeEntry | None = None
    polarity: Literal["fixed", "reversed"] | AlternatingEntry = "fixed"
    frequency: Frequency | None = None
    pulse: Time | None = None
    gap: Time | None = None
    ratio: float | None = None
    rise: Time | None = None
    pulses: int | None = None
    fill: float | None = None


class HoldEntry(StepEntry):
    """``do = "hold"``: both probes stay."""

    do: Literal["hold"]
    duration: Time
    anode: PlacementEntry | None = None
    cathode: PlacementEntry | None = None
    between: Annotated[list[PlacementEntry], Field(min_length=2, max_length=2)] | None = None


class GlideEntry(StepEntry):
    """``do = "glide"``: one probe moves, or both."""

    do: Literal["glide"]
    speed: Speed
    passes: Annotated[int, Field(ge=1, le=1000)] = 1
    fixed: PlacementEntry | None = None
    moving: PathEntry | None = None
    moving_is: Literal["anode", "cathode"] | None = None
    anode: PlacementEntry | PathEntry | None = None
    cathode: PlacementEntry | PathEntry | None = None


class GalvanicHold(HoldEntry):
    """A held direct current."""

    system: Literal["galvanic"]
    waveform: Literal["constant", "monophasic"] = "constant"


class FaradicHold(HoldEntry):
    """A held alternating or pulsed current."""

    system: Literal["faradic"]
    waveform: Literal["biphasic", "monophasic", "sine", "ramped-square", "burst"]


class GalvanicGlide(GlideEntry):
    """A gliding direct current."""

    system: Literal["galvanic"]
    waveform: Literal["constant", "monophasic"] = "constant"


class FaradicGlide(GlideEntry):
    """A gliding alternating or pulsed current."""

    system: Literal["faradic"]
    waveform: Literal["biphasic", "monophasic", "sine", "ramped-square", "burst"]


STEPS: dict[tuple[str, str], type[HoldEntry] | type[GlideEntry]] = {
    ("hold", "galvanic"): GalvanicHold,
    ("hold", "faradic"): FaradicHold,
    ("glide", "galvanic"): GalvanicGlide,
    ("glide", "faradic"): FaradicGlide,
}


class CourseEntry(Entry):
    """``[course]``."""

    sittings: Annotated[int, Field(ge=1, le=100)]
    per_week: Annotated[float, Field(gt=0, le=14, strict=False)]
    minutes: Annotated[float, Field(gt=0, le=240, strict=False)]
    maintenance: Literal["none", "twice-weekly", "weekly", "fortnightly", "monthly", "quarterly"] = "none"


class HeadEntry(Entry):
    """The file but for its steps, which are checked one by one."""

    title: Name
    body: Name
    intent: Name
    mode: Literal["microcurrent", "motor", "iontophoresis", "wound"] = "microcurrent"
    author: str = ""
    labels: Name | None = None
    electrode: Annotated[dict[str, ElectrodeEntry], Field(min_length=2)]
    sites: dict[str, list[Length]] = Field(default_factory=dict)
    step: Annotated[list[Any], Field(min_length=1, max_length=500)]
    course: CourseEntry | None = None


class PlanEntry(HeadEntry):
    """The whole file, for the JSON schema."""

    step: Annotated[list[GalvanicHold | FaradicHold | GalvanicGlide | FaradicGlide], Field(min_length=1)]


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a plan file, for editors."""
    schema = PlanEntry.model_json_schema(mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "microcurrent plan"
    return schema
