"""Verification: whatever column of whatever row was changed, the row is named; what cannot be proved is listed."""

import json
from contextlib import contextmanager

import pytest
from sqlalchemy import Boolean, Float, Integer, delete, text, update

from ledger.posting import PostingState
from resources.store import schema
from resources.store.retelling import NOT_TOLD, PROVED, Event, Retelling
from resources.store.row_chain import CHAINED
from resources.store.verification import first_difference, verify
from tests.resources.store.samples import journals
from tests.resources.store.test_audit import without_guards

S = PostingState
CHAINS = ("audit_events", "audit_chains")
CONTENTS = "outbox_contents"


def other(column, value):
    """Return another value of the same kind, not that of another row."""
    if value is None:
        return "2026-10-14T08:30:00.000000Z"
    if isinstance(column.type, Boolean):
        return not value
    if isinstance(column.type, (Integer, Float)):
        return value + 90
    return value[:-1] + "~"


@contextmanager
def changed(control, table: str, column: str):
    """Change one column of the first row by primary key behind the back of the connector, for a while; give its key."""
    there = schema.metadata.tables[table]
    keys = [one.name for one in there.primary_key]
    with control.reading() as reading:
        chosen = f"SELECT * FROM {table} ORDER BY {', '.join(keys)} LIMIT 1"
        before = dict(reading.execute(text(chosen)).mappings().one())
    after = before | {column: other(there.columns[column], before[column])}
    _put(control, table, column, before, after)
    yield tuple(after[key] for key in keys)
    _put(control, table, column, after, before)


def _put(control, table: str, column: str, before: dict, after: dict) -> None:
    keys = [one.name for one in schema.metadata.tables[table].primary_key]
    where = " AND ".join(f'"{key}" = :of_{key}' for key in keys)
    bound = {f"of_{key}": before[key] for key in keys} | {"value": after[column]}
    with control.transaction() as transaction:
        without_guards(transaction)
        transaction.execute(text(f'UPDATE {table} SET "{column}" = :value WHERE {where}'), bound)


def test_what_was_written_by_the_connector_verifies(lived):
    """And says how much was compared: no table is empty, or its columns would prove nothing."""
    verification = verify(lived)
    assert verification.is_ok, verification.first_bad.sentence
    assert verification.chains["amazon_us"].ok
    assert all(verification.rows[name] >= 2 for name in PROVED), verification.rows


@pytest.mark.parametrize("table", [*CHAINS, *PROVED, CONTENTS])
def test_a_change_of_any_column_names_row_and_column(lived, table):
    """Whatever the schema has: a new column is tried by itself, and must be proved or listed with a reason."""
    for column in (one.name for one in schema.metadata.tables[table].columns):
        with changed(lived, table, column) as key:
            bad = verify(lived).first_bad
        assert bad is not None, f"{table}.{column} was changed unseen"
        if table in CHAINS:
            assert bad.table == "audit_events"
            continue
        assert (bad.table, bad.key) == (table, key), column
        assert column in bad.column
        assert bad.sentence.startswith(f"Row {key[0]}")
    assert verify(lived).is_ok


@pytest.mark.parametrize("table", [one.name for one in CHAINED])
def test_a_change_of_any_column_of_a_row_written_once_names_the_row(lived, table):
    """No event tells of these rows; each holds a hash over itself and the one before, its number over the next."""
    for column in (one.name for one in schema.metadata.tables[table].columns):
        with changed(lived, table, column) as key:
            bad = verify(lived).first_bad
        assert bad is not None, f"{table}.{column} was changed unseen"
        assert bad.table == table
        # A row that got another number stands elsewhere now: its follower misses it.
        assert bad.key == key or column == "id"
    assert verify(lived).is_ok


# What SQLite keeps in a column although it is nothing that was ever written there.
DAMAGE = {
    "bytes that are no text": "CAST(x'61ff62' AS TEXT)",
    "a blob": """CAST(coalesce("{0}", 'x') AS BLOB)""",
    "a number where yes or no stood": "2",
    "a word where a number stood": "'many'",
}


