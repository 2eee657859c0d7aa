"""The audit trail: append-only, chained, and honest about what was done to it."""

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DatabaseError

from resources.store.audit import Audit
from resources.store.control import upgrade
from resources.store.schema import audit_chains, audit_events

CHANGES = {
    "connection": "amazon_uk",
    "sequence": 99,
    "at": "2026-10-14T08:30:00.000001Z",
    "kind": "other",
    "document_key": "other",
    "partition": "other",
    "run": "other",
    "exchange": "other",
    "person": "other",
    "facts": '{"n": 3}',
    "previous_hash": "f" * 64,
    "hash": "f" * 64,
}


def write(control, audit, count=5, connection="amazon_us"):
    for number in range(1, count + 1):
        with control.transaction() as transaction:
            audit.append(transaction, connection, "told", {"n": number}, document_key=f"d{number % 2}", partition="p1")


def without_guards(transaction) -> None:
    """Remove the triggers, as somebody with all rights could."""
    if transaction.dialect.name == "sqlite":
        for row in transaction.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            transaction.execute(text(f"DROP TRIGGER {row.name}"))
        return
    transaction.execute(text("SET LOCAL session_replication_role = replica"))


def test_events_are_numbered_without_gaps_per_connection(control, audit):
    """Each connection counts for itself, and what was rolled back leaves no gap."""
    write(control, audit, 2)

    def fail_after_an_event():
        with control.transaction() as transaction:
            audit.append(transaction, "amazon_us", "lost", {})
            raise KeyError("later")

    with pytest.raises(KeyError):
        fail_after_an_event()
    write(control, audit, 1, "amazon_uk")
    write(control, audit, 1)
    assert [event.sequence for event in audit.events("amazon_us")] == [1, 2, 3]
    assert [event.sequence for event in audit.events("amazon_uk")] == [1]
    assert audit.connections() == ["amazon_uk", "amazon_us"]


def test_an_event_comes_back_as_it_was_told(control, audit, clock):
    """With every reference and the moment of the clock."""
    with control.transaction() as transaction:
        number = audit.append(
            transaction,
            "amazon_us",
            "document_sent",
            {"amount": "12.30"},
            document_key="d",
            partition="p",
            run="r",
            exchange="7",
            person="ann",
        )
    (event,) = audit.events("amazon_us")
    assert (event.sequence, event.at, event.kind, event.facts) == (
        number,
        clock.now(),
        "document_sent",
        {"amount": "12.30"},
    )
    assert (event.document_key, event.partition, event.run, event.exchange, event.person) == ("d", "p", "r", "7", "ann")


def test_events_are_found_by_partition_and_document(control, audit):
    """In order, page by page."""
    write(control, audit)
    assert [event.sequence for event in audit.events("amazon_us", document_key="d1")] == [1, 3, 5]
    assert [event.sequence for event in audit.events("amazon_us", document_key="d1", after=1, limit=1)] == [3]
    assert audit.events("amazon_us", partition="p2") == []


@pytest.mark.parametrize(
    "statement",
    [
        update(audit_events).values(person="somebody else"),
        delete(audit_events).where(audit_events.c.sequence == 5),
        delete(audit_chains),
        update(audit_chains).values(sequence=4),
        update(audit_chains).values(hash="f" * 64),
    ],
)
def test_the_database_refuses_to_change_the_past(control, audit, statement):
    """By triggers, whoever asks."""
    write(control, audit)
    with pytest.raises(DatabaseError, match=r"append-only|only moves on"), control.transaction() as transaction:
        transaction.execute(statement)
    assert audit.verify("amazon_us").ok


_COPIED = ", ".join(f'"{column.name}"' for column in audit_events.columns)
_OTHER = _COPIED.replace('"person"', "'somebody else'", 1)
# What takes the place of a row without an UPDATE or DELETE of it.
REPLACING = {
    "sqlite": [
        f"INSERT OR REPLACE INTO audit_events ({_COPIED}) SELECT {_OTHER} FROM audit_events WHERE sequence = 3",
        f"REPLACE INTO audit_events ({_COPIED}) SELECT {_OTHER} FROM audit_events WHERE sequence = 3",
        f"""INSERT OR REPLACE INTO audit_events (rowid, {_COPIED}) SELECT rowid, {_OTHER.replace('"sequence"', "99")}
            FROM audit_events WHERE sequence = 3""",
        f"INSERT OR IGNORE INTO audit_events ({_COPIED}) SELECT {_OTHER} FROM audit_events WHERE sequence = 3",
        f"""INSERT INTO audit_events ({_COPIED}) SELECT {_OTHER} FROM audit_events WHERE sequence = 3
            ON CONFLICT DO UPDATE SET person = excluded.person""",
        "INSERT OR REPLACE INTO audit_chains VALUES ('amazon_us', 4, 'f')",
        "INSERT OR REPLACE INTO audit_chains (rowid, connection, sequence, hash) VALUES (1, 'elsewhere', 1, 'f')",
        "UPDATE OR REPLACE audit_chains SET rowid = rowid + 1, sequence = sequence + 1 WHERE connection = 'amazon_us'",
    ],
    "postgresql": [
        f"""INSERT INTO audit_events ({_COPIED}) SELECT {_OTHER} FROM audit_events WHERE sequence = 3
            ON CONFLICT ("connection", "sequence") DO UPDATE SET person = excluded.person""",
        """INSERT INTO audit_chains VALUES ('amazon_us', 4, 'f')
            ON CONFLICT ("connection") DO UPDATE SET sequence = excluded.sequence""",
    ],
}


