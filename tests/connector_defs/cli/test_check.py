"""`connector check`, `secrets`, `map check`, `new`: what must be right before anything is posted."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from connector_defs.cli.checkups import events_source
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.connections import connection
from connector_defs.day_sources import DaySources
from connector_defs.demo.place import CONNECTIONS
from connector_defs.project import Project
from emulators.faults import named
from ledger.errors import MappingRefused
from ledger.mapping import load_mapping


def _failing(document: dict) -> list[str]:
    return [row["what"] for row in document["rows"] if not row["ok"]]


def test_the_demo_connections_pass_every_check(place, run_json) -> None:
    """Settings, secrets, marketplace, ERP and accounts of all, whichever ERP it is."""
    document = run_json("check")
    assert document["ok"]
    assert {row["cure"] for row in document["rows"]} == {""}  # nothing to do about what is fine
    for name in CONNECTIONS:
        asked = {row["what"] for row in document["rows"] if row["connection"] == name}
        of_erp = {"amazon_ca": {"master data", "invoices"}, "amazon_eu": {"input tax"}}.get(name, set())
        wanted = {"settings", "go-live", "mapping", "secrets", "marketplace", "ERP", "accounts"} | of_erp
        assert asked == wanted, name


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        ("mappings/amazon_ca.yaml", '  order_receivable: "110900"', "", "no account is named on which invoices stand"),
        ("defs/amazon_ca/defs.yaml", "bill_to: {Amazon.ca:", "bill_to: {Amazon.de:", "Orders of Amazon.ca have no"),
        ("defs/amazon_ca/defs.yaml", "  mapping:", "  by_day: {invoice_postings: false}\n  mapping:", "by_day"),
    ],
)
def test_what_is_missing_for_invoices_is_said_before_an_order_waits(
    copied_place, run_json, file: str, before: str, after: str, said: str
) -> None:
    """The account, the customer of each marketplace, the days: a row of its own with a cure."""
    path = copied_place.folder / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    document = run_json("check", "-c", "amazon_ca", code=ExitCode.REFUSED)
    [row] = [one for one in document["rows"] if one["what"] == "invoices"]
    assert (row["ok"], said in row["sentence"], bool(row["cure"])) == (False, True, True)


@pytest.mark.parametrize(
    "file, before, after, what, code",
    [
        ("defs/amazon_us/defs.yaml", "region: na ", "region: moon ", "settings", ExitCode.REFUSED),
        ("defs/amazon_us/defs.yaml", "  mapping:", "  mappings:", "settings", ExitCode.REFUSED),
        ("mappings/amazon_us.yaml", "  revenue:", "  revenues:", "mapping", ExitCode.REFUSED),
        ("mappings/amazon_us.yaml", '"600100"', '"699999"', "accounts", ExitCode.ERP),
        (
            "mappings/amazon_us.yaml",
            'reserve_movement: "110700"',
            'reserve_movement: "600100"',
            "accounts",
            ExitCode.ERP,
        ),
        ("defs/amazon_us/defs.yaml", "ATVPDKIKX0DER]", "A2Q3Y263D00KWC]", "marketplace", ExitCode.MARKETPLACE),
        ("defs/amazon_us/defs.yaml", "node: PSFT_EP", "node: OTHER", "ERP", ExitCode.ERP),
    ],
)
def test_what_is_wrong_has_a_row_with_a_cure(
    copied_place, run_json, file: str, before: str, after: str, what: str, code: int
) -> None:
    """One fault, one kind of row, its own exit code."""
    path = copied_place.folder / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    document = run_json("check", "-c", "amazon_us", code=code)
    assert _failing(document)[0] == what
    assert all(row["cure"] for row in document["rows"] if not row["ok"])


def test_a_connection_that_books_receipts_needs_accounts_and_sources_for_them(copied_place, run_json) -> None:
    """Accounts for the bank in the mapping, payouts and bank lines switched on."""
    settings, mapping = (copied_place.folder / one for one in ("defs/amazon_us/defs.yaml", "mappings/amazon_us.yaml"))
    text, accounts = settings.read_text(encoding="utf-8"), mapping.read_text(encoding="utf-8")
    booking = text.replace("  books:\n", "  books:\n    bank_receipt: connector\n")
    assert booking != text
    named = accounts.replace("accounts:\n", 'accounts:\n  bank: "100100"\n')
    off = booking.replace("  books:\n", "  by_day: {bank_deposits: false}\n\n  books:\n")
    cases = [(booking, accounts, "accounts.bank is missing"), (off, named, "needs bank_deposits"), (booking, named, "")]
    for written, mapped, sentence in cases:
        settings.write_text(written, encoding="utf-8")
        mapping.write_text(mapped, encoding="utf-8")
        code = ExitCode.REFUSED if sentence else ExitCode.FINE
        rows = run_json("check", "-c", "amazon_us", code=code)["rows"]
        [row] = [one for one in rows if one["what"] == "receipts"]
        assert (row["ok"], sentence in row["sentence"]) == (not sentence, True)


@pytest.mark.parametrize("query, failing", [("X_LEDGER_BALANCE", []), ("X_SOMETHING_ELSE", ["balances"])])
def test_balances_are_asked_for_where_they_are_read(copied_place, run_json, query: str, failing: list[str]) -> None:
    """The two queries of the ledger must run; without `read_balances` nobody needs them."""
    path = copied_place.folder / "defs/amazon_us/defs.yaml"
    text = path.read_text(encoding="utf-8").replace("    grain: account", "    grain: account\n    read_balances: true")
    named = f"    units: [US001]\n    queries: {{balances: {{name: {query}}}}}"
    path.write_text(text.replace("    units: [US001]", named), encoding="utf-8")
    document = run_json("check", "-c", "amazon_us", code=ExitCode.ERP if failing else ExitCode.FINE)
    assert _failing(document) == failing
    [row] = [row for row in document["rows"] if row["what"] == "balances"]
    assert ("X_SOMETHING_ELSE" in row["sentence"]) == bool(failing)


def test_orders_before_go_live_are_read_and_what_is_open_of_them_is_said(copied_place, run_json) -> None:
    """A list that cannot be read is named; one that can says how many of its orders no settlement has paid for."""
    settings = copied_place.folder / "defs/amazon_us/defs.yaml"
    text = settings.read_text(encoding="utf-8")
    listed = "books:\n    orders_before_go_live: {file: open.csv, book_to: revenue}"
    settings.write_text(text.replace("books:", listed, 1), encoding="utf-8")
    document = run_json("check", "-c", "amazon_us", code=ExitCode.REFUSED)
    assert _failing(document) == ["orders before go-live"]
    (copied_place.folder / "mappings/open.csv").write_text("order_id\n111-9999999-9999999\n", encoding="utf-8")
    document = run_json("check", "-c", "amazon_us")
    assert _of_orders(document) == "1 listed, 1 of them not settled yet (111-9999999-9999999)."
    paid = _an_order(copied_place.report(copied_place.posted))
    text = f"order_id,amount,amuont\n111-9999999-9999999,,1\n{paid},0.01,1\n"
    (copied_place.folder / "mappings/open.csv").write_text(text, encoding="utf-8")
    assert _of_orders(run_json("check", "-c", "amazon_us")) == (
        "2 listed, 1 of them not settled yet (111-9999999-9999999); 1 settled otherwise than the books held them "
        f"({paid}). Columns that say nothing here: amuont; order_id, shipped and amount do."
    )


def _of_orders(document: dict) -> str:
    [said] = [row["sentence"] for row in document["rows"] if row["what"] == "orders before go-live"]
    return said


def _an_order(report: bytes) -> str:
    """Return the first order that was paid for in a settlement."""
    header, *rows = [line.split("\t") for line in report.decode().splitlines()]
    named = (dict(zip(header, row, strict=False)) for row in rows)
    return next(row["order-id"] for row in named if row["amount-description"] == "Principal")


def test_an_account_that_listed_orders_clear_is_asked_for_before_they_are_settled(copied_place, run_json) -> None:
    """The row names the mapping file and the key; with the account, nothing fails."""
    settings, mapping = (
        copied_place.folder / "defs/amazon_us/defs.yaml",
        copied_place.folder / "mappings/amazon_us.yaml",
    )
    listed = "books:\n    orders_before_go_live: {file: open.csv, book_to: opening_receivable}"
    settings.write_text(settings.read_text(encoding="utf-8").replace("books:", listed, 1), encoding="utf-8")
    (copied_place.folder / "mappings/open.csv").write_text("order_id\n111-9999999-9999999\n", encoding="utf-8")
    document = run_json("check", "-c", "amazon_us", code=ExitCode.REFUSED)
    [row] = [row for row in document["rows"] if not row["ok"]]
    assert row["sentence"].startswith(f"{mapping}: accounts.opening_receivable is missing")
    assert row["cure"] == "Add the account there, or set book_to: revenue."
    text = mapping.read_text(encoding="utf-8").replace("accounts:", 'accounts:\n  opening_receivable: "110700"', 1)
    mapping.write_text(text, encoding="utf-8")
    assert _failing(run_json("check", "-c", "amazon_us")) == []


def test_a_missing_role_is_named_before_the_first_settlement(own_place, run_json, monkeypatch) -> None:
    """Amazon shows the marketplaces without the role that the reports need: so the reports themselves are asked for."""
    grant = own_place.world.seller.world.grants[own_place.world.seller.sellers[0].refresh_token]
    monkeypatch.setattr(grant, "roles", frozenset())
    document = run_json("check", "-c", "amazon_us", code=ExitCode.MARKETPLACE)
    assert _failing(document) == ["marketplace"]
    sentence = next(row["sentence"] for row in document["rows"] if row["what"] == "marketplace")
    assert "Finance and Accounting" in sentence


@pytest.mark.parametrize("name", ["amazon_client_id", "amazon_client_secret", "amazon_us_refresh_token"])
def test_a_secret_that_has_become_wrong_is_found_though_a_token_still_lives(copied_place, run, run_json, name) -> None:
    """The copy's discovery left a token that lives for an hour: it says nothing about the secrets as they are now."""
    run("secrets", "set", name, stdin="mistyped-value\n")
    document = run_json("check", "-c", "amazon_us", code=ExitCode.MARKETPLACE)
    assert _failing(document) == ["marketplace"]
    assert "connector secrets set" in next(row["sentence"] for row in document["rows"] if not row["ok"])


