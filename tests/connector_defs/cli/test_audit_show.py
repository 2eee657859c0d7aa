"""`connector audit show`: the story of a settlement, a document or an order, as an auditor reads it."""

import re
from decimal import Decimal

import pytest

from connector_defs.cli.exit_codes import ExitCode
from emulators.peoplesoft.demo_site import DEMO_PASSWORD


def show(run_json, name: str, *more: str) -> dict:
    """Ask for one story."""
    return run_json("audit", "show", name, "-c", "amazon_us", *more)


def test_the_trail_of_a_settlement_tells_its_road(place, run_json) -> None:
    """From found to posted, in order; every step after a call names the exchange it was decided on."""
    told = show(run_json, place.posted)
    assert told["kind"] == "settlement"
    kinds = [event["kind"] for event in told["events"]]
    assert kinds[0] == "settlement_new"
    assert kinds.index("document_planned") < kinds.index("document_sending") < kinds.index("document_posted")
    sent = next(event for event in told["events"] if event["kind"] == "document_sent")
    assert (sent["exchange"]["method"], sent["exchange"]["status"]) == ("POST", 200)
    assert sent["exchange"]["operation"] == "CI_JOURNAL_ENTRY_CI_C"
    assert all(event["person"] for event in told["events"] if event["kind"].startswith("document_"))
    assert all(event["run"].startswith("command-") for event in told["events"] if event["kind"] != "settlement_new")


def test_the_story_is_told_in_words(place, run) -> None:
    """No JSON, no braces: moment, number, sentence, person, run and exchange."""
    told = run("audit", "show", place.posted, "-c", "amazon_us").stdout
    assert "The settlement came by report" in told
    assert re.search(r"#\d+  The ERP has saved journal US001 A\w{9} [\d-]{10}", told)
    assert re.search(r"exchange \d+ \(POST CI_JOURNAL_ENTRY_CI_C, status 200\)", told)
    # What was asked before the first send is several reads, and the story names each of them.
    assert re.search(r"exchange \d+ \(GET ExecuteQuery, status 200\), the last of [2-9]: \d+, [\d, ]*before it", told)
    assert "{" not in told


@pytest.mark.parametrize("word", ["key", "erp_id", "journal id"])
def test_a_document_is_found_by_any_of_its_names(place, run_json, word: str) -> None:
    """Posting key, natural key, and the journal id alone lead to the same events, and only its own."""
    document = run_json("outbox", "show", place.posted)["documents"][0]
    name = document["erp_id"].split()[1] if word == "journal id" else document[word]
    told = show(run_json, name)
    assert told["kind"] == "document"
    assert [one["erp_id"] for one in told["stories"][0]["documents"]] == [document["erp_id"]]
    steps = [event for event in told["events"] if event["kind"].startswith("document_")]
    assert {event["document"] for event in steps} == {document["key"]}
    assert steps[-1]["kind"] == "document_posted"


def test_an_order_leads_to_its_rows_accounts_and_journal(place, run, run_json) -> None:
    """Row number, triple and amount; category and accounts; the journal with a line on them."""
    query = (
        f"SELECT order_id FROM settlement_lines WHERE partition = '{place.posted}' AND amount > 0 AND order_id <> ''"
    )
    order = run_json("sql", f"{query} LIMIT 1")["rows"][0]["order_id"]
    told = show(run_json, order)
    assert told["kind"] == "order"
    story = next(one for one in told["stories"] if one["settlement_id"] == place.posted)
    erp_ids = {one["erp_id"] for one in story["documents"]}
    lines = place.report(place.posted).decode().splitlines()
    for row in story["order_rows"]:
        assert order in lines[row["row"] - 1]
        moved = sum(Decimal(one["amount"]) for one in row["movements"] if "110500" in one["debit"])
        moved -= sum(Decimal(one["amount"]) for one in row["movements"] if "110500" in one["credit"])
        assert moved == Decimal(row["amount"])
        assert all(one["category"] and set(one["documents"]) <= erp_ids for one in row["movements"])
    shown = run("audit", "show", order, "-c", "amazon_us").stdout
    assert f"Rows of order {order}" in shown
    assert "ItemPrice / Principal" in shown


def test_bodies_are_shown_when_asked_and_hold_no_secret(place, run, run_json) -> None:
    """Hashes with --exchanges, redacted texts with --bodies."""
    hashes = run("audit", "show", place.posted, "-c", "amazon_us", "--exchanges").stdout
    assert re.search(r"request: document [0-9a-f]{64}", hashes)
    assert "<" not in hashes
    bodies = run("audit", "show", place.posted, "-c", "amazon_us", "--bodies").stdout
    assert "JOURNAL_ID" in bodies
    assert DEMO_PASSWORD not in bodies
    event = next(one for one in show(run_json, place.posted, "--bodies")["events"] if one["kind"] == "document_sent")
    assert place.posted in event["exchange"]["request_body"]


@pytest.mark.parametrize("name", ["99999999999", "111-0000000-0000000", "US001", "nothing at all", "'; DROP"])
def test_an_unknown_name_says_what_was_looked_for(place, run, name: str) -> None:
    """One sentence, exit 2."""
    result = run("audit", "show", name, "-c", "amazon_us")
    assert result.exit_code == ExitCode.REFUSED
    assert "looked for as a settlement, as a document" in result.stderr


def test_a_settlement_that_was_only_found_has_a_story(place, run_json) -> None:
    """Nothing was posted, and that is told, too."""
    told = show(run_json, place.untouched)
    assert told["events"][0]["kind"] == "settlement_new"
    assert told["stories"][0]["documents"] == []
