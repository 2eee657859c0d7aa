"""The cost of an order undone and posted again: every journal stands in the general ledger once, linked both ways."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from click.testing import CliRunner

from assets.audit.story import tell
from assets.posting.document_sets import revisions_of
from assets.review.approval import approve, reject
from assets.undo.order_reversals import made_again, order_sources, plan_order_reversal, repost_order
from assets.undo.reversals import apply_reversal
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.reverse import repost as repost_command
from connector_defs.cli.reverse import reverse as reverse_command
from emulators import faults as general
from emulators.fusion.site import Timing
from ledger.cost_documents import KIND as COST
from ledger.errors import DoneAlready, InputRefused, NeverUndone, UnderWayAlready
from ledger.four_eyes import Decider, NeedsAnotherPerson
from ledger.journal import SourceKey
from ledger.reversal import reversal_source
from resources.store.stores import Stores
from tests.road.billing_rig import fetched, verdict
from tests.road.fusion_rig import Pod
from tests.road.products.test_cost_postings import ALL, DAY, HEAD, costing, costs_in

NAME = f"cost_postings-{DAY[0]}"
MARIA = Decider("maria")


def posted(pod: Pod, **books) -> SourceKey:
    """Post the cost of a day; return the source of one journal."""
    for run in ("run-1", "run-2"):
        [done] = fetched(costing(pod, run, **books), "cost_postings", DAY).values()
        pod.world.clock.advance(60)
    assert {row["state"] for row in done.rows} == {"posted"}
    return order_sources(costing(pod), done.rows[0]["order"])[0]


def look(pod: Pod, run: str = "run-9", **books):
    """Let a run look at the day, and time go on."""
    [done] = fetched(costing(pod, run, **books), "cost_postings", DAY).values()
    pod.world.clock.advance(60)
    return done


def reverse(pod: Pod, source: SourceKey, **books) -> None:
    """Do what `connector reverse --apply` does, until the ERP has posted it."""
    road = costing(pod, "run-3", **books)
    apply_reversal(road, plan_order_reversal(road, source), "wrong unit cost")
    look(pod, "run-3", **books)
    look(pod, "run-4", **books)


def states(pod: Pod, source: SourceKey) -> list[str]:
    """Return the states of all revisions of a cost, and of what undoes the first."""
    outbox = costing(pod).stores.outbox
    undoing = revisions_of(costing(pod), reversal_source(source, 1))
    own = [one for number in (1, 2, 3) for one in outbox.documents(source, number)]
    return [*(f"{one.revision} {one.state}" for one in own), *(f"undoing {one.state}" for one in undoing)]


def standing(pod: Pod, source: SourceKey) -> list[Decimal]:
    """Return what each posted batch of an order's cost took out of the stock, revisions and reversals alike."""
    road = costing(pod)
    own = [one.erp_id for one in (*revisions_of(road, source), *revisions_of(road, reversal_source(source, 1)))]
    batches = [one for one in pod.batches() if any(erp_id and one.name.startswith(erp_id) for erp_id in own)]
    assert {one.status for one in batches} == {"P"}
    lines = [pod.app.books.lines(one.id) for one in batches]
    return [sum(-one.amount for one in of if one.account == "01-000-140100-000") for of in lines]


def test_a_plan_changes_nothing_and_says_which_journal_is_undone(world, pod):
    """By the order, the shipment, the number, the journal's word in the ERP and the posting key: the same document."""
    source = posted(pod)
    road = costing(pod)
    [document] = road.stores.outbox.documents(source)
    names = (source.belongs_to, source.source_id, document.erp_id, document.erp_id.split()[-1], document.key)
    assert [order_sources(road, name) for name in names] == [[source]] * len(names)
    before = len(road.stores.audit.events(road.connection, limit=10_000))
    plan = plan_order_reversal(road, source)
    assert (plan.name, plan.partition, plan.originals) == (source.source_id, NAME, (document,))
    [journal] = plan.journals.journals
    assert (journal.reverses, document.erp_id in journal.description) == (document.key, True)
    assert (journal.debits, journal.credits) == (document.journal.credits, document.journal.debits)
    assert len(road.stores.audit.events(road.connection, limit=10_000)) == before
    assert states(pod, source) == ["1 posted"]


