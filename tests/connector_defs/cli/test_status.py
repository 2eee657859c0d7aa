"""`connector status`: every connection side by side, each marketplace in its own currency."""

from decimal import Decimal

from connector_defs.cli.exit_codes import ExitCode


def test_a_connection_is_shown_with_what_is_posted_and_what_is_open(place, run_json, run) -> None:
    """Counted from our own stores: the settlement before go-live is left alone, one is posted, the others are open."""
    asked = len(place.world.amazon.exchanges)
    document = run_json("status", "-c", "amazon_us")
    truth = {one.settlement_id: one for one in place.world.seller.settlements}
    [row] = document["marketplaces"]
    assert (row["connection"], row["marketplace"], row["currency"]) == ("amazon_us", "Amazon.com", "USD")
    assert (row["before_go_live"], row["posted"]) == (1, 1)
    assert row["settlements"] == 2 + row["open"]
    assert Decimal(row["posted_amount"]) == truth[place.posted].total
    american = [one for one in truth.values() if one.marketplace == "Amazon.com"]
    total = sum(one.total for one in american) - truth[place.before_go_live].total
    assert Decimal(row["posted_amount"]) + Decimal(row["open_amount"]) == total
    assert "Amazon.com" in run("status").stdout
    assert len(place.world.amazon.exchanges) == asked


def test_the_marketplaces_of_all_connections_stand_side_by_side(copied_place, run_json) -> None:
    """One table, each row in its own currency; there is no sum over them."""
    for name in ("amazon_eu", "amazon_ca"):
        assert run_json("discover", "-c", name)
    rows = run_json("status")["marketplaces"]
    assert [(row["connection"], row["marketplace"], row["currency"]) for row in rows] == [
        ("amazon_ca", "Amazon.ca", "CAD"),
        ("amazon_eu", "Amazon.co.uk", "GBP"),
        ("amazon_eu", "Amazon.de", "EUR"),
        ("amazon_us", "Amazon.com", "USD"),
    ]


def test_what_was_read_by_day_is_told_with_its_last_day(copied_place, run, run_json) -> None:
    """And what is on its way to the bank; the staged days of all connections are one view with their connection."""
    assert run("fetch", "payouts", "-c", "amazon_us").exit_code in (ExitCode.FINE, ExitCode.WAITS)
    document = run_json("status", "-c", "amazon_us")
    [until] = document["read_until"]
    assert (until["connection"], until["source"]) == ("amazon_us", "payouts")
    query = (
        "SELECT count(*) AS n, sum(amount) AS amount FROM payouts"
        f" WHERE status IN ('STARTED', 'IN_TRANSIT') AND partition <= '{until['until']}' AND connection = 'amazon_us'"
    )
    [asked] = run_json("sql", query)["rows"]
    [row] = document["marketplaces"]
    assert row["payouts_on_their_way"] == asked["n"]
    assert Decimal(row["amount_on_its_way"]) == Decimal(asked["amount"] or 0)


def test_a_connection_that_does_not_exist_is_refused(place, run) -> None:
    """With the names of those that do."""
    result = run("status", "-c", "amazon_moon")
    assert result.exit_code == ExitCode.REFUSED
    assert "amazon_us" in result.stderr
