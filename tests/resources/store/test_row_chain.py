"""Chains of rows hang on the audit trail: writing one anew, cutting it short or taking it away contradicts events."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select, text

from resources.store import schema
from resources.store.audit import Audit
from resources.store.control import upgrade
from resources.store.exchanges import Exchanges
from resources.store.row_chain import CHAINED, ENDS, FIRST, covered, digest
from resources.store.settlements import Settlements
from resources.store.verdicts import Said, Verdicts
from resources.store.verification import verify
from tests.resources.store.samples import START, finding
from tests.resources.store.test_exchanges import ASKED

every_chain = pytest.mark.parametrize("table", CHAINED, ids=lambda one: one.name)


@pytest.fixture
def add_rows(control, documents, clock):
    """Add rows to both chains of a connection."""
    exchanges, verdicts = Exchanges(control, documents, clock), Verdicts(control, clock)

    def adding(count: int = 1, connection: str = "amazon_us") -> None:
        for number in range(count):
            exchanges.record(replace(ASKED, connection=connection, attempt=number + 1))
            verdicts.store(connection, "1", [Said("ties_to_total", True, "error", {"number": number})], "r")

    return adding


@pytest.fixture
def told(control, audit, add_rows):
    """Three rows in each chain, and an event after them; of another connection one row and no event."""
    tell(control, audit, "began")
    add_rows(3)
    add_rows(1, "amazon_uk")
    tell(control, audit, "went_on")
    assert verify(control).is_ok
    return control


def tell(control, audit, kind: str) -> None:
    with control.transaction() as transaction:
        audit.append(transaction, "amazon_us", kind, {"why": "test"})


def run(control, statement: str) -> None:
    with control.transaction() as transaction:
        transaction.execute(text(statement))


def set_back(control, table) -> None:
    """Remove the last row of a chain, and let the head say that the one before it is the last."""
    of_chain = f"FROM {table.name} WHERE connection = 'amazon_us'"
    run(control, f"DELETE FROM {table.name} WHERE id = (SELECT max(id) {of_chain})")
    last = f"id = (SELECT max(id) {of_chain})"
    head = (
        f"rows = rows - 1, last_id = (SELECT max(id) {of_chain}), hash = (SELECT hash FROM {table.name} WHERE {last})"
    )
    run(control, f"UPDATE row_chains SET {head} WHERE table_name = '{table.name}' AND connection = 'amazon_us'")


def write_anew(control, table) -> None:
    """Compute every hash of a chain and its head, as somebody with all rights and this program could."""
    with control.transaction() as transaction:
        raw = f"SELECT * FROM {table.name} WHERE connection = 'amazon_us' ORDER BY id"
        last_id, previous = 0, FIRST
        typed = select(table).where(table.c.connection == "amazon_us").order_by(table.c.id)
        plain = transaction.execute(text(raw)).mappings().all()
        for row, stored in zip(transaction.execute(typed).mappings().all(), plain, strict=True):
            moments = {name: stored[name] for name in ("started_at", "at") if name in stored}
            made = digest(previous, last_id, [{**row, **moments}[name] for name in covered(table)])
            transaction.execute(table.update().where(table.c.id == row["id"]).values(hash=made))
            last_id, previous = row["id"], made
        head = {"rows": len(plain), "last_id": last_id, "hash": previous}
        own = schema.row_chains.c
        here = (own.table_name == table.name, own.connection == "amazon_us")
        transaction.execute(schema.row_chains.update().where(*here).values(head))


def test_an_event_tells_where_the_chains_end(told, audit):
    """Number and hash of the last row, in the transaction of the event; the first event of a connection has none."""
    first, second = audit.events("amazon_us")
    assert first.facts == {"why": "test"}
    with told.reading() as reading:
        heads = reading.execute(select(schema.row_chains).where(schema.row_chains.c.connection == "amazon_us")).all()
    assert second.facts == {
        "why": "test",
        ENDS: {one.table_name: [one.last_id, one.hash, 0] for one in heads},
    }
    assert len(heads) == len(CHAINED)


@every_chain
def test_a_chain_that_was_taken_away_is_missed(told, table):
    """Rows and head: nothing of it is left but what the trail tells."""
    run(told, f"DELETE FROM {table.name}")
    run(told, f"DELETE FROM row_chains WHERE table_name = '{table.name}'")
    bad = verify(told).first_bad
    assert (bad.table, bad.found) == (table.name, "missing, though event 2 tells of it")


@every_chain
def test_a_chain_that_was_cut_short_is_missed(told, table):
    """Setting the head back needs no hash; the row that an event told of is gone."""
    set_back(told, table)
    bad = verify(told).first_bad
    assert (bad.table, bad.found) == (table.name, "missing, though event 2 tells of it")


@every_chain
def test_a_chain_that_was_cut_short_and_went_on_is_found(told, audit, add_rows, table):
    """Also where the number of the removed row was given out anew, and a later event tells of the other row."""
    set_back(told, table)
    add_rows(1)
    tell(told, audit, "went_further")
    bad = verify(told).first_bad
    assert bad.table == table.name
    assert bad.found.endswith(("other than event 2 tells", "missing, though event 2 tells of it"))


@every_chain
def test_a_chain_that_was_written_anew_is_found(told, table):
    """All hashes fit; the one that an event told of is another one."""
    write_anew(told, table)
    assert verify(told).is_ok, "the same rows have the same hashes"
    changed = "url = 'https://elsewhere'" if table is schema.exchanges else "severity = 'warn'"
    run(told, f"UPDATE {table.name} SET {changed} WHERE connection = 'amazon_us'")
    write_anew(told, table)
    bad = verify(told).first_bad
    assert (bad.table, bad.found) == (table.name, "other than event 2 tells")


@every_chain
def test_a_row_added_to_a_chain_is_found(told, table):
    """A copy of the last row, of a connection with a chain or of one without."""
    columns = ", ".join(f'"{one.name}"' for one in table.columns if one.name != "id")
    copied = f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {table.name} WHERE id = 1"
    run(told, copied)
    with told.reading() as reading:
        added = reading.execute(text(f"SELECT max(id) FROM {table.name}")).scalar_one()
    bad = verify(told).first_bad
    assert (bad.table, bad.key) == (table.name, (added,))


@pytest.mark.parametrize("rows, sealed", [(0, 0), (0, 4)])
def test_a_head_without_rows_is_found(told, rows, sealed):
    """No chain begins empty: a head is written with its first row."""
    run(told, f"INSERT INTO row_chains VALUES ('elsewhere', 'exchanges', {rows}, 0, '{FIRST}', {sealed})")
    assert verify(told).first_bad.table == "exchanges"


def test_whole_seconds_and_ones_are_hashed_as_they_are_read(control, documents, clock):
    """A duration of 0 comes back as 0.0, a 1 as True: a hash over the other text would accuse an honest row."""
    Exchanges(control, documents, clock).record(replace(ASKED, seconds=0))
    Verdicts(control, clock).store("amazon_us", "1", [Said("ties_to_total", 1, "error", {})], "r")
    verification = verify(control)
    assert verification.is_ok, verification.first_bad.sentence


@pytest.fixture
def at_0003(empty_url, open_control, clock):
    """A control database of the version before there were chains, with three exchanges and a verdict in it."""
    control = open_control(empty_url)
    with control.transaction() as transaction:
        upgrade(transaction, "0003")
        for name, values in _old_rows():
            names, bound = (", ".join(f"{mark}{one}" for one in values) for mark in ("", ":"))
            transaction.execute(text(f"INSERT INTO {name} ({names}) VALUES ({bound})"), values)
    return control


def _old_rows():
    texts = ("operation", "method", "url", "request_document", "response_document", "error")
    exchange = {**dict.fromkeys(texts, "t"), "request_headers": "{}", "response_headers": "{}"}
    exchange |= {"started_at": "2026-10-14T08:30:00.000000Z", "attempt": 1}
    for connection, seconds, status in (
        ("amazon_us", 0.1 + 0.2, 200),
        ("amazon_us", 2.0, None),
        ("amazon_uk", 0.0, 500),
    ):
        values = {**exchange, "connection": connection, "seconds": seconds, "status": status}
        yield "exchanges", values
    verdict = dict.fromkeys(("partition", "check_name", "severity", "run"), "t")
    verdict |= {"connection": "amazon_us", "passed": False, "facts": "{}", "at": "2026-10-14T08:30:00.000000Z"}
    yield "check_verdicts", verdict


def test_what_was_there_before_the_chains_is_counted_as_older(at_0003, documents, clock):
    """It is proved as it stood then, and no more is claimed; what comes after it is proved whole."""
    at_0003.migrate()
    verification = verify(at_0003)
    assert verification.is_ok, verification.first_bad.sentence
    assert verification.older == {"exchanges": 3, "check_verdicts": 1}
    Exchanges(at_0003, documents, clock).record(ASKED)
    verification = verify(at_0003)
    assert verification.is_ok, verification.first_bad.sentence
    assert (verification.rows["exchanges"], verification.older["exchanges"]) == (4, 3)
    run(at_0003, "UPDATE exchanges SET url = 'https://elsewhere' WHERE id = 2")
    bad = verify(at_0003).first_bad
    assert (bad.table, bad.key) == ("exchanges", (2,))


def test_the_count_of_older_rows_is_told_by_events(at_0003, clock):
    """Else somebody could call a new row old, or an old one proved."""
    at_0003.migrate()
    audit = Audit(at_0003)
    for kind in ("began", "went_on"):
        tell(at_0003, audit, kind)
    assert verify(at_0003).is_ok
    run(at_0003, "UPDATE row_chains SET sealed = 0 WHERE table_name = 'exchanges' AND connection = 'amazon_us'")
    bad = verify(at_0003).first_bad
    assert (bad.table, bad.key) == ("exchanges", (2,))


def test_what_earlier_events_did_not_tell_is_counted(control, audit, clock):
    """Reports that were noted without an event, and a settlement whose head no event has."""
    facts = {"document": "d", "content": "h", "source": "api", "report": "x"}
    head = {"connection": "amazon_us", "settlement_id": "1", "document_sha": "d", "recorded_at": START}
    report = {"connection": "amazon_us", "report_id": "x", "report_document_id": "", "settlement_id": "1"}
    with control.transaction() as transaction:
        audit.append(transaction, "amazon_us", "settlement_new", facts, partition="1", at=START)
        transaction.execute(insert(schema.settlements), {**head, "seller": "S"})
        more = {"content_hash": "h", "source": "api", "standing": "current", "facts": "{}"}
        transaction.execute(insert(schema.settlement_documents), {**head, **more})
        transaction.execute(insert(schema.settlement_reports), {**report, "recorded_at": START})
    verification = verify(control)
    assert verification.is_ok, verification.first_bad.sentence
    assert verification.older == {"settlements": 1, "settlement_documents": 1, "settlement_reports": 1}
    clock.advance(5)
    Settlements(control, audit, clock).remember_report("amazon_us", "y", "", "")
    verification = verify(control)
    assert (verification.rows["settlement_reports"], verification.older["settlement_reports"]) == (2, 1)


def test_nothing_is_older_where_this_version_wrote_everything(told, review):
    """The count is no constant excuse."""
    review.open("amazon_us", "1", finding(), run="r")
    assert verify(told).older == {}