def test_a_reversed_cost_is_nothing_in_the_books_and_stays_so(world, pod):
    """Both journals stand, linked both ways; no run posts it again, and the day's others are untouched."""
    source = posted(pod)
    others = len(costs_in(pod))
    reverse(pod, source)
    assert states(pod, source) == ["1 reversed", "undoing posted"]
    road = costing(pod)
    [original] = road.stores.outbox.documents(source)
    [undoing] = revisions_of(road, reversal_source(source, 1))
    assert original.reason == f"undone by {undoing.erp_id}"
    loads = pod.loads()
    done = look(pod, "run-5", text=HEAD + ALL.replace("4.255", "5"))
    assert pod.loads() == loads
    # The others stand in the books, and would cost otherwise now.
    assert list(world.items()) == ["order_document_reversed", "changed_after_posting"]
    item = world.items()["order_document_reversed"]
    assert (item.partition, item.origin) == (NAME, f"{source.source_id}.1")
    assert "is reversed and not in the books" in verdict(done, "accepted_by_erp").sentence
    assert verdict(done, "read_back_equals_journal").passed
    rows = [row for row in done.rows if row["order"] == source.belongs_to]
    assert [row["state"] for row in rows] == ["reversed", "posted"]
    assert rows[1]["what"].startswith(f"Reverses {original.erp_id}")
    amounts = standing(pod, source)
    assert (len(amounts), sum(amounts)) == (2, 0)
    assert (len(costs_in(pod)), pod.app.books.duplicates()) == (others + 1, {})
    [story] = tell(world.stores, "amazon_us", source.belongs_to).stories
    assert {one.source.kind for one in story.documents} == {COST, "reversal"}


def test_reversing_twice_does_nothing(world, pod):
    """Under way it is resumed; done it says by what, and how it is posted again."""
    source = posted(pod)
    road = costing(pod, "run-3")
    apply_reversal(road, plan_order_reversal(road, source), "wrong unit cost")
    plan = plan_order_reversal(road, source)
    assert plan.is_resumed
    apply_reversal(road, plan, "again")
    for run in ("run-3", "run-4"):
        look(pod, run)
    with pytest.raises(DoneAlready, match=rf"is reversed already.*connector repost {source.source_id}"):
        plan_order_reversal(costing(pod), source)
    assert (states(pod, source), pod.app.books.duplicates()) == (["1 reversed", "undoing posted"], {})


def test_a_lost_answer_undoes_once(world, pod):
    """The reversal was taken and nobody heard: it is found by its key."""
    source = posted(pod)
    pod.faults.next("importBulkData", general.dropped(after=True))
    reverse(pod, source)
    for run in ("run-5", "run-6", "run-7"):
        world.clock.advance(4_000)
        look(pod, run)
    assert states(pod, source) == ["1 reversed", "undoing posted"]
    assert pod.app.books.duplicates() == {}


def test_it_is_refused_while_it_is_not_certain_what_stands_in_the_books(world, pod):
    """Importing: it comes to its end first."""
    pod.timing = Timing(autopost_after_seconds=100_000)
    slow = Pod(world, timing=Timing(autopost_after_seconds=100_000))
    road = costing(slow)
    [done] = fetched(road, "cost_postings", DAY).values()
    assert "posted" not in {row["state"] for row in done.rows}
    [source] = order_sources(road, done.rows[0]["order"])
    with pytest.raises(InputRefused, match="cannot be reversed while part 1 is"):
        plan_order_reversal(road, source)


def test_what_was_never_sent_is_refused(world, pod):
    """Planned only: with the reason, and nothing is stored."""
    road = costing(pod, approval="required")
    [done] = fetched(road, "cost_postings", DAY).values()
    [source] = order_sources(road, done.rows[0]["order"])
    with pytest.raises(InputRefused, match="has nothing to reverse: part 1 planned"):
        plan_order_reversal(road, source)


