"""A settlement against orders and reimbursements: the demonstration agrees with itself, disturbances are named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from shutil import copytree

import pytest

from assets.mapped_lines import map_lines
from assets.proofs.kept_proofs import proof_rows
from assets.proofs.vat_proof import compared_verdict
from assets.settlement_lines import read_lines
from assets.settlement_reports import discover, registered
from assets.settlements.staged_settlement import staged_settlement
from assets.source_proofs import events_verdict, prove
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import fetch_days
from assets.stages.verdicts import Row, Verdict
from emulators.amazon.history import OrderRecord, ReimbursementRecord, TransactionRecord
from ledger.mapping import load_mapping
from ledger.policy import Policy
from ledger.stated_tax import paid_by_buyer
from resources.clock import ManualClock
from tests.assets.conftest import POLICY
from tests.assets.shop_rig import AS_OF, Shop, shop, staged
from tests.assets.test_vat_proof import order as vat_of

VAT_RATES = {"DE": "19", "AT": "20", "NL": "21", "FR": "20"}
# A German settlement whose orders were all sent, and whose fees were all invoiced, by then.
OF_OCTOBER = "24870414626"


@pytest.fixture(scope="module")
def american_home(tmp_path_factory) -> Path:
    """Return the stores of the American account: its settlements are staged, and no day has been read."""
    home = tmp_path_factory.mktemp("shop") / "home"
    staged(home, "amazon_us").close()
    return home


@pytest.fixture(scope="module", params=["amazon_us", "amazon_eu", "amazon_ca"])
def agreeing(request, tmp_path_factory) -> Iterator[Shop]:
    """Return an account of which everything has been read."""
    made = staged(tmp_path_factory.mktemp("shop") / "home", request.param)
    made.fetch("financial_events", "orders", "fba_reimbursements", "settlement_summaries")
    yield made
    made.close()


@pytest.fixture
def american(american_home, tmp_path) -> Iterator[Shop]:
    """Return the American account, of which no day has been read yet."""
    made = shop(copytree(american_home, tmp_path / "home"), "amazon_us")
    yield made
    made.close()


@dataclass
class Disturbed:
    """An account of which one thing per source was told wrongly or not at all, and what its settlements say of it."""

    resold: OrderRecord
    unknown: OrderRecord
    refund: TransactionRecord
    reimbursement: ReimbursementRecord
    unpaid: OrderRecord
    promised: ReimbursementRecord
    proved: list[dict[str, Verdict]]
    shop: Shop

    @property
    def of_refund(self) -> str:
        """Return the settlement that holds the refund."""
        differing = (one["events_equal_settlement"].passed for one in self.proved)
        return next(name for name, agrees in zip(self.shop.settlements, differing, strict=True) if not agrees)

    def rows(self, check: str) -> list[Row]:
        """Return what a check names, over all settlements; nothing of it stops money."""
        failed = [one[check] for one in self.proved if not one[check].passed]
        assert not any(one.stops for one in failed)
        return [row for one in failed for row in one.rows]


@pytest.fixture(scope="module")
def disturbed(american_home, tmp_path_factory) -> Iterator[Disturbed]:
    """Disturb each source once: none of them speaks for another."""
    made = shop(copytree(american_home, tmp_path_factory.mktemp("disturbed") / "home"), "amazon_us")
    history = made.history
    # Transactions are made of the orders as they were sold.
    told = history.all_transactions()
    refund = next(one for one in told if one.transaction_type == "Refund")
    told.remove(refund)
    # Paid by a settlement that is closed, and so late that the weeks before, in which it may have been sold, are read.
    first, last = AS_OF - timedelta(days=50), AS_OF - timedelta(days=20)
    settled = [one for one in history.orders if one.shipped is not None and first <= one.shipped.date() <= last]
    resold, unknown = [one for one in settled if len(one.lines) == 1][:2]
    line = replace(resold.lines[0], principal=resold.lines[0].principal + Decimal("0.01"))
    history.orders[history.orders.index(resold)] = replace(resold, lines=(line,))
    history.orders.remove(unknown)
    reimbursement = next(one for one in history.reimbursements if one.amount > 0)
    history.reimbursements.remove(reimbursement)
    # Shipped long ago and paid by nobody; approved and never paid.
    early = AS_OF - timedelta(days=55)
    shipped = next(one for one in history.orders if one.shipped is not None and one.shipped.date() == early)
    unpaid = replace(shipped, order_id="111-0000001-0000001")
    history.orders.append(unpaid)
    promised = replace(reimbursement, reimbursement_id="9000000001", amount=Decimal("77.77"))
    history.reimbursements.append(promised)
    made.fetch("financial_events", "orders", "fba_reimbursements", "settlement_summaries")
    proved = [made.verdicts(one) for one in made.settlements]
    yield Disturbed(resold, unknown, refund, reimbursement, unpaid, promised, proved, made)
    made.close()


def test_what_was_paid_was_sold_and_what_was_reimbursed_is_reported(agreeing):
    """Prices with and without tax, promotions, gift wrap, several marketplaces: order by order, to the cent."""
    assert len(agreeing.settlements) == {"amazon_us": 10, "amazon_eu": 9, "amazon_ca": 5}[agreeing.road.connection]
    looked_for = 0
    for settlement_id in agreeing.settlements:
        verdicts = agreeing.verdicts(settlement_id)
        orders = verdicts["orders_equal_settlement"]
        assert orders.passed, (settlement_id, orders.sentence, orders.rows[:3])
        looked_for += int(orders.sentence.split(" of ")[1].split()[0])
        events = verdicts["events_equal_settlement"]
        assert events.passed, (settlement_id, events.sentence, events.rows[:3])
        assert "the same in every category and order" in events.sentence
        summed_up = verdicts["summary_equals_settlement"]
        assert summed_up.passed, (settlement_id, summed_up.sentence, summed_up.rows)
        assert "Amazon's net proceeds of" in summed_up.sentence
        reimbursed = verdicts["reimbursements_equal_settlement"]
        assert reimbursed.passed, (settlement_id, reimbursed.rows)
        shipped = verdicts["shipped_orders_settled"]
        assert shipped.passed, (settlement_id, shipped.sentence, shipped.rows)
    assert looked_for > 200, "orders were really compared"


def test_an_order_that_was_sold_for_another_amount_is_named_with_the_difference(disturbed):
    """A cent is enough; nothing stops."""
    [row] = [row for row in disturbed.rows("orders_equal_settlement") if row["order"] != disturbed.unknown.order_id]
    assert (row["order"], row["difference"]) == (disturbed.resold.order_id, "-0.01")


def test_an_order_that_nobody_knows_is_named(disturbed):
    """Paid for and never sold: a mistake of somebody's, or an order of another shop."""
    [row] = [row for row in disturbed.rows("orders_equal_settlement") if row["order"] != disturbed.resold.order_id]
    why = "no order of that number is known. Amazon keeps orders of Amazon.com from 2024-11-19 on."
    assert (row["order"], row["why"]) == (disturbed.unknown.order_id, why)


