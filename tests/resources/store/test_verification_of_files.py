"""Verification of a SQLite file: a byte that was flipped there is seen, in a table as in an index.

SQL changes a table and its indexes together; damage, or somebody with an editor, changes one of them. A query that is
answered from an index alone would then show what was written, and not what is there.
"""

import shutil
import sqlite3

import pytest
from sqlalchemy import text

from ledger.errors import StoreError
from resources.store import schema
from resources.store.as_stored import tables_alone
from resources.store.index_check import first_astray
from resources.store.retelling import PROVED
from resources.store.row_chain import CHAINED
from resources.store.verification import verify
from tests.resources.store.sqlite_file import SqliteFile
from tests.resources.store.test_verification import CHAINS, CONTENTS

COVERED = [*CHAINS, *PROVED, CONTENTS, *(one.name for one in CHAINED), "row_chains"]
_OF_ANOTHER = {"audit_chains": "audit_events"}  # the head of a chain is held against its events
_FROM_AN_INDEX = ("covering index", "index only")


@pytest.fixture
def path(lived_file, tmp_path):
    """A file in which a little of everything has happened."""
    return shutil.copyfile(lived_file, tmp_path / "lived.db")


def verdict(path, open_control):
    """Verify as a new process does, that has read nothing of the file before."""
    control = open_control(f"sqlite:///{path}")
    try:
        return verify(control).first_bad
    finally:
        control.close()


def flip_of(file: SqliteFile, table: str, column: str) -> tuple[int, int]:
    """Return place and bits of a change of this column, in the first row that has a value there."""
    place = [one.name for one in schema.metadata.tables[table].columns].index(column)
    cells = file.cells(table)
    if column == "id":
        return cells[-1].number_at, 64  # the number of the last row, beyond all others
    flips = (cell.values[place].flip for cell in cells)
    found = next((one for one in flips if one is not None), None)
    assert found is not None, f"no row has anything in {table}.{column}: nothing could be flipped"
    return found


@pytest.mark.parametrize("table", COVERED)
def test_a_flipped_byte_of_any_column_names_the_table(path, open_control, table):
    """The indexes still say what was written; the table does not."""
    file = SqliteFile(path)
    for column in (one.name for one in schema.metadata.tables[table].columns):
        place, bits = flip_of(file, table, column)
        file.flip(place, bits)
        bad = verdict(path, open_control)
        file.put_back(place)
        assert bad is not None, f"{table}.{column} was flipped unseen"
        if table != "row_chains":
            assert bad.table == _OF_ANOTHER.get(table, table), f"{table}.{column}: {bad.sentence}"
        if table in PROVED:
            assert column in bad.column
        assert bad.sentence.startswith("Row ")
    assert verdict(path, open_control) is None


def test_a_flipped_byte_of_any_index_names_table_row_and_index(path, open_control):
    """What the connector would find by it is not what is there: a settlement looked for might be missed."""
    file = SqliteFile(path)
    tried = 0
    for index, table in file.indexes.items():
        flips = [value.flip for cell in file.cells(index) for value in cell.values]
        place, bits = next((one for one in flips if one is not None), (0, 0))
        if not bits:
            continue  # of a table that is empty here
        tried += 1
        file.flip(place, bits)
        bad = verdict(path, open_control)
        file.put_back(place)
        assert bad is not None, f"{index} was flipped unseen"
        assert (bad.table, bad.column) == (table, f"index {index}")
        assert bad.key
        assert "REINDEX" in bad.cure
    assert tried >= len(COVERED)
    assert verdict(path, open_control) is None


def test_the_row_that_an_index_misses_is_named_by_its_key(path, open_control):
    """Also where numbers are missing among the rows: SQLite counts them from the first that is there."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, word TEXT)")
        connection.execute("CREATE INDEX notes_word ON notes (word)")
        connection.executemany("INSERT INTO notes VALUES (?, ?)", [(10, "one"), (20, "two"), (30, "three")])
    connection.close()
    file = SqliteFile(path)
    file.flip(*file.cells("notes")[-1].values[1].flip)
    control = open_control(f"sqlite:///{path}")
    with control.reading() as reading:
        astray = first_astray(reading)
    assert (astray.table, astray.key, astray.index) == ("notes", (30,), "notes_word")


def test_a_file_that_is_not_whole_is_named_without_a_row(path, open_control):
    """The header counts one free page more or less than there are."""
    SqliteFile(path).flip(39, 1)
    bad = verdict(path, open_control)
    assert bad.sentence.startswith("The file of the control database should be whole, and is not: ")
    assert "backup" in bad.cure


def test_a_page_that_cannot_be_read_is_a_sentence(path, open_control):
    """Damage beyond single rows: the first page of a table is of no kind that there is."""
    with sqlite3.connect(path) as connection:
        found = "SELECT rootpage FROM sqlite_master WHERE name = 'audit_events'"
        root, size = (connection.execute(one).fetchone()[0] for one in (found, "PRAGMA page_size"))
    connection.close()
    SqliteFile(path).flip((root - 1) * size, 255)
    with pytest.raises(StoreError, match="malformed"):
        verdict(path, open_control)


def test_a_table_is_read_itself_whatever_its_indexes_say(engine_name, control_url, open_control):
    """No query of verification is answered from an index alone; the next one of the same connection may be again."""
    control = open_control(control_url)
    explain = "EXPLAIN QUERY PLAN" if engine_name == "sqlite" else "EXPLAIN"
    query = text(f"{explain} SELECT connection FROM audit_events WHERE connection = 'amazon_us'")
    for _ in range(2):
        with control.reading() as reading:
            if engine_name == "postgresql":
                reading.execute(text("SET LOCAL enable_seqscan = off"))
                reading.execute(text("SET LOCAL enable_bitmapscan = off"))
            with tables_alone(reading):
                inside = str(reading.execute(query).all()).lower()
            after = str(reading.execute(query).all()).lower()
        assert not any(word in inside for word in _FROM_AN_INDEX)
        assert any(word in after for word in _FROM_AN_INDEX)
