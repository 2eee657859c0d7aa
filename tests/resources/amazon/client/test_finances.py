"""Financial transactions: asked for within what Amazon allows, archived first, read to the end, or refused in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from ledger.errors import SourceRefused, SourceUnavailable
from resources.amazon.answers import NOT_YET
from resources.amazon.quotas import QUOTAS, Quota
from tests.resources.amazon.client.transactions import (
    POSTED,
    ListTransactions,
    money,
    node,
    page,
    related,
    sale,
    scripted,
)
from tests.resources.transport.rig import START

AFTER, BEFORE = START - timedelta(days=3), START - timedelta(days=1)


def written(moment: datetime) -> str:
    """Write a moment as Amazon takes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read(*transactions: dict) -> tuple:
    """Return what comes of one page: transactions, and sentences of what cannot be used."""
    (found,) = scripted(page(*transactions)).pages(AFTER, BEFORE)
    return found.transactions, [one.sentence for one in found.unreadable]


def test_a_transaction_is_read_whole():
    """Both trees with exact amounts, the product, the identifiers, who and where."""
    posted = sale(
        transactionStatus="DEFERRED",
        contexts=[{"contextType": "DeferredContext", "deferralReason": "DD7", "maturityDate": "2026-11-27T00:00:00Z"}],
    )
    (found,), unreadable = read(posted)
    assert unreadable == []
    assert (found.transaction_id, found.kind, found.status) == ("T1", "Shipment", "DEFERRED")
    assert (found.posted, found.currency, found.total) == (
        datetime(2026, 11, 18, 10, tzinfo=UTC),
        "USD",
        Decimal("85.00"),
    )
    assert found.identifiers == {"ORDER_ID": "111-0000001-0000001", "SHIPMENT_ID": "D1"}
    assert (found.marketplace_name, found.account_type) == ("Amazon.com", "Standard Orders")
    (item,) = found.items
    assert (item.product.sku, item.product.asin, item.product.quantity, item.product.network) == (
        "MUG",
        "B0DEMOMUG1",
        1,
        "AFN",
    )
    assert [(leaf.path_text, leaf.amount) for leaf in item.leaves] == [
        ("ProductCharges/OurPricePrincipal", Decimal("100.00")),
        ("AmazonFees/Commission/Base", Decimal("-15.00")),
    ]
    assert [(leaf.path_text, leaf.amount) for leaf in found.leaves] == [
        ("Sales/ProductCharges", Decimal("100.00")),
        ("Expenses/AmazonFees", Decimal("-15.00")),
    ]
    assert (found.deferred.reason, found.deferred.maturity) == ("DD7", datetime(2026, 11, 27, tzinfo=UTC))


def test_amounts_never_pass_through_a_float():
    """A number that no float can hold arrives as it was written."""
    content = (
        b'{"payload": {"transactions": [{"transactionId": "T", "postedDate": "%s", "totalAmount":' % POSTED.encode()
    )
    content += b' {"currencyCode": "USD", "currencyAmount": 90071992547409.93}}]}}'
    (found,) = scripted(content).pages(AFTER, BEFORE)
    assert found.transactions[0].total == Decimal("90071992547409.93")


@pytest.mark.parametrize("missing", [None, "absent"])
def test_nearly_everything_may_be_null_or_missing(missing):
    """Id, moment and money are all that is needed."""
    full = {"transactionId": "T1", "postedDate": POSTED, "totalAmount": money(-9.99)}
    given = full if missing == "absent" else {name: None for name in sale()} | full
    (found,), unreadable = read(given)
    assert unreadable == []
    assert (found.kind, found.status, found.items, found.breakdowns) == ("", None, (), ())
    assert (found.total, found.product.quantity, found.deferred.maturity) == (Decimal("-9.99"), None, None)


def test_the_tree_of_amazons_own_example_is_read():
    """There, a transaction's breakdowns are wrapped in an object once more, and a node may lack its amount."""
    tree = {"breakdowns": [node("Sales", 10, node("Product Charges", 10))]}
    empty = {"breakdownType": "Other", "breakdownAmount": None, "breakdowns": None}
    (found, other), unreadable = read(
        sale(breakdowns=tree, items=None), sale("T2", breakdowns=[empty, node(" Sales  total ", 85)], items=[])
    )
    assert unreadable == []
    assert [leaf.path_text for leaf in found.leaves] == ["Sales/Product Charges"]
    assert [leaf.path_text for leaf in other.leaves] == ["Sales total"]