def test_posted_again_it_is_the_next_revision_with_the_cost_of_now(world, pod):
    """Once, by a person's word; the day's checks are all content with it."""
    source = posted(pod)
    with pytest.raises(NeverUndone, match="is not reversed"):
        repost_order(costing(pod), source, MARIA, "too early")
    reverse(pod, source)
    corrected = {"text": HEAD + ALL.replace("4.255", "5")}
    # What the corrected catalogue says of the day's others is told, and nothing is sent of them.
    road = costing(pod, "run-5", **corrected)
    [wanted] = made_again(road, source).journals
    assert wanted.revision == 2
    repost_order(road, source, MARIA, "unit cost corrected")
    look(pod, "run-5", **corrected)
    with pytest.raises(UnderWayAlready, match="is being posted again"):
        repost_order(costing(pod, "run-6", **corrected), source, MARIA, "once more")
    for run in ("run-6", "run-7"):
        look(pod, run, **corrected)
    assert states(pod, source) == ["1 reversed", "2 posted", "undoing posted"]
    [again] = costing(pod).stores.outbox.documents(source)
    assert again.journal.lines == wanted.lines
    amounts = standing(pod, source)
    assert (len(amounts), sum(amounts)) == (3, wanted.debits)
    assert pod.app.books.duplicates() == {}
    assert list(world.items()) == ["changed_after_posting"], "of the others of the day"
    with pytest.raises(DoneAlready, match=rf"is posted again already, by {re.escape(again.erp_id)}"):
        repost_order(costing(pod), source, MARIA, "twice")


def test_it_may_be_left_out_of_the_books(world, pod):
    """`keep` ends the item, and no run opens it again."""
    source = posted(pod)
    reverse(pod, source)
    world.resolve("order_document_reversed", "keep", "the stock was counted by hand")
    done = look(pod, "run-5")
    assert (world.items(), states(pod, source)) == ({}, ["1 reversed", "undoing posted"])
    assert verdict(done, "accepted_by_erp").passed


def test_with_approval_another_person_lets_the_reversal_and_the_new_journal_go(world, pod):
    """Planned by one, approved by another, under the day's name; a rejected reversal leaves the cost where it is."""
    source = posted(pod)
    two = {"approval": "required"}
    road = costing(pod, "run-3", **two)
    apply_reversal(road, plan_order_reversal(road, source), "wrong unit cost")
    waits = look(pod, "run-3", **two)
    assert states(pod, source) == ["1 posted", "undoing planned"]
    assert "cost journals are planned" in verdict(waits, "accepted_by_erp").findings[0].sentence
    with pytest.raises(NeedsAnotherPerson):
        approve(road, NAME, Decider("tester"), "my own")
    reject(road, NAME, MARIA, "it was right")
    assert states(pod, source) == ["1 posted", "undoing refused"]
    road = costing(pod, "run-4", **two)
    apply_reversal(road, plan_order_reversal(road, source), "it was wrong")
    look(pod, "run-4", **two)
    approve(road, NAME, MARIA, "it is wrong")
    for run in ("run-5", "run-6"):
        look(pod, run, **two)
    assert states(pod, source) == ["1 reversed", "undoing refused", "undoing posted"]
    repost_order(costing(pod, **two), source, MARIA, "corrected")
    look(pod, "run-7", **two)
    with pytest.raises(NeedsAnotherPerson):
        approve(costing(pod, **two), NAME, MARIA, "whoever wanted it does not approve it")
    approve(costing(pod, **two), NAME, Decider("carol"), "as planned")
    for run in ("run-8", "run-9"):
        look(pod, run, **two)
    assert "2 posted" in states(pod, source)
    assert pod.app.books.duplicates() == {}


def test_in_a_closed_period_the_reversal_moves_where_the_policy_says_so(world, pod):
    """The next open day, marked as late; the original keeps its own."""
    source = posted(pod)
    [original] = costing(pod).stores.outbox.documents(source)
    pod.period(original.journal.accounting_date.strftime("%b-%y"), "C")
    pod.period("Dec-26", "O")
    reverse(pod, source, closed_period="next_open")
    [undoing] = revisions_of(costing(pod), reversal_source(source, 1))
    assert (states(pod, source), undoing.journal.accounting_date.isoformat()) == (
        ["1 reversed", "undoing posted"],
        "2026-12-01",
    )
    assert undoing.journal.original_period == "2026-11"


