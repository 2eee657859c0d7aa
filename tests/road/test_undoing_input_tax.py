"""Claimed input tax undone by command and claimed again: alone by its invoice's number, or with its whole day."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assets.posting.document_sets import revisions_of
from assets.review.approval import approve
from assets.undo.order_reversals import order_sources, plan_order_reversal, repost_order
from assets.undo.reversals import apply_reversal
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.reverse import repost as repost_command
from connector_defs.cli.reverse import reverse as reverse_command
from emulators import faults as general
from ledger.errors import InputRefused
from ledger.four_eyes import Decider, NeedsAnotherPerson
from ledger.input_tax import KIND
from ledger.journal import SourceKey
from ledger.reversal import reversal_source
from tests.road.billing_rig import verdict
from tests.road.fusion_rig import Pod
from tests.road.products.test_undoing_costs import run
from tests.road.test_input_tax import CLAIMED, PARTITION, WAITING, balance, billed, claim, claiming, posted

D = Decimal
MARIA = Decider("maria")
INVOICE = billed("US/2026/1", "12.00")
OTHER = billed("US-2026-2", "7.00")


@pytest.fixture
def pod(world) -> Pod:
    """A pod beside the world, at a time when the invoices are out."""
    return Pod(world)


@pytest.fixture
def source(world, pod) -> SourceKey:
    """Claim two invoices of one day; return what was claimed with the first."""
    posted(world, pod)
    made = claim(world, pod, INVOICE, OTHER)
    assert [row["state"] for row in made.rows] == ["posted", "posted"]
    [found] = order_sources(claiming(pod), "US/2026/1")
    assert found.kind == KIND
    return found


def states(pod: Pod, source: SourceKey) -> list[str]:
    """Return the states of all revisions of a claim, and of what undoes the first."""
    road = claiming(pod)
    undoing = revisions_of(road, reversal_source(source, 1))
    own = [f"{one.revision} {one.state}" for one in revisions_of(road, source)]
    return [*own, *(f"undoing {one.state}" for one in undoing)]


def stand(pod: Pod) -> tuple[Decimal, Decimal]:
    """Return what waits and what is claimed, as the general ledger says."""
    return balance(pod, WAITING), balance(pod, CLAIMED)


def look(world, pod: Pod, run: str = "run-9", **changes):
    """Let runs look at the day."""
    return claim(world, pod, INVOICE, OTHER, run=run, **changes)


def reverse(world, pod: Pod, source: SourceKey, **changes) -> None:
    """Do what `connector reverse --apply` does."""
    road = claiming(pod, "run-3", **changes)
    apply_reversal(road, plan_order_reversal(road, source), "claimed too early")
    look(world, pod, "run-3", **changes)


def test_a_claim_is_known_by_all_its_names(world, pod, source):
    """By the invoice's number as Amazon writes it, the name in plans, the number in the ERP and the posting key."""
    road = claiming(pod)
    [document] = road.stores.outbox.documents(source)
    names = ("US/2026/1", source.belongs_to, source.source_id, document.erp_id, document.key)
    assert [order_sources(road, name) for name in names] == [[source]] * len(names)
    [journal] = plan_order_reversal(road, source).journals.journals
    assert (journal.reverses, journal.debits, journal.accounting_date) == (
        document.key,
        document.journal.debits,
        document.journal.accounting_date,
    )
    assert states(pod, source) == ["1 posted"]


