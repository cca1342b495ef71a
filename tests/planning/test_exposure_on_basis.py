"""What a plan gives on a surface basis: judged by the full solve, by conservation and by symmetry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from microcurrent.errors import ValueRefused
from microcurrent.model import NervePath
from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.contact import Contact
from microcurrent.physics.conduction.fields import current_density, electric_field, face_currents
from microcurrent.planning.exposure.covering import Coating, Skin
from microcurrent.planning.exposure.exposing import not_covered
from microcurrent.planning.exposure.flowing import flows_of, standing
from microcurrent.planning.exposure.layers import layers_of
from microcurrent.planning.planfile import read_plan
from microcurrent.planning.prediction import predict
from microcurrent.planning.prediction.contacts import footprint_of
from microcurrent.planning.prediction.sampling import inputs_of, middle

MM = 1e-3
REVERSING = 'ramp = "5 s"\npolarity = { every = "15 s", ramp = "1 s" }'


def full_solve(lab, plan):
    """The first step of a plan by the complete electrode model on the same grid: conductor, solution."""
    step, values = plan.steps[0], middle(inputs_of(plan, lab.source))
    skin = Skin(lab.volume, lab.basis.patches)
    layers = layers_of(step, plan, values, skin_group=lab.source.skin_group)
    contacts = []
    for name, part, ohms in zip(step.electrodes, (step.anode, step.cathode), layers.ohms, strict=True):
        point = plan.site(part.sites[0]).position
        metal = skin.cover(point, footprint_of(plan.electrode(name), values)).metal
        faces = skin.faces
        contacts.append(
            Contact(
                cells=faces.cells[metal.faces], axis=faces.axis[metal.faces], side=faces.side[metal.faces],
                area=metal.area, impedance=ohms,
            )
        )  # fmt: skip
    conductor = Conductor(lab.volume.grid, lab.volume.conductivity(lab.values))
    peak = step.stimulus.peak
    return conductor, conductor.solve(contacts, [peak, -peak])


def test_field_density_and_resistance_are_those_of_the_full_solve(lab, held):
    conductor, solution = full_solve(lab, held.plan)
    density = current_density(conductor, face_currents(conductor, solution)).reshape(-1, 3)
    field = electric_field(conductor, density.reshape(*lab.volume.grid.shape, 3)).reshape(-1, 3)
    for tissue, cells in held.exposed.cells.items():
        wanted = np.linalg.norm(field[cells], axis=1)
        found = held.exposed.steps[0][tissue]
        assert np.linalg.norm(found.field - wanted) < 0.02 * np.linalg.norm(wanted), tissue
        wanted = np.linalg.norm(density[cells], axis=1)
        assert np.linalg.norm(found.density - wanted) < 0.02 * np.linalg.norm(wanted), tissue
        assert found.field == pytest.approx(found.largest_field, rel=1e-6)
    assert held.exposed.summary.steps[0].balance_error < 1e-6


def test_resistance_and_charge_are_those_of_a_prediction(lab, held):
    """The prediction stands on a grid of its own, finer under the probes."""
    prediction, _ = predict(held.plan, lab.source, tables_digest="0", samples=1, seed=1)
    step, own = prediction.exposure.steps[0], held.exposed.summary
    assert own.steps[0].resistance == pytest.approx(step.tissue_resistance.value, rel=0.1)
    assert own.skin[0].absolute.largest == pytest.approx(
        prediction.exposure.absolute_charge_density.value, rel=0.1
    )
    there = {tissue.tissue: tissue.field_median.value for tissue in step.tissues}
    for part in own.steps[0].tissues:
        if part.place == "near the probes":
            assert part.field.median == pytest.approx(there[part.tissue], rel=0.15), part.tissue


def test_charge_is_that_of_the_plan(lab, exposed):
    skin, patches = exposed.skin, lab.basis.patches
    absolute = sum(step.stimulus.absolute_charge for step in lab.plan.steps)
    assert skin.absolute @ skin.area == pytest.approx(2 * absolute, rel=1e-6)
    assert skin.net @ skin.area == pytest.approx(0.0, abs=1e-9 * absolute)
    assert (skin.absolute >= np.abs(skin.net) * (1 - 1e-12)).all()
    assert skin.patch_absolute @ patches.area == pytest.approx(2 * absolute, rel=1e-6)
    # Anode and cathode lie apart: what goes in under one comes out under the other.
    west = patches.faces.centres[skin.faces, 0] < 4 * MM
    net = sum(step.stimulus.net_charge for step in lab.plan.steps)
    assert skin.net[west] @ skin.area[west] == pytest.approx(net, rel=1e-6)


def test_twice_the_current_is_twice_the_field_and_exchanged_poles_change_only_the_sign(lab, held):
    double = lab.expose(lab.write("double", "hold", change=('"200 uA"', '"400 uA"')))
    turned = lab.expose(lab.write("turned", "glide", change=("anode", "cathode")))
    plain = lab.expose(lab.write("plain", "glide"))
    for tissue, arrays in held.exposed.steps[0].items():
        assert double.steps[0][tissue].field == pytest.approx(2 * arrays.field, rel=1e-5)
        assert turned.steps[0][tissue].field == pytest.approx(plain.steps[0][tissue].field, rel=1e-5)
    assert double.skin.absolute == pytest.approx(2 * held.exposed.skin.absolute)
    assert turned.skin.net == pytest.approx(-plain.skin.net)
    assert turned.skin.absolute == pytest.approx(plain.skin.absolute)


def test_a_glide_spreads_charge_and_lies_between_its_ends(lab, exposed):
    step = exposed.summary.steps[2]
    assert step.positions == 12  # 11.3 mm, a millimetre apart, there and back
    glide = exposed.steps[2]["skin"]
    assert (glide.field <= glide.largest_field * (1 + 1e-6)).all()
    # No place has the most for all of the time.
    assert glide.field.max() < glide.largest_field.max()


def test_mean_over_time_counts_what_really_flows(lab, held):
    stimulus = held.plan.steps[0].stimulus
    share = stimulus.absolute_charge / (stimulus.peak * stimulus.duration)
    for tissue, arrays in held.exposed.steps[0].items():
        assert held.exposed.plan[tissue].field == pytest.approx(share * arrays.field, rel=1e-5)
        assert np.array_equal(held.exposed.plan[tissue].largest_field, arrays.largest_field)


def test_direct_current_wets_the_skin_most_where_it_is_densest(lab):
    """A layer that wets conducts more where more flows, so the contact becomes less even."""

    def unevenness(current):
        path = lab.write("galvanic", "galvanic", change=('"100 uA"', f'"{current}"'))
        found, stimulus = lab.expose(path), read_plan(path)[0].steps[0].stimulus
        skin = found.skin
        assert "wetted" in found.summary.steps[0].skin
        assert skin.net @ skin.area == pytest.approx(0.0, abs=1e-9 * stimulus.net_charge)
        assert skin.absolute @ skin.area == pytest.approx(2 * stimulus.net_charge, rel=1e-6)
        anode = skin.net > 0
        assert skin.net[anode] @ skin.area[anode] == pytest.approx(stimulus.net_charge, rel=1e-6)
        return skin.net.max() * skin.area[anode].sum() / stimulus.net_charge

    assert unevenness("300 uA") > 1.01 * unevenness("1 uA") > 1.01


def test_a_film_spreads_the_contact_and_one_that_hardly_conducts_does_not(lab, held):
    path, bare = lab.write("held", "hold"), held.exposed.skin
    faint = lab.expose(path, coating=Coating(width=3 * MM, thickness=1e-9, conductivity=1e-3)).skin
    wide = lab.expose(path, coating=Coating(width=3 * MM, thickness=0.5 * MM, conductivity=2.0)).skin
    charge = bare.absolute @ bare.area
    for skin in (faint, wide):
        assert skin.absolute @ skin.area == pytest.approx(charge, rel=1e-6)
        assert skin.area.sum() > 1.2 * bare.area.sum()
    assert wide.area.sum() > 1.5 * bare.area.sum()
    inside = np.isin(faint.faces, bare.faces)
    assert faint.absolute[inside] @ faint.area[inside] == pytest.approx(charge, rel=0.01)
    assert wide.absolute.max() < 0.7 * bare.absolute.max()
    assert any(
        "Films of another kind" in text
        for text in not_covered(Coating(width=1, thickness=1, conductivity=1))
    )


def test_direct_current_that_reverses_wets_both_skins_alike(lab):
    """Each probe is the anode for half of the time; the skin under both ends on about the same."""
    path = lab.write("reversing", "galvanic", change=('ramp = "5 s"', REVERSING))
    plan, source = read_plan(path)
    step, values = plan.steps[0], middle(inputs_of(plan, lab.source))
    where = standing(step, plan, Skin(lab.volume, lab.basis.patches), values=values, apart=1 * MM)
    layers = layers_of(step, plan, values, skin_group=source.skin_group)
    *_, last = flows_of(where, lab.basis, layers)
    whole = replace(where.dwells[0], seconds=60.0, absolute=step.stimulus.absolute_charge)
    one_way = replace(where, dwells=(whole,), contacts=where.contacts[:1], wet=where.wet[:1])
    *_, single = flows_of(one_way, lab.basis, layers)

    def unlike(flow):
        solution = flow.solution
        ohms = np.abs(solution.skin_voltages / solution.densities)
        under = [ohms[solution.wet.electrode == electrode].mean() for electrode in (0, 1)]
        return abs(np.log(under[0] / under[1]))

    assert [one.net > 0 for one in where.dwells] == [True, False, True, False]
    assert unlike(last) < 0.3 * unlike(single)
    net = lab.expose(path).skin
    assert np.abs(net.net).max() < 0.05 * net.absolute.max()


def test_a_film_that_carries_nothing_dilutes_no_charge(lab, held):
    """What goes in under the metal does not spread over dry film on the same face."""
    path, bare = lab.write("held", "hold"), held.exposed.skin
    nothing = lab.expose(path, coating=Coating(width=3 * MM, thickness=1e-12, conductivity=1.0)).skin
    inside = np.isin(nothing.faces, bare.faces)
    assert nothing.absolute[inside] == pytest.approx(bare.absolute, rel=1e-3)
    assert nothing.area[inside] == pytest.approx(bare.area, rel=1e-3)


@pytest.mark.parametrize("name", ["width", "thickness", "conductivity"])
def test_a_film_of_nothing_is_refused(name):
    values = {"width": 1 * MM, "thickness": 1 * MM, "conductivity": 1.0}
    with pytest.raises(ValueRefused, match=f"film: expected finite and above 0|{name}"):
        Coating(**{**values, name: 0.0})


def test_potential_along_a_path_falls_by_the_field_along_it(lab, exposed):
    (nerve,), (path,) = exposed.nerves, lab.nerves
    assert nerve.points[0] == pytest.approx(path.points[0])
    assert nerve.points[-1] == pytest.approx(path.points[-1])
    assert nerve.distance[-1] == pytest.approx(path.length)
    for potential, along in zip(nerve.potential, nerve.along, strict=True):
        dropped = np.sum(0.5 * (along[1:] + along[:-1]) * np.diff(nerve.distance))
        assert potential[0] - potential[-1] == pytest.approx(dropped, rel=0.1)
    told = exposed.summary.steps[0].nerves[0]
    assert told.along == pytest.approx(np.abs(nerve.along[0]).max())
    assert told.potential == pytest.approx(np.ptp(nerve.potential[0]))


def test_a_path_that_leaves_the_tissue_is_refused(lab):
    astray = NervePath(name="astray", points=((0.0, 0.0, -2 * MM), (0.0, 0.0, 5 * MM)))
    with pytest.raises(ValueRefused, match="'astray' leaves the tissues"):
        lab.expose(lab.plan_file, nerves=(astray,))


def test_probes_that_touch_and_probes_off_the_basis_are_refused(lab):
    touching = lab.write("touching", "hold", change=('"-12 mm", "0 mm"', '"8 mm", "0 mm"'))
    with pytest.raises(ValueRefused, match="the probes touch in step 1"):
        lab.expose(touching)
    away = lab.write("away", "hold", change=('"-12 mm", "0 mm"', '"-40 mm", "0 mm"'))
    with pytest.raises(ValueRefused, match="outside the region of the basis"):
        lab.expose(away)


def test_figures_of_a_part_are_those_of_its_cells(lab, exposed):
    """Percentiles and histogram by counting cells one by one."""
    step, arrays = exposed.summary.steps[0], exposed.steps[0]
    for part in step.tissues:
        shares = part.field.histogram.shares
        assert sum(shares) == pytest.approx(1.0)
        assert part.field.mean <= part.field.largest
    part = next(p for p in step.tissues if p.tissue == "skin" and p.place == "around one")
    operator = lab.basis.operators["skin"]
    places = np.stack(np.unravel_index(operator.cells, lab.volume.grid.shape), axis=1)
    middles = np.stack([lab.volume.grid.centres(k)[places[:, k]] for k in range(3)], axis=1)
    sites = {s.position: s.name for s in (*lab.plan.sites, *lab.source.body.sites)}
    inside = []
    for point in middles:
        nearest = min(sites, key=lambda at: np.linalg.norm(point - at))
        inside.append(sites[nearest] == "one" and np.linalg.norm(point - nearest) <= 20 * MM)
    chosen = np.array(inside)
    assert part.volume == pytest.approx(operator.volumes[chosen].sum())
    values, weights = arrays["skin"].field[chosen], operator.volumes[chosen]
    assert part.field.mean == pytest.approx(values @ weights / weights.sum(), rel=1e-5)
    below = weights[values < part.field.median].sum() / weights.sum()
    assert (
        below <= 0.5 <= below + weights[np.isclose(values, part.field.median)].sum() / weights.sum() + 1e-9
    )
    edges, shares = np.array(part.field.histogram.edges), np.array(part.field.histogram.shares)
    for low, high, share in zip(edges, edges[1:], shares, strict=False):
        assert weights[(values >= low) & (values < high)].sum() / weights.sum() == pytest.approx(
            share, abs=1e-6
        )


def test_a_map_says_what_it_leaves_out(exposed):
    assert any("interval" in text for text in exposed.summary.not_covered)
    assert {part.tissue for step in exposed.summary.steps for part in step.tissues if part.muscle} == {
        tissue for tissue in exposed.cells if "muscle" in tissue
    }
