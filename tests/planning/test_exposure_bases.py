"""Which basis is wanted, which are there, and which fits a plan."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from microcurrent.errors import InputError, RecordError, ValueRefused
from microcurrent.planning.basis import Region
from microcurrent.planning.bodies import read_body
from microcurrent.planning.exposure.catalogue import card_named, cards_in, fitting, write_card
from microcurrent.planning.exposure.compiling import kernels_compiled
from microcurrent.planning.exposure.nerve_paths import read_nerve_paths
from microcurrent.planning.exposure.wanting import request_of
from microcurrent.planning.prediction.conductivities import conductivities
from microcurrent.planning.prediction.sampling import inputs_of, middle

MM = 1e-3


@pytest.fixture
def slab():
    return read_body("slab")


# What is wanted


def test_a_basis_lies_around_the_sites_that_are_named(slab):
    request, words = request_of(slab, spacing=2 * MM, around=("modiolus left",), radius=9 * MM)
    site = slab.body.site("modiolus left")
    assert request.regions == (Region(centre=site.position, radius=9 * MM),)
    assert words == ("modiolus left",)
    assert request.tissues == slab.body.tissues
    every, _ = request_of(slab, spacing=2 * MM)
    assert len(every.regions) == len({site.position for site in slab.body.sites})


def test_a_basis_of_a_plan_covers_every_place_of_its_glides(lab):
    request, words = request_of(lab.source, spacing=4 * MM, radius=5 * MM, plan=lab.plan)
    assert set(words) == {"one", "other", "half-way"}
    a, b = (lab.plan.site(name).position for name in ("one", "half-way"))
    for k in range(21):
        point = tuple(p + k / 20 * (q - p) for p, q in zip(a, b, strict=True))
        assert min(math.dist(point, region.centre) for region in request.regions) <= 2.5 * MM + 1e-9


def test_unknown_sites_and_tissues_are_refused_with_the_ones_there_are(slab):
    with pytest.raises(ValueRefused, match=r"--around: unknown site: expected one of .*modiolus left"):
        request_of(slab, spacing=2 * MM, around=("nose",))


def test_values_of_the_tables_are_the_middle_of_a_prediction(lab):
    assert lab.values == conductivities(lab.source, middle(inputs_of(lab.plan, lab.source)))


# What is there


def test_a_card_says_what_the_basis_is(lab):
    (card,) = cards_in(lab.bases)
    assert replace(card, state="absent", blocks=0, bytes=0) == lab.card
    assert card.state == "whole"
    assert card.blocks == lab.said[-1].total
    there = lab.bases / card.name
    assert card.bytes == sum(path.stat().st_size for path in there.rglob("*") if path.is_file())
    assert card_named(lab.bases, card.name[:6]) == card


def test_a_name_of_none_and_a_damaged_card_are_told(lab, tmp_path):
    with pytest.raises(RecordError, match="no basis of this name: expected one of " + lab.card.short):
        card_named(lab.bases, "zz")
    write_card(tmp_path, lab.card)
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text()[:-40])
    with pytest.raises(RecordError, match="the card of a basis is damaged"):
        cards_in(tmp_path)
    assert cards_in(tmp_path / "nowhere") == ()


def test_the_finest_whole_basis_that_holds_every_site_fits(lab, tmp_path):
    found = fitting(lab.bases, lab.plan, lab.source, values=lab.values)
    assert found.name == lab.card.name
    other = {
        tissue: 2 * value if isinstance(value, float) else value for tissue, value in lab.values.items()
    }
    with pytest.raises(ValueRefused, match="no basis fits this plan"):
        fitting(lab.bases, lab.plan, lab.source, values=other)
    far = replace(lab.plan.sites[0], name="far", position=(40 * MM, 0.0, 0.0))
    with pytest.raises(ValueRefused, match=r"around .*far"):
        fitting(lab.bases, replace(lab.plan, sites=(*lab.plan.sites, far)), lab.source, values=lab.values)
    (tmp_path / f"{lab.card.name}.part").mkdir()
    write_card(tmp_path, lab.card)
    assert cards_in(tmp_path)[0].state == "begun"
    with pytest.raises(ValueRefused, match="microcurrent basis build PLAN"):
        fitting(tmp_path, lab.plan, lab.source, values=lab.values)


# Whether the engine is compiled


def test_kernels_are_compiled_after_use_and_not_in_an_empty_cache(lab, tmp_path):
    assert lab.basis.patches.count > 0
    assert kernels_compiled(basis=True)
    ask = "from microcurrent.workflow import engine_is_compiled; print(engine_is_compiled(basis=True))"
    told = subprocess.run(
        [sys.executable, "-c", ask], env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout == "False\n"


# Paths from a file


def test_paths_are_read_with_their_units(tmp_path):
    path = tmp_path / "paths.toml"
    path.write_text(
        '[path]\n"facial nerve" = [["-60 mm", "5 mm", "-7 cm"], ["-0.03 m", "40 mm", "-80 mm"]]\n'
    )
    (found,) = read_nerve_paths(path)
    assert found.name == "facial nerve"
    assert found.points == ((-0.06, 0.005, -0.07), (-0.03, 0.04, -0.08))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[nerve]\na = 1\n", "nerve: not a file of nerve paths"),
        ("", "not a file of nerve paths"),
        ('[path]\na = [["1 mm", "2 mm", "3 mm"]]\n', r"paths.toml:2: path.a: not the corners of a path"),
        ('[path]\na = [["1 mm", "2 mm"], ["1 mm", "2 mm"]]\n', "not the corners"),
        ('[path]\na = [["1 V", "2 mm", "3 mm"], ["1 mm", "2 mm", "3 mm"]]\n', "not the corners"),
        ("[path]\na = 7\n", "not the corners"),
        ("[path]\na = [[1, 2, 3], [4, 5, 6]]\n", "not the corners"),
    ],
)
def test_what_is_no_path_is_refused_with_its_line(tmp_path, text, words):
    path = tmp_path / "paths.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_nerve_paths(path)
