"""A batch's life after its import: posted by rule, job or person, changed, deleted, reversed, and summed up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from emulators.clock import SteppedClock
from emulators.fusion.books import Books
from emulators.fusion.demo_site import AUTOPOST_CRITERIA, DE_LEDGER, US_LEDGER, OpeningBalance, demo_site
from emulators.fusion.journals import WrongStatus
from emulators.fusion.switches import Timing
from tests.emulators.fusion.bench import ITEM, NOON, TODAY, US
from tests.emulators.fusion.test_bulk_import import LEDGER_PACKAGE

CLEARING = "01-000-110500-000"
SALES = "01-000-400100-000"


def own(caller) -> str:
    """Return the id of the one imported batch."""
    (batch,) = [batch for batch in caller.app.books.batches() if batch.source == "ZB Connector"]
    return batch.id


def status(caller, batch_id: str) -> str:
    """Return a batch's status as REST shows it."""
    return caller.get(f"journalBatches/{batch_id}").json()["Status"]


def patched(caller, batch_id: str, body: dict, **headers: str):
    """Send a PATCH."""
    return caller.request("PATCH", f"journalBatches/{batch_id}", headers=ITEM | headers, body=body)


def test_an_autopost_rule_posts_by_itself_where_there_is_one(caller, site, clock):
    """Unposted until its time; without a rule for ever."""
    site.timing = Timing(autopost_after_seconds=600)
    caller.load()
    clock.advance(610)
    assert status(caller, own(caller)) == "U"
    clock.advance(1)
    batch = caller.get(f"journalBatches/{own(caller)}").json()
    assert (batch["Status"], batch["StatusMeaning"], batch["PostedDate"]) == ("P", "Posted", "2026-11-14")


def test_the_posting_job_posts_the_batches_of_its_criteria(caller, clock):
    """AutomaticPosting takes a criteria set; an unknown one is refused with -1."""
    caller.loaded()
    assert caller.job(LEDGER_PACKAGE, "AutomaticPosting", "1") == "-1"
    job = caller.job(LEDGER_PACKAGE, "AutomaticPosting", AUTOPOST_CRITERIA)
    assert status(caller, own(caller)) == "U"
    clock.advance(60)
    assert (caller.status(job), status(caller, own(caller))) == ("SUCCEEDED", "P")


@pytest.mark.parametrize("trouble", ["closed", "future", "incomplete", "uneven"])
def test_what_cannot_be_posted_gets_an_error_status_and_a_sentence(caller, trouble):
    """A batch that went wrong is neither U nor P; put right, it can be posted."""
    caller.loaded()
    batch_id, people = own(caller), caller.app.books.people
    if trouble == "closed":
        people.close_period(US, "Nov-26")
    elif trouble == "future":
        caller.app.books.setup.set_period(US, "Nov-26", "F")
    elif trouble == "incomplete":
        assert patched(caller, batch_id, {"CompletionStatusMeaning": "Incomplete"}).status_code == 200
    else:
        people.alter_line(batch_id, 1, ENTERED_DR="1520.34", ACCOUNTED_DR="1520.34")
    assert people.post(batch_id) is False
    batch = caller.get(f"journalBatches/{batch_id}").json()
    assert (batch["Status"], batch["StatusMeaning"]) == ("F", "Error")
    (error,) = caller.items(f"journalBatches/{batch_id}/child/journalErrors")
    assert error["ErrorMessage"] == batch["ErrorMessage"]
    people.open_period(US, "Nov-26")
    patched(caller, batch_id, {"CompletionStatusMeaning": "Complete"})
    people.alter_line(batch_id, 1, ENTERED_DR="1520.33", ACCOUNTED_DR="1520.33")
    assert people.post(batch_id) is True


@pytest.mark.parametrize(
    "body, http_status",
    [
        ({"CompletionStatusMeaning": "Incomplete"}, 200),
        ({"ReversalPeriod": "Dec-26", "ReversalMethodMeaning": "Switch debit or credit"}, 200),
        ({"CompletionStatusMeaning": "Nonsense"}, 400),
        ({"BatchName": "Other"}, 400),
        ({"Status": "P"}, 400),
    ],
)
def test_a_patch_may_change_completion_and_reversal_only(caller, body, http_status):
    """Everything else of a batch is fixed."""
    caller.loaded()
    answer = patched(caller, own(caller), body)
    assert answer.status_code == http_status
    if http_status == 200:
        assert body.items() <= answer.json().items()


