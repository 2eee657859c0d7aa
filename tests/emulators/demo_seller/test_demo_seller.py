"""The demonstration seller: everything it promises to show, and that its truth is what its files say."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from emulators.amazon.settings import SETTLEMENT_TYPE
from emulators.demo_seller.catalog import MARKETS
from emulators.demo_seller.categories import category_of
from emulators.demo_seller.seller import DemoSeller, demo_seller
from emulators.demo_seller.truth import SettlementTruth

AS_OF = date(2026, 11, 20)
# A leap day, a year's first day, the ends of short and long months.
DAYS = [AS_OF, date(2028, 2, 29), date(2027, 1, 1), date(2027, 2, 28), date(2026, 8, 31)]
TRIPLES = Path(__file__).parents[3] / "ledger" / "data" / "amazon_triples.csv"
ZERO = Decimal("0.00")
CURRENCIES = ("USD", "GBP", "EUR", "CAD")


@cache
def _seller(seed: int = 7, as_of: date = AS_OF) -> DemoSeller:
    return demo_seller(seed, as_of)


@cache
def _files(seed: int = 7, as_of: date = AS_OF) -> dict[str, list[dict[str, str]]]:
    """Return settlement id -> rows as read from the published documents, the summary row first."""
    demo = _seller(seed, as_of)
    files = {}
    for document in demo.world.documents.values():
        charset = document.content_type.partition("charset=")[2] or "utf-8"
        rows = list(
            csv.DictReader(io.StringIO(document.content.decode(charset)), delimiter="\t", quoting=csv.QUOTE_NONE)
        )
        if rows and rows[0].get("settlement-id"):
            files[rows[0]["settlement-id"]] = rows
    return files


def _amount(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _posted(demo: DemoSeller, currency: str) -> list[SettlementTruth]:
    return [one for one in demo.settlements if one.currency == currency and not one.is_before_go_live]


def test_the_same_seed_and_day_give_the_same_bytes() -> None:
    """Every document, entry and credential; another seed gives others."""

    def fingerprint(demo: DemoSeller) -> str:
        parts = [repr(sorted(demo.world.documents.items())), repr(demo.world.entries), repr(demo.secrets)]
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    first, second, other = (fingerprint(demo_seller(seed, AS_OF)) for seed in (7, 7, 8))
    assert first == second != other


@pytest.mark.parametrize("as_of", DAYS)
def test_there_are_enough_settlements_in_every_currency(as_of: date) -> None:
    """At least 7 in USD, 3 in each other currency after go-live; before it one in USD, in GBP and in CAD."""
    demo = _seller(7, as_of)
    assert [len(_posted(demo, currency)) for currency in CURRENCIES] == [9, 4, 4, 4]
    assert [one.currency for one in demo.settlements if one.is_before_go_live] == ["USD", "GBP", "CAD"]
    assert {one.tax_model for one in demo.settlements} == {"facilitator", "added", "included"}


@pytest.mark.parametrize("as_of", DAYS)
def test_all_of_it_was_published_within_the_last_89_days(as_of: date) -> None:
    """At any time of that day; Amazon forgets what is older than 90."""
    demo = _seller(7, as_of)
    for account in demo.sellers:
        for entry in demo.world.entries[account.seller_id]:
            latest = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)
            assert latest - timedelta(days=88) < entry.created < latest


def test_a_sellers_documents_fit_the_burst_of_their_quota() -> None:
    """getReportDocument allows fifteen at once: a demonstration must not wait minutes."""
    demo = _seller()
    for account in demo.sellers:
        entries = [one for one in demo.world.entries[account.seller_id] if one.report_type == SETTLEMENT_TYPE]
        assert len(entries) <= 13
        assert len(demo.world.entries[account.seller_id]) == len(entries) + 1


@pytest.mark.parametrize("seed", [1, 7])
def test_every_file_ties_and_says_what_the_truth_says(seed: int) -> None:
    """Sum of the rows, total, currency, category totals, number of lines."""
    demo, files = _seller(seed), _files(seed)
    assert len(demo.settlements) == len(files)
    for truth in demo.settlements:
        summary, *rows = files[truth.settlement_id]
        assert sum((_amount(row["amount"]) for row in rows), ZERO) == truth.total == _amount(summary["total-amount"])
        assert (summary["currency"], len(rows)) == (truth.currency, truth.lines)
        by_category: dict[str, Decimal] = defaultdict(Decimal)
        for row in rows:
            by_category[category_of(row["transaction-type"], row["amount-type"], row["amount-description"])] += _amount(
                row["amount"]
            )
        assert by_category == truth.by_category
        assert sum(truth.by_category.values()) == truth.total


@pytest.mark.parametrize("seed", [1, 7, 12])
def test_the_chains_hold(seed: int) -> None:
    """Start, reserve and debt of each settlement come from the one before; what was held comes back."""
    by_id = {one.settlement_id: one for one in _seller(seed).settlements}
    starts = [one for one in by_id.values() if one.previous_id is None]
    assert len(starts) == len(MARKETS)
    for truth in by_id.values():
        assert truth.deposit_date == truth.end + timedelta(days=2)
        if truth.previous_id is None:
            assert truth.reserve_returned > 0
            continue
        before = by_id[truth.previous_id]
        assert truth.start == before.end
        assert truth.reserve_returned == before.reserve_held
        assert truth.debt_carried == max(ZERO, -before.total)
        assert truth.debt_charged in (ZERO, truth.debt_carried)
        assert truth.settlement_id > before.settlement_id


def test_the_rows_of_a_chain_are_in_the_files() -> None:
    """Reserve rows, Payable to Amazon at the start second, the card charged in two rows, one rolled over."""
    files, seen = _files(), Counter()
    for truth in _seller().settlements:
        summary, *rows = files[truth.settlement_id]
        found: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in rows:
            found[row["amount-description"]].append(row)
        held = sum((_amount(row["amount"]) for row in found["Current Reserve Amount"]), ZERO)
        returned = sum((_amount(row["amount"]) for row in found["Previous Reserve Amount Balance"]), ZERO)
        payable = sum((_amount(row["amount"]) for row in found["Payable to Amazon"]), ZERO)
        charged = sum((_amount(row["amount"]) for row in found["Successful charge"]), ZERO)
        assert (-held, returned, -payable, charged) == (
            truth.reserve_held,
            truth.reserve_returned,
            truth.debt_carried,
            truth.debt_charged,
        )
        for row in found["Payable to Amazon"]:
            assert row["posted-date-time"] == summary["settlement-start-date"]
            seen["charged" if charged else "rolled over"] += 1
    assert seen == {"charged": 1, "rolled over": 1}


def test_one_is_zero_two_are_negative_and_all_totals_of_a_series_differ() -> None:
    """A total of exactly 0.00 with a reserve; negative ones of different size, so that a chain by amount is clear."""
    totals = [one.total for one in _seller().settlements]
    assert len(set(totals)) == len(totals)
    zero = next(one for one in _seller().settlements if one.total == 0)
    assert zero.reserve_held > 0
    negative = [one for one in _seller().settlements if one.total < 0]
    assert len(negative) == 2
    assert all(one.payout_expected == 0 for one in (zero, *negative))


@pytest.mark.parametrize("as_of", DAYS)
def test_a_month_end_is_crossed_in_every_currency(as_of: date) -> None:
    """Within each series some settlement has rows in two months."""
    for currency in CURRENCIES:
        assert any(one.start.month != one.end.month for one in _posted(_seller(7, as_of), currency))


@pytest.mark.parametrize("as_of", DAYS)
def test_go_live_is_the_day_the_first_posted_settlement_starts(as_of: date) -> None:
    """By that rule each settlement is before or after; the opening balances are what the first one brings back."""
    demo = _seller(7, as_of)
    accounts = {account.seller_id: account for account in demo.sellers}
    for truth in demo.settlements:
        account = accounts[truth.seller_id]
        assert (truth.start.date() < account.books_from) is truth.is_before_go_live
        assert (truth.settlement_id in account.before_go_live) is truth.is_before_go_live
    assert [one.currency for one in demo.openings] == list(CURRENCIES)
    by_id = {one.settlement_id: one for one in demo.settlements}
    for opening in demo.openings:
        first = by_id[opening.first_settlement_id]
        assert (opening.reserve, opening.debt) == (first.reserve_returned, first.debt_carried)
        assert opening.reserve > 0


def test_sales_tax_of_the_us_sums_to_zero_per_order() -> None:
    """Collected and withheld are equal order by order, refunds included."""
    for truth in _posted(_seller(), "USD"):
        per_order: dict[str, Decimal] = defaultdict(Decimal)
        for row in _files()[truth.settlement_id][1:]:
            if row["amount-type"] == "ItemWithheldTax" or row["amount-description"] in ("Tax", "ShippingTax"):
                per_order[row["order-id"]] += _amount(row["amount"])
        assert len(per_order) > 5
        assert not any(per_order.values())


@pytest.mark.parametrize(("currency", "has_tax"), [("GBP", True), ("EUR", False), ("CAD", True)])
def test_the_tax_models_in_which_the_seller_remits(currency: str, has_tax: bool) -> None:
    """Rows of the UK and of Canada show the tax and withhold none; German prices contain it and show none."""
    for truth in _posted(_seller(), currency):
        types = {(row["amount-type"], row["amount-description"]) for row in _files()[truth.settlement_id][1:]}
        assert (("ItemPrice", "Tax") in types) is has_tax
        assert not any(amount_type == "ItemWithheldTax" for amount_type, _ in types)


def test_debts_between_european_accounts_net_to_zero() -> None:
    """Not inside one settlement, but over all of the seller's."""
    amounts = [one.by_category.get("cross_account_debt", ZERO) for one in _seller().settlements]
    assert [amount for amount in amounts if amount] == [Decimal("-46.15"), Decimal("46.15")]


