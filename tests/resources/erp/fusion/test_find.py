"""Finding documents over all revisions, and how certain an empty answer is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import httpx
import pytest

from ledger.errors import TargetMisconfigured, TargetUnavailable
from resources.erp.target import BooksState
from tests.resources.erp.fusion.scripted import job_at


@pytest.mark.parametrize("version", [1, 2, 4])
def test_an_empty_answer_is_certain_with_a_control(site, journal, version):
    """A batch of our ledger came back through the same search, in either grammar."""
    sightings = site.target(framework_version=version).find([journal])
    assert (sightings.found, sightings.is_certain) == ((), True)
    assert sightings.control == "01: Payables A 2 1 N"


def test_a_user_without_data_access_sees_nothing_and_proves_nothing(site, journal):
    """200 with no rows, as Fusion answers then."""
    site.script.tables["journalBatches"] = []
    sightings = site.target().find([journal])
    assert (sightings.found, sightings.is_certain, sightings.confirmed_empty) == ((), False, frozenset())
    confirmed = site.target(is_ledger_confirmed_empty=True).find([journal])
    assert (confirmed.is_certain, confirmed.confirmed_empty) == (False, frozenset({"01"}))


def test_a_search_that_finds_nothing_at_all_proves_nothing(site, journal):
    """A filter in the wrong grammar is answered 200 and empty, without a word."""
    site.script.answers["journalBatches"] = lambda request: (
        httpx.Response(200, json={"items": [], "count": 0, "hasMore": False}) if "q" in request.url.params else None
    )
    assert not site.target().find([journal]).is_certain


def test_a_batch_of_another_ledger_is_no_control(site, journal):
    """It proves access to that ledger."""
    site.script.tables["journalBatches/1700000/child/journalHeaders"][0]["LedgerName"] = "UK Ledger"
    assert not site.target().find([journal]).is_certain


def test_a_control_may_be_named_for_each_unit(site, make_journal):
    """Where the data access set divides a ledger by balancing segment."""
    make = make_journal.line
    other = make_journal(make(1, "1", "1.00", unit="02"), make(2, "2", "-1.00", unit="02"), unit="02")
    target = site.target(controls={"01": "Payables A", "02": "Never seen"})
    assert target.find([make_journal()]).is_certain
    sightings = target.find([make_journal(), replace(other, part=2)])
    assert not sightings.is_certain
    assert "02: none seen" in sightings.control


def test_all_revisions_and_parts_are_found(site, make_journal):
    """One search by beginning; another settlement's batch is none of them."""
    first, second = make_journal(), make_journal(revision=2)
    site.book(first, batch_id=1, status="P")
    site.book(second, batch_id=2)
    site.book(make_journal(source=replace(first.source, source_id="123456789012")), batch_id=3)
    found = {one.erp_id: one for one in site.target().find([second]).found}
    assert set(found) == {site.target().erp_id(first), site.target().erp_id(second)}
    assert found[site.target().erp_id(first)].key_matches == ""
    assert found[site.target().erp_id(first)].repeats == second.key
    assert found[site.target().erp_id(second)].key_matches == second.key


def test_a_found_document_tells_what_it_holds(site, journal):
    """Totals in entered currency, credits positive."""
    site.book(journal, status="P")
    (one,) = site.target().find([journal]).found
    assert (one.state, one.currency, str(one.debits), str(one.credits), one.lines) == (
        BooksState.POSTED,
        "USD",
        "1250.37",
        "1250.37",
        3,
    )
    assert (one.accounting_date, one.is_same, one.source_id) == (date(2026, 11, 14), True, "12345678901")


def test_rows_of_two_loads_in_one_batch_are_not_the_same(site, journal):
    """What was left in the interface came in together with what was sent again."""
    row = site.book(journal)
    path = f"journalBatches/{row['JeBatchId']}/child/journalHeaders/00HASH{row['JeBatchId']}/child/journalLines"
    lines = site.script.tables[path]
    lines += [{**line, "JeLineNumber": line["JeLineNumber"] + 3} for line in lines]
    (one,) = site.target().find([journal]).found
    assert (one.key_matches, one.is_same) == (journal.key, False)


def test_a_cent_makes_another_document(site, journal, make_journal):
    """Compared to the cent, line by line."""
    make = make_journal.line
    site.book(make_journal(make(1, "11200", "1150.38"), make(2, "40100", "-1150.38")))
    (one,) = site.target().find([journal]).found
    assert (one.key_matches, one.is_same) == (journal.key, False)


def test_a_document_on_its_way_is_found(site, journal):
    """No batch yet, but a job that carries it: it is not absent."""
    target = site.target()
    target.submit(journal)
    (one,) = target.find([journal]).found
    assert (one.state, one.key_matches, one.is_same, one.erp_id) == (
        BooksState.WAITING,
        journal.key,
        True,
        target.erp_id(journal),
    )


def test_a_file_that_arrived_without_a_known_job_proves_no_absence(site, journal):
    """The answer was lost: the file may wait in the queue for longer than any quiet period."""
    site.script.answers["DocumentIdsByFilePrefixRF"] = lambda _: httpx.Response(
        200, json={"items": [{"DocumentId": "23903"}], "count": 1, "hasMore": False}
    )
    sightings = site.target().find([journal])
    assert (sightings.found, sightings.is_certain) == ((), False)
    assert "has arrived" in sightings.control
    finder = site.script.last("DocumentIdsByFilePrefixRF").url.params["finder"]
    assert finder == "DocumentIdsByFilePrefixRF;filePrefix=amz_380202597037534,docAccount=#NULL,comment=#NULL"
    assert site.target(are_files_asked_for=False).find([journal]).is_certain
    assert site.target(groups_confirmed_gone=frozenset({380202597037534})).find([journal]).is_certain


