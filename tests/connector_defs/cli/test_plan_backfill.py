"""`connector plan backfill`: calls, minutes and why, before anything is asked."""

from connector_defs.cli.exit_codes import ExitCode


def test_a_backfill_is_planned_without_asking_anybody(copied_place, run_json) -> None:
    """The road that is taken stands first; what is staged tells how many orders to expect."""
    asked = len(copied_place.world.amazon.exchanges)
    given = ("plan", "backfill", "--from", "2026-01-01", "--to", "2026-10-31", "-c", "amazon_us")
    assert 5 < run_json(*given)["orders_per_day"] < 60
    document = run_json(*given, "--orders-per-day", "60")  # how many are staged depends on the tests before
    assert document["days"] == 304
    taken = {row["asset"]: row["road"] for row in document["roads"] if row["taken"]}
    assert taken == {
        "financial_events": "listTransactions",
        "orders": "report of all orders",
        "fba_reimbursements": "report of reimbursements",
        "payouts": "listPayouts",
        "balances": "listBalances",
        "settlement_summaries": "listSummary",
        "fee_invoices": "getInvoiceHeaders",
    }
    assert len(copied_place.world.amazon.exchanges) == asked


def test_one_quiet_day_takes_the_road_that_a_fetch_takes(copied_place, run_json) -> None:
    """A search would cost less, and this connection reads reports; the search is shown beside it."""
    given = ("plan", "backfill", "--from", "2026-10-31", "--to", "2026-10-31", "--orders-per-day", "20")
    rows = [row for row in run_json(*given, "-c", "amazon_us")["roads"] if row["asset"] == "orders"]
    assert [(row["road"], row["taken"]) for row in rows][:2] == [
        ("report of all orders", True),
        ("searchOrders", False),
    ]


def test_more_orders_make_single_calls_take_days(copied_place, run_json, run) -> None:
    """And the table says what to type next."""
    given = ("plan", "backfill", "--from", "2026-01-01", "--to", "2026-11-26", "--orders-per-day", "274")
    minutes = {row["road"]: row["minutes"] for row in run_json(*given, "-c", "amazon_us")["roads"]}
    assert minutes["report of all orders"] < 30 < 48 * 60 < minutes["getOrder"]
    shown = run(*given, "-c", "amazon_us").stdout
    assert "connector fetch orders --from 2026-01-01 --to 2026-11-26 -c amazon_us" in shown


def test_days_that_amazon_keeps_no_more_are_named(copied_place, run, run_json) -> None:
    """Orders of more than two years ago: how many of the days, and from which day on there are some."""
    given = ("plan", "backfill", "--from", "2016-01-01", "--to", "2016-01-31", "-c", "amazon_us")
    [gone] = run_json(*given)["cannot_be_had"]
    assert (gone["asset"], gone["days"]) == ("orders", 31)
    assert "orders" not in {row["asset"] for row in run_json(*given)["roads"]}, "no call for what is not there"
    assert "Amazon keeps orders of Amazon.com from" in gone["sentence"]
    assert "orders: 31 of these days cannot be had." in run(*given).stdout


def test_days_that_no_fetch_would_take_are_told(copied_place, run) -> None:
    """Days ahead are refused; days before the connection's own need a setting first."""
    given = ("plan", "backfill", "--from", "2016-01-01", "--to", "2016-01-31", "-c", "amazon_us")
    assert "first set `by_day.events_from: 2016-01-01`" in " ".join(run(*given).stdout.split())
    ahead = run("plan", "backfill", "--from", "2026-01-01", "--to", "2999-01-01", "-c", "amazon_us")
    assert (ahead.exit_code, "lies ahead" in ahead.stderr) == (ExitCode.REFUSED, True)


def test_days_the_wrong_way_round_are_refused(place, run) -> None:
    """Exit 2 with a sentence."""
    result = run("plan", "backfill", "--from", "2026-10-31", "--to", "2026-01-01", "-c", "amazon_us")
    assert result.exit_code == ExitCode.REFUSED
    assert "swap them" in result.stderr


def test_what_is_no_number_of_orders_is_refused(copied_place, run) -> None:
    """A sentence, and no trace of the program."""
    given = ("plan", "backfill", "--from", "2026-01-01", "--to", "2026-01-02", "--orders-per-day", "nan")
    refused = run(*given, "-c", "amazon_us")
    assert refused.exit_code == ExitCode.REFUSED
    assert "--orders-per-day must be a number of orders" in refused.output
