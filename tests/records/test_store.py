"""The store gives back what was put in, only ever grows, and refuses what is not a store."""

import sqlite3
from pathlib import Path

import pytest

from microcurrent.errors import RecordDamaged, RecordError
from microcurrent.model import Event, digest
from microcurrent.model.digest import plain
from microcurrent.records import Store, verify
from microcurrent.records.chain import BEGINNING
from microcurrent.records.schema import told_plainly


def test_a_document_is_kept_under_the_digest_of_its_noun(opened, plan):
    assert opened.plan == plan.digest
    assert opened.store.document(opened.plan) == plain(plan)
    assert digest(opened.store.document(opened.plan)) == opened.plan


def test_putting_a_document_twice_changes_nothing(opened, plan):
    before = opened.store.head()
    assert opened.store.put("plan", plan, actor="another") == opened.plan
    assert opened.store.head() == before
    with pytest.raises(RecordError, match="kept as a plan, not as a approval"):
        opened.store.put("approval", plan, actor="tester")


def test_an_unknown_kind_or_document_is_refused(opened):
    with pytest.raises(RecordError, match="No document of kind 'photograph'"):
        opened.store.put("photograph", {}, actor="tester")
    with pytest.raises(RecordError, match="no document 'ffff'"):
        opened.store.document("ffff")


def test_a_sitting_comes_back_as_it_was_recorded(opened, measured):
    name = opened.sitting()
    events = tuple(measured(time=0.25 * k, charge=5e-5 * k, note="warm, “tingling” µ") for k in range(9))
    for event in events:
        opened.store.append(name, event)
    assert opened.store.sitting(name).ending == "open"
    opened.store.close_sitting(name, "completed")
    sitting = opened.store.sitting(name)
    assert sitting.events == events
    assert (sitting.plan, sitting.approval) == (opened.plan, opened.approval)
    assert (sitting.client, sitting.stimulator, sitting.ending) == ("client-7", "bench", "completed")


def test_sittings_are_listed_in_the_order_they_were_opened(opened, measured):
    first, second = opened.sitting("client-1"), opened.sitting("client-2")
    opened.store.append(first, measured(0.0))
    opened.store.append(second, measured(0.0))
    opened.store.append(second, measured(1.0))
    opened.store.close_sitting(first, "stopped")
    listed = [(s.id, s.client, s.events, s.ending) for s in opened.store.sittings()]
    assert listed == [(first, "client-1", 1, "stopped"), (second, "client-2", 2, "open")]


def test_a_closed_sitting_takes_nothing_more(opened, measured):
    name = opened.sitting()
    opened.store.close_sitting(name, "completed")
    with pytest.raises(RecordError, match="is closed; what is recorded is not changed"):
        opened.store.append(name, measured(1.0))
    with pytest.raises(RecordError, match="is closed"):
        opened.store.close_sitting(name, "tripped")


def test_a_sitting_needs_a_plan_and_an_approval_that_are_kept(opened):
    with pytest.raises(RecordError, match="no document"):
        opened.store.open_sitting(
            plan="0" * 64, approval=opened.approval, client="c", stimulator="bench", actor="tester"
        )
    assert opened.store.sittings() == []
    with pytest.raises(RecordError, match="no sitting 'nothing'"):
        opened.store.sitting("nothing")
    with pytest.raises(RecordError, match="cannot end as 'open'"):
        opened.store.close_sitting("nothing", "open")


def test_what_was_felt_can_be_noted_after_the_end_and_nothing_else_can(opened, measured):
    name = opened.sitting()
    opened.store.append(name, measured(0.0))
    opened.store.close_sitting(name, "completed")
    felt = Event(time=0.0, utc="2027-02-01T08:00:00+00:00", kind="felt", figures=(("felt", "a bruise"),))
    opened.store.note(name, felt, actor="practitioner")
    sitting = opened.store.sitting(name)
    assert sitting.events == (measured(0.0), felt)
    assert sitting.ending == "completed"
    with pytest.raises(RecordError, match="felt or mark, not 'measured'"):
        opened.store.note(name, measured(1.0), actor="practitioner")
    with pytest.raises(RecordError, match="no sitting"):
        opened.store.note("nothing", felt, actor="practitioner")


def test_documents_of_one_kind_come_newest_first(opened):
    opened.store.put("approval", {"by": "second"}, actor="tester")
    opened.store.put("approval", {"by": "tester"}, actor="tester")  # there already: keeps its place
    assert [document["by"] for document in opened.store.newest_first("approval")] == ["second", "tester"]
    assert opened.store.newest_first("screening") == []


