"""The set-based form of the rules against the rules themselves: same lines, same movements, whatever the settlement."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assets.mapped_lines import resolve_combinations, write_movements
from assets.settlements.settlement_books import Books
from assets.stages.roadmap import Road
from ledger import money
from ledger.accounts import AccountKey
from ledger.categories import TAX_COLLECTED, TAX_WITHHELD
from ledger.combination import Treatment
from ledger.mapping import Combination, Context, Resolved, category_of, load_mapping, resolve
from ledger.movements import Item, SettlementBooks, movements_of, remainder_of
from ledger.opening_orders import OpeningOrder, OpeningOrders
from ledger.parts import part_of, parts
from ledger.policy import Policy
from ledger.references import reference
from ledger.series import Carried, Place
from ledger.tax import split_order
from resources.amazon.settlement_file.lines import COLUMN_TYPES
from resources.store.settlements import SettlementRecord
from resources.store.warehouse import Version

MAPPING = """\
version: 1
owner: {unit: US001}
accounts:
  clearing: "110500"
  pass_through_tax: "210500"
  opening_receivable: "110900"
  tax_liability: [{account: "210600", valid_to: 2026-10-31}, {account: "210601", valid_from: 2026-11-01}]
marketplace_for_blank: Amazon.fr
categories:
  revenue: [{account: "400100", valid_to: 2026-10-31}, {account: "400101", valid_from: 2026-11-01}]
  promo_rebate: "410200"
  refund: "410100"
  referral_fee: "600100"
  subscription_fee: "600300"
rules:
  - when: {category: revenue, sku: "US2-*"}
    book: {account: "400200"}
  - when: {category: referral_fee, fulfilment: MFN}
    book: {account: "600101"}
