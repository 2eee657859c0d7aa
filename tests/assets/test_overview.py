"""Where a connection stands: payouts on their way beside settlements, each marketplace in its own currency."""

from dataclasses import replace
from decimal import Decimal

from assets.overview import fetched_until, overview
from resources.amazon.stated import Stated
from tests.assets.test_payouts import DAY, Amazon, fetched, payout, settle


def test_payouts_on_their_way_are_counted_in_their_own_currency(books, row):
    """Paid, failed and cancelled ones are not on their way; what is owed in pounds is another row."""
    settle(books, row, "1", "80.00")
    pounds = Stated(Decimal("12.00"), "GBP")
    told = (
        payout("1", status="IN_TRANSIT"),
        payout("2", "5.00", status="STARTED"),
        payout("3", "7.00"),
        payout("4", "9.00", status="FAILED"),
        payout("5", status="STARTED", amount="1.00"),
        payout("6", None, status="NO_PAYOUT"),
    )
    told = tuple(replace(one, amount=pounds) if one.payout_id == "P5" else one for one in told)
    road = replace(books.road, marketplaces=())
    fetched(books, Amazon(told))
    [pounds_row, dollars_row] = [one.row for one in overview(road)]
    assert (pounds_row["currency"], pounds_row["settlements"], pounds_row["amount_on_its_way"]) == ("GBP", 0, "12.00")
    assert dollars_row == {
        "connection": books.connection,
        "marketplace": "Amazon.com",
        "currency": "USD",
        "settlements": 1,
        "before_go_live": 0,
        "posted": 0,
        "posted_amount": "0.00",
        "open": 1,
        "open_amount": "80.00",
        "payouts_on_their_way": 2,
        "amount_on_its_way": "85.00",
    }
    assert fetched_until(road) == {"payouts": DAY}