def test_marketplaces_that_are_not_shown_keep_nobody_waiting(own_place, run_json) -> None:
    """Only the list of marketplaces needs a second role: without it the connection works all the same."""
    own_place.world.amazon.faults.next("getMarketplaceParticipations", named("role_missing"))
    document = run_json("check", "-c", "amazon_us")
    assert "Selling Partner Insights" in next(row["sentence"] for row in document["rows"] if "not shown" in str(row))


def test_no_go_live_waits_for_a_person(copied_place, run_json) -> None:
    """Nothing is wrong, yet nothing would be posted."""
    path = copied_place.folder / "defs/amazon_us/defs.yaml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "books_from:" not in line), encoding="utf-8")
    document = run_json("check", "-c", "amazon_us", code=ExitCode.WAITS)
    assert _failing(document) == ["go-live"]


def test_a_secret_goes_in_by_standard_input_and_never_comes_out(own_place, run, run_json) -> None:
    """Set, list, rotate, remove; the value shows nowhere."""
    said = [run("secrets", "set", "erp_password", stdin="hush-hush-value\n")]
    assert "erp_password" in run_json("secrets", "list")["secrets"]
    said += [run("secrets", "list"), run("secrets", "rotate"), run("secrets", "remove", "erp_password")]
    assert all(one.exit_code == 0 for one in said), [one.output for one in said]
    assert not any("hush-hush-value" in one.output for one in said)
    assert "erp_password" not in run_json("secrets", "list")["secrets"]
    gone = run("secrets", "remove", "erp_password")
    assert gone.exit_code == ExitCode.STORES


