"""Whatever is changed behind the store's back is found, and named by its entry."""

import re
import sqlite3
from pathlib import Path

import pytest

from microcurrent.errors import RecordDamaged
from microcurrent.records import Store, verify

EVENTS = 12


@pytest.fixture
def whole(opened, measured) -> Path:
    """A closed store: entries 1 created, 2 and 3 documents, 4 opened, 5 to 16 events, 17 closed."""
    name = opened.sitting()
    for k in range(EVENTS):
        opened.store.append(name, measured(float(k), charge=1e-4 * k, note=f"needle-{k:02d}"))
    opened.store.close_sitting(name, "completed")
    opened.store.close()
    return opened.path


def alter(path: Path, *statements: str) -> None:
    """Change a store as someone would who knows SQL: without its triggers."""
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def damage(path: Path) -> tuple[int, str]:
    """The number of the entry that `verify` names, and all that it says."""
    with pytest.raises(RecordDamaged) as caught:
        verify(path)
    named = re.search(r"entry (\d+)", str(caught.value))
    assert named, caught.value
    return int(named.group(1)), str(caught.value)


def test_an_untouched_store_holds(whole):
    verified = verify(whole)
    assert verified.entries == 5 + EVENTS
    with Store(whole) as store:
        assert store.head() == verified.head
        assert verify(whole) == verified


@pytest.mark.parametrize("column", ["utc", "actor", "kind", "subject", "payload"])
def test_a_changed_column_is_found(whole, column):
    alter(whole, f"UPDATE entries SET {column} = replace({column}, 'e', 'x') || ' ' WHERE seq = 9")
    assert damage(whole)[0] == 9


@pytest.mark.parametrize("event", [0, 5, EVENTS - 1])
def test_one_changed_byte_in_the_file_is_found(whole, event):
    content = bytearray(whole.read_bytes())
    needle = f"needle-{event:02d}".encode()
    assert content.count(needle) == 1
    content[content.index(needle) + 2] ^= 0x01
    whole.write_bytes(content)
    assert damage(whole)[0] == 5 + event


def test_one_changed_byte_in_a_document_is_found_at_the_entry_that_names_it(whole):
    content = bytearray(whole.read_bytes())
    place = content.index(b"Two spheres on a slab")
    content[place] ^= 0x20
    whole.write_bytes(content)
    seq, said = damage(whole)
    assert seq == 2
    assert "plan" in said and "changed after it was written" in said


def test_a_missing_document_and_a_smuggled_one_are_found(whole):
    alter(whole, "INSERT INTO documents VALUES ('" + "a" * 64 + "', 'plan', '{}')")
    with pytest.raises(RecordDamaged, match="aaaaaaaaaaaa was put in without an entry"):
        verify(whole)
    alter(whole, "DELETE FROM documents WHERE kind = 'approval' OR kind = 'plan'")
    seq, said = damage(whole)
    assert seq == 2 and "is missing" in said


def test_a_document_cannot_pass_as_another_kind(whole):
    alter(whole, "UPDATE documents SET kind = 'screening' WHERE kind = 'approval'")
    assert damage(whole)[0] == 3


def test_a_missing_entry_is_found(whole):
    alter(whole, "DELETE FROM entries WHERE seq = 8")
    seq, said = damage(whole)
    assert seq == 8 and "missing" in said


def test_a_missing_entry_whose_number_was_closed_up_is_found(whole):
    alter(whole, "DELETE FROM entries WHERE seq = 8",
          "UPDATE entries SET seq = seq - 1 WHERE seq > 8")  # fmt: skip
    assert damage(whole)[0] == 8


def test_two_entries_that_changed_places_are_found(whole):
    alter(whole, "UPDATE entries SET seq = 100 WHERE seq = 7", "UPDATE entries SET seq = 7 WHERE seq = 10",
          "UPDATE entries SET seq = 10 WHERE seq = 100")  # fmt: skip
    assert damage(whole)[0] == 7


def test_an_entry_rewritten_with_its_digest_breaks_the_next_one(whole):
    from microcurrent.records.chain import Entry

    connection = sqlite3.connect(whole)
    row = connection.execute("SELECT seq, utc, actor, kind, subject, payload, previous FROM entries "
                             "WHERE seq = 9").fetchone()  # fmt: skip
    connection.close()
    names = ("seq", "utc", "actor", "kind", "subject", "payload", "previous")
    forged = Entry(**{**dict(zip(names, row, strict=True)), "actor": "nobody"})
    alter(whole, f"UPDATE entries SET actor = 'nobody', digest = '{forged.digest}' WHERE seq = 9")
    assert damage(whole)[0] == 10


def test_a_cut_off_end_is_found_by_a_head_that_was_noted(whole):
    noted = verify(whole).head
    assert verify(whole, containing=noted).head == noted
    alter(whole, "DELETE FROM entries WHERE seq > 10")
    assert verify(whole).entries == 10
    with pytest.raises(RecordDamaged, match="cut off or replaced"):
        verify(whole, containing=noted)


def test_a_torn_file_is_found(whole):
    content = whole.read_bytes()
    whole.write_bytes(content[: len(content) - 8192])
    with pytest.raises(RecordDamaged):
        verify(whole)


def test_an_emptied_chain_is_found(whole):
    alter(whole, "DELETE FROM entries", "DELETE FROM documents")
    assert damage(whole)[0] == 1
