"""A control database in which a little of everything has happened; every kind of row is there twice.

In: the address of an empty database, and a folder for documents. Out: the database, closed again.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ledger.posting import PostingState
from resources.erp.sent_jobs import SentJob
from resources.store.audit import Audit
from resources.store.configuration import Configuration, ConfigurationFile
from resources.store.control import ControlDatabase
from resources.store.documents import DocumentStore
from resources.store.erp_jobs import ErpJobs
from resources.store.exchanges import Exchanges
from resources.store.outbox import Outbox
from resources.store.people import People
from resources.store.review import Review
from resources.store.settlements import Settlements
from resources.store.verdicts import Said, Verdicts
from tests.resources.store.samples import finding, journals, new_clock
from tests.resources.store.test_exchanges import ASKED

S = PostingState


def live(url: str, folder: Path) -> None:
    """Let a little of everything happen in a control database."""
    clock, documents = new_clock(), DocumentStore(str(folder))
    control = ControlDatabase(url, clock)
    control.migrate()
    audit = Audit(control)
    outbox, review = Outbox(control, audit, clock), Review(control, audit, clock)
    settlements, verdicts = Settlements(control, audit, clock), Verdicts(control, clock)
    exchanges = Exchanges(control, documents, clock)
    for number, content in (("1", "one"), ("2", "two"), ("1", "other"), ("1", "one")):
        _register(settlements, number, content)
        clock.advance(5)
    settlements.accept("amazon_us", "1", "1-other", "ann", "newer", run="r")
    settlements.remember_report("amazon_us", "report-3", "document-3", "")
    for number in ("1", "2"):
        verdicts.store("amazon_us", number, [Said("ties_to_total", True, "error", {"sentence": "It ties."})], "r")
        asked = replace(ASKED, connection="amazon_us", attempt=int(number))
        exchanges.record(replace(asked, request_body=b"{}", error="ReadTimeout: too slow"))
    for number in ("1", "2"):
        _post(outbox, clock, number)
    for amount in ("99.00", "98.00"):
        late = journals(amount, settlement_id="1")
        assert outbox.plan("amazon_us", late, approved=True, mapping_hash="m", partition="1").outcome == "changed"
    for origin in ("row 7", "row 8"):
        item = review.open("amazon_us", "1", finding(origin=origin), run="r")
        review.propose(item, "retry", "bob", "looks right")
        if origin == "row 8":
            clock.advance(5)
            review.open("amazon_us", "1", finding(origin=origin, sentence="It is worse."), run="r")
        review.resolve(item, "retry", "ann", "mapped", run="r")
    review.open("amazon_us", "2", finding(), run="r", document_key="a document")
    people = People(control, audit, clock)
    for name in ("ann", "bob"):
        people.add(name, f"{name}-key", "root")
    people.end("bob", "root")
    configuration = Configuration(control, audit, documents, clock)
    for content in (b"a", b"b"):
        configuration.note("amazon_us", ConfigurationFile("mapping", "m.yaml", content, "ann"), person="bob", run="r")
    configuration.confirm("amazon_us", "carla", frozenset({"carla"}), clock.now())
    for key in ("a journal", "another"):
        ErpJobs(control, clock).remember(key, SentJob("10073567", "f" * 64))
    control.close()


def _register(settlements, number: str, content: str) -> None:
    settlements.record(
        "amazon_us",
        "SELLER",
        number,
        document_sha=f"{number}-{content}",
        content_hash=content,
        source="api",
        report_id=f"report-{number}",
        facts={"ledger": "L", "total_amount": "10.00", "lines": 3},
        run="r",
    )


def _post(outbox, clock, number: str) -> None:
    wanted = journals("10.00", "2.50", settlement_id=number)
    planned = outbox.plan("amazon_us", wanted, approved=True, mapping_hash="m", partition=number, run="r", person="ann")
    key = planned.keys[0]
    lease = outbox.lease(key, "worker", 600)
    outbox.step(key, S.SENDING, "intent stored", lease=lease, erp_id=f"J{number}", exchange="1")
    clock.advance(5)
    outbox.step(key, S.UNCLEAR, "no answer", lease=lease)
    outbox.step(key, S.APPROVED, "absent", lease=lease, not_before=clock.now())
    clock.advance(5)
    outbox.step(key, S.SENDING, "intent stored again", lease=lease)
    if number == "2":
        outbox.step(key, S.APPROVED, "never left", lease=lease, not_before=clock.now())
    outbox.release(lease)