def test_every_kind_of_row_promised_is_there() -> None:
    """Categories over all settlements, plus the shapes that trip readers up."""
    demo = _seller()
    seen = {category for one in demo.settlements for category in one.by_category}
    assert seen >= {
        "revenue", "shipping_revenue", "gift_wrap_revenue", "refund", "refund_shipping", "refund_commission",
        "tax_collected", "marketplace_tax_withheld", "referral_fee", "fba_fulfilment_fee", "digital_services_fee",
        "shipping_chargeback", "gift_wrap_chargeback", "promo_rebate", "advertising", "subscription_fee",
        "fba_storage_fee", "tax_on_fees", "fba_inbound_fee", "fba_removal_fee", "fba_reimbursement",
        "fba_reimbursement_reversal", "coupon_fee", "cross_account_debt", "reserve_movement",
        "negative_balance_carry", "debt_recovery",
    }  # fmt: skip
    assert "unknown" not in seen
    rows = [row for file in _files().values() for row in file[1:]]
    assert any(row["order-id"].startswith("S01-") and row["marketplace-name"] == "Non-Amazon US" for row in rows)
    assert any(row["order-id"] and not row["marketplace-name"] for row in rows)
    assert any(row["fulfillment-id"] == "MFN" for row in rows)
    assert Counter(tuple(row.values()) for row in rows).most_common(1)[0][1] == 2
    assert any(int(row["quantity-purchased"] or 0) > 1 for row in rows)
    assert any("für" in row["amount-description"] for row in rows)


