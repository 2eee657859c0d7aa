"""A whole day of invoices undone and billed again by its name: its credit memos and settlements are named with it."""

from __future__ import annotations

import pytest

from assets.posting.document_sets import revisions_of
from assets.road import walk
from assets.undo.order_reversals import order_sources
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.reverse import repost as repost_command
from connector_defs.cli.reverse import reverse as reverse_command
from ledger.errors import InputRefused
from ledger.order_documents import CREDIT_MEMO, INVOICE
from tests.road.billed.test_credit_memos import Refunded, credited, memos, refunded  # noqa: F401
from tests.road.billed.test_undoing_invoices import NAME, billing, posted
from tests.road.billing_rig import billing as billing_plain
from tests.road.billing_rig import settled
from tests.road.products.test_undoing_costs import run
from tests.road.products.test_undoing_days import reverse as asked
from tests.road.test_fusion_receivables import invoices
from tests.road.test_posting_road import ONE


def states(pod, name: str, kind: str = INVOICE) -> set[tuple[int, str]]:
    """Return revision and state of all documents of a kind that are kept under a day."""
    listed = billing(pod).stores.outbox.listing("amazon_us", partition=name, limit=1_000)
    return {(one.revision, str(one.state)) for one in listed if one.source.kind == kind}


def repeated(world, road, command, *names: str) -> dict:
    """Give the same command several times, as a person does while the ERP works; return what it says at last."""
    for _ in range(4):
        said = run(road, command, *names, "--apply")
        world.clock.advance(60)
    return said


def test_a_day_of_invoices_is_undone_with_the_settlement_that_cleared_one(world, pod, monkeypatch):
    """Alone it is refused, naming the settlement; together every invoice is credited, and billed again once."""
    source, total = posted(pod)
    settled(world, billing(pod, "run-3"), source.belongs_to, total)
    for _ in range(2):
        walk(billing(pod, "run-3"), ONE)
        world.clock.advance(60)
    assert world.states(billing(pod), ONE) == ["posted"]
    before, loads = len(invoices(pod)), pod.loads()
    with monkeypatch.context() as patch:
        patch.setattr("tests.road.products.test_undoing_days.returning", lambda _, name: billing(pod, name))
        with pytest.raises(InputRefused) as refused:
            asked(pod, NAME)
    sentence = str(refused.value)
    assert f"{ONE}, which cleared its invoices" in sentence
    assert f"connector reverse {ONE} {NAME} -c amazon_us" in sentence
    assert (states(pod, NAME), pod.loads(), memos(pod)) == ({(1, "posted")}, loads, [])
    count = len({one.source for one in billing(pod).stores.outbox.listing("amazon_us", partition=NAME, limit=1_000)})
    shown = run(billing(pod, "run-4"), reverse_command, ONE, NAME)
    assert shown["documents"][0]["settlement"] == ONE
    assert len(shown["documents"]) == count + 1
    said = repeated(world, billing(pod, "run-5"), reverse_command, NAME, ONE)
    assert (said["code"], len(said["warnings"])) == (ExitCode.FINE, count + 1)
    assert (states(pod, NAME), world.states(billing(pod), ONE)) == ({(1, "reversed")}, ["reversed"])
    assert len(memos(pod)) == count
    said = repeated(world, billing(pod, "run-6"), repost_command, NAME, ONE)
    assert said["code"] == ExitCode.FINE
    assert all("is posted again already" in one for one in said["warnings"])
    assert states(pod, NAME) == {(1, "reversed"), (2, "posted")}
    assert len(invoices(pod)) == before + count
    assert world.states(billing(pod), ONE) == ["posted"]


def test_a_day_with_credit_memos_of_earlier_invoices_names_those(world, pod, refunded: Refunded):  # noqa: F811
    """A credit memo is undone with its invoice, of whatever day; named with it, all of it is undone."""
    credited(pod, refunded)
    name = f"invoice_postings-{refunded.refunded}"
    [source] = order_sources(billing_plain(pod), refunded.order)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.road.products.test_undoing_days.returning", lambda _, run: billing_plain(pod, run))
        with pytest.raises(InputRefused) as refused:
            asked(pod, name)
    assert f"{source.source_id}, the invoice of one of its credit memos" in str(refused.value)
    assert f"connector reverse {source.source_id} {name} -c amazon_us" in str(refused.value)
    assert states(pod, name, CREDIT_MEMO) == {(1, "posted")}
    said = repeated(world, billing_plain(pod, "run-5"), reverse_command, name, source.source_id)
    assert said["code"] == ExitCode.FINE
    assert states(pod, name, CREDIT_MEMO) == {(1, "reversed")}
    assert {str(one.state) for one in revisions_of(billing_plain(pod), source)} == {"reversed"}
