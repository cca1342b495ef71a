"""A plan on the skin of its body: every step is in the words, its probes are where the picture is dark."""

import io
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from microcurrent.errors import InputError
from microcurrent.planning.bodies import read_body
from microcurrent.reports.pictures.solid.planned import DrawnStep, plan_picture
from microcurrent.workflow import draw_plan, read

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_each_step_is_drawn_and_told(tmp_path):
    text = draw_plan(read(EXAMPLES / "06-cheek-on-the-face.toml"), tmp_path / "plan.png")
    assert "1: 300 µA, 60 s, malar low left and modiolus left" in text
    assert "mid cheek left to malar low left" in text
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")


def test_a_step_on_the_far_side_is_told_but_not_seen():
    source = read_body("face", labels=None, base=Path())
    places = {
        side: np.array([source.body.find_site(f"modiolus {side}").position]) for side in ("left", "right")
    }

    def picture(*steps):
        content, _ = plan_picture("A plan", (source.body, source.anatomy), steps)
        return imread(io.BytesIO(content))

    def step(side):
        other = np.array([source.body.find_site(f"malar {side}").position])
        return DrawnStep(words="1", places="here", ways=(places[side], other))

    bare, left = picture(), picture(step("left"))
    changed = np.any(bare != left, axis=2).any(axis=0)
    profile = int(0.6 * changed.size)
    assert changed[profile:].any()  # in profile from the left
    right = np.any(bare != picture(step("right")), axis=2).any(axis=0)
    assert not right[profile:].any()


def test_a_slab_has_no_skin_to_draw_on(tmp_path):
    with pytest.raises(InputError, match="no skin to draw on"):
        draw_plan(read(EXAMPLES / "01-cheek-lift.toml"), tmp_path / "plan.png")
    assert not list(tmp_path.iterdir())