def test_events_are_found_by_their_figure_and_documents_kept_after_them(opened, plan):
    """Neither the word in another figure's text nor a figure of another name counts."""
    first, second = opened.sitting(), opened.sitting()
    told = [
        (first, ("adverse", "a burn")),
        (first, ("note", 'no "adverse" word')),
        (second, ("adverse", "itch")),
    ]
    for sitting, figure in told:
        event = Event(time=0.0, utc="2026-11-22T10:00:00+00:00", kind="mark", figures=(figure,))
        opened.store.note(sitting, event, actor="t")
    found = opened.store.figures("adverse")
    assert [(s, e.figure("adverse")) for _, s, e in found] == [(first, "a burn"), (second, "itch")]
    (one, _, _), (two, _, _) = found
    assert one < two
    opened.store.put("plan", plan, actor="t", again=True)
    assert len(opened.store.newest_first("plan", after=two)) == 1
    assert len(opened.store.newest_first("plan")) == 2
    assert opened.store.newest_first("approval", after=two) == []


def test_every_write_moves_the_head_and_reading_does_not(opened, measured):
    heads = [opened.store.head()]
    name = opened.sitting()
    heads.append(opened.store.head())
    for k in range(3):
        opened.store.append(name, measured(float(k)))
        heads.append(opened.store.head())
    opened.store.sitting(name)
    opened.store.sittings()
    assert len(set(heads)) == len(heads)
    assert opened.store.head() == heads[-1] != BEGINNING


def test_a_store_is_found_again_after_it_was_closed(opened, measured):
    name = opened.sitting()
    opened.store.append(name, measured(0.0))
    head = opened.store.head()
    opened.store.close()
    with Store(opened.path) as again:
        assert again.head() == head
        assert again.sitting(name).events == (measured(0.0),)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET payload = '{}' WHERE seq = 2",
        "DELETE FROM entries WHERE seq = 2",
        "UPDATE documents SET body = '{}'",
        "DELETE FROM documents",
        "INSERT OR REPLACE INTO entries SELECT seq, utc, actor, kind, subject, '{}', previous, digest "
        "FROM entries WHERE seq = 2",
        "INSERT OR REPLACE INTO documents SELECT digest, kind, '{}' FROM documents",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_recorded(opened, statement):
    before = verify(opened.path)
    connection = sqlite3.connect(opened.path)
    with pytest.raises(sqlite3.IntegrityError, match=r"never|only appended"):
        connection.execute(statement)
    connection.close()
    assert verify(opened.path) == before


@pytest.mark.parametrize("name", ["a#b.sqlite", "a?mode=memory", "a%20b.sqlite", "a b.sqlite", "é.sqlite"])
def test_the_records_are_in_the_file_that_was_named(tmp_path, name):
    with Store(tmp_path / name) as store:
        store.put("plan", {}, actor="tester")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert verify(tmp_path / name).entries == 2


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("database or disk is full", "Make room on the disk"),
        ("attempt to write a readonly database", "Allow writing"),
        ("unable to open database file", "folder must allow writing"),
    ],
)
def test_what_the_database_says_comes_with_what_to_do(said, advice):
    with pytest.raises(RecordError, match=advice), told_plainly(Path("r.sqlite")):
        raise sqlite3.OperationalError(said)


def test_a_changed_document_is_not_given_out(opened):
    connection = sqlite3.connect(opened.path)
    connection.execute("DROP TRIGGER documents_no_update")
    connection.execute("UPDATE documents SET body = replace(body, 'Two spheres', 'Ten spheres')")
    connection.commit()
    connection.close()
    for read in (lambda: opened.store.document(opened.plan), lambda: opened.store.newest_first("plan")):
        with pytest.raises(RecordDamaged, match="changed after it was written"):
            read()


def test_a_newer_store_is_refused_with_the_reason(opened):
    opened.store.close()
    connection = sqlite3.connect(opened.path)
    connection.execute("UPDATE about SET value = '2' WHERE name = 'schema'")
    connection.commit()
    connection.close()
    for use in (Store, verify):
        with pytest.raises(RecordError, match="has schema 2, this microcurrent knows schemas up to 1"):
            use(opened.path)


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path):
    text = tmp_path / "plan.toml"
    text.write_text("title = 'a plan, not a store'\n" * 100)
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE birds (name TEXT)")
    connection.commit()
    connection.close()
    for path in (text, other):
        for use in (Store, verify):
            with pytest.raises(RecordError, match="is not a store of records"):
                use(path)
    assert text.read_text().startswith("title")
    connection = sqlite3.connect(other)
    assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master")] == ["birds"]
    connection.close()
    with pytest.raises(RecordError, match="this is a folder"):
        Store(tmp_path)
    with pytest.raises(RecordError, match="no such file"):
        verify(tmp_path / "missing.sqlite")
    with pytest.raises(RecordError, match="folder cannot be made"):
        Store(text / "below" / "records.sqlite")