def test_labels_are_known_and_have_the_category_the_truth_gives_them() -> None:
    """Compared with the project's own classification: exact or by its wildcard row, never `other` or unverified."""
    with TRIPLES.open(encoding="utf-8") as file:
        known = {tuple(list(row.values())[:3]): row for row in csv.DictReader(file)}
    wildcards = {
        ("CouponRedemptionFee", "CouponRedemptionFee"): "*",
        ("Debt Adjustment", "Debt Adjustment"): "Cross-Account Debt Adjustment {} *",
    }
    for row in (row for file in _files().values() for row in file[1:]):
        triple = row["transaction-type"], row["amount-type"], row["amount-description"]
        if triple not in known:
            word = "for" if " for " in triple[2] else "against"
            found = known[triple[0], triple[1], wildcards[triple[:2]].format(word)]
        else:
            found = known[triple]
        assert found["category"] == category_of(*triple)
        assert found["category"] != "other"
        assert found["source"] != "unverified"


def test_an_unknown_label_comes_only_when_asked_for() -> None:
    """Then the newest US settlement holds it, and still ties."""
    demo = demo_seller(7, AS_OF, has_unknown_label=True)
    holding = [one for one in demo.settlements if "unknown" in one.by_category]
    assert [one.settlement_id for one in holding] == [_posted(demo, "USD")[-1].settlement_id]
    assert sum(holding[0].by_category.values()) == holding[0].total


def test_one_settlement_is_listed_twice_with_the_same_content() -> None:
    """Two report ids, two documents, one of them compressed, one settlement."""
    demo = _seller()
    for account in demo.sellers:
        contents = Counter(
            document.content
            for (seller_id, _), document in demo.world.documents.items()
            if seller_id == account.seller_id
        )
        assert sorted(contents.values())[-2:] == [1, 2]
        numbers = [entry.report_id for entry in demo.world.entries[account.seller_id]]
        assert len(numbers) == len(set(numbers))


def test_ids_look_like_amazons_and_secrets_say_they_are_demo() -> None:
    """Settlement ids of eleven digits; credentials that a scan can find and nobody can mistake."""
    demo = _seller()
    assert all(len(one.settlement_id) == 11 and one.settlement_id.isdigit() for one in demo.settlements)
    assert len({one.settlement_id for one in demo.settlements}) == len(demo.settlements)
    assert len(set(demo.secrets)) == 5
    assert all("demo" in secret and len(secret) >= 15 for secret in demo.secrets)
    for account in demo.sellers:
        assert {account.client_secret, account.refresh_token} < set(demo.secrets)


def test_each_settlement_has_a_few_hundred_lines_at_most_fifteen_hundred() -> None:
    """Large enough to look real, small enough to be quick."""
    assert all(100 <= one.lines <= 1500 for one in _seller().settlements)
    assert sum(one.lines for one in _seller().settlements) > 8000


def test_refunds_name_orders_that_were_settled() -> None:
    """Each refund's order id was sold in this or an earlier settlement of the same series, and only once refunded."""
    for currency in CURRENCIES:
        sold: set[str] = set()
        refunded: Counter[str] = Counter()
        for truth in (one for one in _seller().settlements if one.currency == currency):
            rows = _files()[truth.settlement_id][1:]
            sold |= {row["order-id"] for row in rows if row["transaction-type"] == "Order"}
            refunds = {row["order-id"] for row in rows if row["transaction-type"] == "Refund"}
            assert refunds
            assert refunds <= sold
            refunded.update(refunds)
        assert max(refunded.values()) == 1
