"""What goes on by itself and what waits for a person: due rows, outages, review items, and every finding's way out."""

import ast
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from assets.posting.protocol import PostingPatience
from assets.road import STAGES, run_stage, walk
from assets.stages.outcome import ACTIONS, ENDS_BY_ITSELF
from assets.stages.resumption import WATCH_KINDS, take_back, taken_up
from emulators import faults as general
from emulators.peoplesoft.site import Timing
from ledger.errors import Finding, LeaseLost, TargetUnavailable
from tests.road.conftest import sale

ONE = "24000000001"
SOURCES = Path(__file__).parents[2]


def due(world, road) -> list[tuple[str, float, str]]:
    """Return what is asked for: kind, seconds from now, reason; the daily look at what is done is proved elsewhere."""
    now = world.clock.now()
    rows = [row for row in world.stores.due.listing(road.connection) if row.kind not in WATCH_KINDS]
    return [(row.kind, (row.at - now).total_seconds(), row.reason) for row in rows]


def follow_up(road):
    """Run what the row of a posting asks for; return what the postings and the reconciliations say."""
    posted, _, reconciled = [run_stage(road, stage, ONE) for stage in STAGES[-3:]]
    return posted, reconciled


def test_a_settlement_that_came_to_its_end_is_not_asked_for_again(world):
    """Found: due at once. Under way: not before the run counts as dead. At its end: closed."""
    road = world.small()
    world.take_in(road, ONE, sale())
    assert due(world, road) == [("arrival", 0, "found by import")]
    run_stage(road, STAGES[0], ONE)
    assert due(world, road) == [("arrival", 1800, "run run-1 is on its way")]
    walk(road, ONE)
    assert due(world, road) == []


def test_an_outage_that_lasts_is_told_and_ends_by_itself(world):
    """Posted, and then the books cannot be read for hours: an item after the twelfth look, none once they can."""
    road = world.small()
    world.take_in(road, ONE, sale())
    for stage in STAGES[:-1]:
        run_stage(road, stage, ONE)
    world.erp_faults.always("ExecuteQuery", general.html(503))
    began = world.clock.now()
    for _ in range(12):
        assert world.items() == {}
        assert world.states(road, ONE) == ["posted"]
        with pytest.raises(TargetUnavailable):
            follow_up(road)
        [(_, seconds, _)] = due(world, road)
        world.clock.advance(seconds)
    assert timedelta(hours=7) < world.clock.now() - began < timedelta(hours=9)
    [told] = world.items().values()
    assert told.code == "reconciliations_failed"
    assert told.sentence.startswith(f"reconciliations of settlement {ONE} could not be made 12 times in a row: ")
    world.erp_faults.clear()
    follow_up(road)
    assert (due(world, road), world.items()) == ([], {})
    world.assert_in_books("100.00")


def test_a_settlement_that_stopped_on_a_finding_waits_for_a_person(world):
    """No row while it is held; the decision asks for it again."""
    road = world.small()
    world.take_in(road, ONE, sale())
    world.books.set_periods("US001", (2026, 4), (2026, 10))
    walk(road, ONE)
    assert due(world, road) == []
    item = world.resolve("period_closed", "retry", "opened")
    assert due(world, road) == [("settlement", 0, f"review item {item.id} resolved: retry")]


def test_what_a_killed_run_took_up_is_asked_for_within_seconds(world):
    """Its leases run out at once; the more often that happens, the later the next run comes; a live run keeps all."""
    road = world.small()
    world.take_in(road, ONE, sale())
    for stage in STAGES[:5]:
        run_stage(road, stage, ONE)
    taken_up(road, "erp_postings", ONE)
    key = world.documents(road, ONE)[0].key
    lease = world.stores.outbox.lease(key, "machine:1:run-1", 900)
    args = world.stores, world.clock, road.connection
    assert take_back(*args, lambda run: False) == 0
    assert world.stores.outbox.lease(key, "machine:2:run-2", 900) is None
    assert take_back(*args, lambda run: run == "run-1") == len(due(world, road))
    assert {row[1:] for row in due(world, road)} == {(10, "failure 1: run run-1 ended before its work did")}
    assert take_back(*args, lambda run: True) == 0
    assert world.stores.outbox.lease(key, "machine:2:run-2", 900) is not None
    with pytest.raises(LeaseLost):
        world.stores.outbox.renew(lease, 900)
    world.clock.advance(901)
    again = world.small("run-2")
    taken_up(again, "erp_postings", ONE)
    take_back(*args, lambda run: run == "run-2")
    assert (20, "failure 2: run run-2 ended before its work did") in {row[1:] for row in due(world, road)}
    walk(world.small("run-3"), ONE)
    assert due(world, road) == []
    world.assert_in_books("100.00")


