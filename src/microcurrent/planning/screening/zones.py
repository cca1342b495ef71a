"""The words for zones of the body that answers, rules and bodies use, and whether two of them meet."""

from __future__ import annotations

import re
from collections.abc import Iterable

from microcurrent.model.screening import ScreeningFinding

#: The zones that answers and rules name, by the part of the body that holds them.
ZONES = {
    "face": ("forehead", "temple", "brow", "eye", "nose", "cheek", "malar", "ear", "lip", "chin", "jaw"),
    "neck": ("front of the neck", "side of the neck"),
    "trunk": ("chest", "back", "abdomen", "pelvis", "shoulder"),
    "arm": ("shoulder", "upper arm", "elbow", "forearm", "wrist", "hand"),
    "leg": ("thigh", "knee", "calf", "foot"),
}
#: Other words for one or several of them: those of the zones of bodies, and of flat blocks.
_ALSO = {
    "orbital region": ("eye", "brow"),
    "cheekbone": ("malar",),
    "mid-cheek": ("cheek",),
    "masseter": ("jaw", "cheek"),
    "masseter region": ("jaw", "cheek"),
    "jaw line": ("jaw",),
    "upper lip": ("lip",),
    "lower lip": ("lip",),
    "mouth": ("lip",),
    "head": ("face",),
    "lower back": ("back",),
    "patch of the back": ("back",),
}
#: Every word that is understood, without its side.
KNOWN = (*ZONES, *dict.fromkeys(zone for parts in ZONES.values() for zone in parts), *_ALSO)
_SIDE = re.compile(r"\b(left|right)\b")


def bare(zone: str) -> str:
    """Return a zone in small letters and without its side."""
    return " ".join(_SIDE.sub(" ", zone.lower()).split())


def is_known(zone: str) -> bool:
    """Return whether the word, apart from its side, is understood."""
    return bare(zone) in KNOWN


def meet(one: str, other: str) -> bool:
    """Return whether two zones share any skin.

    A part meets the whole that holds it; left and right of a zone do not meet; a zone without a side is
    on both; and a word that is not known could be anywhere.
    """
    a, b = _parts(bare(one)), _parts(bare(other))
    if not a or not b:
        return True
    sides = {found.group(1) for zone in (one, other) if (found := _SIDE.search(zone.lower()))}
    return len(sides) < 2 and bool(a & b)


def any_meet(some: Iterable[str], others: Iterable[str]) -> bool:
    """Return whether any zone of one list meets any of the other."""
    against = tuple(others)
    return any(meet(a, b) for a in some for b in against)


def standing_in(zone: str, findings: Iterable[ScreeningFinding]) -> tuple[ScreeningFinding, ...]:
    """Return the findings that are not clear in a zone, whether the plan treats it or not."""
    return tuple(
        f for f in findings if f.standing != "clear" and (not f.zones or any_meet([zone], f.zones))
    )


def _parts(word: str) -> frozenset[str]:
    """The zones without parts of their own that a word stands for; none where it is not known."""
    if word in ZONES:
        return frozenset(ZONES[word])
    if word in _ALSO:
        return frozenset(part for inner in _ALSO[word] for part in _parts(inner))
    return frozenset([word]) if word in KNOWN else frozenset()