def test_what_is_undone_waits_again_and_is_claimed_by_no_run(world, pod, source):
    """Both journals stand, linked both ways, and are read back; nothing else takes what waits."""
    reverse(world, pod, source)
    assert (states(pod, source), stand(pod)) == (["1 reversed", "undoing posted"], (D("12.00"), D("7.00")))
    made = look(world, pod)
    assert stand(pod) == (D("12.00"), D("7.00"))
    item = world.items()["input_tax_reversed"]
    assert (item.partition, "Input tax of invoice US-2026-1" in item.sentence) == (PARTITION, True)
    told = verdict(made, "input_tax_evidenced")
    assert {row["invoice"]: row["claimed"] for row in told.rows} == {"US/2026/1": "0.00", "US-2026-2": "7.00"}
    assert "Of 1 the journal is reversed: their tax waits." in told.sentence
    assert verdict(made, "read_back_equals_journal").passed
    rows = [row for row in made.rows if row["invoice"] == "US/2026/1"]
    assert sorted((row["state"], row["what"].startswith("Reverses")) for row in rows) == [
        ("posted", True),
        ("reversed", False),
    ]
    assert pod.app.books.duplicates() == {}


def test_it_is_claimed_again_by_a_persons_word_alone(world, pod, source):
    """The next revision, once; `keep` leaves it waiting instead."""
    reverse(world, pod, source)
    repost_order(claiming(pod), source, MARIA, "it is right now")
    look(world, pod)
    assert (states(pod, source), world.items()) == (["1 reversed", "2 posted", "undoing posted"], {})
    assert (stand(pod), pod.app.books.duplicates()) == ((D(0), D("19.00")), {})
    road = claiming(pod, "run-7")
    apply_reversal(road, plan_order_reversal(road, source), "after all not")
    look(world, pod, "run-7")
    world.resolve("input_tax_reversed", "keep", "claimed by hand")
    look(world, pod, "run-8")
    assert (world.items(), stand(pod)) == ({}, (D("12.00"), D("7.00")))


def test_a_lost_answer_undoes_once(world, pod, source):
    """The reversal was taken and nobody heard: it is found by its key."""
    pod.faults.next("importBulkData", general.dropped(after=True))
    reverse(world, pod, source)
    for name in ("run-4", "run-5"):
        world.clock.advance(4_000)
        look(world, pod, name)
    assert states(pod, source) == ["1 reversed", "undoing posted"]
    assert (stand(pod), pod.app.books.duplicates()) == ((D("12.00"), D("7.00")), {})


def test_with_approval_another_person_lets_the_reversal_go(world, pod, source):
    """Planned under the day's name; who asked for it does not approve it."""
    two = {"approval": "required"}
    reverse(world, pod, source, **two)
    assert states(pod, source) == ["1 posted", "undoing planned"]
    with pytest.raises(NeedsAnotherPerson):
        approve(claiming(pod, **two), PARTITION, Decider("tester"), "my own")
    approve(claiming(pod, **two), PARTITION, MARIA, "looked at it")
    look(world, pod, "run-5", **two)
    assert states(pod, source) == ["1 reversed", "undoing posted"]


def test_a_day_of_input_tax_is_undone_and_claimed_again_by_its_name(world, pod, source):
    """Shown first, both of them; repeated it says that it is done."""
    told = claiming(pod, "run-3", told=(INVOICE, OTHER))
    assert len(run(told, reverse_command, PARTITION)["documents"]) == 2
    for _ in range(4):
        said = run(told, reverse_command, PARTITION, "--apply")
        world.clock.advance(120)
    assert (said["code"], len(said["warnings"]), stand(pod)) == (ExitCode.FINE, 2, (D("19.00"), D(0)))
    assert len(run(told, repost_command, PARTITION)["documents"]) == 2
    for _ in range(4):
        said = run(told, repost_command, PARTITION, "--apply")
        world.clock.advance(120)
    assert (said["code"], stand(pod)) == (ExitCode.FINE, (D(0), D("19.00")))
    assert all("is posted again already" in one for one in said["warnings"])
    assert (pod.app.books.duplicates(), world.items()) == ({}, {})


def test_a_claim_that_is_not_in_the_books_is_refused(world, pod):
    """Planned only: with the reason, and nothing is stored."""
    posted(world, pod)
    claim(world, pod, INVOICE, approval="required")
    [source] = order_sources(claiming(pod), "US/2026/1")
    with pytest.raises(InputRefused, match="has nothing to reverse: part 1 planned"):
        plan_order_reversal(claiming(pod), source)
