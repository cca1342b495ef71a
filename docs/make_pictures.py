"""Draw the pictures of these pages with the library itself.

    python docs/make_pictures.py

Predicts `examples/01-cheek-lift.toml` (about a minute) for `docs/pictures/section.png`; exposes a plan on
the head of the shared data, where there is one, for `docs/pictures/head-current.png`; draws five devices
compared on one hold, and what brings the spread of a plan's figures (half a minute each); draws the
built-in face, a knee, and the scan and the head of the shared data as treatable bodies. Names after the
command draw only those: `python docs/make_pictures.py face knee`. Equal code and tables give equal
pictures.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

import typst
from PIL import Image

from microcurrent import workflow
from microcurrent.planning.bodies.anatomy import AnatomySource
from microcurrent.planning.bodies.reading import read_body
from microcurrent.planning.fields import Fields
from microcurrent.reports.content import Picture
from microcurrent.reports.pictures import section_picture
from microcurrent.reports.pictures.section import Probes
from microcurrent.reports.pictures.solid import PICTURES as OF_BODIES
from microcurrent.workflow.devices import compare_devices

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
HEAD = ROOT.parent / "shared" / "data" / "head-40y-labels.nii.gz"
#: The devices of the page on devices compared; `docs/make_device_table.py` writes its tables.
FIVE = ("pantheon", "nuface-trinity", "flexistim", "alpha-stim-m", "caci-ultimate")
#: Draws behind each interval: the picture shows values without intervals, so the fewest will do.
SAMPLES = 8
#: Width on paper, and points per inch: about 1100 pixels across.
PAGE = '#set page(width: 16cm, height: auto, margin: 3mm)\n#image("picture.svg", width: 100%)'
SHARPNESS = 180
#: Voxels of the head are 1 mm wide, and its picture is drawn from them as they are.
SPACING = 1.0e-3
SCAN = ROOT.parent / "shared" / "data" / "walt-head.obj"
#: Pictures of bodies are this wide [dots], in this many colours: pages load fast, and nothing is lost that
#: an eye sees.
WIDTH, COLOURS = 1300, 256
HEAD_PLAN = """
title = "Current in the cheek of a head"
body = "head.nii.gz"
labels = "head-labels.toml"
intent = "picture"
[electrode.upper]
shape = "sphere"
diameter = "12 mm"
coupling = "gel"
[electrode.lower]
shape = "sphere"
diameter = "12 mm"
coupling = "gel"
[[step]]
do = "hold"
system = "galvanic"
current = "300 uA"
ramp = "10 s"
duration = "60 s"
anode = { electrode = "upper", at = "zygion left" }
cathode = { electrode = "lower", at = "modiolus left" }
"""


def fields_of(example: Path) -> Fields:
    """Return the fields that a prediction of `example` keeps."""
    with (
        tempfile.TemporaryDirectory() as folder,
        workflow.Workspace(Path(folder) / "r.sqlite") as workspace,
    ):
        prepared = workflow.read(example)
        prediction = workflow.predict(prepared, workspace=workspace, actor="docs", samples=SAMPLES)
        return workspace.fields(prediction)


def as_png(svg: bytes) -> bytes:
    """Return a picture as PNG."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "picture.svg").write_bytes(svg)
        page = Path(folder) / "page.typ"
        page.write_text(PAGE, encoding="utf-8")
        return bytes(typst.compile(str(page), format="png", ppi=SHARPNESS))


def draw_section() -> str:
    """Write the picture of the first example; return its words for those who cannot see it."""
    fields = fields_of(ROOT / "examples" / "01-cheek-lift.toml")
    probes = Probes(names=("upper", "lower"), radii=(0.006, 0.006))
    picture: Picture = section_picture(fields, fields.sections[0], probes=probes)
    (PICTURES / "section.png").write_bytes(as_png(picture.image))
    return picture.alternative


def draw_head() -> str:
    """Write the picture of the current between two probes on the head, or say why not."""
    if not HEAD.is_file():
        return f"No picture of the head: {HEAD.name} is not in the shared data beside this repository."
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(HEAD, folder / "head.nii.gz")
        shutil.copy(ROOT / "examples" / "head-labels.toml", folder)
        plan = folder / "plan.toml"
        plan.write_text(HEAD_PLAN, encoding="utf-8")
        wanted = workflow.BasisWanted(body=str(plan), spacing=SPACING, radius=0.010)
        workflow.build_basis(wanted, folder / "bases")
        written = workflow.expose_plan(
            plan, folder / "out", workflow.ExposureWanted(), folder=folder / "bases"
        )
        path, words = written.pictures[0]
        (PICTURES / "head-current.png").write_bytes(as_png(path.read_bytes()))
        return words


