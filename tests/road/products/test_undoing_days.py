"""A whole day of cost, or of returns, undone and posted again by its name: every document of it, once."""

from __future__ import annotations

import pytest

from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.reverse import repost as repost_command
from connector_defs.cli.reverse import reverse as reverse_command
from ledger.cost_documents import KIND as COST
from ledger.cost_returns import KIND as COST_RETURN
from ledger.errors import InputRefused
from ledger.posting import PostingState
from tests.road.products.returns_rig import BACK, COSTED, came_back, costed, looks, moved, nothing_came_back, returning
from tests.road.products.returns_rig import told as returns_told
from tests.road.products.test_undoing_costs import run

COSTS, RETURNS = f"cost_postings-{COSTED[0]}", f"return_postings-{BACK[0]}"
REPOSTED, UNDONE = {(1, "reversed"), (2, "posted")}, {(1, "reversed")}


@pytest.fixture
def returned(world, pod) -> str:
    """Post the cost of a day and one return of it; return the order."""
    nothing_came_back(world)
    name, of = sorted(costed(pod).items())[0]
    came_back(world, name, min(of))
    returns_told(pod)
    looks(pod)
    assert len(moved(pod)) == 1
    return name


def states(pod, kind: str) -> set[tuple[int, str]]:
    """Return revision and state of all documents of a kind."""
    listed = returning(pod).stores.outbox.listing("amazon_us", limit=1_000)
    return {(one.revision, str(one.state)) for one in listed if one.source.kind == kind}


def repeated(world, pod, command, *names: str, until) -> dict:
    """Give the same command again and again, as a person does, until what it wants stands; return what it said last."""
    for number in range(8):
        said = run(returning(pod, f"again-{number}"), command, *names, "--apply")
        world.clock.advance(60)
        if until():
            return said
    raise AssertionError(said)


def test_a_day_of_cost_is_undone_and_posted_again_with_the_returns_it_names(world, pod, returned):
    """What took some of it back is named with the command that takes both; shown first; repeated it changes nothing."""
    with pytest.raises(InputRefused) as refused:
        reverse(pod, COSTS)
    [back] = [one.source for one in documents(pod) if one.source.kind == COST_RETURN]
    sentence = str(refused.value)
    assert f"{back.source_id}, which took back some of its cost" in sentence
    assert f"connector reverse {back.source_id} {COSTS} -c amazon_us" in sentence
    assert states(pod, COST) == states(pod, COST_RETURN) == {(1, "posted")}
    costs = [one for one in documents(pod) if one.source.kind == COST]
    shown = run(returning(pod, "run-3"), reverse_command, COSTS, RETURNS)
    assert (shown["is_applied"], len(shown["documents"])) == (False, len(costs) + 1)
    assert shown["documents"][0]["settlement"] == back.source_id, "dependents first"
    repeated(
        world,
        pod,
        reverse_command,
        COSTS,
        RETURNS,
        until=lambda: states(pod, COST) == states(pod, COST_RETURN) == UNDONE,
    )
    loads = pod.loads()
    again = run(returning(pod, "run-9"), reverse_command, COSTS, RETURNS, "--apply")
    assert (again["code"], len(again["warnings"])) == (ExitCode.FINE, len(costs) + 1)
    assert all("is reversed already" in one for one in again["warnings"])
    assert pod.loads() == loads
    repeated(
        world,
        pod,
        repost_command,
        COSTS,
        RETURNS,
        until=lambda: states(pod, COST) == states(pod, COST_RETURN) == REPOSTED,
    )
    again = run(returning(pod, "run-10"), repost_command, COSTS, RETURNS, "--apply")
    assert again["code"] == ExitCode.FINE
    assert all("is posted again already" in one for one in again["warnings"])
    assert (pod.app.books.duplicates(), world.items()) == ({}, {})


def test_a_day_of_returns_is_undone_alone(world, pod, returned):
    """The cost stays."""
    repeated(world, pod, reverse_command, RETURNS, until=lambda: states(pod, COST_RETURN) == UNDONE)
    assert states(pod, COST) == {(1, "posted")}
    assert list(world.items()) == ["order_document_reversed"]


def test_a_day_of_which_some_is_undone_goes_on_with_the_rest(world, pod, returned):
    """As after a death between two of its documents."""
    [order] = {one.source.belongs_to for one in documents(pod) if one.source.kind == COST_RETURN}
    repeated(world, pod, reverse_command, order, until=lambda: states(pod, COST_RETURN) == UNDONE)
    before = sum(one.source.kind == COST and one.state is PostingState.POSTED for one in documents(pod))
    shown = run(returning(pod, "run-3"), reverse_command, COSTS)
    assert len(shown["documents"]) >= before
    repeated(world, pod, reverse_command, COSTS, until=lambda: states(pod, COST) == UNDONE)
    # One order is wanted again, the rest of the day is not: the day means all that was undone.
    said = run(returning(pod, "run-4"), repost_command, COSTS)
    assert len(said["documents"]) == len({one.source for one in documents(pod) if one.source.kind == COST})
    assert pod.app.books.duplicates() == {}


def test_nothing_of_a_day_is_posted_again_before_it_is_undone(world, pod, returned):
    """The sentence says how."""
    with pytest.raises(InputRefused, match=rf"nothing of that day is reversed.*connector reverse {COSTS} "):
        reverse(pod, COSTS, command=repost_command)


def test_a_day_of_which_nothing_was_sent_is_rejected_and_not_reversed(world, pod):
    """Planned only."""
    nothing_came_back(world)
    costed_planned(pod)
    with pytest.raises(InputRefused, match=rf"nothing of that day was ever sent.*connector reject {COSTS} "):
        reverse(pod, COSTS)


def test_what_keeps_a_day_is_named_document_by_document(world, pod, returned, monkeypatch):
    """Two costs of which nobody knows yet what stands in the books: both are named, and nothing is stored."""
    costs = sorted({one.source for one in documents(pod) if one.source.kind == COST}, key=str)[:2]
    [back] = [one.source for one in documents(pod) if one.source.kind == COST_RETURN]

    def unclear(road, what, newest):
        if newest[0].source in costs:
            raise InputRefused(f"{what} of {road.connection} cannot be reversed while part 1 is unclear.")

    monkeypatch.setattr("assets.undo.order_reversals.require_reversible", unclear)
    with pytest.raises(InputRefused) as refused:
        reverse(pod, back.source_id, COSTS)
    assert all(one.source_id in str(refused.value) for one in costs)
    assert states(pod, COST) == {(1, "posted")}


def documents(pod) -> list:
    """Return the documents of the connection."""
    return returning(pod).stores.outbox.listing("amazon_us", limit=1_000)


def reverse(pod, *names: str, command=reverse_command) -> None:
    """Give a command that is to be refused; raise what it raises."""
    from click.testing import CliRunner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connector_defs.cli.reverse.opened_road", lambda name: returning(pod, "run-x"))
        given = [*names, "-c", "amazon_us", "--reason", "wrong", "--apply"]
        ended = CliRunner().invoke(command, given)
    assert ended.exception is not None
    raise ended.exception


def costed_planned(pod) -> None:
    """Plan the cost of the day, and let nobody approve it."""
    from tests.road.billing_rig import fetched
    from tests.road.products.test_cost_postings import costing

    [done] = fetched(costing(pod, approval="required"), "cost_postings", COSTED).values()
    assert {row["state"] for row in done.rows} == {"planned"}
