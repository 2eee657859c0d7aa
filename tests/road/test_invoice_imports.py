"""The invoices of a day in one file: each is billed once and judged alone, whatever becomes of the file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from assets import posting
from assets.days import StageResult
from assets.invoice_postings import post_invoices
from emulators import faults as general
from emulators.fusion import mischief
from emulators.fusion.demo_site import LINE_CONTEXT, US_LEDGER
from emulators.fusion.site import NO_DATA
from emulators.fusion.site import RECEIVABLES as RECEIVABLES_PERIODS
from ledger.errors import TargetMisconfigured, TargetUnclear
from ledger.journal import Journal, JournalSet, SourceKey
from ledger.posting import PostingState
from resources.erp.fusion.receivables.imports import Imports
from resources.erp.target import BooksState, CollectingTarget
from resources.vault import Vault
from tests.fusion_connection import AT_ONCE
from tests.road.billing_rig import billing, fetched, verdict
from tests.road.conftest import World
from tests.road.fusion_rig import Pod
from tests.road.test_fusion_receivables import LINES, RECEIVABLES, invoice, invoices, line

DAY = date(2026, 11, 14)
IMPORTED = {"import_from": 2, "line_context": LINE_CONTEXT, "is_confirmed_empty": False}
LATER = 3700  # longer than the quiet time
CONTROL = {
    "BusinessUnit": "US1 Business Unit",
    "TransactionSource": "ZB Connector",
    "TransactionType": "Invoice",
    "TransactionNumber": "CONTROL-1",
    "TransactionDate": "2026-11-02",
    "BillToCustomerNumber": "1008",
    "receivablesInvoiceLines": [{"Description": "By hand", "Quantity": 1, "UnitSellingPrice": 7}],
}


class WithoutSeller(World):
    """A world whose days are laid: nobody asks the marketplace."""

    def __post_init__(self) -> None:
        self.demo = SimpleNamespace(amazon=None)
        self.reopen()
        self.vault = Vault.open(self.home)


@pytest.fixture
def world(tmp_path, monkeypatch) -> Iterator[World]:
    """A world of its own."""
    monkeypatch.setenv("CONNECTOR_VAULT_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    made = WithoutSeller(tmp_path / "home")
    yield made
    for stores in made.to_close:
        stores.close()


@pytest.fixture
def pod(world) -> Pod:
    """A pod at which jobs take no time, with an invoice that somebody made by hand."""
    made = Pod(world, timing=AT_ONCE)
    made.app.invoices.store(CONTROL, made.app.books.site.clients[0], world.clock.now())
    return made


def road_of(pod: Pod, run: str = "run-1", **receivables):
    """Return the road that sends invoices in files."""
    return billing(pod, run, receivables=IMPORTED | receivables)


def documents(road, count: int = 3) -> list[Journal]:
    """Return the invoices of a day, one an order."""
    orders = [f"111-000000{number}-0000001" for number in range(1, count + 1)]
    return [_of_order(road, order) for order in orders]


def _of_order(road, order: str) -> Journal:
    source = SourceKey(road.seller, road.ledger, "invoice", f"{order}.A1B2C3D4")
    lines = (replace(LINES[0], reference=order), *LINES[1:])
    plain = invoice(*lines, source=source, description=f"Amazon order {order}")
    return replace(plain, billing=replace(plain.billing, order_id=order))


def lay(world: World, road, journals) -> None:
    """Lay a day's invoices where making them leaves them."""
    content = {"mapping": "m", "events": "e", "documents": [one.content() for one in journals]}
    kept = world.stores.documents.put_bytes(json.dumps(content, sort_keys=True).encode())
    facts = {"set": kept.sha256, "mapping": "m", "events": "e"}

    def produce(path) -> None:
        with world.stores.warehouse.connect() as duck:
            duck.sql("SELECT 1 AS one").write_parquet(str(path))

    world.stores.warehouse.write(road.connection, "receivable_invoices", DAY.isoformat(), produce, facts)