def test_what_is_asked_for_while_a_run_works_is_not_lost(world):
    """A decision in the middle of a walk asks for another one."""
    road = world.small()
    world.take_in(road, ONE, sale())
    for stage in STAGES[:4]:
        run_stage(road, stage, ONE)
    world.stores.due.ask(road.connection, "settlement", ONE, world.clock.now(), "somebody decided")
    for stage in STAGES[4:]:
        run_stage(road, stage, ONE)
    assert [(kind, reason) for kind, _, reason in due(world, road)] == [("settlement", "somebody decided")]


def test_a_run_ends_importing_and_a_follow_up_finishes(world):
    """The patience of a run is short; waiting checks warn and stop nothing."""
    road = world.small()
    world.demo.site.timing = Timing(edit_after_seconds=60, post_after_seconds=120)
    world.take_in(road, ONE, sale())
    walked = walk(road, ONE)
    assert walked.stopped_at == ""
    waiting = [one for result in walked.results.values() for one in result.verdicts if one.is_waiting]
    assert {one.check for one in waiting} == {
        *("accepted_by_erp", "posted_exactly_once", "read_back_equals_journal", "clearing_equals_total"),
        "clearing_item_closed",
        "cash_entry_in_books",
    }
    stored = {one.check: one for one in world.stores.verdicts.latest(road.connection, ONE)}
    assert {stored[one.check].severity for one in waiting} == {"warn"}
    assert [(kind, reason) for kind, _, reason in due(world, road)] == [("posting", "documents are importing")]
    world.clock.advance(200)
    follow_up(world.small("run-2"))
    assert (world.states(road, ONE), due(world, road), world.items()) == (["posted"], [], {})
    world.assert_in_books("100.00")


def test_an_outage_of_the_erp_heals_by_itself(world):
    """Asked again after a minute, two, four, at most an hour; then it goes on, and nothing is left behind."""
    road = world.small()
    world.take_in(road, ONE, sale())
    for stage in STAGES[:4]:
        run_stage(road, stage, ONE)
    world.erp_faults.always("ExecuteQuery", general.html(503))
    waits = []
    for _ in range(9):
        with pytest.raises(TargetUnavailable):
            run_stage(road, STAGES[4], ONE)
        [(kind, seconds, reason)] = due(world, road)
        waits.append(round(seconds))
        world.clock.advance(seconds)
    assert (kind, reason.split(":")[0]) == ("posting", "failure 9 of erp_postings")
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    world.erp_faults.clear()
    follow_up(road)
    assert (due(world, road), world.items(), world.states(road, ONE)) == ([], {}, ["posted"])
    world.assert_in_books("100.00")


def test_an_outage_before_the_posting_asks_for_the_whole_road(world):
    """The journals stage asks the ERP too."""
    road = world.small()
    world.take_in(road, ONE, sale())
    world.erp_faults.always("ExecuteQuery", general.html(503))
    with pytest.raises(TargetUnavailable):
        walk(road, ONE)
    [(kind, seconds, reason)] = due(world, road)
    assert (kind, seconds > 0, reason.startswith("failure 1 of journals")) == ("settlement", True, True)
    assert world.items() == {}


def test_a_stage_that_cannot_be_made_becomes_an_item_until_it_can(world):
    """A fault of the program says its kind and nothing of what it held."""
    road = world.small()
    world.take_in(road, ONE, sale())

    def broken():
        raise ZeroDivisionError("customer 4711, Elm Street")

    with pytest.raises(ZeroDivisionError):
        walk(replace(road, load_mapping=broken), ONE)
    item = world.items()["mapped_lines_failed"]
    assert "ZeroDivisionError" in item.sentence
    assert "Elm Street" not in item.sentence + due(world, road)[0][2]
    walk(road, ONE)
    assert (world.items(), due(world, road)) == ({}, [])


def test_a_dead_run_leaves_no_document_without_its_item(world):
    """The worker died between the step to review and the review queue: the next look tells it again."""
    road = world.small()
    world.take_in(road, ONE, sale())
    world.erp_faults.next("Create", general.dropped())
    hurried = replace(road, patience=PostingPatience(in_run=0, blind=0))
    walk(hurried, ONE)
    world.erp_faults.always("X_JRNL_BY_REF", general.html(503))
    world.clock.advance(400)
    STAGES[4].run(hurried, ONE)
    assert (world.states(road, ONE), world.items()) == (["review"], {})
    run_stage(hurried, STAGES[4], ONE)
    assert list(world.items()) == ["posting_unclear"]
    assert world.items()["posting_unclear"].document_key == world.documents(road, ONE)[0].key
    world.erp_faults.clear()
    world.resolve("posting_unclear", "recheck")
    walk(road, ONE)
    assert (world.states(road, ONE), world.items()) == (["posted"], {})
    world.assert_in_books("100.00")


