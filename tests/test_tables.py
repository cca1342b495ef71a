"""The numbers: every one has a source, a mark and a range that holds; a damaged table says where."""

import math
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest

from microcurrent import tables, units
from microcurrent.errors import InputError, MissingLimit, TableError
from microcurrent.model import Input

DATA = Path(str(tables.shipped()))
#: Ids that delivery asks for by name.
INTERLOCK_LIMITS = {
    "total-current": (600e-6, 1000e-6),
    "compliance-voltage": (40.0, 70.0),
    "contact-loss-time": (None, 0.05),
    "impedance-jump": (0.5, None),
    "heartbeat": (None, 1.0),
    "sitting-time": (2700.0, 3600.0),
    "dc-charge-sitting": (2.4, 4.8),
    "ramp-microcurrent": (None, 1.0),
    "ramp-galvanic": (None, 10.0),
    "net-dc-balanced": (10e-6, 50e-6),
    "dc-density": (2.0, 5.0),
    "ac-rms-density": (10.0, 20.0),
    "dc-charge-density": (340.0, 960.0),
    "stationary-dc-dwell": (15.0, 60.0),
}


LABEL_MAPS = [file for file in tables.FILES if file.startswith("label_maps/")]


def raw(file):
    return tomllib.loads((DATA / file).read_text(encoding="utf-8"))


def rows_of(file):
    found = [(kind, row) for kind, entries in raw(file).items() for row in entries]
    if file == "contraindications.toml":  # what each source says stands in the readings
        return [("reading", reading) for _, row in found for reading in row["reading"]]
    return found


ROWS = [
    (file, kind, row) for file in tables.FILES if file != "references.toml" for kind, row in rows_of(file)
]


def sources_of(row):
    named = [row.get(key, []) for key in ("source", "basis")]
    return [id_ for value in named for id_ in ([value] if isinstance(value, str) else value)]


def numbers():
    """Every Input that the tables give."""
    found = []
    for tissue in tables.tissues().values():
        found += [tissue.conductivity, *([tissue.along] if tissue.along else [])]
    for layer in tables.skin_layers().values():
        found += [layer.series, layer.parallel, layer.capacitance, layer.alpha]
    for material in tables.materials().values():
        found += [
            n
            for n in (material.double_layer, material.charge_limit, material.charge_transfer)
            if n is not None
        ]
    for noun in (
        *tables.skin_dynamics().values(), *tables.interfaces().values(), tables.water_window(),
        *tables.ions().values(), *tables.films().values(), tables.skin_chemistry(), tables.buffer(),
        *tables.thermal_tissues().values(), tables.heat_surface(), tables.heat_damage(), *tables.burn_times(),
    ):  # fmt: skip
        found += [value for value in vars(noun).values() if isinstance(value, Input)]
    found += [rule.ratio for rule in tables.contact_rules().values()]
    for size in (size for shape in tables.limbs().values() for size in shape.sizes):
        found += [number for number in (size.radius, size.skin, size.fat) if number is not None]
    head = tables.head()
    for entry in (*head.depths, *head.dimensions.values()):
        found += [entry.male, entry.female]
    found += [*head.constants.values(), *(n for line in head.muscles for n in (line.length, line.volume))]
    found += [layer.thickness for stack in tables.stacks().values() for layer in stack.layers]
    return found + list(tables.flattening().values())


def test_the_folder_holds_exactly_the_known_files():
    found = [path.relative_to(DATA).as_posix() for path in DATA.rglob("*.toml")]
    assert sorted(found) == sorted(tables.FILES)


def test_every_row_names_a_known_source_and_mark():
    known = tables.references()
    for file, kind, row in ROWS:
        if kind in ("material", "ion"):
            continue
        assert sources_of(row), (file, row)
        assert set(sources_of(row)) <= set(known), (file, row)
        assert row["confidence"] in tables.CONFIDENCES, (file, row)


def test_every_reference_is_used():
    used = {id_ for _, _, row in ROWS for id_ in sources_of(row)}
    assert used == set(tables.references())


def test_what_is_remembered_or_proposed_is_marked_so():
    kinds = {id_: reference.kind for id_, reference in tables.references().items()}
    for file, kind, row in ROWS:
        if kind in ("material", "ion", "question", "stack"):
            continue
        first = sources_of(row)[0]
        if kinds[first] == "proposal":
            assert row["confidence"] in ("proposed", "computed"), (file, row)
        if kinds[first] == "memory":
            assert row["confidence"].startswith("memory") or row["confidence"] == "proposed", (file, row)


def test_a_proposed_range_says_why():
    for file, kind, row in ROWS:
        if row.get("range_confidence") == "proposed" and row["confidence"] != "proposed":
            assert row.get("note"), (file, kind, row)