def small(png: bytes) -> bytes:
    """Return a picture no wider than `WIDTH` in `COLOURS` colours."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    if image.width > WIDTH:
        height = round(image.height * WIDTH / image.width)
        image = image.resize((WIDTH, height), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    few = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def draw_body(body: str, name: str, *views: str, base: Path = Path()) -> str:
    """Write pictures of a body as NAME-VIEW.png; return their words."""
    source = read_body(body, base=base)
    if not isinstance(source, AnatomySource):
        raise TypeError(f"{body} has no skin, muscles and nerves")
    words = []
    for view in views:
        png, text = OF_BODIES[view](source.body, source.anatomy)
        (PICTURES / f"{name}-{view}.png").write_bytes(small(png))
        words.append(f"{name}-{view}: {text}")
    return "\n".join(words)


def draw_face() -> str:
    """Write the pictures of the built-in face."""
    return draw_body("face", "face", "views", "cutaway", "section")


def draw_knee() -> str:
    """Write the picture of a limb."""
    return draw_body("knee", "knee", "cutaway")


def draw_scan() -> str:
    """Write the pictures of a scan turned into a body, or say why not."""
    if not SCAN.is_file():
        return f"No picture of a scan: {SCAN.name} is not in the shared data beside this repository."
    return draw_body(SCAN.name, "scan", "views", "cutaway", base=SCAN.parent)


def draw_mri() -> str:
    """Write the picture of the head of the shared data split by the atlas, or say why not."""
    if not HEAD.is_file():
        return (
            f"No picture of the split head: {HEAD.name} is not in the shared data beside this repository."
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(HEAD, folder / "head.nii.gz")
        labels = (ROOT / "examples" / "head-labels.toml").read_text(encoding="utf-8")
        text = labels.replace("\ntitle ", "\nsplit      = true\ntitle ", 1)
        (folder / "head.labels.toml").write_text(text, encoding="utf-8")
        return draw_body("head.nii.gz", "mri", "cutaway", base=folder)


def draw_devices() -> str:
    """Write the picture of five devices on one hold of the face, as SVG and PNG; return its words."""
    with tempfile.TemporaryDirectory() as folder:
        compared = compare_devices(FIVE, body="face", samples=24, out=Path(folder))
        svg = Path(compared.picture).read_bytes()
    (PICTURES / "devices-compared.svg").write_bytes(svg)
    (PICTURES / "devices-compared.png").write_bytes(as_png(svg))
    return compared.alternative


def draw_influences() -> str:
    """Write the picture of what brings the spread of a plan's figures; return its words."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = workflow.SweepWanted(out=Path(folder), people=256)
        plan = ROOT / "examples" / "02-forehead-burst.toml"
        _, files, words = workflow.uncertainty_of(plan, wanted, workflow.RankingWanted())
        shutil.copy(files[1], PICTURES / "influences.svg")
    return words


def draw_proposal() -> str:
    """Write the picture of a proposal for a home device on the face; return its words."""
    with tempfile.TemporaryDirectory() as name:
        plan = Path(name) / "plan.toml"
        wanted = workflow.ProposalWanted(intent="lift", body="face", device="nuface-trinity")
        with workflow.Workspace(Path(name) / "records.sqlite") as workspace:
            workflow.propose_plan(wanted, plan, workspace=workspace, actor="docs")
        return workflow.draw_plan(workflow.read(plan), PICTURES / "proposed-lift.png")


#: Each drawing by its name.
DRAWINGS = {
    "section": draw_section, "head": draw_head, "face": draw_face, "knee": draw_knee, "scan": draw_scan,
    "mri": draw_mri, "devices": draw_devices, "influences": draw_influences,
    "proposal": draw_proposal,
}  # fmt: skip


def main(names: list[str]) -> None:
    """Draw the pictures of these names, by default all; print the words for those who cannot see them."""
    PICTURES.mkdir(exist_ok=True)
    for name in names or DRAWINGS:
        print(DRAWINGS[name](), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
