"""How long a surface basis of the head takes, and what it takes on disk.

    python benchmarks/basis.py [--spacing MM ...] [--patches 1000] [--head FILE]

Builds a basis around sites of the face in ``shared/data``'s head, with as wide a ring of skin as gives at
least the number of patches asked for, field in the soft tissue included, in a temporary folder. Prints a
table. All cores are used; leave the machine alone meanwhile.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from microcurrent import tables
from microcurrent.physics.conduction.assembly import diagonal_conductivity
from microcurrent.physics.conduction.basis.layout import Choice
from microcurrent.physics.conduction.basis.patches import cut_patches, within
from microcurrent.physics.conduction.engine.team import cores
from microcurrent.planning.basis import BasisRequest, Region, even_volume, surface_basis
from microcurrent.planning.bodies import read_body

ROOT = Path(__file__).resolve().parents[1]
HEAD = ROOT / ".." / "shared" / "data" / "head-40y-labels.nii.gz"
SITES = ("zygion left", "mid cheek left", "modiolus left", "mid cheek right", "masseter right")
HEADER = ("cells", "unknowns", "patches", "build", "for each patch", "on disk", "cores")
STEP = 0.0025


def regions_for(source, volume, wanted):
    """Regions of skin around the sites, wide enough for the number of patches."""
    places = {site.name: site.position for site in source.body.sites}
    faces = volume.surface()
    radius = 0.01
    while True:
        region = within(faces, [places[name] for name in SITES], radius)
        patches = cut_patches(volume.grid, volume.conducting, faces, size=Choice().size, region=region)
        if patches.count >= wanted:
            return tuple(Region(centre=places[name], radius=radius) for name in SITES), patches.count
        radius += STEP


def row(source, spacing, wanted):
    """One line of the table."""
    known = tables.tissues()
    values = {tissue: known[tissue].conductivity.value for tissue in source.body.tissues}
    volume = even_volume(source, spacing)
    diagonal_conductivity(volume.grid, volume.conductivity(values))
    regions, count = regions_for(source, volume, wanted)
    request = BasisRequest(spacing=spacing, tissues=("soft tissue",), regions=regions)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        surface_basis(source, values, request, folder=Path(folder))
        seconds = time.perf_counter() - begin
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    return (
        f"{1e3 * spacing:g} mm",
        f"{volume.conducting.sum() / 1e6:.2f} M",
        f"{count}",
        f"{seconds:.0f} s",
        f"{1e3 * seconds / count:.0f} ms",
        f"{size / 1e6:.0f} MB",
        f"{cores()}",
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spacing", type=float, nargs="+", default=[2.0], help="width of the cells, mm")
    parser.add_argument("--patches", type=int, default=1000)
    parser.add_argument("--head", type=Path, default=HEAD)
    given = parser.parse_args()
    if not given.head.exists():
        raise SystemExit("the head is absent: give --head FILE")
    source = read_body(str(given.head), labels=ROOT / "examples" / "head-labels.toml")
    for line in (HEADER, ["---"] * len(HEADER)):
        print("| " + " | ".join(line) + " |")
    for spacing in given.spacing:
        print("| " + " | ".join(row(source, spacing / 1e3, given.patches)) + " |", flush=True)


if __name__ == "__main__":
    main()
