"""How long bodies take: the face, limbs, the picture of one; wall and processor time, after compiling.

python benchmarks/bodies.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from microcurrent.planning.bodies.face import face_body
from microcurrent.planning.bodies.limbs import limb_body, limb_names
from microcurrent.planning.bodies.person import Person
from microcurrent.reports.pictures.solid import PICTURES

Made = TypeVar("Made")


def timed(name: str, make: Callable[[], Made]) -> Made:
    """Run `make` and print how long it took."""
    wall, processor = time.perf_counter(), time.process_time()
    made = make()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"{name:40s} {wall:6.1f} s wall, {processor:6.1f} s processor")
    return made


def main() -> None:
    """Print one line for each body."""
    timed("compile, and the face at 3 mm", lambda: face_body(Person(), spacing=3e-3))
    for spacing in (2e-3, 1e-3):
        name = f"face, {1e3 * spacing:g} mm"
        body, anatomy = timed(name, lambda s=spacing: face_body(Person(), spacing=s))
        fine = anatomy.kinds.size / 1e6
        print(f"    {fine:.0f} million sub-voxels, {len(anatomy.skin.triangles)} triangles of skin")
    for view in PICTURES:
        timed(f"picture of the face: {view}", lambda v=view: PICTURES[v](body, anatomy))
    for name in limb_names():
        if not name.endswith(" left"):
            timed(f"{name}, 1 mm", lambda n=name: limb_body(n, spacing=1e-3))


if __name__ == "__main__":
    main()