def test_a_reversal_that_was_deleted_in_the_erp_is_told(world, pod):
    """What undoes a document is read back with the day, as the document itself is."""
    source = posted(pod)
    reverse(pod, source)
    world.clock.advance(86_400)
    [undoing] = revisions_of(costing(pod), reversal_source(source, 1))
    [batch] = [one for one in pod.batches() if one.name.startswith(undoing.erp_id)]
    pod.app.books.people.unpost(batch.id)
    pod.app.books.people.delete(batch.id)
    done = look(pod, "run-6")
    assert not verdict(done, "read_back_equals_journal").passed


def test_a_lost_control_database_finds_the_reversal_by_its_key(world, pod):
    """The same wish again takes it into the records; the ledger gets nothing."""
    source = posted(pod)
    reverse(pod, source)
    loads, days = pod.loads(), costing(pod).stores.warehouse
    events = {one.partition: days.path(one).read_bytes() for one in days.currents("amazon_us", "financial_events")}
    lost = Stores.open(world.home / "new", world.clock)
    for day, content in events.items():
        lost.warehouse.write("amazon_us", "financial_events", day, lambda path, c=content: path.write_bytes(c), {})
    road = replace(costing(pod, "run-20"), stores=lost)
    for _ in range(2):
        fetched(road, "cost_postings", DAY)
        world.clock.advance(60)
    assert [str(one.state) for one in lost.outbox.documents(source)] == ["posted"]
    apply_reversal(road, plan_order_reversal(road, source), "as before", even_if_closed=True)
    fetched(road, "cost_postings", DAY)
    assert [str(one.state) for one in lost.outbox.documents(source)] == ["reversed"]
    assert (pod.loads(), pod.app.books.duplicates()) == (loads, {})


def run(road, command, *arguments: str) -> dict:
    """Run a command on a road; return what it tells machines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connector_defs.cli.reverse.opened_road", lambda name: road)
        given = [*arguments, "-c", "amazon_us", "--reason", "wrong unit cost", "--json"]
        ended = CliRunner().invoke(command, given)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return json.loads(ended.stdout) | {"code": ended.exit_code}


def test_the_commands_take_an_order_and_show_first(world, pod):
    """Shown, done, said to be done; posted again as shown. Each row says which document, and where it stands."""
    source = posted(pod)
    order = source.belongs_to
    shown = run(costing(pod, "run-3"), reverse_command, order)
    [document] = costing(pod).stores.outbox.documents(source)
    [row] = shown["documents"]
    assert (shown["is_applied"], row["settlement"], row["undoes"]) == (False, source.source_id, document.erp_id)
    assert states(pod, source) == ["1 posted"]
    for name in ("run-3", "run-4"):
        applied = run(costing(pod, name), reverse_command, order, "--apply")
        if applied["settlements"][0]["state"] == "reversed":
            break
        world.clock.advance(60)
    [standing_now] = applied["settlements"]
    assert (standing_now["state"], "connector repost" in standing_now["waits_for"]) == ("reversed", True)
    assert applied["code"] == ExitCode.WAITS
    shown = run(costing(pod, "run-5"), repost_command, order)
    [row] = shown["documents"]
    assert (shown["is_applied"], row["debits"]) == (False, str(document.journal.debits))
    for name in ("run-5", "run-6"):
        again = run(costing(pod, name), repost_command, order, "--apply")
        if again["settlements"][0]["state"] == "posted":
            break
        world.clock.advance(60)
    assert [one["state"] for one in again["settlements"]] == ["posted"]
    assert row["erp_id"] == again["settlements"][0]["documents"]
    assert (states(pod, source), world.items()) == (["1 reversed", "2 posted", "undoing posted"], {})


def test_an_order_has_no_receipt(world, pod):
    """`--cash-only` is of settlements."""
    source = posted(pod)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connector_defs.cli.reverse.opened_road", lambda name: costing(pod))
        given = [source.belongs_to, "-c", "amazon_us", "--reason", "wrong", "--cash-only"]
        ended = CliRunner().invoke(reverse_command, given)
    assert isinstance(ended.exception, InputRefused)
    assert "has no receipt" in str(ended.exception)
