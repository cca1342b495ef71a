"""What tissue was predicted to receive: by contact, by tissue, in pictures."""

from __future__ import annotations

from microcurrent.model import Path as Glide
from microcurrent.model import Plan, Prediction, Step, StepExposure, TissueExposure
from microcurrent.planning.fields import NEAR, Fields
from microcurrent.reports import wording
from microcurrent.reports.content import Block, Items, Notice, Paragraph, Picture, Section, Table
from microcurrent.reports.pictures import exposure_picture, section_picture, surface_picture
from microcurrent.reports.pictures.section import Probes
from microcurrent.units import write


def predicted_section(plan: Plan, prediction: Prediction, fields: Fields | None) -> Section:
    """Return the section on the prediction; without `fields` it has no drawings of the body."""
    exposure = prediction.exposure
    blocks: list[Block] = [
        Paragraph(
            text="Predicted by the model from the plan, not measured. Every value is followed by its 90 % "
            "interval: if the body is like the model's and the ranges of its inputs are right, the true "
            "value lies in it nine times in ten. Errors of the model itself are not in it."
        ),
        *(Notice(tone="note", text=warning) for warning in prediction.warnings),
        _contacts(exposure.steps),
        _stimulator(exposure.steps),
        exposure_picture(prediction),
        _tissues(exposure.steps),
        Items(texts=_in_words(exposure.steps)),
    ]
    if fields is not None:
        blocks += _pictures(plan, fields)
    blocks.append(
        Paragraph(
            text="Whole sitting, at the place on the skin that receives most: net charge "
            f"{wording.estimate(exposure.net_charge_density)}; both directions added up "
            f"{wording.estimate(exposure.absolute_charge_density)}. Direct charge of all steps: "
            f"{wording.estimate(exposure.dc_charge)}."
        )
    )
    return Section(title="What tissue was predicted to receive", blocks=tuple(blocks))


def _contacts(exposures: tuple[StepExposure, ...]) -> Table:
    return Table(
        caption="Skin under each electrode (90 % interval). Current per area: mean over the contact; of "
        "direct current the largest mean of a second or of whole periods. Net charge per area: at the "
        "place that receives most in the step.",
        columns=(("Step", "text"), ("Electrode", "text"), ("Contact area", "text"),
                 ("Peak current per area", "text"), ("Direct current per area", "text"),
                 ("Net charge per area", "text")),
        rows=tuple(
            (
                str(step.number), contact.electrode, wording.estimate(contact.area),
                wording.estimate(contact.peak_density), wording.estimate(contact.dc_density),
                wording.estimate(contact.net_charge_density),
            )
            for step in exposures
            for contact in step.contacts
        ),
    )  # fmt: skip


def _stimulator(exposures: tuple[StepExposure, ...]) -> Table:
    return Table(
        caption="What each step asks of the stimulator (90 % interval).",
        columns=(("Step", "text"), ("Voltage needed", "text"), ("Resistance below the skin layer", "text"),
                 ("Distance of the probes", "text"), ("Positions computed", "figures")),
        rows=tuple(
            (
                str(step.number), wording.estimate(step.voltage),
                wording.estimate(step.tissue_resistance), _spacing(step), str(step.positions),
            )
            for step in exposures
        ),
    )  # fmt: skip


def _spacing(step: StepExposure) -> str:
    low, high = (write(value, "length", digits=2) for value in step.spacing)
    return low if low == high else f"{low} to {high}"


def _tissues(exposures: tuple[StepExposure, ...]) -> Table:
    return Table(
        caption=f"Electric field in each tissue within {write(NEAR, 'length')} of the line between the "
        "probes, at the peak of the current (90 % interval). Of a glide: the mean over its positions.",
        columns=(("Step", "text"), ("Tissue", "text"), ("Half of it is above", "text"),
                 ("A twentieth is above", "text"), ("A hundredth is above", "text")),
        rows=tuple(
            (
                str(step.number), tissue.tissue, wording.estimate(tissue.field_median),
                wording.estimate(tissue.field_p95), wording.estimate(tissue.field_p99),
            )
            for step in exposures
            for tissue in step.tissues
        ),
    )  # fmt: skip


def _in_words(exposures: tuple[StepExposure, ...]) -> tuple[str, ...]:
    """The same in words: which tissue has the strongest field, which part of the current each carries."""
    sentences = []
    for step in exposures:
        strongest: TissueExposure = max(step.tissues, key=lambda tissue: tissue.field_p95.value)
        text = (
            f"Step {step.number}: the field is strongest in {strongest.tissue}, where a twentieth of the "
            f"tissue near the probes is above {wording.estimate(strongest.field_p95)}."
        )
        shares = "; ".join(f"{tissue} {wording.estimate(share)}" for tissue, share in step.tissue_share)
        if shares:
            text += f" Half-way between the probes each tissue carries this part of the current: {shares}."
        sentences.append(text)
    return tuple(sentences)


def _pictures(plan: Plan, fields: Fields) -> list[Picture]:
    pictures = []
    for section in fields.sections:
        step = next((step for step in plan.steps if step.number == section.step), None)
        pictures.append(section_picture(fields, section, probes=probes_of(plan, step) if step else None))
    if fields.surface.points.size:
        pictures.append(surface_picture(fields, paths=paths_of(plan)))
    return pictures


def paths_of(plan: Plan) -> dict[tuple[str, ...], tuple[tuple[float, float, float], ...]]:
    """Return the way of every glide of a plan by the names of its sites."""
    parts = (part for step in plan.steps for part in (step.anode, step.cathode))
    return {part.sites: part.way for part in parts if isinstance(part, Glide)}


def probes_of(plan: Plan, step: Step) -> Probes:
    """Return how the probes of a step are drawn: names, sizes, and whether they have poles."""
    names = step.electrodes
    sizes = [plan.electrode(name) for name in names]
    radii = tuple((size.diameter or size.width or 0.01) / 2 for size in sizes)
    return Probes(names=names, radii=(radii[0], radii[1]), balanced=wording.is_balanced(step))