def codes_in_the_source() -> set[str]:
    """Return every literal code that a finding is made with, on the road and below it."""
    codes = set()
    for folder in ("assets", "ledger", "resources"):
        for path in (SOURCES / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).lower().endswith("finding"):
                    given = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "code")]
                    codes |= {
                        one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)
                    }
    return codes


# Said by `connector check` only, or never blocking: they do not reach the review queue.
NOT_IN_THE_QUEUE = {"peoplesoft_wsdl", "peoplesoft_queries", "peoplesoft_control", "cross_account_debt"}
NOT_IN_THE_QUEUE |= {"peoplesoft_balances", "fusion_reach", "fusion_control", "fusion_balances"}
NOT_IN_THE_QUEUE |= {"opening_loan", "receivables_setup", "receivables_unseen"}


def test_every_finding_has_a_way_out():
    """Each code in the source ends by itself or by a person's action; each action that is named can be taken."""
    codes = codes_in_the_source()
    assert {"series_gap", "period_closed", "settlement_changed", "posting_removed"} <= codes
    ends = set().union(*ENDS_BY_ITSELF.values())
    assert codes - NOT_IN_THE_QUEUE - ends - set(ACTIONS) == set()


def test_a_finding_that_is_gone_ends_alone(world):
    """One of two findings of a code is cured: its item closes, the other stays."""
    from assets.stages.outcome import keep
    from assets.stages.verdicts import StageResult, Verdict

    road = world.small()
    world.take_in(road, ONE, sale())
    both = [Finding("unmapped_label", f"Label {name} is not mapped.", "Map it.", origin=name) for name in ("a", "b")]
    for found in (both, both[1:], []):
        verdict = Verdict("every_line_mapped", not found, "labels", findings=tuple(found))
        keep(road, "mapped_lines", ONE, StageResult(verdicts=(verdict,)))
        assert [one.origin for one in world.stores.review.listing()] == [one.origin for one in found]


def test_every_item_of_a_settlement_says_what_it_stops_and_where_it_comes_from(world):
    """A finding that knows neither stops the whole settlement: its total, in its currency."""
    from decimal import Decimal

    from assets.stages.outcome import align

    road = world.small()
    world.take_in(road, ONE, sale())
    align(road, ONE, (Finding("changed_meanwhile", "Something changed.", "Look."),), frozenset())
    align(
        road, ONE, (Finding("not_once", "Twice.", "Look.", "B", Decimal(0), details={"currency": "EUR"}),), frozenset()
    )
    said = {one.code: (one.origin, one.amount, one.details["currency"]) for one in world.stores.review.listing()}
    assert said == {
        "changed_meanwhile": (f"settlement {ONE}", Decimal("100.00"), "USD"),
        "not_once": ("B", Decimal("100.00"), "USD"),
    }


def test_a_discovery_that_cannot_reach_the_marketplace_is_an_item_until_it_can(world):
    """A revoked grant waits for a person; what passes by itself does not."""
    from assets.discovery import told
    from assets.settlement_reports import Discovery
    from ledger.errors import SourceRefused, SourceUnavailable

    road = world.small()

    def failing(error):
        def discover(_):
            raise error

        return discover

    with pytest.raises(SourceUnavailable):
        told(road, failing(SourceUnavailable("Amazon does not answer.")))
    assert world.items() == {}
    for _ in range(2):
        with pytest.raises(SourceRefused):
            told(road, failing(SourceRefused("The grant was revoked.")))
    item = world.items()["discovery_failed"]
    assert "The grant was revoked." in item.sentence
    told(road, lambda _: Discovery(interrupted="the quota is used up"))
    assert list(world.items()) == ["discovery_failed"]
    told(road, lambda _: Discovery())
    assert world.items() == {}


def test_a_marketplace_that_does_not_answer_for_hours_is_an_item(world):
    """Also when it gives some and then nothing: what is new does not arrive."""
    from assets.discovery import told
    from assets.settlement_reports import Discovery
    from ledger.errors import SourceUnavailable

    road = world.small()

    def unreachable(_):
        raise SourceUnavailable("Amazon does not answer.")

    with pytest.raises(SourceUnavailable):
        told(road, unreachable)
    world.clock.advance(5 * 3600)
    told(road, lambda _: Discovery(interrupted="The quota is used up."))
    assert world.items() == {}
    world.clock.advance(3600)
    told(road, lambda _: Discovery(interrupted="The quota is used up."))
    item = world.items()["discovery_failed"]
    assert "cannot be looked for, as at every attempt since" in item.sentence
    told(road, lambda _: Discovery())
    assert world.items() == {}
