"""The list of orders that the books held at go-live: what is read, and every way a line is refused."""

from datetime import date
from decimal import Decimal

import pytest

from ledger.errors import ConfigurationRefused
from ledger.mapping import load_mapping
from ledger.opening_orders import Cleared, OpeningOrder, read_opening_orders, without_account
from ledger.policy import Policy


def policy(book_to="opening_receivable", books_from="2026-01-01") -> Policy:
    chosen = {"file": "orders.csv", "book_to": book_to}
    return Policy(time_zone="UTC", books_from=books_from, orders_before_go_live=chosen)


def read(text, **changes):
    return read_opening_orders(text, "orders.csv", policy(**changes))


def test_a_list_is_read_by_the_names_of_its_columns():
    """Order and case of the columns, a byte order mark, blank lines and unknown columns do not matter."""
    text = "\ufeffAmount,customer no, ORDER_ID ,shipped\r\n95.00,7,111-1,2025-12-30\r\n\r\n,,111-2,\n"
    found = read(text)
    assert found.books_to_receivable
    assert found.ignored == ("customer no",)
    assert found.orders == {
        "111-1": OpeningOrder("111-1", date(2025, 12, 30), Decimal("95.00")),
        "111-2": OpeningOrder("111-2"),
    }


def test_an_order_that_stands_twice_alike_counts_once():
    """An export may repeat an order per item."""
    assert list(read("order_id,shipped\n111-1,2025-12-30\n111-1,2025-12-30\n").orders) == ["111-1"]


def test_the_hash_is_of_what_the_file_says_and_of_where_it_goes():
    """The order of lines decides nothing; an order, an amount and the choice of account do."""
    one = read("order_id,amount\n1,2\n3,4\n").content_hash
    assert read("amount,order_id\n4,3\n2,1\n").content_hash == one
    others = [read("order_id,amount\n1,2\n3,5\n"), read("order_id,amount\n1,2\n3,4\n", book_to="revenue")]
    assert one not in {other.content_hash for other in others}


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "orders.csv:1: the first line must name the columns, separated by commas, order_id among them"),
        ("order,amount\n1,2\n", "orders.csv:1: the first line must name the columns, separated by commas, order_id"),
        ("order_id;amount\n1;2\n", "orders.csv:1: the first line must name the columns, separated by commas, order_id"),
        ("order_id,amount,Amount\n1,2,3\n", "orders.csv:1: column amount stands twice: leave the right one"),
        ('order_id,note\n1,x\n2,"left open\n3,y\n', "orders.csv:3: what begins here is no row of a comma-separated"),
        ('order_id,note,amount\n1,"two\nlines",2\n2,,x\n', "orders.csv:4: amount 'x' must be plain digits"),
        ("order_id,amount\n,2\n", "orders.csv:2: order_id is empty: fill it in or delete the line"),
        ("order_id,amount\n1,1.2.3\n", "orders.csv:2: amount '1.2.3' must be plain digits with a decimal point"),
        ("order_id,amount\n1,NaN\n", "orders.csv:2: amount 'NaN' must be a finite number"),
        ("order_id,shipped\n1,30.12.2025\n", "orders.csv:2: shipped '30.12.2025' must be a date like 2026-01-31"),
        ("order_id,shipped\n1,2026-01-01\n", "orders.csv:2: order 1 was shipped on 2026-01-01, not before go-live"),
        ("order_id,amount\n1,2\n\n1,3\n", "orders.csv:4: order 1 stands twice with other values"),
        ("order_id,amount\n1,1,234\n", "orders.csv:2: has 3 fields, the header 2: put fields that hold a comma in"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(text, said):
    """File, line, what is wrong and what to do."""
    with pytest.raises(ConfigurationRefused) as refused:
        read(text)
    assert str(refused.value).startswith(said)


def test_every_bad_line_is_named_at_once_up_to_a_limit():
    """A person mends a file once, not line by line."""
    with pytest.raises(ConfigurationRefused) as refused:
        read("order_id,amount\n" + "x,y\n" * 30)
    lines = str(refused.value).splitlines()
    assert (len(lines), lines[-1]) == (21, "and 10 more")


def test_with_named_first_settlements_any_shipment_date_is_taken():
    """Go-live is no date then; which orders the books held is the accountant's word."""
    assert read("order_id,shipped\n1,2026-03-01\n", books_from=["24000000001"]).orders["1"].shipped == date(2026, 3, 1)


def test_a_difference_needs_an_amount_in_the_books():
    """Without one there is nothing to differ from."""
    stated = Cleared(OpeningOrder("1", None, Decimal("95.00")), Decimal("90.00"), "US001/account=1")
    assert stated.difference == Decimal("-5.00")
    assert stated.row("USD")["difference"] == "-5.00"
    assert Cleared(OpeningOrder("1"), Decimal("90.00"), "US001/account=1").difference == 0


def test_parts_of_an_order_are_held_against_the_books_together():
    """Two shipments of one order may be paid in two settlements: only both together equal what the books held."""
    stated = OpeningOrder("1", None, Decimal("95.00"))
    last = Cleared(stated, Decimal("35.00"), "US001/account=1", earlier=Decimal("60.00"))
    assert last.difference == 0
    assert (last.row("USD")["settled"], last.row("USD")["settled earlier"]) == ("35.00", "60.00")


def test_an_amount_finer_than_the_currency_is_shown_as_it_was_written():
    """The file does not name the currency, so only the settlement shows that it has a decimal too many."""
    row = Cleared(OpeningOrder("1", None, Decimal("95.005")), Decimal("95.00"), "US001/account=1").row("USD")
    assert (row["in the books"], row["difference"]) == ("95.005", "-0.005")


@pytest.mark.parametrize(
    "book_to, accounts, is_missing",
    [
        ("opening_receivable", '{clearing: "110500"}', True),
        ("opening_receivable", '{clearing: "110500", opening_receivable: "110900"}', False),
        ("revenue", '{clearing: "110500"}', False),
    ],
)
def test_the_account_is_required_where_orders_clear_it(book_to, accounts, is_missing):
    """The sentence names the file and the key."""
    mapping = load_mapping(f"version: 1\nowner: {{unit: US001}}\naccounts: {accounts}\n", "us.yaml")
    said = without_account(read("order_id\n1\n", book_to=book_to), mapping)
    assert said.startswith("us.yaml: accounts.opening_receivable is missing") is is_missing
    assert bool(said) is is_missing