"""
START, END = datetime(2026, 10, 20, 5, tzinfo=UTC), datetime(2026, 11, 9, 5, tzinfo=UTC)
LABELS = [
    ("Order", "ItemPrice", "Principal"),
    ("Order", "Promotion", "Principal"),
    ("Refund", "ItemPrice", "Principal"),
    ("Order", "ItemFees", "Commission"),
    ("Order", "ItemPrice", "Tax"),
    ("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal"),
]
PAYABLE = ("other-transaction", "other-transaction", "Payable to Amazon")
# Around the change of month in New York, which leaves daylight saving time on 1 November, and in Berlin and UTC.
MOMENTS = [
    None,
    START,
    datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC),
    datetime(2026, 10, 31, 23, tzinfo=UTC),
    datetime(2026, 11, 1, 3, 59, 59, tzinfo=UTC),
    datetime(2026, 11, 1, 4, tzinfo=UTC),
    END,
    END + timedelta(hours=1),
]


def policy_of(time_zone: str, month_end: str, *, by_country: bool = False) -> Policy:
    """Return every tax model at once; rates change with the month, in Germany with the country too if asked."""
    rates = [{"rate": "19", "valid_to": "2026-10-31"}, {"rate": "7.7", "valid_from": "2026-11-01"}]
    german: dict = {"tax_model": "included", "vat_rates": rates}
    if by_country:
        of_countries = [{**rate, "country": "DE"} for rate in rates] + [{"rate": "20", "country": "AT"}]
        german |= {"vat_by": "country", "vat_rates": of_countries, "vat_country_without_order": "DE"}
        german |= {"vat_order_countries": {"C": "AT"}}
    return Policy(
        time_zone=time_zone,
        month_end=month_end,
        books_from="2026-01-01",
        marketplaces={
            "Amazon.com": {"tax_model": "facilitator"},
            "Amazon.co.uk": {"tax_model": "added"},
            "Amazon.de": german,
            "Amazon.fr": {"tax_model": "mixed", "otherwise": "included", "vat_rates": rates},
            "Amazon.it": {"tax_model": "mixed", "otherwise": "added"},
        },
    )


@st.composite
def lines(draw):
    """Draw lines of a settlement: orders of any marketplace, rows of the account, zeros and rows without a moment."""
    homes = {"": "", "A": "Amazon.com", "B": "Amazon.co.uk", "C": "Amazon.de", "D": "Amazon.fr", "E": "Amazon.it"}
    drawn = []
    for _ in range(draw(st.integers(0, 24))):
        order = draw(st.sampled_from(list(homes)))
        labels = draw(st.sampled_from(LABELS if order else [*LABELS[:4], PAYABLE]))
        # An order of Amazon.de never has tax rows of its own: that would contradict its tax model.
        if order == "C" and labels in LABELS[4:]:
            labels = LABELS[0]
        drawn.append(
            {
                "labels": labels,
                "order": order,
                "marketplace": draw(st.sampled_from([homes[order], "Amazon.fr" if order == "D" else homes[order]])),
                "sku": draw(st.sampled_from(["", "SKU-1", "US2-7"])),
                "fulfilment": draw(st.sampled_from(["AFN", "MFN", ""])),
                "posted": draw(st.sampled_from(MOMENTS)),
                "minor": draw(st.one_of(st.sampled_from([0, 1, -1, 33]), st.integers(-(10**14), 10**14))),
            }
        )
    return drawn


def staged(duck, drawn, currency, path):
    """Write the lines as the reader stages them: one row per row of the file, the summary row first."""
    blank = dict.fromkeys(COLUMN_TYPES)
    rows = [blank] + [
        blank
        | dict(zip(("transaction_type", "amount_type", "amount_description"), one["labels"], strict=True))
        | {
            "order_id": one["order"] or None,
            "marketplace_name": one["marketplace"] or None,
            "sku": one["sku"] or None,
            "fulfillment_id": one["fulfilment"] or None,
            "posted_at": one["posted"] and one["posted"].replace(tzinfo=None).isoformat(),
            "amount": str(money.from_minor(one["minor"], currency)),
            "leg": 0,
        }
        for one in drawn
    ]
    columns = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in COLUMN_TYPES.items())
    shape = "STRUCT(" + ", ".join(f"{name} VARCHAR" for name in COLUMN_TYPES) + ")[]"
    sql = f"COPY (SELECT {columns} FROM (SELECT unnest($rows::{shape}, recursive := true))) TO $path (FORMAT parquet)"
    duck.execute(sql, {"rows": rows, "path": str(path)})


def books_for(drawn, currency, policy, mapping, path, opening):
    """Return what the settlement is booked with; each carried row brings in a settlement of its own."""
    names = tuple(sorted({one["marketplace"] for one in drawn} - {""}))
    facts = {"currency": currency, "start": START.isoformat(), "end": END.isoformat(), "marketplaces": list(names)}
    carried = tuple(
        Carried(row, money.from_minor(one["minor"], currency), "payable", str(row))
        for row, one in enumerate(drawn, start=3)
        if one["labels"] == PAYABLE and one["minor"]
    )
    record = SettlementRecord("c", "s", "1", "0" * 64, "", "api", (), facts, None)
    return Books(
        record=record,
        mapping=mapping,
        context=Context(currency, names),
        place=Place("series", None, False, (), carried),
        parts=parts(START, END, None, policy),
        clearing=AccountKey.of("US001", account="110500"),
        reference="S1",
        lines=Version("c", "settlement_lines", "1", 1, "", 0, 0, {}, START),
        lines_path=path,
        opening_orders=OpeningOrders({one: OpeningOrder(one) for one in opening}, True) if opening else OpeningOrders(),
    )


def by_the_rules(drawn, books, policy):
    """Return (source row, part, debit, item, credit, item, amount) by the pure rules, and which rows are sales."""
    mapping, currency = books.mapping, books.currency
    orders = defaultdict(set)
    for one in drawn:
        kind = category_of(*one["labels"], mapping=mapping)
        if kind in (TAX_COLLECTED, TAX_WITHHELD) and one["minor"] and one["order"]:
            orders[one["order"]].add(kind)
    answers = []
    for row, one in enumerate(drawn, start=3):
        part = part_of(books.parts, one["posted"]) if one["posted"] else books.parts[-1]
        combination = Combination(
            *one["labels"],
            marketplace=one["marketplace"],
            sku=one["sku"] or None,
            fulfilment=one["fulfilment"] or None,
            accounting_date=part.accounting_date,
            positive=one["minor"] > 0 if one["minor"] else None,
            order_has_withheld=TAX_WITHHELD in orders[one["order"]],
            order_has_tax=TAX_COLLECTED in orders[one["order"]],
            order_is_opening=one["order"] in books.opening_orders.orders,
            country=policy.marketplaces["Amazon.de"].vat_order_countries.get(one["order"], ""),
            has_order=bool(one["order"]),
        )
        resolved = resolve(combination, mapping, policy, books.context)
        assert isinstance(resolved, Resolved), resolved
        answers.append((row, one, part, resolved))
    vat = _vat(answers)
    shared = SettlementBooks(currency, books.clearing, books.reference)
    found = []
    for row, one, part, resolved in answers:
        amount = money.from_minor(one["minor"], currency)
        earlier = Item(books.clearing, reference(str(row))) if resolved.treatment is Treatment.CARRY else None
        share = money.from_minor(vat[row], currency) if row in vat else None
        movements = movements_of(amount, resolved, shared, vat=share, earlier=earlier)
        found += [(row, part.number, made) for made in movements]
    sales = {row for row, one, _, resolved in answers if resolved.is_sale and one["minor"]}
    return Counter(_plain(*one) for one in (*found, *_left_over(answers, shared))), sales


def _vat(answers):
    """Return the VAT of each gross line: cumulative per order and rate, alone where there is no order."""
    groups = defaultdict(list)
    for row, one, _, resolved in answers:
        if resolved.treatment is Treatment.SPLIT_VAT:
            groups[one["order"] or row, resolved.vat_rate].append((row, one["minor"]))
    shares = {}
    for (_, rate), rows in groups.items():
        shares |= dict(zip((row for row, _ in rows), split_order([minor for _, minor in rows], rate), strict=True))
    return shares


def _left_over(answers, shared):
    groups = defaultdict(list)
    for row, one, part, resolved in answers:
        if resolved.treatment is Treatment.PASS_THROUGH:
            groups[one["order"], resolved.account, resolved.remainder_account].append((row, one, part, resolved))
    for (order, _, _), rows in groups.items():
        left = money.from_minor(sum(one["minor"] for _, one, _, _ in rows), shared.currency)
        number = max(part.number for _, _, part, _ in rows)
        for made in remainder_of(left, rows[0][3], shared, order):
            yield rows[0][0], number, made


def _plain(row, part, made):
    amount = made.amount.normalize()
    return row, part, str(made.debit), made.debit_reference, str(made.credit), made.credit_reference, amount


@pytest.fixture(scope="module")
def mapping():
    return load_mapping(MAPPING, "mapping.yaml")


@pytest.fixture(scope="module")
def duck():
    """Return one DuckDB for all settlements: opening one costs more than mapping a small settlement."""
    with duckdb.connect() as opened:
        yield opened


@settings(
    max_examples=40,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # shrinking runs the same SQL hundreds of times for little
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
@given(
    drawn=lines(),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    time_zone=st.sampled_from(["America/New_York", "Europe/Berlin", "UTC"]),
    month_end=st.sampled_from(["split", "none"]),
    opening=st.sets(st.sampled_from("ABCDE")),
    by_country=st.booleans(),
)
def test_sql_books_what_the_rules_book(
    tmp_path, duck, mapping, drawn, currency, time_zone, month_end, opening, by_country
):
    """Every line's movements in SQL are those of the pure rules, and clearing moves by exactly the lines' sum."""
    path, made = tmp_path / "lines.parquet", tmp_path / "movements.parquet"
    policy = policy_of(time_zone, month_end, by_country=by_country)
    staged(duck, drawn, currency, path)
    books = books_for(drawn, currency, policy, mapping, path, opening)
    nothing_kept = SimpleNamespace(warehouse=SimpleNamespace(currents=lambda connection, asset: []))
    road = Road("c", "s", "l", policy, lambda: mapping, nothing_kept, None, None, None)
    mapped = resolve_combinations(duck, books, road)
    assert mapped.unmapped == []
    write_movements(duck, books, mapped, road, made)
    columns = "source_row, part, debit, debit_reference, credit, credit_reference, amount"
    where = "amount <> 0 AND (debit <> credit OR debit_reference <> credit_reference)"
    sql = f"SELECT {columns} FROM read_parquet($path) WHERE {where}"
    rows = duck.sql(sql, params={"path": str(made)}).fetchall()
    total = duck.sql("SELECT sum(clearing_amount) FROM read_parquet($path)", params={"path": str(made)}).fetchall()[0]
    sold = duck.sql(
        "SELECT source_row FROM read_parquet($path) WHERE is_sale AND amount <> 0", params={"path": str(made)}
    )
    expected, sales = by_the_rules(drawn, books, policy)
    assert Counter((*one[:6], one[6].normalize()) for one in rows) == expected
    assert {row for (row,) in sold.fetchall()} == sales
    assert (total[0] or Decimal(0)) == money.from_minor(sum(one["minor"] for one in drawn), currency)


def test_the_drawn_settlements_meet_every_treatment(mapping):
    """The property above is worth nothing for a treatment that no line ever has."""
    policy, context = policy_of("UTC", "split"), Context("EUR", ())
    met = set()
    for labels in [*LABELS, PAYABLE]:
        for marketplace in policy.marketplaces:
            one = Combination(*labels, marketplace, None, None, date(2026, 10, 31), True)
            answer = resolve(one, mapping, policy, context)
            met |= {answer.treatment} if isinstance(answer, Resolved) else set()
    assert met == set(Treatment)
