"""The list of orders shipped before go-live on the whole road: planned, posted, changed, replayed, approved."""

from dataclasses import replace
from datetime import timedelta

import pytest

from assets.audit.pack import audit_pack
from assets.review.approval import approve
from assets.road import walk
from assets.settlements.replay import replay, without_doors
from connector_defs.cli.plan import planned
from connector_defs.connections import Connection
from ledger.four_eyes import Decider, NeedsAnotherPerson
from tests.road.conftest import FIRST, sale
from tests.road.test_posting_road import ONE, with_mapping

TWO = "24000000002"
OLD, NEW, OTHER = "111-0000001-0000001", "111-0000002-0000002", "111-0000003-0000003"
ACCOUNTS = ("accounts:\n", 'accounts:\n  opening_receivable: "110700"\n')


@pytest.fixture
def listing(world):
    """Return the file beside the mapping in which the accountant lists orders; one of 95.00 to begin with."""
    path = world.home.parent / "open-orders.csv"
    path.write_text(f"order_id,shipped,amount\n{OLD},2026-07-30,95.00\n", encoding="utf-8")
    return path


@pytest.fixture
def road(world, listing):
    """Return a road on which listed orders clear the receivable."""
    chosen = {"file": str(listing), "book_to": "opening_receivable"}
    return with_mapping(world.small(orders_before_go_live=chosen), *ACCOUNTS)


def sales_lines(world, road, settlement_id: str) -> list[tuple[str, str]]:
    """Return account and amount of the lines that are not clearing."""
    lines = [line for one in world.documents(road, settlement_id) for line in one.journal.lines]
    return sorted((line.account.account, str(line.amount)) for line in lines if line.account.account != "110500")


def test_a_plan_lists_the_orders_and_names_the_difference(world, road):
    """Before anything is posted: which orders, what of them, where it goes, and what the books held."""
    world.take_in(road, ONE, sale("90.00"), sale("7.00", order=NEW))
    document = planned(road, ONE)
    [row] = document["orders_before_go_live"]
    shown = ("order", "shipped", "settled", "in the books", "difference")
    assert tuple(row[name] for name in shown) == (OLD, "2026-07-30", "90.00", "95.00", "-5.00")
    assert "account=110700" in row["booked to"]
    [said] = document["to_look_at"]
    assert said["check"] == "orders_before_go_live"
    assert "1 differ so far from what the books held, by -5.00 in all" in said["sentence"]
    assert document["stops"] == []


def test_a_listed_order_clears_the_receivable_in_the_erp(world, road):
    """Rule 4: what was sold before go-live is no sale of ours; the other order is."""
    world.take_in(road, ONE, sale("95.00"), sale("7.00", order=NEW))
    walk(road, ONE)
    assert world.states(road, ONE) == ["posted"]
    assert sales_lines(world, road, ONE) == [("110700", "-95.00"), ("400100", "-7.00")]
    world.assert_in_books("102.00")


def test_a_changed_list_is_an_alarm_only_where_it_alters_what_is_posted(world, road, listing):
    """Rule 2: an order of no posted settlement may be added at any time; one that was booked as revenue may not."""
    world.take_in(road, ONE, sale("95.00"), sale("7.00", order=NEW))
    walk(road, ONE)
    listing.write_text(listing.read_text() + f"{OTHER},,\n", encoding="utf-8")
    walk(road, ONE)
    assert "changed_after_posting" not in world.items()
    listing.write_text(listing.read_text() + f"{NEW},,\n", encoding="utf-8")
    walk(road, ONE)
    found = world.items()["changed_after_posting"].details["differences"]
    moved = {(row["what"], row["sent"], row["now"]) for row in found}
    assert moved == {("changed", "-95.00", "-102.00"), ("removed", "-7.00", "")}
    assert world.creates() == 1


def test_the_pack_for_auditors_lists_every_order(world, road, listing):
    """Settled or still open, with the settlement that paid for it."""
    listing.write_text(listing.read_text() + f"{OTHER},,\n", encoding="utf-8")
    world.take_in(road, ONE, sale("95.00"))
    walk(road, ONE)
    [page] = [one for one in audit_pack(road, "2026-11", "0.1.0").pages if one.name == "opening_orders"]
    assert [(row["order"], row["settlements"]) for row in page.rows] == [(OLD, ONE), (OTHER, "")]


def test_a_replay_reads_the_list(world, road, listing):
    """Made with the same list the journals are the same; without its order they are not."""
    world.take_in(road, ONE, sale("95.00"))
    walk(road, ONE)
    with without_doors(road) as again:
        assert replay(again, ONE).is_same
    listing.write_text(f"order_id\n{OTHER}\n", encoding="utf-8")
    with without_doors(road) as again:
        made = replay(again, ONE)
    assert not made.is_same
    assert {(row["what"], row["sent"], row["now"]) for row in made.rows} == {
        ("removed", "-95.00", ""),
        ("added", "", "-95.00"),
    }


def test_whoever_changed_the_list_does_not_approve_until_another_person_has(world, listing):
    """It decides what is revenue, so it is kept with its hands like the mapping and the connection file."""
    chosen = {"file": str(listing), "book_to": "opening_receivable"}
    strict = world.small(approval="required", orders_before_go_live=chosen)
    [of_list] = [one for one in strict.configuration() if one.kind == "orders"]
    assert of_list.content == listing.read_bytes()
    ours = replace(of_list, owner="ann")
    road = with_mapping(replace(strict, configuration=lambda: (ours,)), *ACCOUNTS)
    world.take_in(road, ONE, sale("95.00"))
    walk(road, ONE)
    with pytest.raises(NeedsAnotherPerson, match=r"ann owns .*open-orders\.csv as it is since"):
        approve(road, ONE, Decider("ann"), "fine")
    approve(road, ONE, Decider("carol"), "fine")
    world.take_in(road, TWO, sale(order=NEW), start=FIRST + timedelta(days=7))
    walk(road, TWO)
    approve(road, TWO, Decider("ann"), "fine")
    assert world.states(road, TWO) == ["approved"]


def test_the_list_lies_beside_the_mapping(world):
    """A plain name is looked for where the mapping is, like the mapping in the project."""
    one = world.connections()["amazon_us"]
    chosen = {"orders_before_go_live": {"file": "open.csv", "book_to": "revenue"}}
    books = type(one.settings.books).model_validate(one.settings.books.model_dump() | chosen)
    changed = Connection(one.name, one.settings.model_copy(update={"books": books}), one.mapping_path)
    assert changed.opening_orders_path == one.mapping_path.parent / "open.csv"
    assert one.opening_orders_path is None