def assert_nothing_is_replaced(control, audit, engine_name) -> None:
    write(control, audit)
    write(control, audit, 1, "amazon_uk")
    for statement in REPLACING[engine_name]:
        with pytest.raises(DatabaseError, match=r"append-only|only moves on"), control.transaction() as transaction:
            transaction.execute(text(statement.replace("sequence = 3", "connection = 'amazon_us' AND sequence = 3")))
    assert all(audit.verify(one).ok for one in audit.connections())
    write(control, audit, 1)
    assert audit.verify("amazon_us").events == 6


def test_the_database_refuses_to_replace_the_past(control, audit, engine_name):
    """An INSERT may take the place of a row, by its key or by its rowid; a new event is written all the same."""
    assert_nothing_is_replaced(control, audit, engine_name)


def test_a_database_of_before_refuses_it_once_it_is_migrated(empty_url, open_control, engine_name):
    """Its events stay as they were."""
    control = open_control(empty_url)
    with control.transaction() as transaction:
        upgrade(transaction, "0005")
    audit = Audit(control)
    write(control, audit, 2, "amazon_de")
    control.migrate()
    assert_nothing_is_replaced(control, audit, engine_name)
    assert audit.verify("amazon_de").events == 2


def test_postgresql_refuses_to_empty_the_trail(control, audit, engine_name):
    """TRUNCATE goes around row triggers; SQLite has none."""
    write(control, audit)
    statement = "TRUNCATE audit_events" if engine_name == "postgresql" else "DELETE FROM audit_events"
    with pytest.raises(DatabaseError, match="append-only"), control.transaction() as transaction:
        transaction.execute(text(statement))


def test_an_untouched_chain_verifies(control, audit):
    """And says how many events it has."""
    write(control, audit)
    verdict = audit.verify("amazon_us")
    assert (verdict.ok, verdict.events, verdict.first_bad) == (True, 5, None)
    assert audit.verify("unknown").ok


@pytest.mark.parametrize("column", [column.name for column in audit_events.columns])
def test_a_change_of_any_column_names_the_row(control, audit, column):
    """Whatever byte of the third event is changed, the third is named."""
    write(control, audit)
    changed = text(f'UPDATE audit_events SET "{column}" = :value WHERE sequence = 3')
    with control.transaction() as transaction:
        without_guards(transaction)
        transaction.execute(changed, {"value": CHANGES[column]})
    verdict = audit.verify("amazon_us")
    assert (verdict.ok, verdict.first_bad) == (False, 3)
    assert "Event 3 of amazon_us" in verdict.sentence


def test_a_moment_that_is_none_any_more_names_the_row(control, audit):
    """Damage is a verdict, not a crash."""
    write(control, audit)
    with control.transaction() as transaction:
        without_guards(transaction)
        transaction.execute(text("UPDATE audit_events SET at = 'yesterday' WHERE sequence = 2"))
    assert audit.verify("amazon_us").first_bad == 2


@pytest.mark.parametrize("gone, first_bad", [({1}, 1), ({3}, 3), ({5}, 5), ({4, 5}, 4), ({1, 2, 3, 4, 5}, 1)])
def test_a_removed_row_is_missed(control, audit, gone, first_bad):
    """In the middle, at the end, or all of them."""
    write(control, audit)
    with control.transaction() as transaction:
        without_guards(transaction)
        transaction.execute(delete(audit_events).where(audit_events.c.sequence.in_(gone)))
    verdict = audit.verify("amazon_us")
    assert (verdict.ok, verdict.first_bad) == (False, first_bad)


def test_an_added_row_is_found(control, audit):
    """Even with a hash of its own that fits."""
    write(control, audit)
    last = audit.events("amazon_us")[-1]
    values = {**vars(last), "sequence": 6, "facts": "{}", "previous_hash": last.hash}
    with control.transaction() as transaction:
        transaction.execute(insert(audit_events), values)
    assert audit.verify("amazon_us").first_bad == 6


def test_a_chain_that_lost_its_head_is_found(control, audit):
    """Rows without the record of how many there are."""
    write(control, audit)
    with control.transaction() as transaction:
        without_guards(transaction)
        transaction.execute(delete(audit_chains))
    assert audit.verify("amazon_us").first_bad == 1
    assert audit.connections() == ["amazon_us"]
