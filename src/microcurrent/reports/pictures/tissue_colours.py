"""One colour for each tissue, the same in every picture."""

from __future__ import annotations

#: Apart in lightness as well as in hue, so that they differ in grey and with every colour blindness.
#: Others take the spare ones in order.
_COLOURS = {
    "skin": "#f2c9a1",
    "fat": "#fbe98a",
    "SMAS": "#b98bb0",
    "mimetic muscle": "#c8553d",
    "muscle": "#8f2d2d",
    "mucosa": "#e79fb3",
    "gland": "#8fb996",
    "cortical bone": "#d9d4c5",
    "cancellous bone": "#a89f87",
    "skull": "#f6f1e1",
    "soft tissue": "#dc9f72",
    "CSF": "#7fc4ec",
    "grey matter": "#767b91",
    "white matter": "#c3c7d6",
    "blood": "#b00020",
    "cartilage": "#9ed1c7",
    "tendon": "#cfe0d8",
    "nerve": "#ffb000",
    "eye": "#2f6690",
    "dura": "#5d5346",
    "tongue": "#b5656f",
    "tooth": "#fdfaf0",
    "bone marrow": "#e3b7a0",
}
_SPARE = ("#56b4e9", "#009e73", "#cc79a7", "#0072b2")


def tissue_colour(tissue: str, tissues: tuple[str, ...]) -> str:
    """Return the colour of a tissue among all `tissues` of a body, as hexadecimal sRGB."""
    others = [name for name in tissues if name not in _COLOURS]
    return _COLOURS.get(tissue) or _SPARE[others.index(tissue) % len(_SPARE)]