def test_a_stale_tag_is_refused(caller, clock):
    """The change indicator of the last read must still be the batch's."""
    caller.loaded()
    batch_id = own(caller)
    tag = caller.get(f"journalBatches/{batch_id}").json()["links"][0]["properties"]["changeIndicator"]
    clock.advance(1)
    assert patched(caller, batch_id, {"ReversalPeriod": "Dec-26"}, **{"If-Match": f'"{tag}"'}).status_code == 200
    assert patched(caller, batch_id, {"ReversalPeriod": "Jan-27"}, **{"If-Match": f'"{tag}"'}).status_code == 412


def test_an_unposted_batch_can_be_deleted_and_a_posted_one_not(caller):
    """204, then 404; a posted batch stays."""
    caller.loaded()
    batch_id = own(caller)
    assert caller.request("DELETE", f"journalBatches/{batch_id}").status_code == 204
    assert caller.request("DELETE", f"journalBatches/{batch_id}").status_code == 404
    caller.loaded()
    caller.app.books.people.post(own(caller))
    assert caller.request("DELETE", f"journalBatches/{own(caller)}").status_code == 400
    assert status(caller, own(caller)) == "P"


def test_a_new_batch_may_be_invisible_for_a_while(caller, site, clock):
    """The books have it, the reads do not yet."""
    site.timing = Timing(visible_after_seconds=300)
    caller.loaded()
    batch_id = own(caller)
    assert caller.get(f"journalBatches/{batch_id}").status_code == 404
    assert len(caller.items("journalBatches", q="UserJeSourceName = 'ZB Connector'")) == 0
    clock.advance(300)
    assert status(caller, batch_id) == "U"


def test_people_reverse_unpost_rename_and_delete(caller):
    """Each turn leaves the balance where it should be, and knows what it may not do."""
    caller.loaded()
    batch_id, people, books = own(caller), caller.app.books.people, caller.app.books
    with pytest.raises(WrongStatus, match="should be posted"):
        people.reverse(batch_id, TODAY)
    people.rename(batch_id, "Other name")
    people.post(batch_id)
    with pytest.raises(WrongStatus, match="should be not posted"):
        people.delete(batch_id)
    assert books.balance(US, CLEARING) == Decimal("1520.33")
    reversal = people.reverse(batch_id, date(2026, 12, 1))
    assert books.balance(US, CLEARING) == 0
    assert books.duplicates() == {}
    assert caller.get(f"journalBatches/{reversal}").json()["BatchName"] == f"Reverses {batch_id} Other name"
    people.unpost(batch_id)
    assert books.balance(US, CLEARING) == Decimal("-1520.33")
    people.delete(batch_id)
    assert caller.get(f"journalBatches/{batch_id}").status_code == 404


def test_a_copy_by_hand_is_a_duplicate_until_it_is_reversed(caller):
    """What exactly-once must keep empty is seen by the oracle."""
    caller.loaded()
    batch_id, people, books = own(caller), caller.app.books.people, caller.app.books
    people.post(batch_id)
    second = people.copy(batch_id, TODAY)
    assert list(books.duplicates().values()) == [[batch_id, second]]
    people.reverse(second, TODAY)
    assert books.duplicates() == {}


