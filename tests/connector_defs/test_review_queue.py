"""What waits for a person, as Dagster shows it: a check that fails with a table, renewed whenever the queue changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import dagster as dg
import pytest

from assets.review_queue import (
    MEANINGS,
    MEANINGS_OF_CODE,
    age,
    amount_text,
    digest,
    meaning,
    next_command,
    origin_text,
    subject,
)
from assets.stages.checks import CHECKS, OF_CONNECTION
from assets.stages.outcome import ACTIONS, ENDS_BY_ITSELF
from assets.stages.partitions import settlement_partitions
from assets.stages.resumption import LISTING, LISTING_KIND, POSTING_KIND, READ_BACK_KIND
from connector_defs.sensors import QUEUE_SECONDS_MIN, due_sensor
from ledger.errors import Finding
from resources.clock import ManualClock, SystemClock

CONNECTION = "amazon_us"
NOW = datetime.now(UTC)


def gap(settlement: str = "90000000001", **changes) -> Finding:
    """Return a finding that stops money."""
    facts = {"origin": settlement, "amount": Decimal("1234.50"), "details": {"currency": "USD"}, **changes}
    return Finding("series_gap", f"Settlement {settlement} starts where none ended.", "Import it.", **facts)


def open_item(place, finding: Finding, partition: str = "90000000001") -> int:
    """Open an item as a stage does."""
    return place.stores.review.open(CONNECTION, partition, finding, actions=ACTIONS.get(finding.code, ("retry",)))


def shown(place, asset: str = "review_queue") -> dg.AssetCheckEvaluation:
    """Make the asset as Dagster does; return what its check says."""
    job = place.defs().resolve_job_def(f"{CONNECTION}_{asset}")
    result = job.execute_in_process(instance=place.instance)
    assert result.success
    [check] = result.get_asset_check_evaluations()
    return check


def test_an_item_that_stops_money_is_an_error_with_a_table(dagster_place):
    """Id, settlement, sentence, amount, code, actions and the command stand there; what has no settlement too."""
    item = open_item(dagster_place, gap())
    refused = Finding("file_refused", "page.txt is an HTML page.", "Import a whole file.", "a" * 64)
    other = open_item(dagster_place, refused, "report-50000")
    check = shown(dagster_place)
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.ERROR)
    table = check.metadata["rows"].value
    for words in (
        f"| {item} ",
        "90000000001",
        "starts where none ended",
        "1,234.50 USD",
        "series\\_gap",
        "retry, accept",
    ):
        assert words in table
    assert f'connector review resolve {item} --action retry --reason "..."' in table
    assert f"| {other} " in table
    assert "report 50000" in table
    assert "2 items wait for a person, 2 of them stop money" in check.metadata["says"].value
    words = check.metadata[f"item {item}, 90000000001"].value
    assert words.startswith("Settlement 90000000001 starts where none ended. (stops money, 1,234.50 USD; waits: ")


def test_the_queue_is_seen_without_a_click_as_far_as_it_fits(dagster_place):
    """Dagster hides a text of a thousand characters: the short table ends before, the whole one has all."""
    for number in range(30):
        open_item(dagster_place, gap(f"9000000{number:04d}"), f"9000000{number:04d}")
    job = dagster_place.defs().resolve_job_def(f"{CONNECTION}_review_queue")
    result = job.execute_in_process(instance=dagster_place.instance)
    [made] = result.asset_materializations_for_node(f"{CONNECTION}__review_queue")
    short = made.metadata["in short"].value
    assert 8 < short.count("90000000") < 30
    assert len(short) < 1000
    assert made.metadata["waiting"].value == 30
    assert made.metadata["stopped, USD"].value == "37035.00"


def test_what_is_only_worth_a_look_is_a_warning(dagster_place):
    """And an empty queue passes."""
    assert shown(dagster_place).passed
    open_item(dagster_place, gap(is_blocking=False))
    check = shown(dagster_place)
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "none of them stops money" in check.metadata["says"].value


def test_free_text_of_a_sentence_does_nothing_in_the_table(dagster_place):
    """A bar, a link or a tag out of a file is text."""
    open_item(dagster_place, gap(origin="x | [click](http://evil) <script>"))
    evil = Finding("file_refused", "a | b <script> [x](y)", "no", "")
    open_item(dagster_place, evil, "report-1")
    table = shown(dagster_place).metadata["rows"].value
    assert "<script>" not in table
    assert "](y)" not in table.replace("\\](y)", "")


def test_both_assets_stand_in_the_connections_group_without_partitions(dagster_place):
    """With their checks, and a job each."""
    graph = dagster_place.defs().resolve_asset_graph()
    for name in OF_CONNECTION:
        node = graph.get(dg.AssetKey([CONNECTION, name]))
        assert (node.group_name, node.partitions_def) == (CONNECTION, None)
        assert {key.name for key in node.check_keys} == {check.name for check in CHECKS[name]}
        assert dagster_place.defs().resolve_job_def(f"{CONNECTION}_{name}")


def test_documents_of_the_erp_are_listed_as_dagster_runs_it(dagster_place):
    """Ours are known; one of a stranger fails the check and becomes an item."""
    assert dagster_place.run(dagster_place.settlement_ids[0]).success
    assert shown(dagster_place, "erp_documents").passed
    books = dagster_place.peoplesoft.books
    ours = next(one.key for one in books.journals() if one.key.id.startswith("A"))
    entered = books.people.enter(ours, datetime.fromisoformat(ours.date).date(), "AMZ by hand", "AMZ")
    check = shown(dagster_place, "erp_documents")
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert entered.id in check.metadata["rows"].value
    assert [item.code for item in dagster_place.stores.review.listing(CONNECTION)] == ["unknown_document"]


def test_discovery_shows_the_queue_as_it_leaves_it_and_asks_for_the_first_listing(dagster_place):
    """So ages are an hour old at most."""
    open_item(dagster_place, gap())
    job = dagster_place.defs().resolve_job_def(f"{CONNECTION}_discovery")
    result = job.execute_in_process(instance=dagster_place.instance, raise_on_error=False)
    [check] = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed, check.severity) == (
        *("nothing_waits_for_a_person", False),
        dg.AssetCheckSeverity.ERROR,
    )
    assert "1,234.50 USD" in check.metadata["rows"].value
    assert dagster_place.stores.due.open_row(CONNECTION, LISTING_KIND, LISTING) is not None


# --- the sensor ------------------------------------------------------------------------------------------------------


class Ticks:
    """A sensor asked again and again, its cursor kept between ticks as Dagster keeps it."""

    def __init__(self, place, *, is_automatic: bool = False):
        self.clock = ManualClock(SystemClock().now())
        self._place = place
        jobs = [place.defs().resolve_job_def(f"{CONNECTION}_{name}") for name in ("settlement_road", *OF_CONNECTION)]
        partitions = settlement_partitions(CONNECTION)
        self._sensor = due_sensor(CONNECTION, partitions, jobs, lambda: (place.stores, self.clock), is_automatic)
        self._cursor = None

    def __call__(self, seconds: float = 60) -> list[dg.RunRequest]:
        """Return what is asked for some seconds later."""
        self.clock.advance(seconds)
        tick = self._sensor(dg.build_sensor_context(instance=self._place.instance, cursor=self._cursor))
        if isinstance(tick, dg.SkipReason):
            return []
        self._cursor = tick.cursor
        return list(tick.run_requests or [])


def queue_keys(requests: list[dg.RunRequest]) -> list[str]:
    """Return the run keys of those that show the review queue."""
    return [one.run_key for one in requests if one.job_name == f"{CONNECTION}_review_queue"]


def test_the_sensor_shows_the_queue_whenever_it_changed_and_only_then(dagster_place):
    """Opened, told better, ended, opened again: a run each, no run key twice."""
    ticks = Ticks(dagster_place)
    review = dagster_place.stores.review
    assert queue_keys(ticks()) == []
    keys = []
    for found in ([gap()], [gap(amount=Decimal("99.00"))], [], [gap()], []):
        review.sync(CONNECTION, "90000000001", found, {"series_gap"})
        [key] = queue_keys(ticks())
        keys.append(key)
        assert queue_keys(ticks()) == []
    assert len(set(keys)) == len(keys)


def test_a_queue_that_changes_all_the_time_is_not_shown_all_the_time(dagster_place):
    """In a backfill of many settlements every tick finds another item."""
    ticks = Ticks(dagster_place)
    asked = 0
    for number in range(12):
        open_item(dagster_place, gap(f"9000000{number:04d}"), f"9000000{number:04d}")
        asked += len(queue_keys(ticks(10)))
    assert asked == 12 * 10 // QUEUE_SECONDS_MIN
    assert len(queue_keys(ticks(QUEUE_SECONDS_MIN))) == 1, "the last change is shown too"


@pytest.mark.parametrize("is_automatic", [False, True])
def test_what_is_posted_is_read_back_whoever_posted_it(dagster_place, is_automatic):
    """A read-back asks for reconciliations alone, a posting for all from there, a listing for its own asset."""
    settlement = dagster_place.settlement_ids[0]
    due, past = dagster_place.stores.due, SystemClock().now() - timedelta(minutes=1)
    due.ask(CONNECTION, READ_BACK_KIND, settlement, past, "daily")
    due.ask(CONNECTION, LISTING_KIND, LISTING, past, "daily")
    requests = {one.run_key.split(":")[0]: one for one in Ticks(dagster_place, is_automatic=is_automatic)()}
    assert set(requests) == {"read_back", "listing"} | ({"arrival"} if is_automatic else set())
    read_back, listing = requests["read_back"], requests["listing"]
    assert read_back.partition_key == settlement
    assert [key.path for key in read_back.asset_selection] == [[CONNECTION, "reconciliations"]]
    assert (listing.job_name, listing.partition_key) == (f"{CONNECTION}_erp_documents", None)
    due.ask(CONNECTION, POSTING_KIND, settlement, past, "importing")
    posting = next(one for one in Ticks(dagster_place)() if one.run_key.startswith("posting"))
    assert [key.path[-1] for key in posting.asset_selection] == ["erp_postings", "cash_entries", "reconciliations"]


# --- the words -------------------------------------------------------------------------------------------------------


def test_every_action_of_every_finding_says_what_it_does():
    """And no sentence is left over for an action that nothing takes; a code that lists none takes `retry`."""
    taken = {(code, action) for code, actions in ACTIONS.items() for action in actions} | {("any", "retry")}
    assert all(meaning(code, action).endswith(".") for code, action in taken)
    assert set(MEANINGS) == {action for _, action in taken}
    unlisted = {(code, "retry") for codes in ENDS_BY_ITSELF.values() for code in codes if code not in ACTIONS}
    assert set(MEANINGS_OF_CODE) <= taken | unlisted


def test_ages_are_said_as_people_say_them():
    """The largest unit that fits."""
    said = {
        timedelta(seconds=5): "just now",
        timedelta(minutes=1): "1 minute",
        timedelta(hours=5, minutes=59): "5 hours",
        timedelta(days=3): "3 days",
        timedelta(seconds=-1): "just now",
    }
    assert {waited: age(NOW - waited, NOW) for waited in said} == said


def test_items_name_their_subject_amount_and_origin_in_words(dagster_place):
    """Reports and documents without settlement, amounts with currency, hashes cut."""
    review = dagster_place.stores.review
    open_item(dagster_place, gap())
    open_item(dagster_place, Finding("file_refused", "s", "c", "f" * 64), "report-7")
    open_item(dagster_place, Finding("unknown_document", "s", "c", "US001 1 2026-11-01"), "document-US001-1-2026-11-01")
    items = review.listing(CONNECTION)
    assert [subject(one) for one in items] == ["90000000001", "report 7", "no settlement"]
    assert [amount_text(one) for one in items] == ["1,234.50 USD", "", ""]
    assert [origin_text(one) for one in items] == ["90000000001", "document ffffffffffff", "US001 1 2026-11-01"]
    assert digest(items) != digest(items[:2])
    proposed = replace(items[0], actions=("retry", "accept"), proposed_action="accept", proposed_by="ann")
    assert next_command(replace(proposed, proposed_action="")).endswith('--action retry --reason "..."')
    assert next_command(proposed).endswith('--action accept --reason "..."')
    assert digest([proposed]) != digest([replace(proposed, proposed_action="")])
