"""Looking for documents in the emulated PeopleSoft: all revisions, no other, and when an empty answer is proof."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from ledger.accounts import AccountKey
from ledger.errors import TargetUnavailable
from resources.erp.target import BooksState
from tests.resources.erp.peoplesoft.test_client import CLEARING, KEY, REFERENCE


def test_find_sees_all_revisions_and_parts_of_a_source_and_no_other(place, make_journal, journal):
    """By the beginning of the description, which names the source, the revision and the part."""
    target = place.target()
    second = [make_journal(revision=2, part=part, parts=2) for part in (1, 2)]
    longer = make_journal(source=replace(journal.source, source_id="123456789012"))
    cash = make_journal(source=replace(journal.source, kind="cash"))
    for one in (journal, *second, longer, cash):
        target.submit(one)
    sightings = target.find(second)
    assert sightings.is_certain
    assert sightings.control == "US001: CONTROL001"
    assert sorted((one.description[:23], one.key_matches, one.is_same) for one in sightings.found) == [
        ("AMZ 12345678901 r1 p1/1", "", False),
        ("AMZ 12345678901 r2 p1/2", second[0].key, True),
        ("AMZ 12345678901 r2 p2/2", second[1].key, True),
    ]


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({}, True),
        ({"currency": "GBP"}, False),
        ({"description": "Other words"}, False),
        ({"lines": 2}, False),
        ({"amount": "1150.38"}, False),
        ({"account": "600950"}, True),
    ],
)
def test_a_document_under_our_key_is_compared_before_it_counts_as_ours(place, make_journal, journal, change, is_same):
    """Same key, totals, count of lines and description, else a person looks; told are the totals of the books.

    A corrected account stays ours, so that reading it back shows the difference.
    """
    target = place.target()
    target.submit(journal)
    asked = make_journal(**{name: value for name, value in change.items() if name in ("currency", "description")})
    if "lines" in change:
        asked = make_journal(*(journal.lines[0], replace(journal.lines[1], amount=Decimal("-1150.37"))))
    if "amount" in change:
        asked = make_journal(replace(journal.lines[0], amount=Decimal(change["amount"])), *journal.lines[1:])
    if "account" in change:
        segments = {**dict(journal.lines[1].account.segments), "account": change["account"]}
        account = AccountKey.of(journal.lines[1].account.unit, **segments)
        asked = make_journal(journal.lines[0], replace(journal.lines[1], account=account), *journal.lines[2:])
    (found,) = target.find([asked]).found
    assert found.key_matches == asked.key
    assert found.is_same is is_same
    assert (found.debits, found.credits, found.lines) == (journal.debits, journal.credits, len(journal.lines))


def test_a_journal_whose_description_was_changed_is_found_by_its_key(place, journal):
    """A person may rewrite a description; the key stays."""
    target = place.target()
    target.submit(journal)
    place.app.books.update(place.journals()[0], {"DESCR254": "Rewritten"}, [], is_replacing=False)
    (found,) = target.find([journal]).found
    assert (found.erp_id, found.key_matches, found.is_same) == (KEY, journal.key, False)
    assert (found.lines, found.debits, found.description) == (3, Decimal("1250.37"), "Rewritten")


def test_find_looks_into_every_unit_it_is_told(place, journal):
    """A changed mapping may have moved the document to another unit."""
    elsewhere = replace(
        journal,
        unit="UK001",
        revision=2,
        lines=tuple(replace(one, account=replace(one.account, unit="UK001")) for one in journal.lines),
    )
    place.target().submit(journal)
    assert place.target().find([elsewhere]).found == ()
    (found,) = place.target(units=("US001", "DE001")).find([elsewhere]).found
    assert (found.erp_id, found.key_matches) == (KEY, "")


def test_nothing_is_certain_without_a_visible_record(make_place, journal):
    """An empty ledger and a blind user look the same; a person confirms which it is."""

    def empty(site):
        site.opening_journals = ()

    place = make_place(empty)
    sightings = place.target().find([journal])
    assert (sightings.found, sightings.is_certain, sightings.control) == ((), False, "US001: none seen")
    assert [one.code for one in place.target(units=("US001",)).reach()] == ["peoplesoft_control"]
    confirmed = place.target(units_confirmed_empty={"US001"})
    sightings = confirmed.find([journal])
    assert (sightings.is_certain, sightings.confirmed_empty) == (False, {"US001"})
    assert confirmed.reach(["US001"]) == []
    assert not place.target().find([]).is_certain


def test_a_configured_control_must_come_back_too(place, journal):
    """A record that the settings name and that is not seen makes nothing certain."""
    assert place.target(controls={"US001": "Opening control"}).find([journal]).is_certain
    assert not place.target(controls={"US001": "Never booked"}).find([journal]).is_certain


def test_a_control_without_a_description_is_known_by_a_line_reference(make_place, journal):
    """Any record of the unit will do."""

    def plain(site):
        site.opening_journals = tuple(
            replace(
                one,
                header={**one.header, "DESCR254": ""},
                lines=tuple({**line, "JRNL_LN_REF": "OLD1"} for line in one.lines),
            )
            for one in site.opening_journals
        )

    assert make_place(plain).target().find([journal]).is_certain


def test_a_search_that_reaches_its_row_limit_is_narrowed(place, make_journal, journal):
    """Forty parts of three lines do not fit one answer of 100 rows; by revision and part they do."""
    target = place.target(rows_max=100)
    parts = [make_journal(part=number, parts=40) for number in range(1, 41)]
    for one in parts:
        target.submit(one)
    sightings = target.find(parts)
    assert len(sightings.found) == 40
    assert all(one.is_same for one in sightings.found)


def test_an_answer_that_cannot_be_narrowed_is_never_taken_as_complete(place, make_journal):
    """One journal with more lines than an answer may have."""
    pairs = [(2 * n - 1, 2 * n) for n in range(1, 61)]
    lines = [
        one
        for debit, credit in pairs
        for one in (make_journal.line(debit, "600100", "1.00"), make_journal.line(credit, "400100", "-1.00"))
    ]
    target = place.target(rows_max=100)
    journal = make_journal(*lines)
    target.submit(journal)
    for ask in (target.find, lambda found: target.read_back(found[0])):
        with pytest.raises(TargetUnavailable, match="more may exist"):
            ask([journal])


@pytest.mark.parametrize(
    ("step", "state", "status"),
    [("delete", BooksState.REMOVED, "D"), ("cancel", BooksState.REMOVED, "X"), ("unpost", BooksState.REMOVED, "U")],
)
def test_what_a_person_removed_is_seen_as_removed(place, journal, step, state, status):
    """Never to be made again by itself; the reversal of an unpost is not ours."""
    target = place.target()
    target.submit(journal)
    if step == "unpost":
        place.follow(target, journal)
    people, key = place.app.books.people, place.journals()[0]
    getattr(people, step)(key)
    assert (target.status(journal).state, target.status(journal).erp_status) == (state, status)
    (found,) = target.find([journal]).found
    assert (found.state, found.lines, found.is_same) == (state, 3, True)
    assert target.open_item(CLEARING, REFERENCE, "12345678901") == {}


def test_a_row_that_is_gone_is_absent_and_cannot_be_read(place, journal):
    """Some sites delete the row itself."""
    target = place.target()
    target.submit(journal)
    place.app.books.people.delete(place.journals()[0], is_row_removed=True)
    assert target.status(journal).state is BooksState.ABSENT
    with pytest.raises(TargetUnavailable, match="not in PeopleSoft's books"):
        target.read_back(journal)
