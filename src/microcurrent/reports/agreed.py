"""What was asked, what was checked, and who agreed: screening, assessment, approval."""

from __future__ import annotations

from microcurrent.model import Approval, Assessment, Finding, SameDay, Screening, ScreeningFinding
from microcurrent.reports import wording
from microcurrent.reports.content import Block, Facts, Items, Notice, Paragraph, Section, Table


def screening_section(screening: Screening | None) -> Section:
    """Return the section on contraindications asked and answered."""
    title = "Screening: what was asked"
    if screening is None:
        return Section(title=title, blocks=(Notice(tone="caution", text="▲ No screening is on record."),))
    return Section(title=title, blocks=_answered(screening))


def same_day_section(today: SameDay | None) -> Section:
    """Return the section on the questions of the day, which a rehearsal may go without."""
    title = "Questions of the day"
    if today is None:
        nothing = "▲ None were asked. That is allowed for a rehearsal alone, with nobody connected."
        return Section(title=title, blocks=(Notice(tone="caution", text=nothing),))
    how = {
        "dated": "in a dated file",
        "undated": "in a file without a date",
        "at the keyboard": "one by one",
    }
    given = Paragraph(text=f"The answers were given {how[today.asked]}.")
    return Section(title=title, blocks=(*_answered(today), given))


def _answered(screening: Screening) -> tuple[Block, ...]:
    """Outcome, answers and findings of a screening."""
    word = wording.SCREENING[screening.outcome]
    blocks: list[Block] = [
        Notice(tone=word[2], text=f"{word[0]} Outcome on {screening.date}: {word[1]}."),
        Paragraph(
            text=f"{len(screening.answers)} questions were answered for {' and '.join(screening.systems)} "
            f"current; {sum(answer.yes for answer in screening.answers)} of them with yes."
        ),
    ]
    if screening.unanswered:
        blocks.append(Paragraph(text=f"Not answered: {', '.join(screening.unanswered)}."))
    if screening.zones:
        blocks.append(Paragraph(text=f"Zones that the plan treats: {', '.join(screening.zones)}."))
    if screening.cleared:
        blocks.append(Items(texts=tuple(_clearance(finding) for finding in screening.cleared)))
    telling = tuple(finding for finding in screening.findings if finding.outcome != "clear")
    if telling:
        blocks.append(_screening_findings(telling))
    clear = [f.id for f in screening.findings if f.outcome == "clear" and not f.cleared_by]
    if clear:
        blocks.append(Paragraph(text=f"Nothing stands against it from: {', '.join(clear)}."))
    notes = tuple(f"{a.id}: {a.note}" for a in screening.answers if a.note)
    if notes:
        blocks.append(Items(texts=notes))
    return tuple(blocks)


def _clearance(finding: ScreeningFinding) -> str:
    """Who overruled what, and why."""
    outcome = wording.screening_outcome(finding.overruled or "clearance")
    return f"▲ {finding.id}: cleared by {finding.cleared_by}, {finding.clearance}. Without it: {outcome}."


def _screening_findings(findings: tuple[ScreeningFinding, ...]) -> Table:
    rows = []
    for finding in findings:
        outcome = wording.screening_outcome(finding.outcome)
        if finding.until:
            outcome += f"; until {finding.until}"
        rows.append(
            (
                finding.id, outcome, finding.reason + _zones(finding.zones),
                finding.conflict or "–", wording.sources(finding.sources),
            )
        )  # fmt: skip
    return Table(
        caption="What the answers mean. Where sources disagree, the strictest one counts.",
        columns=(("Question", "text"), ("Meaning", "text"), ("Why", "text"),
                 ("Where sources disagree", "text"), ("Sources", "text")),
        rows=tuple(rows),
        tones=tuple(wording.SCREENING[finding.outcome][2] for finding in findings),
    )  # fmt: skip


def _zones(zones: tuple[str, ...]) -> str:
    return f" (only: {', '.join(zones)})" if zones else ""


def assessment_section(assessment: Assessment) -> Section:
    """Return the section on every comparison with a limit."""
    word = wording.VERDICTS[assessment.verdict]
    counts = ", ".join(
        f"{len(assessment.having(verdict))} {wording.VERDICTS[verdict][1]}"
        for verdict in ("stop", "warn", "unknown", "ok")
        if assessment.having(verdict)
    )
    return Section(
        title="Checked against limits",
        blocks=(
            Notice(tone=word[2], text=f"{word[0]} Worst finding: {word[1]}. Of {len(assessment.findings)} "
                   f"findings: {counts}."),
            Paragraph(text="The worse end of the 90 % interval is compared, not the middle. Limits marked "
                      "as proposed are this project's own and stricter than the standards."),
            *_reasons(assessment),
            _findings(assessment),
        ),
    )  # fmt: skip


def _reasons(assessment: Assessment) -> tuple[Items, ...]:
    """A sentence for every finding that is not simply within its limit."""
    told = tuple(
        f"{wording.VERDICTS[verdict][0]} {finding.where}: {finding.reason or finding.what}"
        for verdict in ("stop", "warn", "unknown")
        for finding in assessment.having(verdict)
    )
    return (Items(texts=told),) if told else ()


def _value(finding: Finding) -> str:
    """The value, or where there is none, why."""
    return wording.estimate(finding.value) if finding.value is not None else finding.reason or "–"


def _findings(assessment: Assessment) -> Table:
    order = sorted(assessment.findings, key=lambda f: -("ok", "unknown", "warn", "stop").index(f.verdict))
    return Table(
        caption="Findings, the most serious first.",
        columns=(("What", "text"), ("Verdict", "text"), ("Where", "text"),
                 ("Value (90 % interval)", "text"), ("Limit", "text"), ("Sources", "text")),
        rows=tuple(
            (
                finding.what, wording.verdict(finding.verdict), finding.where, _value(finding),
                wording.limit(finding),
                wording.sources(finding.source)
                + (f" ({wording.confidence(finding.confidence)})" if finding.confidence else ""),
            )
            for finding in order
        ),
        tones=tuple(wording.VERDICTS[finding.verdict][2] for finding in order),
    )  # fmt: skip


def approval_section(approval: Approval | None, assessment: Assessment) -> Section:
    """Return the section on who agreed to what."""
    title = "Who agreed"
    if approval is None:
        nobody = Notice(tone="caution", text="▲ Nobody has agreed to this plan.")
        return Section(title=title, blocks=(nobody,))
    what = {finding.rule: finding.what for finding in assessment.findings}
    accepted = ", ".join(f"{what.get(rule, rule)} ({rule})" for rule in approval.warnings)
    return Section(
        title=title,
        blocks=(
            Facts(
                pairs=(
                    ("By", f"{approval.by}, {approval.role}"),
                    ("Given", wording.moment(approval.given)),
                    ("Valid through", approval.until),
                    ("Meaning", approval.meaning),
                    ("Cautions accepted", accepted or "none"),
                )
            ),
        ),
    )