def test_several_identifiers_of_one_name_stay_together():
    """None is dropped; the same one twice is one."""
    several = [related("SHIPMENT_ID", "D2"), related("SHIPMENT_ID", "D1"), related("SHIPMENT_ID", "D2")]
    (found,), _ = read(sale(relatedIdentifiers=several))
    assert found.identifiers == {"SHIPMENT_ID": "D1 D2"}


UNUSABLE = [
    (sale(transactionId=None), "has no transactionId"),
    (sale(transactionId=7), "transactionId is no text"),
    (sale(postedDate=None), "no possible postedDate"),
    (sale(postedDate="yesterday"), "postedDate is no date-time"),
    (sale(postedDate="1970-01-01T00:00:00Z"), "no possible postedDate"),
    (sale(totalAmount=money(85, "XXX")), "'XXX' is no currency"),
    (sale(totalAmount=money(85, "EUR")), "amounts in EUR and in USD"),
    (sale(totalAmount=money("85")), "totalAmount of transaction T1 is no number"),
    (sale(totalAmount=money(True)), "is no number"),
    (sale(totalAmount=money(85.001)), "more decimals than USD allows"),
    (sale(totalAmount=money(10**15)), "no amount of money"),
    (sale(totalAmount=money(10**30)), "at most 18 digits"),
    (sale(totalAmount=money(85, None), items=[], breakdowns=[]), "an amount without a currency"),
    (sale(totalAmount=None, items=[], breakdowns=[]), "names no currency"),
    (sale(totalAmount=money(85, "XYZ"), items=[], breakdowns=[]), "for example USD. Check"),
    (sale(items={}), "items is no list"),
    (sale(items=["x"]), "items is no list of objects"),
    (sale(contexts=[{"contextType": "ProductContext", "quantityShipped": "1"}]), "quantityShipped"),
]


@pytest.mark.parametrize("given, said", UNUSABLE)
def test_a_transaction_that_cannot_be_used_is_named_and_keeps_no_other_out(given, said):
    """One sentence each; the others of the page are read."""
    found, sentences = read(sale("before"), given, sale("after"))
    assert [one.transaction_id for one in found] == ["before", "after"]
    assert len(sentences) == 1
    assert said in sentences[0]
    assert ".." not in sentences[0]


def test_what_cannot_be_used_says_its_day_where_that_can_be_read():
    """So that only that day is kept back."""
    (found,) = scripted(page(sale(transactionId=None), sale("T2", posted="never"))).pages(AFTER, BEFORE)
    assert [one.posted for one in found.unreadable] == [datetime(2026, 11, 18, 10, tzinfo=UTC), None]
    assert [one.name for one in found.unreadable] == ["number 1 of document document-1", "T2"]


def test_a_tree_without_an_end_is_refused():
    """A hostile answer does not end the process."""
    tree = node("a", 1)
    for _ in range(50):
        tree = node("a", 1, tree)
    assert "do not come to an end" in read(sale(breakdowns=[tree]))[1][0]


def test_half_a_character_in_an_id_names_nothing_that_cannot_be_stored():
    """JSON can write it; the name goes into a review item, and no database takes it."""
    content = json.dumps(page(sale("half \ud83d"))).encode()
    (found,) = scripted(content).pages(AFTER, BEFORE)
    [one] = found.unreadable
    assert f"{one.name}{one.sentence}".encode()


MISSHAPEN = [
    (b"<html>maintenance</html>", "is no JSON"),
    (b'{"payload": {"transactions": [', "is no JSON"),
    (b'{"payload": {"transactions": [{"totalAmount": {"currencyAmount": NaN}}]}}', "is no JSON"),
    (b"[" * 100_000, "is no JSON"),
    (b"[]", "has no payload"),
    (b'{"errors": []}', "has no payload"),
    (b'{"payload": null}', "has no payload"),
    (b'{"payload": {}}', "has no transactions"),
    (b'{"payload": {"transactions": null}}', "has no transactions"),
    (b'{"payload": {"transactions": {}}}', "transactions is no list of objects"),
    (b'{"payload": {"transactions": [1]}}', "transactions is no list of objects"),
    (b'{"payload": {"transactions": [], "nextToken": 5}}', "nextToken is no text"),
]