def test_an_order_that_was_shipped_and_that_no_settlement_pays_is_named_once(disturbed):
    """By the settlement that ended 45 days later, with what it was sold for; the others have theirs."""
    [row] = disturbed.rows("shipped_orders_settled")
    assert (row["order"], row["shipped"]) == (disturbed.unpaid.order_id, str(disturbed.unpaid.shipped.date()))
    assert Decimal(row["sold for"]) > 0


def test_orders_sold_before_any_are_read_are_counted_and_not_missed(american):
    """A connection that begins to read orders today says nothing against the settlements of last month."""
    american.fetch("orders", "fba_reimbursements", days=2)
    verdicts = american.verdicts(american.settlements[0])
    assert verdicts["orders_equal_settlement"].passed
    assert "more were sold before orders are read" in verdicts["orders_equal_settlement"].sentence
    assert "read from" in verdicts["reimbursements_equal_settlement"].sentence
    # Two years later they cannot be read any more, which is said order by order.
    american.road.clock.advance(800 * 86_400)
    old = american.verdicts(american.settlements[0])["orders_equal_settlement"]
    assert old.passed
    assert "are older than what Amazon keeps" in old.sentence
    assert {row["why"] for row in old.rows} == {
        "cannot be read any more. Amazon keeps orders of Amazon.com from 2027-01-28 on."
    }
    assert all(row["order"] for row in old.rows)


