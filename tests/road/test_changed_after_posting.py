"""A settlement that would be booked otherwise now: every line that differs, and the settlement rows behind it."""

from decimal import Decimal

from assets.road import walk
from assets.stages.failing_checks import failing_checks
from connector_defs.cli.plan import planned
from tests.road.conftest import of_account, sale
from tests.road.test_posting_road import ONE, with_mapping

SECOND = "111-0000002-0000002"
LABELS = "Order / ItemPrice / Principal"


def rows_of(world) -> list[tuple[str, ...]]:
    """Return the differing lines as the review item keeps them."""
    shown = ("what", "account", "sent", "now", "settlement rows")
    found = world.items()["changed_after_posting"].details["differences"]
    return [tuple(row[name] for name in shown) for row in found]


def test_a_mapping_changed_after_posting_shows_each_line_with_its_rows(world):
    """Removed where it was booked, added where it would be now; the same two rows behind both."""
    road = world.small()
    world.take_in(road, ONE, sale(), sale("7.00", order=SECOND))
    walk(road, ONE)
    changed = with_mapping(road, 'revenue: "400100"', 'revenue: "400200"')
    walk(changed, ONE)
    (removed, added) = sorted(rows_of(world), reverse=True)
    assert (removed[0], "400100" in removed[1], removed[2:4]) == ("removed", True, ("-107.00", ""))
    assert (added[0], "400200" in added[1], added[2:4]) == ("added", True, ("", "-107.00"))
    assert removed[4] == added[4] == f"rows 3, 4: {LABELS}"
    item = world.items()["changed_after_posting"]
    assert (item.amount, item.details["currency"]) == (Decimal("107.00"), "USD")
    assert "2 lines differ from what was sent (1 added, 1 removed)." in item.sentence
    why = f'{ONE} -c {road.connection} --reason "..."'
    assert f"connector reverse {why}, then connector repost {why}" in item.cure
    assert world.creates() == 1


def test_a_report_accepted_with_another_amount_shows_the_row_that_changed(world):
    """Only the row that is other than before stands behind the changed lines."""
    road = world.small()
    world.take_in(road, ONE, sale(), sale("7.00", order=SECOND))
    walk(road, ONE)
    other = world.settlement(ONE, sale(), sale("9.00", order=SECOND))
    from assets.settlement_reports import import_file

    assert import_file(road, other)[1] == "changed"
    item = world.items()["settlement_changed"]
    road.stores.settlements.accept(road.connection, ONE, item.origin, "tester", "restated")
    world.resolve("settlement_changed", "accept", "restated")
    walk(road, ONE)
    found = rows_of(world)
    assert [(row[0], row[2], row[3], row[4]) for row in found] == [
        ("changed", "107.00", "109.00", f"row 4: {LABELS}"),
        ("changed", "-107.00", "-109.00", f"row 4: {LABELS}"),
    ]
    assert world.creates() == 1
    world.assert_in_books("107.00")


def test_the_table_behind_the_check_keeps_the_order_in_which_it_is_read(world):
    """What is stored sorts its names; what is shown does not: first what happened, then the line, last the amounts."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    walk(with_mapping(road, 'revenue: "400100"', 'revenue: "400200"'), ONE)
    failing = failing_checks(road.stores, road.connection, ONE)
    (rows,) = [one.rows for one in failing if one.check == "unchanged_since_posting"]
    columns = ["part", "what", "account", "reference", "text", "date", "sent", "now", "settlement rows"]
    assert [list(row) for row in rows] == [columns, columns]


def test_the_plan_of_a_posted_settlement_shows_the_same_table(world):
    """Nothing to show while nothing differs; then the very rows of the alarm."""
    road = world.small()
    world.take_in(road, ONE, sale(), of_account("Storage Fee", "-3.00"))
    walk(road, ONE)
    assert planned(road, ONE)["differs_from_what_was_sent"] == []
    changed = with_mapping(road, 'revenue: "400100"', 'revenue: "400200"')
    shown = planned(changed, ONE)["differs_from_what_was_sent"]
    walk(changed, ONE)
    assert shown == world.items()["changed_after_posting"].details["differences"]
    assert {row["part"] for row in shown} == {"1"}


def test_lines_without_their_rows_are_told_all_the_same(world):
    """The earlier mapped lines are gone from the warehouse: the difference stands, its rows are those of now."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    for path in (world.home / "warehouse").rglob("mapped_lines/**/*.parquet"):
        path.unlink()
    walk(with_mapping(road, 'revenue: "400100"', 'revenue: "400200"'), ONE)
    assert [(row[0], row[4]) for row in sorted(rows_of(world))] == [("added", ""), ("removed", "")]