def test_values_lie_in_their_ranges_and_dimensions_are_known():
    found = numbers()
    assert len(found) > 100
    for number in found:
        assert isinstance(number, Input)
        assert number.low <= number.value <= number.high, number
        assert number.dimension in units.UNITS, number
        assert math.isfinite(number.value)


def test_numbers_have_names_of_their_own():
    names = [number.name for number in numbers()]
    assert len(names) == len(set(names))


def test_muscle_conducts_better_along_its_fibres_and_air_not_at_all():
    tissues = tables.tissues()
    assert tissues["muscle"].along.low > tissues["muscle"].conductivity.high
    assert tissues["air"].conductivity.high == 0
    assert all(t.conductivity.low > 0 for name, t in tissues.items() if name != "air")


def test_liquor_conducts_best_and_bone_worst():
    tissues = {n: t.conductivity.value for n, t in tables.tissues().items() if n not in ("air",)}
    assert max(tissues, key=tissues.get) == "CSF"
    assert min(tissues, key=tissues.get) == "cortical bone"


def test_skin_is_given_for_every_coupling_of_an_electrode_and_wetting_lowers_it():
    layers = tables.skin_layers()
    for group in ("face", "limb"):
        dry, gel, water = (layers[group, coupling].parallel.value for coupling in ("dry", "gel", "water"))
        assert dry > gel > water > layers[group, "abraded"].parallel.value
    assert layers["face", "gel"].parallel.value < layers["limb", "gel"].parallel.value
    assert layers["face", "gel"].parallel.value == pytest.approx(5.0)  # 50 kohm cm2
    assert layers["face", "gel"].capacitance.value == pytest.approx(35e-5)  # 35 nF/cm2


def test_skin_dynamics_are_of_the_order_that_was_measured():
    dynamics = tables.skin_dynamics()
    assert set(dynamics) == {"face", "limb"}
    assert dynamics["face"].thickness.value < dynamics["limb"].thickness.value
    assert dynamics["face"].voltage_scale.value < dynamics["limb"].voltage_scale.value
    for noun in dynamics.values():
        assert noun.recovery_time.low > noun.wetting_time.high
        assert noun.breakdown_time.high < noun.wetting_time.low
        # Above 30 min / ln 3 no current could bring impedance to three times its end value in 30 min.
        assert noun.recovery_time.high < 1800 / math.log(3)


def test_water_is_split_over_1_23_volt_and_all_materials_have_an_interface():
    water = tables.water_window()
    window = water.oxygen_potential.value - water.hydrogen_potential.value
    assert window == pytest.approx(1.229, abs=1e-3)
    assert water.pair_onset.low > window
    interfaces = tables.interfaces()
    assert set(interfaces) == set(tables.materials())
    assert interfaces["silver chloride"].anodic_exchange is None
    assert interfaces["titanium"].rest_potential is None


def test_contacts_follow_from_every_shape_and_coupling():
    rules = tables.contact_rules()
    assert len(rules) == 15
    for coupling in ("dry", "water", "gel"):
        assert rules["disc", coupling].ratio.value == 1
    assert rules["sphere", "gel"].ratio.value > rules["sphere", "dry"].ratio.value


def test_stacks_are_made_of_known_tissues_and_hold_their_sites():
    stacks, tissues = tables.stacks(), tables.tissues()
    assert list(stacks) == ["mid-cheek", "forehead", "malar", "masseter", "chin"]
    for stack in stacks.values():
        assert {layer.tissue for layer in stack.layers} <= set(tissues)
        assert stack.layers[0].tissue == "skin"
        assert [site.name for site in stack.sites].count("centre") == 1
        assert all(site.position[2] == 0 for site in stack.sites)
        assert 0.005 < stack.depth < 0.05
    assert stacks["mid-cheek"].depth == pytest.approx(0.0197)


def test_fibres_lie_in_the_layer():
    muscle = next(layer for layer in tables.stacks()["masseter"].layers if layer.tissue == "muscle")
    x, y, z = muscle.fibres
    assert z == 0 and x > 0 > y  # down and backward, which is lateral on the slab
    assert math.degrees(math.atan2(x, -y)) == pytest.approx(17.5, abs=0.1)


def test_landmarks_are_symmetric_and_in_body_axes():
    landmarks = tables.landmarks()
    for name, site in landmarks.items():
        if site.side == "left":
            mirror = landmarks[name.removesuffix("left") + "right"]
            assert mirror.position == (-site.position[0], *site.position[1:])
            assert site.position[0] < 0
        if site.side == "midline":
            assert site.position[0] == 0
    up = [landmarks[name].position[2] for name in ("menton", "subnasale", "sellion", "glabella")]
    assert up == sorted(up)
    assert landmarks["pronasale"].position[1] == max(site.position[1] for site in landmarks.values())
    assert landmarks["sellion"].distance_to(landmarks["menton"]) == pytest.approx(0.127, abs=0.001)