@contextmanager
def damaged(control, table: str, column: str, value: str):
    """Put an expression of SQL into one column of the first row of a SQLite file, for a while."""
    at = f"rowid = (SELECT min(rowid) FROM {table})"
    with control.transaction() as transaction:
        without_guards(transaction)
        before = transaction.execute(text(f'SELECT "{column}" FROM {table} WHERE {at}')).scalar_one()
        transaction.execute(text(f'UPDATE {table} SET "{column}" = {value.format(column)} WHERE {at}'))
    yield
    with control.transaction() as transaction:
        without_guards(transaction)
        transaction.execute(text(f'UPDATE {table} SET "{column}" = :before WHERE {at}'), {"before": before})


def _can_hold(column, damage: str) -> bool:
    """Tell whether this damage changes a column: numbers of rows are numbers, and a 2 may have stood there."""
    is_flag, is_number = isinstance(column.type, Boolean), isinstance(column.type, (Boolean, Integer, Float))
    own = column.table.primary_key.columns
    if is_number and list(own) == [column]:
        return False
    return is_number if "word" in damage else is_flag if "yes or no" in damage else True


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("table", [*CHAINS, *PROVED, CONTENTS, *(one.name for one in CHAINED), "row_chains"])
def test_what_no_column_ever_held_is_named_like_any_other_change(lived, table, damage):
    """One bit of a file may make bytes of a text that nobody can read; that is a verdict, not an error."""
    for column in schema.metadata.tables[table].columns:
        if not _can_hold(column, damage):
            continue
        with damaged(lived, table, column.name, DAMAGE[damage]):
            bad = verify(lived).first_bad
        assert bad is not None, f"{table}.{column.name} was changed unseen"
        if table in PROVED:
            assert bad.table == table
            assert column.name in bad.column
        assert bad.table == {"audit_chains": "audit_events"}.get(table, bad.table if table == "row_chains" else table)
        assert bad.sentence
    assert verify(lived).is_ok


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_an_added_report_of_no_moment_is_named(lived):
    """It may be older than what reports are told of, and is compared with nothing that it can be compared with."""
    columns = [one.name for one in schema.metadata.tables["settlement_reports"].columns]
    own = {"report_id": "'added'", "recorded_at": "x'00ff'"}
    values = ", ".join(own.get(name, f'"{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    with lived.transaction() as transaction:
        transaction.execute(
            text(f"INSERT INTO settlement_reports ({names}) SELECT {values} FROM settlement_reports LIMIT 1")
        )
    assert verify(lived).first_bad.table == "settlement_reports"


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("table", ["audit_events", "audit_chains", "exchanges", "row_chains"])
def test_a_row_of_a_connection_without_a_name_is_found(lived, table):
    """An added row, beside chains that are whole."""
    there = schema.metadata.tables[table]
    names = [one.name for one in there.columns if one.name != "id"]
    columns = ", ".join(f'"{name}"' for name in names)
    values = columns.replace('"connection"', "x'ff'")
    with lived.transaction() as transaction:
        transaction.execute(text(f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} LIMIT 1"))
    bad = verify(lived).first_bad
    assert bad.table == {"audit_chains": "audit_events", "row_chains": "check_verdicts"}.get(table, table)
    assert "no text" in bad.found


def test_an_end_of_a_chain_that_no_table_has_is_found(lived):
    """Whoever adds one there adds it for nothing, and is seen."""
    with lived.transaction() as transaction:
        transaction.execute(text("INSERT INTO row_chains VALUES ('amazon_us', 'due_rows', 1, 1, 'x', 0)"))
    bad = verify(lived).first_bad
    assert (bad.table, bad.key) == ("row_chains", ("amazon_us", "due_rows"))


@pytest.mark.parametrize("column", ["rows", "last_id", "hash", "connection", "table_name"])
def test_a_change_of_the_head_of_a_chain_of_rows_is_seen(lived, column):
    """What remembers the last row is no weaker than the rows."""
    with changed(lived, "row_chains", column):
        assert verify(lived).first_bad is not None
    assert verify(lived).is_ok


@pytest.mark.parametrize("table", [one.name for one in CHAINED])
@pytest.mark.parametrize("which", ["min", "max"])
def test_a_removed_row_of_a_chain_is_missed(lived, table, which):
    """The first is missed by the second, the last by the head."""
    with lived.transaction() as transaction:
        transaction.execute(text(f"DELETE FROM {table} WHERE id = (SELECT {which}(id) FROM {table})"))
    assert verify(lived).first_bad.table == table


@pytest.mark.parametrize("connection", ["amazon_us", "amazon_uk"])
def test_an_added_row_of_a_chain_is_found(lived, connection):
    """Also one whose own hash is right: the head knows how many there are."""
    names = [one.name for one in schema.check_verdicts.columns if one.name != "id"]
    values = ", ".join(f"'{connection}'" if name == "connection" else f'"{name}"' for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    with lived.transaction() as transaction:
        copied = f"INSERT INTO check_verdicts ({columns}) SELECT {values} FROM check_verdicts"
        transaction.execute(text(f"{copied} WHERE id = (SELECT max(id) FROM check_verdicts)"))
        added = transaction.execute(text("SELECT max(id) FROM check_verdicts")).scalar_one()
    bad = verify(lived).first_bad
    assert (bad.table, bad.key) == ("check_verdicts", (added,))


def test_what_earlier_versions_did_not_tell_is_not_held_against_them():
    """Events of 0.1.0 have neither cure nor head of a settlement; the rest is compared all the same."""
    told = Retelling()
    facts = {"item": 1, "code": "c", "origin": "o", "sentence": "first", "amount": None}
    told.take(Event("amazon_us", 1, "t1", "review_opened", "", "1", "r", "", facts))
    facts = {"item": 1, "code": "c", "action": "retry", "reason": "why"}
    told.take(Event("amazon_us", 2, "t2", "review_proposed", "", "1", "r", "bob", facts))
    facts = {"document": "d", "content": "h", "source": "api", "report": "x"}
    told.take(Event("amazon_us", 3, "t3", "settlement_new", "", "1", "r", "", facts))
    item, record = told.tables["review_items"][(1,)], told.tables["settlements"]["amazon_us", "1"]
    assert {name for name, value in item.items() if value is NOT_TOLD} == {
        *("sentence", "cure", "amount", "is_blocking", "details", "actions", "opened_at"),
        *("proposed_action", "proposed_by", "proposed_reason"),
    }
    assert (record["seller"], record["recorded_at"], record["document_sha"]) == (NOT_TOLD, NOT_TOLD, "d")
    stored = {("amazon_us", "1"): {**record, "seller": "S", "recorded_at": "t3"}}
    assert first_difference("settlements", told.tables["settlements"], stored) is None
    stored["amazon_us", "1"]["document_sha"] = "e"
    assert first_difference("settlements", told.tables["settlements"], stored).column == "document_sha"


@pytest.mark.parametrize("table", [*PROVED, CONTENTS])
def test_a_removed_row_is_missed(lived, table):
    """What the events tell of must be there."""
    with lived.transaction() as transaction:
        transaction.execute(text(f"DELETE FROM {table}"))
    bad = verify(lived).first_bad
    assert (bad.table, bad.found) == (table, "missing")


@pytest.mark.parametrize("table", PROVED)
def test_one_removed_row_is_named(lived, table):
    """All others are there."""
    keys = [one.name for one in schema.metadata.tables[table].primary_key]
    with lived.transaction() as transaction:
        chosen = f"SELECT * FROM {table} ORDER BY {', '.join(keys)} LIMIT 1"
        row = transaction.execute(text(chosen)).mappings().one()
        bound = {key: row[key] for key in keys}
        transaction.execute(text(f"DELETE FROM {table} WHERE {' AND '.join(f'{key} = :{key}' for key in keys)}"), bound)
    bad = verify(lived).first_bad
    assert (bad.table, bad.key, bad.found) == (table, tuple(bound.values()), "missing")


@pytest.mark.parametrize("table", [name for name in PROVED if name not in ("outbox_sets", "outbox_documents")])
def test_a_copied_row_that_no_event_tells_of_is_named(lived, table):
    """A copy of the first row under a key of its own."""
    there = schema.metadata.tables[table]
    keys = [one.name for one in there.primary_key]
    with lived.transaction() as transaction:
        row = transaction.execute(text(f"SELECT * FROM {table} ORDER BY {', '.join(keys)} LIMIT 1")).mappings().one()
        forged = {**row, keys[-1]: other(there.columns[keys[-1]], row[keys[-1]] or "x")}
        names, bound = (", ".join(f"{mark}{name}" for name in forged) for mark in ("", ":"))
        transaction.execute(text(f"INSERT INTO {table} ({names}) VALUES ({bound})"), forged)
    bad = verify(lived).first_bad
    assert (bad.table, bad.key, bad.found) == (table, tuple(forged[key] for key in keys), "in no event")


@pytest.mark.parametrize("table", ["outbox_sets", "outbox_documents", "outbox_contents"])
def test_a_row_that_no_event_tells_of_is_found(lived, table):
    """Somebody who adds a document would have it sent."""
    names = [column.name for column in schema.metadata.tables[table].columns]
    first = schema.metadata.tables[table].primary_key.columns[0].name
    changed = {"erp_id": "'J9'", "part": "7", first: "'forged'"}
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(changed.get(name, f'"{name}"') for name in names)
    with lived.transaction() as transaction:
        chosen = f'(SELECT min("{first}") FROM {table})'
        copied = f'INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE "{first}" = {chosen}'
        transaction.execute(text(copied + (" AND revision = 1" if table == "outbox_sets" else "")))
    bad = verify(lived).first_bad
    assert (bad.table, bad.key[0], bad.found) == (table, "forged", "in no event")


@pytest.mark.parametrize(
    "damage, expected",
    [
        (lambda plain: plain["lines"][0].update(amount="10.01"), "of fingerprint"),
        (lambda plain: plain.update(parts=3), "of number of parts 2"),
        (lambda plain: plain["lines"][0].update(account="US001/account=999999"), "of fingerprint"),
        (lambda plain: plain.pop("unit"), "a journal"),
    ],
)
def test_content_is_proved_to_the_cent(lived, damage, expected):
    """Also what the fingerprint does not cover."""
    with lived.transaction() as transaction:
        rows = transaction.execute(schema.outbox_contents.select().order_by(schema.outbox_contents.c.key)).all()
        plain = json.loads(rows[0].content)
        damage(plain)
        written = json.dumps(plain, sort_keys=True, separators=(",", ":"))
        contents = schema.outbox_contents
        transaction.execute(update(contents).where(contents.c.key == rows[0].key).values(content=written))
    bad = verify(lived).first_bad
    assert (bad.table, bad.column) == ("outbox_contents", "content")
    assert bad.expected.startswith(expected)


def test_content_written_otherwise_is_found(lived):
    """A blank more is a byte changed."""
    with lived.transaction() as transaction:
        transaction.execute(text("UPDATE outbox_contents SET content = content || ' '"))
    assert "otherwise" in verify(lived).first_bad.sentence


def test_a_trail_that_lost_its_documents_tells_of_them(lived):
    """A chain that is whole is not enough."""
    with lived.transaction() as transaction:
        transaction.execute(delete(schema.outbox_documents))
    assert verify(lived).chains["amazon_us"].ok
    assert verify(lived).first_bad.table == "outbox_documents"


def test_a_set_that_became_empty_is_proved(control, outbox):
    """It has no document to tell of it, so the set is told of itself."""
    outbox.plan("amazon_us", journals("10.00"), approved=False, mapping_hash="m", partition="p")
    assert outbox.plan("amazon_us", journals(), approved=False, mapping_hash="m", partition="p").outcome == "empty"
    verification = verify(control)
    assert verification.is_ok, verification.first_bad.sentence
    assert verification.rows["outbox_sets"] == 2


def test_an_empty_database_verifies(control):
    """There is nothing that could be wrong."""
    assert verify(control).is_ok