@pytest.mark.parametrize(
    "account, period, mode, expected",
    [
        (CLEARING, "Nov-26", "Detail", [("0", "1520.33", "1520.33")]),
        (CLEARING, "Dec-26", "Detail", [("1520.33", "0", "1520.33")]),
        (CLEARING, "Jan-27", "Detail", [("1520.33", "0", "1520.33")]),
        (SALES, "Dec-26", "Detail", [("-1520.33", "0", "-1520.33")]),
        (SALES, "Jan-27", "Detail", [("0", "0", "0")]),  # revenue begins the year at zero
        ("01-000-%-000", "Nov-26", "Summary", [("0", "0", "0")]),
        (
            "01-000-%-000",
            "Jun-26",
            "Detail",
            [("0", "100", "100"), ("0", "0", "0"), ("0", "-100", "-100"), ("0", "0", "0")],
        ),
        ("01-000-999999-000", "Nov-26", "Detail", []),
    ],
)
def test_balances_are_read_by_account_and_period(caller, site, account, period, mode, expected):
    """Posted lines only; per account or in one sum, over any value of a segment where the site takes a percent sign."""
    site.switches = replace(site.switches, is_percent_any=True)
    for later in ("Dec-26", "Jan-27"):
        caller.app.books.people.open_period(US_LEDGER, later)
    caller.loaded()
    variables = f"accountCombination={account},accountingPeriod={period},currency=USD,ledgerName=US Primary Ledger"
    finder = f"AccountBalanceFinder;{variables},mode={mode}"
    assert caller.items("ledgerBalances", finder=f"AccountBalanceFinder;{variables}".replace(account, CLEARING)) == []
    caller.app.books.people.post(own(caller))
    rows = caller.items("ledgerBalances", finder=finder)
    assert [(row["BeginningBalance"], row["PeriodActivity"], row["EndingBalance"]) for row in rows] == expected


def test_a_percent_sign_is_no_value_and_a_period_to_come_has_no_balances(caller):
    """Whether it stands for any value of a segment is a switch; balances begin when their period is opened."""
    finder = "AccountBalanceFinder;accountCombination={},accountingPeriod={},currency=USD,ledgerName=US Primary Ledger"
    assert caller.items("ledgerBalances", finder=finder.format("01-000-%-000", "Nov-26")) == []
    assert caller.items("ledgerBalances", finder=finder.format("01-000-100100-000", "Nov-26"))
    assert caller.items("ledgerBalances", finder=finder.format("01-000-100100-000", "Dec-26")) == []


def test_balances_need_their_finder_and_its_variables(caller):
    """The collection alone, a missing variable and an unknown period are refused; a foreign ledger is empty."""
    finder = "AccountBalanceFinder;accountCombination=x,accountingPeriod={},currency=USD,ledgerName={}"
    assert caller.get("ledgerBalances").status_code == 400
    assert caller.get("ledgerBalances", finder="AccountBalanceFinder;currency=USD").status_code == 400
    assert caller.get("ledgerBalances", finder=finder.format("Xxx-26", "US Primary Ledger")).status_code == 400
    assert caller.items("ledgerBalances", finder=finder.format("Nov-26", "Nobody's Ledger")) == []


def test_amounts_may_come_as_text(caller, site):
    """Numbers or text is a switch."""
    site.switches = replace(site.switches, are_amounts_text=True)
    caller.loaded()
    assert caller.get(f"journalBatches/{own(caller)}").json()["RunningTotalDr"] == "1520.33"


def test_opening_balances_stand_posted_in_the_books(tmp_path):
    """What a demo's books held at go-live; once, also when the same file is opened on a later day."""

    opening = [OpeningBalance(DE_LEDGER, "110700", Decimal("250.00"))]
    for day in (TODAY, date(2026, 11, 20)):
        books = Books(demo_site(day, opening=opening), SteppedClock(NOON), tmp_path / "fusion.db")
        assert books.balance(DE_LEDGER, "03-000-110700-000") == Decimal("250.00")
        assert len(books.batches(DE_LEDGER)) == 2
        books.close()


def test_what_was_due_happens_before_a_person_acts(caller, clock):
    """An import that was due before the period was closed found it open, whoever looks when."""
    caller.load()
    clock.advance(60)
    caller.app.books.people.close_period(US, "Nov-26")
    assert status(caller, own(caller)) == "U"
    assert caller.app.books.interface() == []


def test_an_autopost_rule_leaves_other_sources_alone(caller, site, clock):
    """What an accountant keyed by hand waits for the accountant."""
    site.timing = Timing(autopost_after_seconds=0)
    lines = [(CLEARING, Decimal("1.00"), "in"), (SALES, Decimal("-1.00"), "out")]
    batch_id = caller.app.books.people.enter(US, "HAND", TODAY, lines, is_posted=False)
    clock.advance(1800)
    assert status(caller, batch_id) == "U"


def test_a_batch_keyed_for_a_day_without_a_period_is_refused(caller):
    """The sentence names ledger and day."""
    with pytest.raises(ValueError, match=f"Ledger {US} has no period for 1999-01-01"):
        caller.app.books.people.enter(US, "HAND", date(1999, 1, 1), [])
