"""Draw the picture of these pages from the first example, with the library itself.

    python docs/make_pictures.py

Predicts `examples/01-cheek-lift.toml` (about a minute) and writes
`docs/pictures/section.png`. Equal code and tables give an equal picture.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import typst

from microcurrent import workflow
from microcurrent.planning.fields import Fields
from microcurrent.reports.content import Picture
from microcurrent.reports.pictures import section_picture
from microcurrent.reports.pictures.section import Probes

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
#: Draws behind each interval: the picture shows values without intervals, so the fewest will do.
SAMPLES = 8
#: Width on paper, and points per inch: about 1100 pixels across.
PAGE = '#set page(width: 16cm, height: auto, margin: 3mm)\n#image("picture.svg", width: 100%)'
SHARPNESS = 180


def fields_of(example: Path) -> Fields:
    """Return the fields that a prediction of `example` keeps."""
    with (
        tempfile.TemporaryDirectory() as folder,
        workflow.Workspace(Path(folder) / "r.sqlite") as workspace,
    ):
        prepared = workflow.read(example)
        prediction = workflow.predict(prepared, workspace=workspace, actor="docs", samples=SAMPLES)
        return workspace.fields(prediction)


def as_png(picture: Picture) -> bytes:
    """Return a picture as PNG."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "picture.svg").write_bytes(picture.image)
        page = Path(folder) / "page.typ"
        page.write_text(PAGE, encoding="utf-8")
        return bytes(typst.compile(str(page), format="png", ppi=SHARPNESS))


def main() -> None:
    """Predict, draw, write, and print the words for those who cannot see the picture."""
    fields = fields_of(ROOT / "examples" / "01-cheek-lift.toml")
    probes = Probes(names=("upper", "lower"), radii=(0.006, 0.006))
    picture = section_picture(fields, fields.sections[0], probes=probes)
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "section.png").write_bytes(as_png(picture))
    print(picture.alternative)


if __name__ == "__main__":
    main()
