"""What a return took back, undone and posted again: with its cost, or alone, and never the cost under it alone."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from assets.posting.day_journals import take_day
from assets.posting.document_sets import revisions_of
from assets.undo.order_reversals import order_sources, plan_order_reversal, repost_order
from assets.undo.reversals import apply_reversal
from connector_defs.cli.reverse import repost as repost_command
from connector_defs.cli.reverse import reverse as reverse_command
from ledger.cost_documents import KIND as COST
from ledger.cost_returns import KIND as COST_RETURN
from ledger.errors import InputRefused
from ledger.four_eyes import Decider
from ledger.journal import SourceKey
from ledger.reversal import reversal_source
from tests.road.billing_rig import fetched, verdict
from tests.road.fusion_rig import Pod
from tests.road.products.returns_rig import (
    BACK,
    COSTED,
    came_back,
    costed,
    look,
    looks,
    moved,
    nothing_came_back,
    returning,
    told,
)
from tests.road.products.test_cost_postings import ALL, HEAD

MARIA = Decider("maria")


@pytest.fixture
def order(world, pod) -> str:
    """Post the cost of a day and one return; return its order."""
    nothing_came_back(world)
    name, of = sorted(costed(pod).items())[0]
    came_back(world, name, min(of))
    told(pod)
    looks(pod)
    assert len(moved(pod)) == 1
    return name


def of_order(pod: Pod, order: str) -> tuple[SourceKey, SourceKey]:
    """Return the order's return and its cost, in the order in which they are undone."""
    back, cost = order_sources(returning(pod), order)
    assert (back.kind, cost.kind) == (COST_RETURN, COST)
    return back, cost


def runs(pod: Pod, **changes) -> None:
    """Let runs look at both days."""
    for run in ("run-5", "run-6", "run-7"):
        fetched(returning(pod, run, **changes), "return_postings", BACK)
        fetched(returning(pod, run, **changes), "cost_postings", COSTED)
        pod.world.clock.advance(60)


def states(pod: Pod, source: SourceKey) -> list[str]:
    """Return the states of all revisions of a document, and of what undoes the first."""
    road = returning(pod)
    undoing = revisions_of(road, reversal_source(source, 1))
    own = [f"{one.revision} {one.state}" for one in revisions_of(road, source)]
    return [*own, *(f"undoing {one.state}" for one in undoing)]


def test_cost_alone_is_not_undone_under_a_return(world, pod, order):
    """Both would take the same units off; the sentence names what to name, and nothing was done."""
    back, cost = of_order(pod, order)
    with pytest.raises(InputRefused, match=rf"cannot be reversed before .*connector reverse {back.source_id} "):
        plan_order_reversal(returning(pod), cost)
    assert (states(pod, back), states(pod, cost)) == (["1 posted"], ["1 posted"])
    plan = plan_order_reversal(returning(pod), cost, frozenset({back.source_id}))
    assert any("It waits until" in one for one in plan.warnings)


def test_a_return_alone_is_undone_and_posted_again(world, pod, order):
    """Its cost stays; what is undone counts no unit; posted again it is the next revision."""
    back, cost = of_order(pod, order)
    road = returning(pod, "run-3")
    apply_reversal(road, plan_order_reversal(road, back), "it was another order's")
    runs(pod)
    assert (states(pod, back), states(pod, cost)) == (["1 reversed", "undoing posted"], ["1 posted"])
    assert list(world.items()) == ["order_document_reversed"]
    assert f"Returned cost of order {back.source_id} is reversed" in world.items()["order_document_reversed"].sentence
    repost_order(returning(pod), back, MARIA, "it was not")
    runs(pod)
    assert (states(pod, back), world.items()) == (["1 reversed", "2 posted", "undoing posted"], {})
    assert (len(moved(pod)), pod.app.books.duplicates()) == (2, {})


def test_a_return_waits_while_its_cost_is_reversed_and_goes_when_it_stands_again(world, pod, order):
    """Reversed with its cost; the cost alone posted again at another price, then the return at that price."""
    back, cost = of_order(pod, order)
    road = returning(pod, "run-3")
    for source in (back, cost):
        apply_reversal(road, plan_order_reversal(road, source, frozenset({back.source_id})), "wrong unit cost")
    runs(pod)
    reversed_ = ["1 reversed", "undoing posted"]
    assert (states(pod, back), states(pod, cost)) == (reversed_, reversed_)
    repost_order(returning(pod), back, MARIA, "unit cost corrected")
    done = look(pod)
    waits = verdict(done, "every_return_booked")
    assert (waits.passed, waits.is_waiting) == (False, True)
    assert "is reversed and not in the books" in waits.rows[0]["why it is not booked"]
    assert states(pod, back) == reversed_
    corrected = {"text": HEAD + ALL.replace("4.255", "5")}
    repost_order(returning(pod, **corrected), cost, MARIA, "unit cost corrected")
    runs(pod, **corrected)
    runs(pod, **corrected)
    again = ["1 reversed", "2 posted", "undoing posted"]
    assert (states(pod, back), states(pod, cost)) == (again, again)
    [document] = returning(pod).stores.outbox.documents(back)
    assert str(document.journal.debits) == "5.00"
    assert pod.app.books.duplicates() == {}