def test_a_job_that_succeeded_without_a_batch_proves_no_absence(site, journal):
    """Where a parameter is wrong it imports no row, and ours stay in the interface until a person says otherwise."""
    target = site.target(groups_confirmed_gone=frozenset())
    target.submit(journal)
    site.script.answers["ESSJobStatusRF"] = job_at("SUCCEEDED")
    sightings = target.find([journal])
    assert (sightings.found, sightings.is_certain) == ((), False)
    assert "import job 10073567 succeeded and made no batch" in sightings.control
    assert site.target(groups_confirmed_gone=frozenset({380202597037534})).find([journal]).is_certain


def test_a_job_that_ends_between_two_reads_has_its_batch_found(site, journal):
    """Neither `find` nor `status` may call a batch absent that was made while they asked."""
    target = site.target()
    target.submit(journal)

    def ending(request: httpx.Request) -> httpx.Response:
        site.book(journal)
        return job_at("SUCCEEDED")(request)

    for ask in (lambda: target.find([journal]).found[0].state, lambda: target.status(journal).state):
        site.script.answers["ESSJobStatusRF"] = ending
        assert ask() is BooksState.WAITING
        site.script.tables["journalBatches"].pop()


def test_a_site_that_cannot_be_asked_for_files_names_the_switch(site, journal):
    """A person's matter, said once."""
    site.script.answers["DocumentIdsByFilePrefixRF"] = lambda _: httpx.Response(400, json={"title": "No such finder"})
    with pytest.raises(TargetMisconfigured, match="are_files_asked_for"):
        site.target().find([journal])


def test_a_found_batch_is_not_asked_for_as_a_file(site, journal):
    """The books have answered already."""
    site.book(journal)
    site.target().find([journal])
    assert site.script.calls("DocumentIdsByFilePrefixRF") == 0


def test_a_batch_that_appears_between_two_reads_is_found(site, journal):
    """Not there at first, committed while the control was read."""
    answers = iter([lambda: None, lambda: site.book(journal)])
    seen = {"count": 0}

    def late(request: httpx.Request) -> None:
        if "AMZ" in request.url.params.get("q", ""):
            seen["count"] += 1
            next(answers)()

    site.script.answers["journalBatches"] = late
    assert len(site.target().find([journal]).found) == 1
    assert seen["count"] == 2


def test_the_same_journal_in_another_ledger_is_none_of_ours(site, journal):
    """Two connections may book one seller into two ledgers."""
    site.book(journal, ledger="UK Ledger")
    assert site.target().find([journal]).found == ()


def test_a_batch_without_its_journal_is_no_answer(site, journal):
    """Half a document is neither there nor absent."""
    row = site.book(journal)
    site.script.tables[f"journalBatches/{row['JeBatchId']}/child/journalHeaders"] = []
    with pytest.raises(TargetUnavailable, match="without journals"):
        site.target().find([journal])


def test_a_reversal_made_by_a_person_is_told(site, journal, make_journal):
    """Under our word, with the lines of ours turned round."""
    turned = tuple(replace(one, amount=-one.amount) for one in journal.lines)
    site.book(journal, batch_id=1, status="P")
    site.book(replace(journal, revision=7, lines=turned), batch_id=2, status="P")
    found = {one.key_matches: one for one in site.target().find([journal]).found}
    assert found[""].reverses == journal.key


def test_listing_shows_all_under_our_word_since_a_day(site, make_journal):
    """Whoever made it; older periods are not opened."""
    new, old = make_journal(), make_journal(source=replace(make_journal().source, source_id="777"))
    site.book(new, batch_id=1)
    site.book(old, batch_id=2, day="2026-09-14", DefaultPeriodName="Sep-26")
    site.book(replace(new, part=3), batch_id=3, day="2026-11-01")
    listed = site.target().listing(["01"], date(2026, 11, 10))
    assert [one.erp_id for one in listed] == [site.target().erp_id(new)]
    assert site.script.calls("journalBatches/2/child/journalHeaders") == 0


def test_reach_says_what_keeps_the_site_from_being_used(site):
    """Ledger, token, sight."""
    site.script.tables["ledgersLOV"] = [
        {"LedgerId": 300000046975971, "Name": "US Primary Ledger", "CurrencyCode": "USD", "ChartOfAccountsId": 5237}
    ]
    assert site.target().reach(["01"]) == []
    site.script.tables["journalBatches"] = []
    assert [one.code for one in site.target().reach(["01"])] == ["fusion_control"]
    assert site.target(is_ledger_confirmed_empty=True).reach(["01"]) == []
    for status, cure in ((403, "Correct what the sentence names"), (503, "Run the check again later")):
        site.script.answers["ledgersLOV"] = lambda _, status=status: httpx.Response(status, json={"title": "No"})
        (finding,) = site.target().reach(["01"])
        assert (finding.code, finding.cure.startswith(cure)) == ("fusion_reach", True)