def post(pod: Pod, run: str = "run-1", **receivables) -> StageResult:
    """Let one run post the day."""
    outcome = fetched(road_of(pod, run, **receivables), "invoice_postings", [DAY])[DAY]
    assert isinstance(outcome, StageResult), outcome
    return outcome


def laid(world: World, pod: Pod, count: int = 3) -> list[Journal]:
    """Lay a day of so many invoices and return them."""
    road = road_of(pod)
    journals = documents(road, count)
    lay(world, road, journals)
    return journals


def states(world: World) -> dict[str, int]:
    """Count the documents by their state."""
    return dict(Counter(str(one.state) for one in world.stores.outbox.listing()))


def billed(pod: Pod) -> list[str]:
    """Return the numbers of what the connector has billed."""
    return sorted(one["NUMBER"] for one in invoices(pod) if one["NUMBER"] != "CONTROL-1")


def numbers(pod: Pod, journals) -> list[str]:
    """Return the numbers that documents have."""
    target = road_of(pod).target
    return sorted(target.erp_id(one) for one in journals)


def sent(pod: Pod) -> tuple[int, int]:
    """Count the files and the single invoices that reached the pod."""
    return pod.faults.calls("importBulkData"), pod.faults.calls("createReceivablesInvoice")


def told(result: StageResult) -> str:
    """Return everything that the findings of a result say."""
    return " ".join(finding.sentence for one in result.verdicts for finding in one.findings)


# --- together ---------------------------------------------------------------------------------------------------


def test_the_invoices_of_a_day_go_in_one_file_and_stand_in_the_books_as_sent(world, pod):
    """One call, posted in the same run, read back account by account; a second run sends nothing."""
    journals = laid(world, pod)
    for run in ("run-1", "run-2"):
        result = post(pod, run)
        assert [one.sentence for one in result.verdicts if not one.passed] == []
    assert (states(world), sent(pod)) == ({"posted": 3}, (1, 0))
    assert billed(pod) == numbers(pod, journals)
    target = road_of(pod).target
    back = target.read_back(journals[0])
    assert [(str(one.account), one.amount, one.reference) for one in back.lines] == [
        (str(one.account), one.amount, one.reference) for one in journals[0].lines
    ]
    assert back.generated_lines == ()


def test_every_intent_is_stored_before_the_one_call(world, pod, monkeypatch):
    """At the moment of the call all three are `sending`, each with the exchanges that showed its absence."""
    laid(world, pod)
    road = road_of(pod)
    seen = []
    submit = road.target.submit_together

    def watched(journals) -> None:
        seen.append(states(world))
        submit(journals)

    monkeypatch.setattr(road.target, "submit_together", watched)
    post_invoices(road, DAY, DAY)
    assert seen == [{"sending": 3}]
    events = [one for one in world.stores.audit.events("amazon_us") if one.kind == "document_sending"]
    assert len({one.exchange for one in events}) == 1
    assert all(one.exchange for one in events)


@pytest.mark.parametrize(
    ("count", "settings", "calls"),
    [
        (3, {"import_from": 4}, (0, 3)),
        (3, {"import_from": None}, (0, 3)),
        (4, {"import_lines_max": 4}, (2, 0)),  # two lines each
        (3, {"import_lines_max": 1}, (3, 0)),  # none has room for another
    ],
)
def test_the_settings_say_what_goes_together(world, pod, count, settings, calls):
    """Below `import_from` one by one; files of at most so many lines, an invoice is never cut."""
    laid(world, pod, count)
    post(pod, **settings)
    assert (states(world), sent(pod)) == ({"posted": count}, calls)


def test_an_empty_unit_takes_its_first_file_by_a_persons_word(world):
    """What goes in one call is one first send."""
    pod = Pod(world, timing=AT_ONCE)
    laid(world, pod)
    result = post(pod)
    assert (states(world), "proves nothing" in told(result)) == ({"approved": 3}, True)
    post(pod, "run-2", is_confirmed_empty=True)
    assert (states(world), sent(pod)) == ({"posted": 3}, (1, 0))


