"""Fields: the arrays behind a prediction that pictures are drawn from, saved as one .npz file.

A `Prediction` holds figures; a `Fields` holds what a person looks at. The prediction names its digest.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, fields

import numpy as np

from microcurrent.errors import Problem, ValueRefused

Array = np.ndarray

#: Tissue this near [m] to the line between the probes counts for percentiles. Farther out the field
#: is a small part of its value here, and counting it would only dilute every percentile.
NEAR = 0.02


@dataclass(frozen=True, kw_only=True)
class Section:
    """A cut through both probes, at right angles to the skin, at the peak of one step's current.

    `along` (U,) [m]: along the line from anode to cathode, 0 at the anode; `height` (W,) [m]: 0 at
    the skin under the anode, negative inside; `tissue` (U, W): index into `Fields.tissues`, -1 for
    air; `field` (U, W) |E| [V/m]; `density_along`, `density_up` (U, W): J in the plane [A/m2].
    `anode` and `cathode`: where they stand on `along` [m]; `position`: which position of a glide.
    """

    step: int
    position: str
    along: Array
    height: Array
    tissue: Array
    field: Array
    density_along: Array
    density_up: Array
    anode: float
    cathode: float


@dataclass(frozen=True, kw_only=True)
class Surface:
    """The skin, face by face, over the whole sitting.

    `points` (F, 3) [m]; `area` (F,) [m2]; `absolute` and `net` (F,) [C/m2]: charge per area that
    passed through; `flat` says whether the skin is a plane z = constant; `outward` (3,): the mean
    direction in which the skin that current passed through looks.
    """

    points: Array
    area: Array
    absolute: Array
    net: Array
    flat: bool
    outward: tuple[float, float, float] = (0.0, 0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Fields:
    """Everything that is drawn: `tissues` names, `sections` one per step, `surface`, `sites`.

    `sites`: names and positions (3,) [m] of the places that the plan uses.
    """

    tissues: tuple[str, ...]
    sections: tuple[Section, ...]
    surface: Surface
    sites: tuple[tuple[str, tuple[float, float, float]], ...] = ()

    def __post_init__(self) -> None:
        for section in self.sections:
            shape = (len(section.along), len(section.height))
            if section.field.shape != shape:
                raise ValueRefused(
                    Problem(what="a section's field", expected=f"{shape}", came=f"{section.field.shape}")
                )

    def to_bytes(self) -> bytes:
        """Return the .npz content; the same fields always give the same bytes."""
        arrays: dict[str, Array] = {}
        heads = []
        for k, section in enumerate(self.sections):
            head = {}
            for f in fields(Section):
                value = getattr(section, f.name)
                if isinstance(value, np.ndarray):
                    arrays[f"section{k}.{f.name}"] = value
                else:
                    head[f.name] = value
            heads.append(head)
        for name in ("points", "area", "absolute", "net"):
            arrays[f"surface.{name}"] = getattr(self.surface, name)
        meta = {
            "tissues": self.tissues, "sections": heads, "sites": self.sites,
            "flat": self.surface.flat, "outward": self.surface.outward,
        }  # fmt: skip
        arrays["meta"] = np.frombuffer(json.dumps(meta, sort_keys=True).encode(), dtype=np.uint8)
        return _deterministic_npz(arrays)

    @property
    def digest(self) -> str:
        """SHA-256 of the content, 64 hexadecimal digits."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @staticmethod
    def from_bytes(content: bytes) -> Fields:
        """Return the fields that `to_bytes` wrote; the caller has checked the digest."""
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        meta = json.loads(arrays.pop("meta").tobytes().decode())
        sections = tuple(
            Section(
                **head,
                **{f.name: arrays[f"section{k}.{f.name}"] for f in fields(Section) if f.name not in head},
            )
            for k, head in enumerate(meta["sections"])
        )
        surface = Surface(
            flat=meta["flat"],
            outward=tuple(meta["outward"]),
            **{name: arrays[f"surface.{name}"] for name in ("points", "area", "absolute", "net")},
        )
        sites = tuple((name, (x, y, z)) for name, (x, y, z) in meta["sites"])
        return Fields(tissues=tuple(meta["tissues"]), sections=sections, surface=surface, sites=sites)


def _deterministic_npz(arrays: dict[str, Array]) -> bytes:
    """An .npz without time stamps, so that equal fields have equal digests."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue())
    return buffer.getvalue()
