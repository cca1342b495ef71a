"""The label map: which label is which tissue, and where the sites are, from a TOML file.

::

    title = "Average head"
    source = "where the image comes from"
    like = "charm"                       # a ready label map to begin from, see ready_maps
    skin_group = "face"                  # face | limb
    midline = "0 mm"                     # x of the plane between left and right, where there is one
    [labels]
    0 = "air"
    5 = "soft tissue"
    split = true                         # the atlas of the head splits what a label lumps
    [lumped]                             # labels that hold several tissues
    5 = ["skin", "fat", "muscle"]
    [skin]                               # whatever lies this near the outside is this tissue
    tissue = "soft tissue"
    depth = "2.5 mm"
    [sites]
    "malar left" = { at = ["-50 mm", "40 mm", "0 mm"], side = "left" }
    [regions]
    "orbit left" = { centre = ["-30 mm", "45 mm", "10 mm"], radius = "20 mm" }
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from microcurrent import tables
from microcurrent.errors import BodyError, InputError, Problem
from microcurrent.model.body import SIDES, Region, Site
from microcurrent.model.labels import COVERS, ReadyLabelMap
from microcurrent.model.tissue import SKIN_GROUPS
from microcurrent.planning.bodies.ready_maps import find_ready, unknown_ready
from microcurrent.planning.toml_file import TomlFile, read_toml
from microcurrent.units import read

_AIR = "air"
_SOFT = "soft tissue"
#: What "soft tissue" stands for, unless the map says otherwise.
_SOFT_LUMPS = ("skin", "fat", "muscle")
#: The tissues that make up what a rule or an atlas looks for in an image.
PARTS: dict[str, frozenset[str]] = {
    "air": frozenset({_AIR}),
    "bone": frozenset({"cortical bone", "cancellous bone", "skull"}),
    "brain": frozenset({"brain", "grey matter", "white matter"}),
    "cranium": frozenset({"brain", "grey matter", "white matter", "CSF", "dura"}),
    "eye": frozenset({"eye"}),
    "gland": frozenset({"gland"}),
    "muscle": frozenset({"muscle", "mimetic muscle"}),
    "soft": frozenset({"skin", "fat", _SOFT}),
}
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_KEYS = (
    "title", "source", "like", "skin_group", "midline", "split", "labels", "lumped", "skin", "sites",
    "regions",
)  # fmt: skip
#: Farther from x = 0 [m] than this the sign of x no longer tells left from right.
_MIDLINE_OFF = 5e-3
#: A deeper shell [m] would replace bone and muscle that really lie there.
_DEEPEST_SHELL = 5e-3


@dataclass(frozen=True, kw_only=True)
class LabelMap:
    """`meaning`: tissue of every label, None for air; `sites`; `regions`; `skin_group`; the rest text.

    `midline` [m]: x of the plane between left and right, or None. `shell`: the tissue that the skin
    is made of and to which depth [m], or None. `like`: the ready label map that it is or begins from.
    `names`: what the program calls a label, as far as known. `lumped`: labels that hold several tissues,
    and which; `split`: whether the atlas of the head is to split them. `covers`: "part" where label 0 also
    holds tissue that nothing labelled.
    """

    meaning: dict[int, str | None]
    sites: tuple[Site, ...] = ()
    regions: tuple[Region, ...] = ()
    skin_group: str = SKIN_GROUPS[0]
    midline: float | None = None
    shell: tuple[str, float] | None = None
    title: str = ""
    source: str = ""
    like: str = ""
    names: dict[int, str] = field(default_factory=dict)
    lumped: dict[int, tuple[str, ...]] = field(default_factory=dict)
    covers: str = COVERS[0]
    split: bool = False

    @property
    def lumped_tissues(self) -> tuple[str, ...]:
        """The tissues that labels which hold several are called by."""
        return tuple(dict.fromkeys(tissue for label in self.lumped if (tissue := self.meaning.get(label))))

    def labels_of(self, part: str) -> frozenset[int]:
        """Return the labels that are a part of `PARTS`, such as "bone", or one tissue, such as "fat"."""
        tissues = PARTS.get(part, frozenset({part}))
        return frozenset(label for label, tissue in self.meaning.items() if (tissue or _AIR) in tissues)


def label_map_of(ready: ReadyLabelMap) -> LabelMap:
    """Return a ready label map as the map of an image."""
    return LabelMap(
        meaning=ready.meaning,
        skin_group=ready.skin_group,
        title=f"Labels of {ready.program}",
        source=f"label map {ready.name}",
        like=ready.name,
        names=ready.names,
        lumped=ready.lumped,
        covers=ready.covers,
    )


def map_beside(path: Path) -> Path:
    """Return where the label map of an image is looked for: name.nii.gz -> name.labels.toml."""
    name = path.name
    for ending in (".gz", ".nii"):
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
    return path.with_name(f"{name}.labels.toml")


def read_label_map(path: Path) -> LabelMap:
    """Return the label map in a TOML file; `BodyError` lists every problem with its line."""
    return _Reader(read_toml(path, error=BodyError)).read()


@dataclass
class _Reader:
    """One reading of a file: what was found wrong so far."""

    file: TomlFile
    problems: list[Problem] = field(default_factory=list)

    def read(self) -> LabelMap:
        for key in self.file.data:
            if key not in _KEYS:
                self._wrong((key,), "unknown key", "one of " + ", ".join(_KEYS), key, _close(key, _KEYS))
        midline, base = self._midline(), self._base()
        own = self._meaning(base)
        result = LabelMap(
            meaning=base.meaning | own,
            sites=self._sites(midline),
            regions=self._regions(),
            skin_group=self._word("skin_group", base.skin_group, SKIN_GROUPS),
            midline=midline,
            shell=self._shell(),
            title=self._word("title", base.title),
            source=self._word("source", base.source),
            like=base.like,
            names={label: name for label, name in base.names.items() if label not in own},
            lumped=self._lumped(base, own),
            covers=COVERS[0] if 0 in own else base.covers,
            split=self._split(),
        )
        if self.problems:
            raise BodyError(*self.problems)
        return result

    def _wrong(
        self, key: tuple[str | int, ...], what: str, expected: str, came: object, advice: str = ""
    ) -> None:
        shown = came if isinstance(came, str) else repr(came)
        self.problems.append(self.file.problem(key, what, expected=expected, came=shown, advice=advice))

    def _word(self, key: str, default: str, allowed: tuple[str, ...] = ()) -> str:
        value = self.file.data.get(key, default)
        if not isinstance(value, str) or (allowed and value not in allowed):
            self._wrong(
                (key,), "not understood", "one of " + ", ".join(allowed) if allowed else "text", value
            )
            return default
        return value

    def _split(self) -> bool:
        value = self.file.data.get("split", False)
        if not isinstance(value, bool):
            self._wrong(("split",), "not understood", "true or false", value)
            return False
        return value

    def _table(self, key: str) -> dict[str, Any]:
        value = self.file.data.get(key, {})
        if not isinstance(value, dict):
            self._wrong((key,), "not a table", f"[{key}] with entries", value)
            return {}
        return value

    def _base(self) -> LabelMap:
        """The ready label map that this one begins from, an empty one where it names none."""
        name = self._word("like", "")
        ready = find_ready(name) if name else None
        if name and ready is None:
            self._wrong(("like",), *unknown_ready(name))
        return label_map_of(ready) if ready else LabelMap(meaning={})

    def _lumped(self, base: LabelMap, own: dict[int, str | None]) -> dict[int, tuple[str, ...]]:
        """What each label lumps: as this map says, else as its base or its tissue says."""
        lumped = {label: lumps for label, lumps in base.lumped.items() if label not in own}
        lumped |= {label: _SOFT_LUMPS for label, tissue in own.items() if tissue == _SOFT}
        known = [name for name in tables.tissues() if name != _AIR]
        for label, lumps in self._table("lumped").items():
            at = ("lumped", label)
            if not _WHOLE.fullmatch(label) or int(label) not in base.meaning | own:
                self._wrong(at, "not a label of this map", "a label that stands under [labels]", label)
            elif not isinstance(lumps, list):
                self._wrong(at, "not a list of tissues", '["skin", "fat", "muscle"]', lumps)
            else:
                for tissue in (tissue for tissue in lumps if tissue not in known):
                    near = _close(str(tissue), known)
                    self._wrong(at, "unknown tissue", "some of " + ", ".join(sorted(known)), tissue, near)
                lumped[int(label)] = tuple(str(tissue) for tissue in lumps)
        return {label: lumps for label, lumps in lumped.items() if len(lumps) > 1}

    def _midline(self) -> float | None:
        if "midline" not in self.file.data:
            return None
        place = self._length(("midline",), self.file.data["midline"])
        if place is not None and abs(place) > _MIDLINE_OFF:
            self._wrong(
                ("midline",), "too far from x = 0 for the sign of x to tell left from right",
                f"at most {1e3 * _MIDLINE_OFF:g} mm either way", f"{1e3 * place:g} mm",
                "Shift the origin in the header of the image, or leave the key out",
            )  # fmt: skip
        return place

    def _shell(self) -> tuple[str, float] | None:
        if "skin" not in self.file.data:
            return None
        entry = self.file.data["skin"]
        if not self._fields(("skin",), entry, ("tissue", "depth"), ()):
            return None
        tissue, depth = entry["tissue"], self._length(("skin", "depth"), entry["depth"])
        known = [name for name in tables.tissues() if name != _AIR]
        if tissue not in known:
            expected = "one of " + ", ".join(sorted(known))
            self._wrong(("skin", "tissue"), "unknown tissue", expected, tissue, _close(str(tissue), known))
        elif depth is not None and not 0 < depth <= _DEEPEST_SHELL:
            expected = f"above 0 and at most {1e3 * _DEEPEST_SHELL:g} mm"
            self._wrong(("skin", "depth"), "not the depth of skin", expected, f"{1e3 * depth:g} mm")
        elif depth is not None:
            return tissue, depth
        return None

    def _meaning(self, base: LabelMap) -> dict[int, str | None]:
        """The labels that this map itself gives a meaning."""
        known = [name for name in tables.tissues() if name != _AIR]
        meaning: dict[int, str | None] = {}
        entries = self._table("labels")
        if not entries and not base.meaning and not self.problems:
            self._wrong(("labels",), "no labels", '[labels] with lines such as 0 = "air"', "none")
        for label, tissue in entries.items():
            at = ("labels", label)
            if not _WHOLE.fullmatch(label):
                self._wrong(at, "a label is a whole number", 'such as 5 = "soft tissue"', label)
            elif int(label) in meaning:
                self._wrong(at, "the label stands here twice", "each label once", label)
            elif tissue == _AIR:
                meaning[int(label)] = None
            elif tissue in known:
                meaning[int(label)] = tissue
            else:
                expected = "air or one of " + ", ".join(sorted(known))
                self._wrong(at, "unknown tissue", expected, tissue, _close(str(tissue), [_AIR, *known]))
        return meaning

    def _sites(self, midline: float | None) -> tuple[Site, ...]:
        sites = []
        for name, entry in self._table("sites").items():
            at = ("sites", name)
            if not self._fields(at, entry, ("at",), ("side", "source")):
                continue
            position = self._point((*at, "at"), entry["at"])
            side = entry.get("side", "")
            if side not in SIDES:
                self._wrong((*at, "side"), "unknown side", "one of " + ", ".join(SIDES[:3]), side)
            elif position is not None:
                self._check_side((*at, "side"), side, position, midline)
                source = str(entry.get("source", "label map"))
                sites += self._made(at, Site, name=name, position=position, side=side, source=source)
        return tuple(sites)

    def _check_side(
        self, at: tuple[str, ...], side: str, position: tuple[float, ...], midline: float | None
    ) -> None:
        """x runs to the right: a left site must lie below the midline."""
        if midline is None or side not in ("left", "right"):
            return
        if (position[0] < midline) != (side == "left"):
            self._wrong(
                at, "the place is on the other side", "x below the midline on the left, above on the right",
                f"{side} with x = {1e3 * position[0]:g} mm", "x grows towards the person's right",
            )  # fmt: skip

    def _regions(self) -> tuple[Region, ...]:
        regions = []
        for name, entry in self._table("regions").items():
            at = ("regions", name)
            if not self._fields(at, entry, ("centre", "radius"), ("source",)):
                continue
            centre = self._point((*at, "centre"), entry["centre"])
            radius = self._length((*at, "radius"), entry["radius"])
            if centre is not None and radius is not None:
                source = str(entry.get("source", "label map"))
                regions += self._made(at, Region, name=name, centre=centre, radius=radius, source=source)
        return tuple(regions)

    def _made(self, at: tuple[str, ...], noun: type, **values: Any) -> list[Any]:
        try:
            return [noun(**values)]
        except InputError as refused:
            self._placed(at, refused)
            return []

    def _fields(
        self, at: tuple[str, ...], entry: object, needed: tuple[str, ...], allowed: tuple[str, ...]
    ) -> bool:
        expected = ", ".join(needed) + (f" and perhaps {', '.join(allowed)}" if allowed else "")
        if not isinstance(entry, dict):
            self._wrong(at, "not a table", f"{{ {expected} }}", entry)
            return False
        for key in entry:
            if key not in needed + allowed:
                self._wrong((*at, key), "unknown key", expected, key, _close(key, needed + allowed))
        missing = [key for key in needed if key not in entry]
        if missing:
            self._wrong(at, "incomplete", expected, "no " + ", ".join(missing))
        return not missing

    def _point(self, at: tuple[str, ...], value: object) -> tuple[float, float, float] | None:
        if not isinstance(value, list) or len(value) != 3:
            self._wrong(at, "not a place", 'three lengths such as ["-50 mm", "40 mm", "0 mm"]', value)
            return None
        x, y, z = (self._length((*at, index), part) for index, part in enumerate(value))
        return None if x is None or y is None or z is None else (x, y, z)

    def _length(self, at: tuple[str | int, ...], value: Any) -> float | None:
        try:
            return read(value, "length")
        except InputError as refused:
            self._placed(at, refused)
            return None

    def _placed(self, at: tuple[str | int, ...], refused: InputError) -> None:
        for problem in refused.problems:
            self._wrong(at, problem.what, problem.expected, problem.came, problem.advice)


def _close(word: str, known: Iterable[str]) -> str:
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f'Perhaps "{by_lower[found[0]]}" is meant' if found else ""