def test_a_run_waits_for_the_job_once_and_not_for_every_invoice(world):
    """Three invoices in a job that takes long: twenty seconds, not sixty."""
    pod = Pod(world)
    pod.timing = replace(pod.timing, import_seconds=600)
    pod.app.books.site.timing = pod.timing
    pod.app.invoices.store(CONTROL, pod.app.books.site.clients[0], world.clock.now())
    laid(world, pod)
    before = world.clock.monotonic()
    result = post(pod)
    assert world.clock.monotonic() - before <= 25
    assert verdict(result, "accepted_by_erp").is_waiting
    world.clock.advance(700)
    post(pod, "run-2")
    assert states(world) == {"posted": 3}


# --- one setting more or less --------------------------------------------------------------------------------------


def test_changing_the_setting_bills_nothing_twice(world, pod):
    """Posted by the one route and known to nobody any more: found by its number, whichever route is next."""
    journals = laid(world, pod)
    for route, later in (({}, {"import_from": None}), ({"import_from": None}, {})):
        post(pod, **route)
        world.reopen(world.home.parent / f"another {later}")
        lay(world, road_of(pod), journals)
        post(pod, "run-2", **later)
        assert states(world) == {"posted": 3}
    assert billed(pod) == numbers(pod, journals)
    assert sent(pod) == (1, 0)


def test_what_is_on_its_way_in_a_file_is_not_sent_alone(world):
    """The setting is taken out while the job runs; the job's invoices are followed, and the door is shut for others."""
    pod = Pod(world)
    pod.app.invoices.store(CONTROL, pod.app.books.site.clients[0], world.clock.now())
    journals = laid(world, pod)
    pod.faults.next("importBulkData", mischief.job_stands())
    post(pod)
    post(pod, "run-2", import_from=None)
    assert (states(world), sent(pod)) == ({"importing": 3}, (1, 0))
    with pytest.raises(TargetUnclear, match="earlier send of it may still come in"):
        road_of(pod, import_from=None).target.submit(journals[0])


def test_credit_memos_and_corrections_go_alone(pod):
    """Only first revisions of invoices are taken together."""
    target = road_of(pod).target
    first, second, third = documents(road_of(pod))
    corrected = replace(second, revision=2)
    memo = replace(third, billing=replace(third.billing, credits=first.key))
    assert isinstance(target, CollectingTarget)
    assert target.batches([first, corrected, memo]) == []
    assert target.batches([first, corrected, memo, third]) == [[first, third]]


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": (line(1, "110900", "5.00"), line(2, "110900", "-5.00"))},  # no line to bill
        {"lines": (line(1, "110900", "95.00"),)},  # out of balance
        {"source": SourceKey("A" * 200, "fusion:1", "invoice", "111-0000001-0000001.X")},  # a key that is too long
    ],
)
def test_what_fits_into_no_file_goes_alone(pod, changes):
    """There it is refused by its own name, and keeps none of the others."""
    target = road_of(pod).target
    first, second, third = documents(road_of(pod))
    assert target.batches([first, replace(second, **changes), third]) == [[first, third]]


@pytest.mark.parametrize("version", [1, 4])
def test_several_are_looked_for_at_once_in_either_grammar(world, pod, version):
    """Version 1 has no `or`: the same answers, one search each."""
    laid(world, pod)
    post(pod)
    road = pod.road(fusion={"receivables": road_receivables(), "framework_version": version})
    journals = documents(road, 4)
    looks = road.target.find_each([[one] for one in journals])
    assert [[one.key_matches for one in look.found] for look in looks] == [[one.key] for one in journals[:3]] + [[]]
    assert all(look.is_certain for look in looks)


def road_receivables() -> dict:
    """Return the receivables of a connection that imports."""
    return RECEIVABLES | IMPORTED


# --- what may become of a file --------------------------------------------------------------------------------------


def test_a_rejected_line_holds_its_own_invoice_and_no_other(world, pod):
    """Its second line is rejected, its first held back without a word: one sentence, on this document alone."""
    journals = laid(world, pod)
    pod.faults.next("importBulkData", mischief.line_rejected(2))
    result = post(pod)
    assert states(world) == {"review": 1, "posted": 2}
    [item] = [one for one in world.stores.review.listing() if one.code == "posting_error"]
    assert item.document_key == journals[0].key
    number = road_of(pod).target.erp_id(journals[0])
    assert f"{number}.2 rejected: The line can't be imported." in item.sentence
    assert "rows may stand in the interface" in item.sentence
    assert told(result).count("rejected") == 1
    assert [row["STATUS"] for row in pod.app.autoinvoice.interface()] == ["", "REJECTED"]


