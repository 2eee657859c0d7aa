"""`connector checks`: what does not pass, by weight, with the rows behind what is named; and the money of `status`."""

from connector_defs.cli.exit_codes import ExitCode
from resources.store.verdicts import Said

C = ("-c", "amazon_us")


def test_what_does_not_pass_is_listed_with_its_sentence_and_its_rows(copied_place, run, run_json) -> None:
    """Kept verdicts alone: nobody is asked; what only waits is shown when that is wanted."""
    stores = _stores()
    told = {"asset": "source_proofs", "sentence": "It differs by 5.00.", "rows": [{"order": "111-1", "by": "5.00"}]}
    stores.verdicts.store("amazon_us", copied_place.posted, [Said("events_equal_settlement", False, "warn", told)])
    waits = {"asset": "source_proofs", "sentence": "Not seen yet.", "rows": [], "waits": True}
    stores.verdicts.store("amazon_us", copied_place.posted, [Said("deposit_equals_payout", False, "warn", waits)])
    asked = len(copied_place.world.amazon.exchanges)
    listed = run_json("checks", *C, code=ExitCode.WAITS)["checks"]
    assert {(one["check"], one["says"]) for one in listed} >= {
        ("source_proofs.events_equal_settlement", "It differs by 5.00.")
    }
    assert "deposit_equals_payout" not in {one["check"].split(".")[1] for one in listed}
    shown = run("checks", copied_place.posted, *C)
    assert shown.exit_code == ExitCode.WAITS
    assert "Behind events_equal_settlement" in shown.stdout
    assert "111-1" in shown.stdout
    waiting = run_json("checks", copied_place.posted, "--waiting", *C, code=ExitCode.WAITS)["checks"]
    assert [one["weight"] for one in waiting if one["check"].endswith("deposit_equals_payout")] == ["waits"]
    assert len(copied_place.world.amazon.exchanges) == asked


def test_a_settlement_whose_checks_pass_has_none(copied_place, run) -> None:
    """Exit 0, and a sentence."""
    ended = run("checks", "00000000000", *C)
    assert (ended.exit_code, ended.stdout.strip()) == (ExitCode.FINE, "No check that was made fails.")


def test_what_asks_for_a_person_stands_in_status(copied_place, run, run_json) -> None:
    """Items and checks per connection, and what Amazon owes where its balances are read."""
    stores = _stores()
    stores.verdicts.store("amazon_us", copied_place.posted, [Said("gate", False, "error", {"asset": "erp_postings"})])
    document = run_json("status", *C)
    [asks] = document["attention"]
    assert (asks["connection"], asks["items_open"]) == ("amazon_us", 0)
    assert asks["checks_that_stop"] == 1
    [row] = document["marketplaces"]
    assert {row[name] for name in ("owed_by_amazon", "of_it_held_back", "owed_as_of", "not_in_bank")} == {None}
    text = run("status", *C).stdout
    assert "What asks for a person" in text
    assert "connector checks" in text


def _stores():
    from connector_defs.cli.opened import opened_stores

    return opened_stores()