def test_an_empty_secret_is_not_stored(own_place, run) -> None:
    """Standard input that ends at once is refused."""
    assert run("secrets", "set", "erp_password").exit_code == 2


def test_a_value_is_never_an_argument(own_place, run) -> None:
    """An argument would be seen by every process of the machine."""
    result = run("secrets", "set", "erp_password", "hush-hush-value")
    assert result.exit_code == 2


def test_secrets_that_are_missing_are_named_with_the_command(own_place, run_json, run) -> None:
    """`check` never asks the outside without them."""
    run("secrets", "remove", "peoplesoft_password")
    document = run_json("check", "-c", "amazon_us", code=ExitCode.STORES)
    assert _failing(document) == ["secrets"]
    assert "connector secrets set peoplesoft_password" in document["rows"][-1]["cure"]


def test_map_check_names_what_has_no_account(place, run, run_json) -> None:
    """The demo's mappings hold together."""
    for name in ("amazon_eu", "amazon_ca"):
        document = run_json("map", "check", "-c", name)
        assert document["warnings"] == []
        assert "other" in document["categories_without_account"]
        assert "revenue" not in document["categories_without_account"]
    assert run("map", "check", "-c", "amazon_us").exit_code == 0


def test_a_covered_settlement_has_nothing_to_suggest(place, run) -> None:
    """The answer is a comment, so that it may be pasted as well."""
    result = run("map", "suggest", place.posted, "-c", "amazon_us")
    assert result.exit_code == 0
    assert result.stdout.startswith("#")