def flattened():
    """Classical multidimensional scaling of the left-side sites of the slab, and the canthi with them."""
    landmarks = tables.landmarks()
    names = [s.name for s in tables.stacks()["mid-cheek"].sites if s.name != "centre"]
    points = np.array([landmarks[name].position for name in names])
    squares = ((points[:, None] - points[None]) ** 2).sum(-1)
    centring = np.eye(len(names)) - 1 / len(names)
    values, vectors = np.linalg.eigh(-0.5 * centring @ squares @ centring)
    flat = vectors[:, -2:] * np.sqrt(values[-2:])
    # Turn so that the height of the landmarks rises along +y, and lateral is +x.
    slope, *_ = np.linalg.lstsq(np.column_stack([flat, np.ones(len(names))]), points[:, 2], rcond=None)
    up = slope[:2] / np.linalg.norm(slope[:2])
    flat = np.column_stack([flat @ [up[1], -up[0]], flat @ up])
    if np.corrcoef(flat[:, 0], -points[:, 0] - points[:, 1])[0, 1] < 0:
        flat[:, 0] *= -1
    return names, points, flat - flat[names.index("mid cheek left")]


def test_slab_sites_are_the_flattened_landmarks():
    names, _, flat = flattened()
    sites = {site.name: site for site in tables.stacks()["mid-cheek"].sites}
    assert len(names) == 14
    for name, (x, y) in zip(names, flat, strict=True):
        assert sites[name].position[:2] == pytest.approx((x, y), abs=0.06e-3), name
        assert sites[name].side == "left"
    assert sites["mid cheek left"].position == sites["centre"].position == (0, 0, 0)


def test_the_stated_error_of_flattening_is_the_largest():
    names, points, _ = flattened()
    sites = {site.name: site for site in tables.stacks()["mid-cheek"].sites}
    worst = max(
        abs(sites[a].distance_to(sites[b]) - math.dist(points[i], points[j]))
        for i, a in enumerate(names) for j, b in enumerate(names[:i])
    )  # fmt: skip
    stated = tables.flattening()["mid-cheek"].value
    assert stated - 0.1e-3 < worst <= stated
    assert worst < 0.005


def test_the_orbit_lies_above_the_cheek_and_clear_of_the_infraorbital_site():
    stack = tables.stacks()["mid-cheek"]
    orbit = next(region for region in stack.regions if region.name == "orbit left")
    landmarks = tables.landmarks()
    inner, outer = landmarks["endocanthion left"], landmarks["exocanthion left"]
    assert orbit.centre[1] > max(site.position[1] for site in stack.sites)
    assert orbit.radius > inner.distance_to(outer) / 2
    infraorbital = next(site for site in stack.sites if site.name == "infraorbital left")
    centre = [(p + q) / 2 for p, q in zip(inner.position, outer.position, strict=True)]
    on_the_face = math.dist(centre, landmarks["infraorbital left"].position)
    assert math.dist(orbit.centre, infraorbital.position) == pytest.approx(on_the_face, abs=0.003)


@pytest.mark.parametrize(("id_", "levels"), INTERLOCK_LIMITS.items())
def test_limits_that_delivery_and_assessment_need(id_, levels):
    limit = tables.limits()[id_]
    assert (limit.warn, limit.stop) == (
        pytest.approx(levels[0]) if levels[0] is not None else None,
        pytest.approx(levels[1]) if levels[1] is not None else None,
    )


def test_profiles_only_add_limits():
    plain = {limit.id for limit in tables.limits().limits}
    home = {limit.id for limit in tables.limits(profiles=("home",)).limits}
    assert home - plain == {"home-current", "home-sitting-time"}
    assert plain < home
    assert tables.limits(profiles=("home",)).stop("home-current") == pytest.approx(400e-6)
    with pytest.raises(InputError, match="profile"):
        tables.limits(profiles=("holiday",))


def test_a_limit_that_is_not_there_is_an_error():
    with pytest.raises(MissingLimit, match="made-up"):
        tables.limits()["made-up"]


def test_every_contraindication_asks_a_question():
    rules = tables.contraindications()
    assert len({rule.id for rule in rules}) == len(rules) == 41
    assert all(rule.question.endswith("?") for rule in rules)
    fixed = {rule.id for rule in rules if not rule.overridable}
    assert fixed == {"implant-active", "minor", "alcohol-drugs", "devices-near", "wet-driving"}