def test_a_return_of_cost_that_is_left_out_of_the_books_is_told(world, pod):
    """`keep` says that the cost is not coming back, so there is nothing to take off it, and nothing to wait for."""
    nothing_came_back(world)
    order, of = sorted(costed(pod).items())[0]
    [cost] = order_sources(returning(pod), order)
    road = returning(pod, "run-3")
    apply_reversal(road, plan_order_reversal(road, cost), "a sample: no stock left the books")
    for run in ("run-4", "run-5"):
        fetched(returning(pod, run), "cost_postings", COSTED)
        world.clock.advance(60)
    came_back(world, order, min(of))
    told(pod)
    waits = verdict(look(pod), "every_return_booked")
    assert waits.is_waiting
    world.resolve("order_document_reversed", "keep", "a sample")
    booked = verdict(look(pod), "every_return_booked")
    assert booked.passed
    assert "1 take nothing back: their cost is not booked here" in booked.sentence


def test_a_return_that_is_planned_is_not_sent_while_its_cost_is_undone(world, pod):
    """The cost need not wait for it: what is taken back of nothing never leaves."""
    nothing_came_back(world)
    order, of = sorted(costed(pod).items())[0]
    came_back(world, order, min(of))
    told(pod)
    look(pod, approval="required")
    [cost] = order_sources(returning(pod), order)
    road = returning(pod, "run-3")
    apply_reversal(road, plan_order_reversal(road, cost), "wrong unit cost")
    for run in ("run-4", "run-5"):
        look(pod, run)
        fetched(returning(pod, run), "cost_postings", COSTED)
        world.clock.advance(60)
    look(pod, "run-6")
    assert states(pod, cost) == ["1 reversed", "undoing posted"]
    assert moved(pod) == []


def test_a_reversal_of_its_cost_that_is_planned_meanwhile_keeps_a_return_from_being_sent(world, pod, monkeypatch):
    """Two workers at once: the return was made when the cost still stood, and the sending step sees that it goes."""
    nothing_came_back(world)
    order, of = sorted(costed(pod).items())[0]
    came_back(world, order, min(of))
    told(pod)
    [cost] = order_sources(returning(pod), order)
    loads = pod.loads()

    def meanwhile(road, *given, **more):
        apply_reversal(returning(pod, "run-2"), plan_order_reversal(returning(pod), cost), "wrong unit cost")
        return take_day(road, *given, **more)

    with monkeypatch.context() as patch:
        patch.setattr("assets.return_postings.take_day", meanwhile)
        look(pod)
    assert (moved(pod), pod.loads()) == ([], loads)
    runs(pod)
    assert states(pod, cost) == ["1 reversed", "undoing posted"]
    assert (moved(pod), pod.app.books.duplicates()) == ([], {})


def run(road, command, *arguments: str) -> dict:
    """Run a command on a road; return what it tells machines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connector_defs.cli.reverse.opened_road", lambda name: road)
        given = [*arguments, "-c", "amazon_us", "--reason", "wrong unit cost", "--json"]
        ended = CliRunner().invoke(command, given)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return json.loads(ended.stdout) | {"code": ended.exit_code}


def test_the_commands_take_an_order_with_all_it_has(world, pod, order):
    """Shown in the right order, undone in it by itself, and posted again the other way round."""
    back, cost = of_order(pod, order)
    shown = run(returning(pod, "run-3"), reverse_command, order)
    assert [row["settlement"] for row in shown["documents"]] == [back.source_id, cost.source_id]
    for name in ("run-3", "run-4", "run-5", "run-6"):
        run(returning(pod, name), reverse_command, order, "--apply")
        world.clock.advance(60)
        if states(pod, cost) == ["1 reversed", "undoing posted"]:
            break
    assert states(pod, back) == states(pod, cost) == ["1 reversed", "undoing posted"]
    shown = run(returning(pod, "run-7"), repost_command, order)
    assert [row["settlement"] for row in shown["documents"]] == [cost.source_id]
    assert any("is made once the cost it takes back stands in the books" in one for one in shown["warnings"])
    for name in ("run-7", "run-8", "run-9", "run-10"):
        run(returning(pod, name), repost_command, order, "--apply")
        world.clock.advance(60)
        if "2 posted" in states(pod, back):
            break
    again = ["1 reversed", "2 posted", "undoing posted"]
    assert (states(pod, back), states(pod, cost), world.items()) == (again, again, {})
    assert pod.app.books.duplicates() == {}
