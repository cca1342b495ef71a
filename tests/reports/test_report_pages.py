"""The pages of a sitting hold what the nouns hold, and whatever is written in them stays plain text."""

import dataclasses
import io
import re
from html.parser import HTMLParser

import pytest
from pypdf import PdfReader

from microcurrent.errors import InputError
from microcurrent.model import Event, SameDay, digest
from microcurrent.reports import sitting_report, write_html, write_pdf
from microcurrent.reports.characters import printable, showable
from microcurrent.reports.content import Picture, SittingReport, Table
from microcurrent.reports.html import as_html
from microcurrent.reports.pdf import as_pdf

#: Text that means something to HTML, to typst, to JSON or to a terminal.
HOSTILE = (
    r"""</p><script>alert("x")</script> #panic("x") #read("/etc/passwd") *b* _i_ $x$ `r` @a <b> \u{1} "'"""
    " &amp; {{x}} // /* ]]> -- 中\x00\x1b[31m"
)
#: Words that the product never prints about itself.
FORBIDDEN = (
    r"FDA.approved", r"cannot be felt", r"safe for (everyone|all)", r"500\s?%", r"exercises your muscles",
    r"\bheals?\b", r"\btreats?\b", r"cellulite", r"\bpermanent",
)  # fmt: skip


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text; refuses tags left open."""

    VOID = ("meta", "img", "link", "br")

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def report_of(nouns, **changes) -> SittingReport:
    given = {field.name: getattr(nouns, field.name) for field in dataclasses.fields(nouns)}
    return sitting_report(**{**given, **changes})


def pdf_text(content: bytes) -> str:
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return " ".join(text.split())


@pytest.fixture(scope="module")
def report(nouns) -> SittingReport:
    return report_of(nouns)


@pytest.fixture(scope="module")
def page(report) -> Page:
    return Page(as_html(report))


@pytest.fixture(scope="module")
def pdf(report) -> bytes:
    return as_pdf(report)


@pytest.fixture
def numbers() -> list[str]:
    """What every page must hold, whatever it looks like."""
    return [
        "Research and education software, not a medical device",
        "Cheek lift, left", "client-7", "100 µA, direct", "300 µA peak, biphasic, 30 Hz",
        "3 mC", "2.97 mC", "−1.0 %",  # planned, delivered, and what lies between
        "3.6 V/m (2.3 to 5.6 V/m)", "820 Ω (0.53 to 1.3 kΩ)",  # value with interval
        "▲ caution", "✓ within the limit", "? not known", "stop 30 mC/cm²",
        "A. Practitioner, practitioner", "2027-04-30",
        "One manual waits 5 days, another 30 days.", "cleared by Dr. B. Clinician",
        "tingling", "kangasmaa2025", "In-vivo conductivities of forearm tissues",
        "from memory, to be checked", "0.09 to 0.2 S/m",
    ]  # fmt: skip


def test_the_page_has_one_heading_and_everything_has_a_name(page, report):
    assert len(page.all("h1")) == 1
    assert len(page.all("h2")) == len(report.sections)
    assert page.all("html") == [{"lang": "en-GB"}]
    pictures = [block for section in report.sections for block in section.blocks if type(block) is Picture]
    assert [image["alt"] for image in page.all("img")] == [picture.alternative for picture in pictures]
    assert len(pictures) == 5
    assert len(page.all("caption")) == len(page.all("table"))
    names = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {link["href"].removeprefix("#") for link in page.all("a")} <= names


def test_the_page_loads_nothing_and_runs_nothing(page):
    assert not page.all("script") and not page.all("link") and not page.all("iframe")
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href"):
                assert value.startswith(("data:image/svg+xml;base64,", "#")), (tag, value[:40])


def test_both_pages_hold_every_number_and_word_that_counts(page, pdf, numbers):
    printed = re.sub(r"\s", "", pdf_text(pdf))
    for wanted in numbers:
        assert wanted in page.text
        assert re.sub(r"\s", "", wanted) in printed, wanted


def test_both_pages_hold_every_digest_and_the_head(nouns, page, pdf):
    printed = re.sub(r"\s", "", pdf_text(pdf))
    for name in (
        nouns.plan.digest, digest(nouns.prediction), digest(nouns.assessment), digest(nouns.screening),
        digest(nouns.approval), nouns.prediction.tables, nouns.prediction.body, nouns.fields.digest,
        nouns.head,
    ):  # fmt: skip
        assert name in page.text
        assert name in printed


def test_only_cited_sources_are_listed_and_a_missing_one_is_said_to_be(nouns, page):
    assert "A paper that nothing here rests on" not in page.text
    references = {k: v for k, v in nouns.references.items() if k != "nuface"}
    text = Page(as_html(report_of(nouns, references=references, fields=None))).text
    assert "nuface not in the list of references" in text


def test_the_pdf_is_tagged_titled_and_has_no_clock_in_it(report, pdf):
    assert pdf == as_pdf(report)
    reader = PdfReader(io.BytesIO(pdf))
    assert reader.metadata.title == "Cheek lift, left"
    assert reader.metadata.creation_date is None
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "en-GB"
    assert b"pdfuaid:part" in pdf
    assert 3 <= len(reader.pages) <= 12


def test_the_same_nouns_give_the_same_page(nouns, report):
    assert as_html(report_of(nouns)) == as_html(report)


def test_hostile_text_stays_text(nouns):
    plan = dataclasses.replace(nouns.plan, title=HOSTILE, intent=HOSTILE, author=HOSTILE)
    approval = dataclasses.replace(nouns.approval, by=HOSTILE, meaning=HOSTILE)
    felt = Event(time=1.0, utc=HOSTILE, kind="felt", figures=((HOSTILE, HOSTILE), ("none", None)))
    sitting = dataclasses.replace(nouns.sitting, events=(*nouns.sitting.events, felt), stimulator=HOSTILE)
    report = report_of(nouns, plan=plan, approval=approval, sitting=sitting, fields=None)

    page = Page(as_html(report))
    assert not page.all("script") and not page.all("b")
    assert len(page.all("h1")) == 1
    shown = " ".join(printable(HOSTILE).split())
    assert (
        page.text.count(shown) >= 7
    )  # title (twice), intent, author, by (twice), meaning, felt, stimulator
    assert "\x00" not in as_html(report) and "\x1b" not in as_html(report)

    reader = PdfReader(io.BytesIO(as_pdf(report)))
    assert reader.metadata.title == showable(HOSTILE)
    text = "".join(page.extract_text() for page in reader.pages)
    wanted = re.sub(r"\s", "", showable(HOSTILE))
    assert re.sub(r"\s", "", text).count(wanted) >= 7
    assert "[U+4E2D][U+0000][U+001B]" in wanted


def test_letters_of_many_scripts_and_the_signs_of_the_field_can_be_shown():
    signs = "µ Ω ² ³ – − × ± ≤ ≥ → ✓ ▲ ✕ ? σ “ ” … ö ñ ł Ж α"
    assert showable(signs) == signs
    assert printable("a\x00b\nc\td") == "a[U+0000]b\nc\td"


def test_a_plan_that_was_not_delivered_gives_a_sheet(nouns):
    text = Page(as_html(report_of(nouns, sitting=None, approval=None, screening=None, fields=None))).text
    assert "Sheet of a plan" in text
    assert "Nothing has been delivered yet" in text
    assert "Nobody has agreed to this plan" in text
    assert "No screening is on record" in text


def test_a_stop_a_trip_and_what_was_not_recorded_are_told(nouns):
    utc = "2027-01-31T10:00:00+00:00"
    events = (
        *nouns.sitting.events[:30],
        Event(time=31.0, utc=utc, kind="trip",
              figures=(("code", "impedance-jump"), ("reason", "a probe came off"))),
        Event(time=31.0, utc=utc, kind="closed",
              figures=(("unmeasured_time", 1.5), ("unmeasured_charge", 1.5e-4))),
    )  # fmt: skip
    sitting = dataclasses.replace(nouns.sitting, events=events, ending="interrupted")
    text = Page(as_html(report_of(nouns, sitting=sitting, fields=None))).text
    assert "A safety rule stopped the current after 31 s: a probe came off (impedance-jump)." in text
    assert "no more than 150 µC beyond what is shown here" in text
    assert " of current" in text and "not delivered" in text


def test_a_report_of_nouns_that_do_not_belong_together_says_so(nouns, page):
    other = dataclasses.replace(nouns.plan, intent="tone")
    text = Page(as_html(report_of(nouns, plan=other, fields=None))).text
    assert "✕ The approval names another plan" in text
    assert "names another" not in page.text


def test_no_forbidden_word_is_printed(page, pdf):
    texts = (page.text, " ".join(image["alt"] for image in page.all("img")), pdf_text(pdf))
    for pattern in FORBIDDEN:
        for text in texts:
            assert not re.search(pattern, text, re.IGNORECASE), pattern


def test_captions_say_what_a_figure_is_of_and_what_an_interval_leaves_out(page):
    for words in (
        "Net charge per area: at the place that receives most in the step",
        "within 20 mm of the line between the probes",
        "Of a glide: the mean over its positions",
        "Errors of the model itself are not in it",
    ):
        assert words in page.text


def test_a_page_is_written_whole_or_not_at_all(report, tmp_path):
    for write, name, start in (
        (write_html, "new/r.html", b"<!doctype"),
        (write_pdf, "new/r.pdf", b"%PDF-"),
    ):
        path = tmp_path / name
        write(report, path)
        write(report, path)
        assert path.read_bytes().startswith(start)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["r.html", "r.pdf"]
    with pytest.raises(InputError, match="cannot be written here"):
        write_html(report, tmp_path / "new" / "r.html" / "below.html")
    folder = tmp_path / "folder.html"
    folder.mkdir()
    with pytest.raises(InputError, match="cannot be written here"):
        write_html(report, folder)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_rows_and_columns_of_a_table_agree():
    with pytest.raises(InputError, match="2 texts in a row"):
        Table(caption="c", columns=(("a", "text"), ("b", "text")), rows=(("1",),))
    with pytest.raises(InputError, match="1 tones"):
        Table(caption="c", columns=(("a", "text"),), rows=(("1",),), tones=("ok", "stop"))


def test_what_a_clinician_overruled_is_told_with_name_role_day_and_reason(nouns):
    cleared = dataclasses.replace(
        nouns.screening.findings[-1], outcome="clear", cleared_by="Dr A. Example", overruled="clearance",
        clearance="physician, 2027-01-10: feeling tested",
    )  # fmt: skip
    screening = dataclasses.replace(nouns.screening, findings=(*nouns.screening.findings[:-1], cleared))
    text = Page(as_html(report_of(nouns, screening=screening))).text
    for part in (
        "cleared by Dr A. Example, physician, 2027-01-10: feeling tested",
        "a clinician must agree",
    ):
        assert part in text
    assert f"cleared by a clinician: {cleared.id}" in text


def test_the_questions_of_the_day_are_on_the_report_of_a_sitting(nouns):
    assert "None were asked" in Page(as_html(report_of(nouns))).text
    day = {name: getattr(nouns.screening, name) for name in ("client", "systems", "answers", "findings")}
    today = SameDay(**day, date="2027-01-12", asked="dated")
    text = Page(as_html(report_of(nouns, today=today))).text
    assert "Questions of the day" in text and "in a dated file" in text and "2027-01-12" in text