def test_without_orders_there_is_nothing_to_hold_against(american):
    """The source may be switched off."""
    result = prove(american.road, american.settlements[0])
    assert [one.passed for one in result.verdicts] == [True] * 9
    # Amazon's own summary is not kept, and nothing agrees with anything.
    assert result.facts["agrees with"] == "nothing"
    assert result.facts["not compared"].startswith("events_equal_settlement, orders_equal_settlement")
    assert "No financial events are read" in result.verdicts[0].sentence
    assert "No orders are read" in result.verdicts[1].sentence
    assert "No orders are read" in result.verdicts[2].sentence
    assert "No bank statements are read" in result.verdicts[5].sentence
    assert "No VAT transactions are read" in result.verdicts[6].sentence
    assert "No fee invoices are read" in result.verdicts[7].sentence


def test_a_transaction_that_was_never_told_is_named_by_category_and_order(disturbed):
    """A refund that only the settlement knows."""
    [failed] = [one for one in disturbed.proved if not one["events_equal_settlement"].passed]
    rows = failed["events_equal_settlement"].rows
    order_id = dict(disturbed.refund.identifiers)["ORDER_ID"]
    refunded = next(row for row in rows if row["category"] == "refund" and row["order"] == order_id)
    assert refunded["released"] == "0.00"
    assert {row["order"] for row in rows} == {"all of it", order_id}
    assert " categories and 1 orders differ" in failed["events_equal_settlement"].sentence


def test_for_48_hours_a_difference_to_the_events_waits(disturbed):
    """Amazon may tell of a transaction two days after it was posted; a minute later it is a difference."""
    american, settlement_id = disturbed.shop, disturbed.of_refund
    end = datetime.fromisoformat(registered(american.road, settlement_id).facts["end"])
    for late, waits in ((timedelta(hours=48) - timedelta(minutes=1), True), (timedelta(hours=48), False)):
        told = staged_settlement(replace(american.road, clock=ManualClock(end + late)), settlement_id)
        verdict = events_verdict(told)
        assert (verdict.passed, verdict.is_waiting, verdict.stops) == (False, waits, False)
        assert ("Amazon tells of a transaction up to 48 hours late, so this waits." in verdict.sentence) is waits


def test_what_stands_under_no_order_is_a_row_of_its_own(american):
    """A monthly charge that Amazon never told as a transaction belongs to no order."""
    history = american.history
    fee = next(one for one in history.all_transactions() if is_of_no_order(one))
    history.transactions[:] = [one for one in history.transactions if one.transaction_id != fee.transaction_id]
    american.fetch("financial_events")
    failed = [one["events_equal_settlement"] for one in map(american.verdicts, american.settlements)]
    [verdict] = [one for one in failed if not one.passed]
    rows = [row for row in verdict.rows if row["order"] == "without an order"]
    assert sum(Decimal(row["difference"]) for row in rows) == fee.total
    assert all(row["settlement rows"] for row in rows)
    assert "0 orders and what stands under no order differ" in verdict.sentence


def is_of_no_order(one: TransactionRecord) -> bool:
    """Tell whether a transaction is a charge of the account, released into a settlement."""
    names = dict(one.identifiers)
    return "ORDER_ID" not in names and "SETTLEMENT_ID" in names and one.total < 0 and one.transaction_type != "Transfer"