@pytest.mark.parametrize("content, said", MISSHAPEN)
def test_an_answer_that_is_misshapen_as_a_whole_is_refused_after_it_was_archived(content, said):
    """The bytes are there for whoever looks into it; no status, because Amazon did answer."""
    amazon = scripted(content)
    with pytest.raises(SourceRefused, match=said) as refused:
        amazon.pages(AFTER, BEFORE)
    assert refused.value.status is None
    assert amazon.archived == [content]


def test_every_page_is_archived_before_it_is_read_and_named_by_it():
    """Raw first."""
    amazon = scripted(page(sale("T1"), token="next"), page(sale("T2")))
    found = amazon.pages(AFTER, BEFORE)
    assert [one.document for one in found] == ["document-1", "document-2"]
    assert [one.transactions[0].transaction_id for one in found] == ["T1", "T2"]
    assert len(amazon.archived) == 2


def test_pages_are_read_to_the_end_with_unchanged_arguments_even_empty_ones():
    """An empty page with a token leads on; no marketplace is ever named."""
    amazon = scripted(page(sale("T1"), token="a"), page(token="b"), page(token="c"), page(sale("T2")))
    assert [len(one.transactions) for one in amazon.pages(AFTER, BEFORE)] == [1, 0, 0, 1]
    span = {"postedAfter": written(AFTER), "postedBefore": written(BEFORE)}
    assert amazon.asked == [span, *(span | {"nextToken": token} for token in "abc")]


@pytest.mark.parametrize("transactions", [[], [sale("T1")]])
def test_pages_that_go_round_in_a_circle_end_with_a_sentence(transactions):
    """The same token again, and nothing new."""
    amazon = scripted(page(*transactions, token="again"))
    with pytest.raises(SourceUnavailable, match="does not come to an end"):
        amazon.pages(AFTER, BEFORE)
    assert 2 <= len(amazon.asked) <= 3


def test_the_end_is_moved_to_what_amazon_tells_yet():
    """Both ends lie more than two minutes back, or nothing is asked."""
    amazon = scripted(page())
    amazon.pages(AFTER, START + timedelta(days=1))
    assert amazon.asked == [{"postedAfter": written(AFTER), "postedBefore": written(START - NOT_YET)}]
    assert timedelta(minutes=2) < NOT_YET < timedelta(minutes=5)
    assert amazon.pages(START - timedelta(seconds=100), START) == []
    assert amazon.pages(START + timedelta(days=1), START + timedelta(days=2)) == []
    assert len(amazon.asked) == 1


def test_a_span_of_more_than_180_days_is_never_asked_for_in_one():
    """Amazon would answer it with nothing; the parts meet without a gap."""
    amazon = ListTransactions(lambda query: page(sale(query["postedAfter"])))
    found = amazon.pages(START - timedelta(days=400), BEFORE)
    spans = [
        (datetime.fromisoformat(one["postedAfter"]), datetime.fromisoformat(one["postedBefore"]))
        for one in amazon.asked
    ]
    assert len(found) == len(spans) == 3
    assert all(before - after <= timedelta(days=180) for after, before in spans)
    assert [after for after, _ in spans[1:]] == [before for _, before in spans[:-1]]
    assert (spans[0][0], spans[-1][1]) == (START - timedelta(days=400), BEFORE)


def test_the_quota_is_kept():
    """A burst of ten, then one in two seconds."""
    assert QUOTAS["listTransactions"] == Quota(0.5, 10)
    pages = [page(sale(str(number)), token=str(number)) for number in range(30)]
    amazon = scripted(*pages, page())
    amazon.pages(AFTER, BEFORE)
    assert timedelta(seconds=38) < amazon.clock.now() - START < timedelta(seconds=60)


def test_a_refusal_of_amazons_keeps_its_status():
    """So that it is not taken for a misshapen answer."""
    denied = httpx.Response(403, json={"errors": [{"code": "Unauthorized", "message": "Access denied", "details": ""}]})
    with pytest.raises(SourceRefused, match="Finance and Accounting") as refused:
        scripted(denied).pages(AFTER, BEFORE)
    assert refused.value.status == 403