def test_where_sources_disagree_every_one_is_a_reading_of_its_own():
    """Domain 5.2: the values that the sources give, and not only the strictest."""
    rules = {rule.id: rule for rule in tables.contraindications()}
    said = {id_: {(r.rank, r.days) for r in rule.readings} for id_, rule in rules.items()}
    assert said["botox"] == {("T", 30), ("T", 14), ("C", None)}
    assert said["retinoid"] == {("T", 21), ("T", 2)}
    assert {r.rank for r in rules["metal-internal"].readings if r.sources == ("seven-e",)} == {"L", "none"}
    aside = [r for rule in rules.values() for r in rule.readings if r.set_aside]
    # Fillings cannot be taken out; of diabetes the same maker says consult, too.
    assert [(r.rank, r.sources) for r in aside] == [("T", ("biosonic",)), ("A", ("seven-e",))]
    assert {(r.rank, r.set_aside == "") for r in rules["diabetes"].readings} == {("C", True), ("A", False)}
    assert rules["diabetes"].rank == "C"
    assert {r.rank for r in rules["thrombosis"].readings} == {"A"}


def test_what_was_split_out_of_one_row_is_not_called_found():
    """Domain 5.2 gives one range and its sources together: which source says which end is inferred."""
    rules = {rule.id: rule for rule in tables.contraindications()}
    for id_, days in (("filler", 30), ("filler", 14), ("scar-recent", 61)):
        reading = next(r for r in rules[id_].readings if r.days == days)
        assert reading.confidence == "proposed" and reading.note, (id_, days)
    varicose = next(r for r in rules["thrombosis"].readings if "varicose" in r.note)
    assert varicose.confidence == "proposed"


def test_the_questions_of_the_day_are_about_contraindications():
    known = {rule.id for rule in tables.contraindications()}
    questions = tables.same_day()
    assert all(question.question.endswith("?") for question in questions)
    assert {id_ for question in questions for id_ in question.about} <= known
    own = {question.id: question.rule for question in questions if question.rule is not None}
    assert list(own) == ["last-sitting", "new-health"]
    assert not own["new-health"].overridable


def test_fresh_bruises_block_their_place_and_a_tendency_to_bleed_asks_for_a_clinician():
    """Both are C or L in the sources; each takes the reading that is stricter for it."""
    ranks = {rule.id: rule.rank for rule in tables.contraindications()}
    assert ranks["bruise"] == "L"
    assert ranks["haemorrhage"] == "C"


# -- digest --------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    return folder


def test_the_digest_does_not_depend_on_place_comments_or_space(copy):
    before = tables.digest()
    assert len(before) == 64
    with (copy / "skin.toml").open("a") as file:
        file.write("\n# a remark\n\n")
    assert tables.digest(copy) == before


@pytest.mark.parametrize("file", tables.FILES)
def test_the_digest_changes_with_every_file(copy, file):
    text = (copy / file).read_text(encoding="utf-8")
    (copy / file).write_text(text.replace(' = "', ' = "9', 1), encoding="utf-8")
    assert tables.digest(copy) != tables.digest()


def test_what_is_returned_is_the_callers_own():
    tables.tissues().clear()
    assert tables.tissues()


# -- damage --------------------------------------------------------------------------------

