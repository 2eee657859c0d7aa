"""Prepared statements: the same SQL, values and errors as SQLAlchemy's own execution, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from ledger.errors import StoreError
from resources.store import outbox_statements as statements
from resources.store import schema
from resources.store.prepared import Prepared
from tests.resources.store.samples import START

LEASE = schema.leases.c
INSERT = Prepared(insert(schema.leases))
SELECT = Prepared(select(schema.leases).where(LEASE.name == bindparam("of_name")))
NEWEST = Prepared(select(LEASE.name, LEASE.fence).order_by(LEASE.fence.desc()).limit(2))


def add(transaction, name: str, fence: int = 1) -> int:
    return INSERT.run(transaction, name=name, holder="it's 100 % \u20ac", fence=fence, expires_at=START)


def test_values_come_back_as_the_schema_types_them(control):
    """Moments are aware datetimes, text is text whatever it holds, and a row has the names of its columns."""
    with control.transaction() as transaction:
        assert add(transaction, "a") == 1
        row = SELECT.row(transaction, of_name="a")
        assert row == tuple(transaction.execute(select(schema.leases)).one())
    assert (row.name, row.holder, row.expires_at) == ("a", "it's 100 % \u20ac", START)
    with control.reading() as reading:
        assert SELECT.row(reading, of_name="b") is None


def test_a_statement_keeps_its_own_values(control):
    """A limit is part of the statement, not of the call."""
    with control.transaction() as transaction:
        for number in range(3):
            add(transaction, str(number), number)
        assert [row.name for row in NEWEST.rows(transaction)] == ["2", "1"]


def test_rows_changed_are_counted(control):
    """So that a caller can tell whether anything was there."""
    later = Prepared(update(schema.leases).values(expires_at=bindparam("to_expires_at")))
    with control.transaction() as transaction:
        add(transaction, "a")
        add(transaction, "b")
        assert later.run(transaction, to_expires_at=START + timedelta(seconds=1)) == 2


def test_a_missing_value_is_our_mistake(control):
    """It is never NULL by accident."""
    with control.transaction() as transaction, pytest.raises((KeyError, ProgrammingError), match="fence"):
        INSERT.run(transaction, name="a", holder="", expires_at=START)


def test_an_error_is_sqlalchemys_and_holds_no_values(control):
    """Callers tell a broken constraint from a busy database by its class, and no value gets into a log."""

    def twice():
        with control.transaction() as transaction:
            for _ in range(2):
                INSERT.run(transaction, name="a", holder="s3cret", fence=1, expires_at=START)

    with pytest.raises(IntegrityError) as caught:
        twice()
    assert "s3cret" not in str(caught.value)
    with control.reading() as reading:
        assert SELECT.row(reading, of_name="a") is None


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_server_that_goes_away_is_a_sentence(control, open_control, control_url):
    """Whichever statement meets the end first; nothing was half done, and the next transaction connects anew."""
    other = open_control(control_url)

    def cut_off():
        with control.transaction() as transaction:
            add(transaction, "a")
            pid = transaction.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with other.reading() as reading:
                reading.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
            SELECT.row(transaction, of_name="a")

    with pytest.raises(StoreError, match="Could not write to the control database"):
        cut_off()
    with control.transaction() as transaction:
        assert SELECT.row(transaction, of_name="a") is None


def test_every_statement_of_the_outbox_can_be_compiled_for_both_engines(control):
    """Also those that few tests run."""
    for name, statement in vars(statements).items():
        if isinstance(statement, Prepared):
            compiled = statement._compile(control._engine.dialect)
            assert compiled.sql, name