def test_a_rejected_invoice_is_billed_as_a_new_revision_once_its_rows_are_gone(world, pod):
    """While rows are left it is not given up; named as gone and given up, its correction goes with another number."""
    journals = laid(world, pod)
    pod.faults.next("importBulkData", mischief.line_rejected(1))
    post(pod)
    with pytest.raises(Exception, match="still stands in the ERP"):
        give_up(road_of(pod), journals[0])
    purge(pod)
    gone = {"imports_confirmed_gone": [file_of(pod)]}
    world.clock.advance(LATER)
    give_up(road_of(pod, **gone), journals[0])
    assert states(world) == {"refused": 1, "posted": 2}
    corrected = replace(journals[0], lines=(*LINES[:1], replace(LINES[1], description="again"), LINES[2]))
    lay(world, road_of(pod), [corrected, *journals[1:]])
    post(pod, "run-2", **gone)
    assert states(world) == {"refused": 1, "posted": 3}
    assert billed(pod) == sorted([*numbers(pod, journals[1:]), f"{numbers(pod, journals[:1])[0][:-1]}2"])


def give_up(road, journal: Journal) -> None:
    """Do what `connector review resolve --action deleted` does."""
    posting.give_up(road.desk, journal.key, [journal], "deleted in the ERP: checked")


def purge(pod: Pod) -> None:
    """Delete what lies in the interface, as a person does."""
    for row in pod.app.autoinvoice.interface():
        pod.app.autoinvoice.purge(row["LOAD_REQUEST_ID"])


def file_of(pod: Pod) -> str:
    """Return the name of the last file that arrived."""
    return pod.app.books.store.rows("SELECT FILE_NAME FROM DOCUMENT ORDER BY CAST(ID AS INTEGER)")[-1]["FILE_NAME"]


def test_a_line_that_is_held_back_without_a_word_is_told_after_the_quiet_time(world, pod):
    """The job succeeded and names nobody: first it may not show yet, then its document says so."""
    journals = laid(world, pod)
    pod.faults.next("importBulkData", mischief.line_held(1))
    result = post(pod)
    assert (states(world), world.items()) == ({"importing": 1, "posted": 2}, {})
    assert "waits for its invoice to show" in verdict(result, "accepted_by_erp").sentence
    world.clock.advance(LATER)
    post(pod, "run-2")
    assert states(world) == {"review": 1, "posted": 2}
    [item] = world.stores.review.listing()
    assert (item.document_key, "may be held back" in item.sentence) == (journals[0].key, True)
    assert sent(pod) == (1, 0)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (mischief.import_fails(), "ended ERROR and did not make it"),
        (mischief.load_fails(), "Load File to Interface ended in error."),
        (mischief.job_ends("CANCELLED"), "the job ended CANCELLED"),
    ],
    ids=["import fails", "load fails", "cancelled"],
)
def test_a_job_that_failed_brings_its_reason_home_to_every_invoice(world, pod, fault, said):
    """Nothing is billed and nothing is sent again: rows may be left."""
    laid(world, pod)
    pod.faults.next("importBulkData", fault)
    for run in ("run-1", "run-2"):
        post(pod, run)
        world.clock.advance(LATER)
    assert (states(world), sent(pod), billed(pod)) == ({"review": 3}, (1, 0), [])
    assert {said in one.sentence for one in world.stores.review.listing()} == {True}


def test_rows_that_a_person_imports_after_all_are_found(world, pod):
    """The import failed, the rows were imported by hand: all are posted by the next look."""
    journals = laid(world, pod)
    pod.faults.next("importBulkData", mischief.import_fails())
    post(pod)
    fields = {"OPERATION": "submitESSJobRequest", "JOB": "import:2", "PARAMETERS": f"{US_LEDGER},ZB Connector,{DAY}"}
    pod.app.books.jobs.add(fields | {"CLIENT_ID": "PERSON"}, 0, world.clock.now())
    world.clock.advance(60)
    post(pod, "run-2")
    assert (states(world), billed(pod)) == ({"posted": 3}, numbers(pod, journals))