#: The files that the atlas of the head is made of.
HEAD_FILES = (
    "anthropometry.toml", "face_interior.toml", "face_layers.toml", "face_muscles.toml", "face_nerves.toml",
    "face_surface.toml", "face_zones.toml",
)  # fmt: skip
READERS = {
    "references.toml": tables.references,
    "tissues.toml": tables.tissues,
    **{file: tables.axons for file in tables.FILES if file.startswith("nerve/")},
    "skin.toml": tables.skin_layers,
    "electrodes.toml": lambda folder: (tables.materials(folder), tables.contact_rules(folder)),
    "skin_dynamics.toml": tables.skin_dynamics,
    "interfaces.toml": lambda folder: (tables.interfaces(folder), tables.water_window(folder)),
    "slabs.toml": lambda folder: (tables.stacks(folder), tables.flattening(folder)),
    "landmarks.toml": tables.landmarks,
    **dict.fromkeys(HEAD_FILES, tables.head),
    **dict.fromkeys(LABEL_MAPS, tables.label_maps),
    "limbs.toml": tables.limbs,
    "limits.toml": tables.limits,
    "handling.toml": tables.handling,
    "modes.toml": lambda folder: (tables.modes(folder), tables.roles(folder)),
    "contraindications.toml": tables.contraindications,
    "same_day.toml": tables.same_day,
    "stimulators/simulated.toml": tables.stimulators,
    **dict.fromkeys([file for file in tables.FILES if file.startswith("stimulators/")][1:], tables.devices),
    "product_codes.toml": tables.product_codes,
    "moves.toml": lambda folder: (tables.moves(folder), tables.excluded_muscles(folder)),
    "sessions.toml": lambda folder: (tables.zone_times(folder), tables.session_phases(folder)),
    **dict.fromkeys([file for file in tables.FILES if file.startswith("programs/")], tables.programs),
    "systems.toml": tables.systems,
    "lore.toml": tables.lore,
    "intents.toml": lambda folder: (tables.intents(folder), tables.guards(folder)),
    "courses.toml": tables.course_rules,
    "costs.toml": tables.prices,
    "words.toml": tables.forbidden_words,
    "ions.toml": lambda folder: (
        tables.ions(folder),
        tables.films(folder),
        tables.skin_chemistry(folder),
        tables.buffer(folder),
    ),
    "heat.toml": lambda folder: (
        tables.thermal_tissues(folder),
        tables.heat_surface(folder),
        tables.heat_damage(folder),
        tables.burn_times(folder),
    ),
    "outcomes.toml": tables.outcomes,
    "claims.toml": lambda folder: (tables.claims(folder), tables.thresholds(folder)),
}
DAMAGE = [
    # file, what to replace, by what, what the message must name
    (
        "tissues.toml",
        'value = "0.20 S/m"',
        'value = "0.20"',
        ("row [[row]] 1 (skin, conductivity)", "value"),
    ),
    ("tissues.toml", 'value = "0.20 S/m"', 'value = "0.20 V"', ("(skin, conductivity)", "value")),
    (
        "tissues.toml",
        'value = "0.20 S/m"',
        'value = "0.50 S/m"',
        ("(skin, conductivity)", "low <= value <= high"),
    ),
    ("tissues.toml", 'source = "project"', 'source = "nobody"', ("source", "nobody")),
    ("tissues.toml", 'confidence = "proposed"', 'confidence = "sure"', ("confidence", "sure")),
    ("tissues.toml", 'low = "0.10 S/m"\n', "", ("low", "None")),
    ("tissues.toml", 'tissue = "fat"', 'tissue = "skin"', ("quantity", "twice")),
    ("tissues.toml", 'note = "Viable', 'remark = "Viable', ("remark",)),
    ("tissues.toml", "[[row]]", "[[raw]]", ("[[raw]]",)),
    ("tissues.toml", 'basis = ["', 'basis = ["x', ("basis",)),
    ("tissues.toml", '"conductivity along"', '"conductivity across"', ("quantity", "conductivity across")),
    ("skin.toml", 'group = "face"', 'group = "hoof"', ("group", "hoof")),
    (
        "skin.toml",
        'coupling = "gel"',
        'coupling = "after direct current"',
        ("after direct current", "twice"),
    ),
    (
        "skin.toml",
        'quantity = "alpha"\nvalue = "0.80"\nlow = "0.70"\nhigh = "0.90"',
        'quantity = "alpha"\nvalue = "0.80"\nlow = "0.70"\nhigh = "1.90"',
        ("alpha",),
    ),
    ("electrodes.toml", 'material = "platinum"', 'material = "tin"', ("material", "tin")),
    ("electrodes.toml", 'shape = "pad"', 'shape = "spoon"', ("shape", "spoon")),
    ("electrodes.toml", 'shape = "pad"', 'shape = "glove"', ("contact", "twice")),
    (
        "electrodes.toml",
        'value = "30 uF/cm2"',
        'value = "30 uF"',
        ("(stainless steel, double layer)", "value"),
    ),
    ("skin_dynamics.toml", 'group = "face"', 'group = "hoof"', ("group", "hoof")),
    (
        "skin_dynamics.toml",
        'quantity = "drying time"',
        'quantity = "occlusion time"',
        ("quantity", "twice"),
    ),
    ("skin_dynamics.toml", 'quantity = "swelling"', 'quantity = "shrinking"', ("quantity", "shrinking")),
    ("skin_dynamics.toml", 'high = "1.0"', 'high = "1.5"', ("wetting_exponent",)),
    ("skin_dynamics.toml", 'low = "20 uA/cm2"', 'low = "0 uA/cm2"', ("wetting_density",)),
    ("interfaces.toml", 'material = "platinum"', 'material = "tin"', ("material", "tin")),
    ("interfaces.toml", 'quantity = "pair onset"', 'quantity = "onset"', ("quantity", "onset")),
    ("interfaces.toml", 'value = "0.88"', 'value = "0.88 V"', ("(stainless steel, exponent)", "value")),
    ("interfaces.toml", 'high = "-0.30 V"', 'high = "0.90 V"', ("hydrogen_potential",)),
    ("interfaces.toml", "[[water]]", "[[fire]]", ("[[fire]]",)),
    ("slabs.toml", 'tissue = "fat"', 'tissue = "butter"', ("tissue", "butter")),
    ("slabs.toml", 'width = "220 mm"', 'width = "22 mm"', ("sites", "inside the slab")),
    ("slabs.toml", "fibres = [0.3007,", "fibres = [0.9,", ("fibres",)),
    ("slabs.toml", "fibres = [0.3007, -0.9537, 0.0]", "fibres = [1.0]", ("fibres", "three numbers")),
    ("slabs.toml", 'name = "centre"', 'name = "middle"', ("centre",)),
    ("slabs.toml", 'radius = "17 mm"', 'radius = "-17 mm"', ("orbit left", "radius")),
    ("slabs.toml", 'stack = "mid-cheek"', 'stack = "elbow"', ("stack", "elbow")),
    ("slabs.toml", 'largest_error = "3', 'largest_error = "x3', ("largest_error",)),
    ("landmarks.toml", 'side = "left"', 'side = "under"', ("side", "under")),
    ("landmarks.toml", 'name = "cheilion left"', 'name = "cheilion"', ("name", "left")),
    ("landmarks.toml", 'x = "2.46 cm"', 'x = "2.46 s"', ("cheilion left", "x")),
    ("anthropometry.toml", 'way = "y"', 'way = "round"', ("way", "round")),
    ("anthropometry.toml", 'male = "197.3 mm"', 'male = "197.3"', ("head length", "male")),
    (
        "anthropometry.toml",
        'ends = ["glabella", "opisthocranion"]',
        'ends = "glabella"',
        ("head length", "ends"),
    ),
    (
        "anthropometry.toml",
        'male = "197.3 mm"',
        'male = "197.3"',
        ("[[dimension]] 1 (head length)", "male", "unit"),
    ),
    ("anthropometry.toml", 'male_deviation = "7.4 mm"', 'male_deviation = "7.4 kg"', ("male_deviation",)),
    ("anthropometry.toml", 'name = "head breadth"', 'name = "head length"', ("head length", "twice")),
    ("anthropometry.toml", 'way = "y"', 'way = "around"', ("head length", "way", "around")),
    ("anthropometry.toml", 'source = "niosh2005"', 'source = "hearsay"', ("source", "hearsay")),
    ("anthropometry.toml", "[[dimension]]", "[[dimenson]]", ("[[dimenson]]",)),
    (
        "anthropometry.toml",
        'ends = ["glabella", "opisthocranion"]',
        'ends = ["glabella", "occiput"]',
        ("head length", "ends", "occiput"),
    ),
    ("face_surface.toml", 'kind = "ellipsoid"', 'kind = "egg"', ("cranium", "kind", "egg")),
    ("face_surface.toml", "radii_mm = [72, 96, 88]", "radii_mm = [72, 96]", ("cranium", "radii_mm", "3")),
    ("face_surface.toml", "radii_mm = [72, 96, 88]", "radii_mm = [72, 96, -8]", ("cranium", "radii")),
    ("face_surface.toml", 'landmark = "glabella"', 'landmark = "glabelle"', ("landmark", "glabelle")),
    ("face_surface.toml", "blend_mm = 0\n", "", ("cranium", "blend_mm")),
    ("face_interior.toml", "mirrored = true", 'mirrored = "yes"', ("mirrored", "yes")),
    ("face_interior.toml", 'operation = "add"', 'operation = "glue"', ("operation", "glue")),
    ("face_layers.toml", 'quantity = "bone"', 'quantity = "lard"', ("vertex", "quantity", "lard")),
    ("face_layers.toml", 'at = "vertex"', 'at = "vortex"', ("at", "vortex")),
    ("face_layers.toml", 'spread = "30 %"', 'spread = "30 mm"', ("spread",)),
    ("face_layers.toml", "forensic = true\n", "forensic = 1\n", ("forensic",)),
    ("face_muscles.toml", 'tissue = "mimetic muscle"', 'tissue = "meat"', ("frontalis", "tissue", "meat")),
    (
        "face_muscles.toml",
        "thickness_mm = [1.5, 1.5, 1.5, 1.5]",
        "thickness_mm = [1.5]",
        ("thickness_mm", "4"),
    ),
    ("face_muscles.toml", 'length_low = "55 mm"', 'length_low = "75 mm"', ("length", "low <= value")),
    ("face_nerves.toml", "depth_mm = [22, 14]", "depth_mm = [22]", ("trunk", "depth_mm", "2")),
    ("face_nerves.toml", 'confidence = "abstract"', 'confidence = "sure"', ("confidence", "sure")),
    ("face_surface.toml", 'name = "parietal"', 'name = "cranium"', ("base, cranium", "twice")),
    ("face_interior.toml", "[6, 43, 46, 9]", "[6, 43, 46]", ("brow ridge", "spheres_mm", "4")),
    ("face_interior.toml", "[6, 43, 46, 9]", "[6, 43, 46, -9]", ("brow ridge", "radii")),
    ("face_interior.toml", "[[shape]]", "[[shap]]", ("[[shap]]",)),
    ("face_surface.toml", 'group = "detail"', 'group = "base details"', ("group", "base details")),
    ("face_interior.toml", 'group = "bone"', 'group = "bones"', ("brow ridge", "group", "bones")),
    ("face_layers.toml", 'male = "5 mm"', 'male = "5 s"', ("bone, vertex", "male")),
    ("face_layers.toml", 'name = "glabella"', 'name = "vertex"', ("bone, vertex", "twice")),
    ("face_layers.toml", "at_mm = [0, 59, 20]", "at_mm = [0, 59]", ("mid-nasal", "at_mm", "3 numbers")),
    ("face_muscles.toml", 'name = "corrugator supercilii"', 'name = "frontalis"', ("frontalis", "twice")),
    (
        "face_muscles.toml",
        "line_mm = [[26, 28, 106],",
        "line_mm = [[26, 28],",
        ("frontalis", "line_mm", "3"),
    ),
    ("face_nerves.toml", "[66, -22, -16]]", '"root"]', ("trunk", "line_mm", "root")),
    ("face_nerves.toml", "[[nerve]]", "[[nerv]]", ("[[nerv]]",)),
    ("face_zones.toml", 'name = "temple"', 'name = "forehead"', ("forehead", "twice")),
    ("face_zones.toml", "outline = [", 'outline = ["nowhere",', ("forehead", "outline", "nowhere")),
    ("face_zones.toml", "treatable = false\n", 'treatable = "no"\n', ("treatable", "no")),
    ("limbs.toml", 'sex = "male"', 'sex = "neuter"', ("forearm", "sex", "neuter")),
    ("limbs.toml", 'quantity = "fat"', 'quantity = "lard"', ("quantity", "lard")),
    ("limbs.toml", 'value = "43 mm"', 'value = "43"', ("forearm, male, radius", "value")),
    ("limbs.toml", 'along = "-20 0 60', 'along = "0 -20 60', ("outline", "along", "each above")),
    ("limbs.toml", 'around = "90 deg"', 'around = "90 mm"', ("swelling", "around", "deg")),
    ("limbs.toml", 'core = "cancellous bone"', 'core = "sponge"', ("carpus", "core", "sponge")),
    ("limbs.toml", 'name = "radius"', 'name = "carpus"', ("rod", "name", "twice")),
    (
        "limbs.toml",
        'body = "forearm"\nname = "median"',
        'body = "foot"\nname = "median"',
        ("median", "body", "foot"),
    ),
    ("limbs.toml", 'corners = ["common flexor origin"', 'corners = ["elbow"', ("zones", "elbow")),
    ("limbs.toml", 'depth = "14 22 21 9 6 mm"', 'depth = "14 22 21 9 mm"', ("median", "along", "depth")),
    ("limbs.toml", "both = true", 'both = "yes"', ("both", "yes")),
    ("label_maps/roast.toml", 'tissue = "skull"', 'tissue = "bonne"', ("roast", "label 4", "bonne")),
    ("label_maps/roast.toml", "number = 5", "number = 4", ("roast", "rows", "4 twice")),
    ("label_maps/roast.toml", "number = 5", 'number = "5"', ("roast", "number", "whole number")),
    ("label_maps/roast.toml", '"fat", "muscle"]', '"lard", "muscle"]', ("label 5", "lumps", "lard")),
    ("label_maps/roast.toml", 'tissue = "CSF"', 'tisue = "CSF"', ("label 3", "tisue")),
    ("label_maps/roast.toml", "needed = [1,", "needed = [9,", ("roast", "needed", "9")),
    ("label_maps/roast.toml", 'covers = "whole"', 'covers = "most"', ("roast", "covers", "most")),
    ("label_maps/roast.toml", 'source = "roast-labels"', 'source = "hearsay"', ("source", "hearsay")),
    ("label_maps/simnibs.toml", 'name = "headreco"', 'name = "charm"', ("name", "charm twice")),
    ("label_maps/simnibs.toml", "last = 5", "last = 3", ("charm labeling), label 4", "last", "at least 4")),
    ("limits.toml", 'sense = "at most"', 'sense = "about"', ("total-current", "sense")),
    ("limits.toml", 'warn = "600 uA"', 'warn = "600 uV"', ("total-current", "warn")),
    ("limits.toml", 'warn = "600 uA"', 'warn = "6 mA"', ("total-current", "warn")),
    ("limits.toml", 'id = "home-current"', 'id = "total-current"', ("id", "twice")),
    ("limits.toml", 'dimension = "current"', 'dimension = "mood"', ("dimension", "mood")),
    ("limits.toml", 'systems = ["faradic"]', 'systems = ["magic"]', ("systems", "magic")),
    ("limits.toml", 'source = ["project"]', "source = []", ("source",)),
    ("limits.toml", 'warn = "600 uA"\nstop = "1000 uA"\n', "", ("total-current", "stop")),
    ("contraindications.toml", 'rank = "A"', 'rank = "Z"', ("implant-active", "rank")),
    ("contraindications.toml", 'systems = ["galvanic"]', 'systems = ["magic"]', ("reading", "systems")),
    ("contraindications.toml", 'modes = ["wound"]', 'modes = ["magic"]', ("reading 2", "modes")),
    ("contraindications.toml", "days = 30", 'days = "30 d"', ("botox", "reading 1", "days")),
    ("contraindications.toml", "days = 30", "days = -1", ("botox", "days")),
    (
        "contraindications.toml",
        "[[contraindication.reading]]",
        "[[contraindication.x]]",
        ("implant-active",),
    ),
    ("same_day.toml", 'about = ["infection-fever"]', 'about = ["fevr"]', ("unwell", "about", "fevr")),
    ("same_day.toml", 'about = ["infection-fever"]', "", ("unwell", "about")),
    (
        "contraindications.toml",
        "overridable = false",
        'overridable = "no"',
        ("implant-active", "overridable"),
    ),
    ("contraindications.toml", 'question = "Do you have a', 'query = "Do you have a', ("query",)),
    ("handling.toml", 'quantity = "probe offset"', 'quantity = "tilt"', ("tilt", "quantity")),
    ("handling.toml", 'value = "0 mm"', 'value = "0 s"', ("probe offset", "value")),
    ("handling.toml", 'low = "90 %"', 'low = "0 %"', ("current given", "low")),
    ("references.toml", 'kind = "paper"', 'kind = "rumour"', ("kangasmaa2025", "kind")),
    ("references.toml", 'id = "itis-lf-4"', 'id = "kangasmaa2025"', ("id", "twice")),
    ("references.toml", "citation", "title", ("title",)),
    ("ions.toml", 'name = "potassium"', 'name = "sodium"', ("sodium", "twice")),
    ("ions.toml", 'ion = "calcium"', 'ion = "tin"', ("ion", "tin")),
    ("ions.toml", "charge = 1\n", 'charge = "1"\n', ("sodium", "charge")),
    (
        "ions.toml",
        'value = "50.1 S cm2/mol"',
        'value = "50.1 S/m"',
        ("(sodium, limiting conductivity)", "value"),
    ),
    (
        "ions.toml",
        'value = "0.6"\nlow = "0.46"\nhigh = "0.7"',
        'value = "0.6"\nlow = "0.46"\nhigh = "1.7"',
        ("skin_transport_number",),
    ),
    ("ions.toml", 'over = "cloth"', 'over = "wool"', ("over", "wool")),
    (
        "ions.toml",
        'quantity = "isoelectric point"',
        'quantity = "isoelectric points"',
        ("isoelectric points",),
    ),
    ("ions.toml", 'value = "10.33"\nlow = "10.33"', 'value = "10.33"\nlow = "6.00"', ("second_constant",)),
    ("ions.toml", "[[film]]", "[[foil]]", ("[[foil]]",)),
    ("heat.toml", 'quantity = "heat capacity"', 'quantity = "density"', ("quantity", "twice")),
    ("heat.toml", 'value = "0.372 W/m/K"', 'value = "0.372 W/m"', ("(skin, conductivity)", "value")),
    ("heat.toml", 'quantity = "still air"', 'quantity = "wind"', ("quantity", "wind")),
    (
        "heat.toml",
        'value = "0.5"\nlow = "0.5"\nhigh = "0.5"',
        'value = "0.5"\nlow = "0.5"\nhigh = "1.5"',
        ("ratio_above",),
    ),
    ("heat.toml", 'temperature = "317.15 K"', 'temperature = "44 K"', ("temperature",)),
    ("words.toml", "\\bpermanent", "(\\bpermanent", ("lasting", "pattern")),
    ("nerve/mrg-2002.toml", "1.86 1/ms/mV", "1.86 1/ms", ("m", "alpha_rate", "1/ms")),
    ("nerve/mrg-2002.toml", 'gates = ["s"]', 'gates = ["x"]', ("slow potassium", "gates", "x")),
    ("nerve/mrg-2002.toml", "lamellae = 80", "lamellae = 80.5", ("lamellae", "80.5")),
    ("nerve/sundt-2015.toml", 'alpha = "linoid"', 'alpha = "linear"', ("alpha", "linear")),
]


@pytest.mark.parametrize(("file", "old", "new", "named"), DAMAGE)
def test_damage_is_named_by_file_row_and_key(copy, file, old, new, named):
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text, "the table no longer has what this test damages"
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TableError) as error:
        READERS[file](copy)
    message = str(error.value)
    assert message.startswith(f"{file}: ") and "row" in message
    for part in named:
        assert part in message, message


@pytest.mark.parametrize("file", tables.FILES)
def test_a_file_that_is_missing_broken_or_empty_is_named(copy, file):
    for content in ("this is no toml [", "", None):
        if content is None:
            (copy / file).unlink()
        else:
            (copy / file).write_text(content)
        with pytest.raises(TableError, match=file):
            READERS[file](copy)