def test_each_difference_names_the_settlement_rows_and_what_stands_against_them(disturbed):
    """Rows of the file under the settlement, documents of the report; a transaction that is not told names none."""
    refunded = next(
        row
        for row in disturbed.rows("events_equal_settlement")
        if row["category"] == "refund" and row["settlement rows"]
    )
    settlement, _, numbers = refunded["settlement rows"].partition(": ")
    assert settlement.isdigit()
    assert all(int(one) > 1 for one in numbers.split(", "))
    assert refunded["transactions"] == ""
    by_order = {row["order"]: row for row in disturbed.rows("orders_equal_settlement")}
    resold, unknown = by_order[disturbed.resold.order_id], by_order[disturbed.unknown.order_id]
    assert (bool(resold["settlement rows"]), bool(resold["documents"])) == (True, True)
    assert (bool(unknown["settlement rows"]), unknown["documents"]) == (True, "")
    [shipped] = disturbed.rows("shipped_orders_settled")
    assert shipped["documents"]
    paid = {row["why"].partition(" ")[0]: row for row in disturbed.rows("reimbursements_equal_settlement")}
    assert paid["paid,"]["settlement rows"]
    assert paid["approved"]["documents"]


def test_a_table_that_is_cut_says_how_many_more_and_is_kept_whole(american):
    """Orders of two years ago: more of them than a check shows."""
    american.fetch("orders", days=2)
    american.road.clock.advance(800 * 86_400)
    result = prove(american.road, american.settlements[0])
    orders = next(one for one in result.verdicts if one.check == "orders_equal_settlement")
    kept = american.road.stores.warehouse.current(american.road.connection, "source_proofs", american.settlements[0])
    assert (kept.id, len(orders.rows)) == (result.version, 25)
    assert f"{kept.rows - 25} more rows in the table `source_proofs`: connector proofs SETTLEMENT." in orders.sentence


def test_vat_of_more_orders_than_a_check_shows_is_counted(tmp_path, monkeypatch):
    """Every order goes to another country than was booked: the first rows are shown, all of them are kept."""
    made = shop(tmp_path / "home", "amazon_us")
    discover(made.road)
    settlement_id = made.road.stores.settlements.all(made.road.connection)[0].settlement_id
    read_lines(made.road, settlement_id)
    differing = [vat_of(f"302-{number}", country="AT") for number in range(30)]
    verdict = compared_verdict(differing, "USD", date(2026, 1, 1), date(2026, 12, 31))
    monkeypatch.setattr("assets.source_proofs.vat_verdict", lambda road, record: verdict)
    told = made.verdicts(settlement_id)["vat_equals_report"]
    assert (told.passed, len(told.rows), "6 more rows in the table" in told.sentence) == (False, 25, True)
    assert len(rows_kept(made, settlement_id)) == 30
    made.close()


def test_what_amazons_own_summary_lacks_is_a_difference_of_its_amount(disturbed):
    """The refund is in the file and not in what Amazon sums up."""
    rows = disturbed.rows("summary_equals_settlement")
    [row] = [one for one in rows if one["what"] == "the settlement without reserves and carried debts"]
    assert row["difference"] == str(-disturbed.refund.total)


def test_a_settlement_of_which_no_event_is_told_yet_waits(american):
    """Amazon tells late: nothing is said against the settlement meanwhile; a week after its end it is."""
    american.history.transactions_later.clear()
    american.history.transactions.clear()
    american.fetch("financial_events")
    by_end = sorted(american.settlements, key=lambda one: registered(american.road, one).facts["end"])
    young, old = (american.verdicts(one)["events_equal_settlement"] for one in (by_end[-1], by_end[-3]))
    assert (young.passed, young.is_waiting) == (True, True)
    assert (old.passed, old.is_waiting) == (False, False)
    assert "7 days after its end" in old.sentence


def test_a_reimbursement_that_the_report_does_not_name_is_named(disturbed):
    """Product and amount say which."""
    gone = disturbed.reimbursement
    rows = disturbed.rows("reimbursements_equal_settlement")
    paid = [(row["sku"], row["amount"]) for row in rows if row["why"].startswith("paid")]
    assert paid == [(gone.sku, f"{gone.amount:.2f}")]


def test_a_reimbursement_that_was_approved_and_never_paid_is_named(disturbed):
    """By its number, and by one settlement: the one in whose time it was approved."""
    rows = [one for one in disturbed.rows("reimbursements_equal_settlement") if one["why"].startswith("approved")]
    assert [(row["amount"], row["why"].rpartition(" ")[2]) for row in rows] == [("77.77", "9000000001")]