def test_a_job_that_succeeded_and_made_nothing_proves_nothing(world, pod):
    """The rows are left in the interface: told after the quiet time, and nothing is sent again."""
    laid(world, pod)
    pod.faults.next("importBulkData", mischief.import_lost())
    post(pod)
    assert states(world) == {"importing": 3}
    world.clock.advance(LATER)
    post(pod, "run-2")
    assert (states(world), sent(pod), billed(pod)) == ({"review": 3}, (1, 0), [])


def test_a_job_that_is_lost_is_asked_of_a_person(world, pod):
    """A request that nobody knows any more: neither made nor provably absent, however long it takes."""
    laid(world, pod)
    pod.faults.next("importBulkData", mischief.job_lost())
    for run in range(2):
        post(pod, f"run-{run}")
        world.clock.advance(7 * LATER)
    post(pod, "run-9")
    assert (states(world), sent(pod)) == ({"review": 3}, (1, 0))
    assert {"is not known to Fusion" in one.sentence for one in world.stores.review.listing()} == {True}


def test_blind_books_are_not_taken_for_an_invoice_that_was_not_made(world, pod, monkeypatch):
    """The job is over and the books show nothing at all, not even the control: it waits."""
    laid(world, pod)
    pod.faults.next("importBulkData", mischief.import_fails())
    road = road_of(pod)
    submit = road.target.submit_together

    def then_blind(journals) -> None:
        submit(journals)
        client = pod.app.books.site.clients[0]
        pod.app.books.site.replace_client(replace(client, role=NO_DATA))

    monkeypatch.setattr(road.target, "submit_together", then_blind)
    result = post_invoices(road, DAY, DAY)[DAY]
    assert states(world) == {"importing": 3}, told(result)
    assert "sight of any invoice" in verdict(result, "accepted_by_erp").sentence


@pytest.mark.parametrize(
    ("fault", "calls"),
    [(general.dropped(after=True), 1), (general.dropped(), 2), (general.html(502), 2)],
    ids=["answer lost", "never arrived", "page of the front end"],
)
def test_a_lost_answer_is_followed_to_its_end(world, pod, fault, calls):
    """Found by number where it landed; where it did not, sent again after the quiet time, in one file again."""
    journals = laid(world, pod)
    pod.faults.next("importBulkData", fault)
    for run in ("run-1", "run-2", "run-3"):
        post(pod, run)
        world.clock.advance(LATER)
    assert (states(world), sent(pod)) == ({"posted": 3}, (calls, 0))
    assert billed(pod) == numbers(pod, journals)


def test_a_file_that_arrived_and_whose_job_nobody_knows_holds_its_invoices(world, pod, monkeypatch):
    """The answer was lost and the import made nothing: never sent again by itself, a person is asked."""
    laid(world, pod)
    pod.faults.next("importBulkData", mischief.import_fails())

    def die(*_) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Imports, "began", die)
        with pytest.raises(KeyboardInterrupt):
            post(pod)
    for run in range(2):
        post(pod, f"run-{run}")
        world.clock.advance(7 * LATER)
    assert (states(world), sent(pod)) == ({"review": 3}, (1, 0))
    said = {one.sentence for one in world.stores.review.listing()}
    assert all(f"file {file_of(pod)} of it has arrived, and nobody knows its job" in one for one in said)


def test_a_refused_call_is_no_verdict_on_its_invoices(world, pod):
    """ReqstId -1: a person corrects the settings, and the same invoices go."""
    laid(world, pod)
    pod.faults.next("importBulkData", mischief.rejected())
    result = post(pod)
    assert (states(world), "Check import_job" in told(result)) == ({"approved": 3}, True)
    post(pod, "run-2")
    assert (states(world), sent(pod)) == ({"posted": 3}, (2, 0))