def test_a_new_connection_is_refused_until_it_is_filled_in(own_place, run, run_json) -> None:
    """Two commented files; neither passes as it stands, and neither is ever overwritten."""
    files = run_json("new", "amazon_jp")["files"]
    assert [one.rpartition("/")[2] for one in files] == ["defs.yaml", "amazon_jp.yaml"]
    document = run_json("check", "-c", "amazon_jp", code=ExitCode.REFUSED)
    assert _failing(document) == ["settings"]
    text = Path(files[1]).read_text(encoding="utf-8")
    with pytest.raises(MappingRefused, match="clearing"):
        load_mapping(text, "amazon_jp.yaml")
    again = run("new", "amazon_jp")
    assert again.exit_code == 2
    assert "exists already" in again.stderr


def test_a_filled_in_mapping_skeleton_is_whole(own_place, run_json) -> None:
    """With its comments taken away and its blanks filled, the skeleton names every category that takes an account."""
    files = run_json("new", "amazon_jp")["files"]
    text = re.sub(r"(?m)^  # (\w+:)", r"  \1", Path(files[1]).read_text(encoding="utf-8"))
    text = text.replace('unit: ""', "unit: JP001").replace('clearing: ""', 'clearing: "110500"')
    mapping = load_mapping(text.replace('""', '"100100"'), "amazon_jp.yaml")
    assert "revenue" in mapping.shape.categories


@pytest.mark.parametrize("name", ["Amazon", "../up", "a b", ""])
def test_a_connection_needs_a_plain_name(own_place, run, name: str) -> None:
    """The name becomes a folder and a Dagster key."""
    assert run("new", name).exit_code == 2


@pytest.mark.parametrize(
    "source, today, said, code",
    [
        ("transactions", date(2028, 1, 1), "", None),
        ("v0", date(2026, 11, 26), "274 days from now", ExitCode.WAITS),
        ("v0", date(2027, 8, 27), "0 days from now", ExitCode.WAITS),
        ("v0", date(2027, 8, 28), "no events are read any more", ExitCode.REFUSED),
    ],
)
def test_the_older_source_of_events_is_warned_of_until_it_is_gone(place, source, today, said, code) -> None:
    """With the setting to change and the days that are left."""
    opened = connection(Project(), "amazon_us")
    settings = opened.settings.model_copy(update={"by_day": DaySources(events_source=source)})
    rows = list(events_source(replace(opened, settings=settings), today))
    assert [row.code for row in rows] == ([] if code is None else [code])
    assert all(said in row.sentence and "events_source: transactions" in row.cure for row in rows)