@pytest.mark.parametrize(
    "country, paid",
    [
        ("US", (Decimal("108.00"),)),
        ("GB", (Decimal("100.00"),)),
        ("JP", (Decimal("100.00"), Decimal("108.00"))),
    ],
)
def test_whether_prices_hold_tax_is_a_fact_of_the_marketplace(country, paid):
    """Europe and Britain with, North America without; where nobody says so, either may fit."""
    assert paid_by_buyer(Decimal("100.00"), Decimal("8.00"), country) == paid


def test_vat_and_fees_agree_with_report_and_invoices_until_one_of_them_says_otherwise(tmp_path):
    """German parcels to four countries and a month of fees; then the report says that a parcel went elsewhere."""
    german = staged(tmp_path / "home", "amazon_eu")
    german.fetch("vat_transactions", days=59)
    german.fetch("fee_invoices", days=16)
    rates = [{"rate": rate, "country": country} for country, rate in VAT_RATES.items()]
    marketplaces = {"Amazon.de": {"tax_model": "included", "vat_by": "country", "vat_rates": rates}}
    mapping = load_mapping(Path("connector_defs/mappings/amazon_eu.yaml").read_text("utf-8"), "amazon_eu.yaml")
    policy = Policy(**{**POLICY, "books_from": "2026-01-01", "marketplaces": marketplaces})
    german.road = replace(german.road, policy=policy, load_mapping=lambda: mapping)
    assert not map_lines(german.road, OF_OCTOBER).stops
    verdicts = german.verdicts(OF_OCTOBER)
    vat, fees = verdicts["vat_equals_report"], verdicts["fees_are_invoiced"]
    assert (vat.passed, vat.is_waiting, fees.passed, fees.is_waiting) == (True, False, True, False)
    assert [row["what"] for row in vat.rows] == ["AT 20 %", "DE 19 %", "FR 20 %", "NL 21 %"]
    assert [row["invoices"] for row in fees.rows] == ["DE-AEU-2026-10-0042"]
    kept = german.road.stores.verdicts.latest("amazon_eu", "fee_invoices-2026-11-03")
    [invoiced] = [one for one in kept if one.check == "invoiced_fees_equal_settled"]
    assert (invoiced.passed, {row["difference"] for row in invoiced.facts["rows"]}) == (True, {"0.00"})

    orders = enumerate(german.history.orders)
    place, order = next((place, one) for place, one in orders if one.order_id == sold_in_germany(german))
    german.history.orders[place] = replace(order, ship_country="AT")
    german.road.clock.advance(7 * 3600)
    dict(fetch_days(german.road, DAY_STAGES["vat_transactions"], [order.shipped.date()]))
    vat = german.verdicts(OF_OCTOBER)["vat_equals_report"]
    assert not vat.passed
    assert vat.rows[-1]["what"] == f"sale of order {order.order_id}, AT 20 %: booked for DE"
    [kept] = [one for one in rows_kept(german, OF_OCTOBER) if one["proof"] == "vat_equals_report"]
    assert (kept["order"], kept["settled"], kept["other"]) == (
        order.order_id,
        Decimal(vat.rows[-1]["settled"]),
        Decimal(vat.rows[-1]["reported"]),
    )
    assert kept["why"].startswith("sale, AT 20 %: booked for DE; VAT ")
    german.close()


def rows_kept(made: Shop, settlement_id: str) -> list[dict]:
    """Return the rows that are kept of a settlement's proofs."""
    return proof_rows(made.road.stores, made.road.connection, settlement_id)


def sold_in_germany(german: Shop) -> str:
    """Return an order that the settlement of October booked for Germany."""
    warehouse = german.road.stores.warehouse
    path = str(warehouse.path(warehouse.current("amazon_eu", "mapped_lines", OF_OCTOBER)))
    with warehouse.connect() as duck:
        sql = "SELECT min(order_id) FROM read_parquet($path) WHERE vat_country = 'DE' AND is_sale AND amount > 0"
        [(order_id,)] = duck.sql(sql, params={"path": path}).fetchall()
    return order_id