def test_a_file_that_is_delivered_twice_bills_nobody_twice(world):
    """Both copies lie in the interface: the second is rejected and holds the first; people are told."""
    pod = Pod(world)
    pod.app.invoices.store(CONTROL, pod.app.books.site.clients[0], world.clock.now())
    laid(world, pod)
    pod.faults.next("importBulkData", mischief.delivered_twice())
    post(pod)
    world.clock.advance(LATER)
    post(pod, "run-2")
    assert (states(world), billed(pod), sent(pod)) == ({"review": 3}, [], (1, 0))
    assert {"did not make it" in one.sentence for one in world.stores.review.listing()} == {True}


def test_the_same_file_twice_is_rejected_line_by_line(world, pod):
    """Sent by two workers whom nothing else kept apart: the context of a line is unique for ever."""
    journals = documents(road_of(pod))
    for _ in range(2):
        road_of(pod).target.submit_together(journals)
        world.clock.advance(60)
    assert billed(pod) == numbers(pod, journals)
    assert {row["STATUS"] for row in pod.app.autoinvoice.interface()} == {"REJECTED"}
    target = road_of(pod).target
    assert {target.status(one).state for one in journals} == {BooksState.POSTED}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"line_context": "NONSENSE"}, "has no context NONSENSE"),
        ({"transaction_source": "UK Only"}, "UK Only isn't valid"),
        ({"transaction_source": "ZB Automatic"}, "numbers transactions itself"),
    ],
)
def test_a_site_that_is_set_up_otherwise_says_so_on_every_invoice(world, pod, settings, said):
    """An undefined context or source ends the job; a number in a source that numbers by itself rejects the row."""
    laid(world, pod)
    post(pod, **settings)
    world.clock.advance(LATER)
    post(pod, "run-2", **settings)
    assert (states(world), billed(pod)) == ({"review": 3}, [])
    assert {said in one.sentence for one in world.stores.review.listing()} == {True}


def test_a_worker_that_dies_between_intent_and_call_leaves_them_to_be_sent_together(world, pod, monkeypatch):
    """Intent stored, nothing sent: unclear, absent after the quiet time, then one file."""
    laid(world, pod)
    road = road_of(pod)

    def die(_) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(road.target, "submit_together", die)
    with pytest.raises(KeyboardInterrupt):
        post_invoices(road, DAY, DAY)
    assert states(world) == {"sending": 3}
    post(pod, "run-2")
    assert (states(world), sent(pod)) == ({"unclear": 3}, (0, 0))
    world.clock.advance(LATER)
    post(pod, "run-3")
    assert (states(world), sent(pod)) == ({"posted": 3}, (1, 0))


def test_a_document_that_another_worker_holds_stays_with_it(world, pod):
    """Two go, the third is left to whoever has it."""
    journals = laid(world, pod)
    road = road_of(pod)
    for one in journals:
        world.stores.outbox.plan(
            road.connection,
            set_of(one),
            approved=True,
            mapping_hash="m",
            partition=f"invoice_postings-{DAY}",
        )
    lease = world.stores.outbox.lease(journals[0].key, "somebody else", 900)
    post(pod)
    assert states(world) == {"approved": 1, "posted": 2}
    world.stores.outbox.release(lease)


def set_of(journal: Journal) -> JournalSet:
    """Return a set of one document."""
    return JournalSet(journal.source, 1, (journal,))


def test_a_call_without_right_is_a_persons_matter(pod):
    """Nothing was loaded: the sentence says what to look at."""
    pod.faults.next("importBulkData", mischief.rejected())
    with pytest.raises(TargetMisconfigured, match="leave import_from out"):
        road_of(pod).target.submit_together(documents(road_of(pod)))


def test_a_held_day_sends_no_file(world, pod):
    """The gate is shut: nothing is stored as intent, nothing leaves."""
    laid(world, pod)
    pod.app.books.setup.set_period(US_LEDGER, "Nov-26", "C", RECEIVABLES_PERIODS)
    post(pod)
    assert (sent(pod), PostingState.SENDING.value in states(world)) == ((0, 0), False)
