"""The register of settlements."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.errors import InputRefused
from resources.store.audit import Audit
from resources.store.settlements import Settlements, Standing


def record(register, content="c1", sha="d1", report="r1", settlement_id="11111111111", source="api", **told):
    return register.record(
        "amazon_us",
        "A1SELLER",
        settlement_id,
        document_sha=sha,
        content_hash=content,
        source=source,
        report_id=report,
        facts={"total_amount": "12.30", "document": sha},
        **told,
    ).outcome


def kinds(audit):
    return [event.kind for event in audit.events("amazon_us")]


def test_a_settlement_is_registered_once(settlements, audit, clock):
    """Under its own id, with the head of its document."""
    assert record(settlements) == "new"
    found = settlements.get("amazon_us", "11111111111")
    assert (found.seller, found.document_sha, found.content_hash, found.source) == ("A1SELLER", "d1", "c1", "api")
    assert (found.report_ids, found.facts["total_amount"], found.recorded_at) == (("r1",), "12.30", clock.now())
    assert settlements.all("amazon_us") == [found]
    assert kinds(audit) == ["settlement_new", "report_noted"]


def test_the_same_settlement_under_another_report_is_known(settlements, audit):
    """The same bytes, or the same content in other bytes; the first document stays current."""
    record(settlements)
    assert record(settlements, report="r2") == "known"
    assert record(settlements, sha="d2", report="r3") == "known"
    assert record(settlements, sha="d2", report="", source="import") == "known"
    found = settlements.get("amazon_us", "11111111111")
    assert (found.document_sha, found.report_ids) == ("d1", ("r1", "r2", "r3"))
    told = ["settlement_new", "report_noted", "report_noted", "settlement_seen_again", "report_noted"]
    assert kinds(audit) == told


def test_other_content_under_the_same_id_is_an_alarm_and_changes_nothing(settlements, audit):
    """The first stays current, the other is kept; told once."""
    record(settlements)
    assert record(settlements, content="c2", sha="d2") == "changed"
    assert record(settlements, content="c2", sha="d2") == "changed"
    assert settlements.get("amazon_us", "11111111111").document_sha == "d1"
    standings = {one.document_sha: one.standing for one in settlements.documents("amazon_us", "11111111111")}
    assert standings == {"d1": Standing.CURRENT, "d2": Standing.OTHER}
    assert kinds(audit) == ["settlement_new", "report_noted", "settlement_changed"]


def test_a_person_may_make_the_other_document_count(settlements, audit):
    """With name and reason; after that neither of the two is an alarm any more."""
    record(settlements)
    record(settlements, content="c2", sha="d2")
    record(settlements, content="c2", sha="d3")
    accepted = settlements.accept("amazon_us", "11111111111", "d2", "ann", "Amazon sent a correction")
    assert (accepted.document_sha, accepted.content_hash, accepted.facts["document"]) == ("d2", "c2", "d2")
    assert settlements.accept("amazon_us", "11111111111", "d2", "ann", "twice") == accepted
    event = audit.events("amazon_us")[-1]
    assert (event.kind, event.person, event.facts["reason"]) == (
        "settlement_accepted",
        "ann",
        "Amazon sent a correction",
    )
    assert [record(settlements), record(settlements, content="c2", sha="d3")] == ["known", "known"]
    assert settlements.get("amazon_us", "11111111111") == accepted


@pytest.mark.parametrize("sha, person, reason", [("d9", "ann", "why"), ("d1", " ", "why"), ("d1", "ann", "")])
def test_accepting_needs_a_known_document_a_person_and_a_reason(settlements, sha, person, reason):
    """Otherwise nothing changes."""
    record(settlements)
    with pytest.raises(InputRefused, match=r"has no document d9|needs the person"):
        settlements.accept("amazon_us", "11111111111", sha, person, reason)


def test_reports_taken_in_are_remembered(settlements):
    """Also those that were refused; a report without document id is none."""
    record(settlements)
    assert not settlements.known_report("amazon_us", "doc1")
    settlements.remember_report("amazon_us", "r1", "doc1", "11111111111")
    settlements.remember_report("amazon_us", "r1", "doc1", "11111111111")
    settlements.remember_report("amazon_us", "r2", "doc2", "")
    assert [settlements.known_report("amazon_us", one) for one in ("doc1", "doc2", "doc3", "")] == [
        True,
        True,
        False,
        False,
    ]
    assert not settlements.known_report("amazon_uk", "doc1")
    assert settlements.report_documents("amazon_us", "11111111111") == ["doc1"]
    assert settlements.get("amazon_us", "11111111111").report_ids == ("r1",)


def test_events_of_discovery_are_tied_to_all_that_is_known(settlements, audit):
    """Run, person, archived document and exchange; where there were several, the last one and all of them."""
    told = {"run": "run-1", "person": "ann", "exchanges": ("7", "8")}
    record(settlements, **told)
    record(settlements, sha="d2", report="r2", **told)
    settlements.remember_report("amazon_us", "r1", "doc1", "11111111111", document_sha="d1", **told)
    settlements.remember_report("amazon_us", "r3", "doc3", "", document_sha="d3", **told | {"exchanges": ("9",)})
    events = audit.events("amazon_us")
    tied = [(one.kind, one.document_key, one.exchange) for one in events]
    assert tied == [
        ("settlement_new", "d1", "8"),
        ("report_noted", "d1", "8"),
        ("settlement_seen_again", "d2", "8"),
        ("report_noted", "d2", "8"),
        ("report_noted", "d1", "8"),
        ("report_noted", "d3", "9"),
    ]
    assert {(one.run, one.person) for one in events} == {("run-1", "ann")}
    assert [one.facts.get("exchanges") for one in events] == [["7", "8"]] * 5 + [None]


def test_a_document_that_a_person_makes_count_is_named_by_its_event(settlements, audit):
    """As the event that told of it first."""
    record(settlements)
    record(settlements, content="c2", sha="d2")
    settlements.accept("amazon_us", "11111111111", "d2", "ann", "Amazon sent a correction")
    assert audit.events("amazon_us")[-1].document_key == "d2"


def test_connections_know_nothing_of_each_other(settlements):
    """Two connections may read the same seller."""
    record(settlements)
    record(settlements, settlement_id="2", sha="d2")
    assert [one.settlement_id for one in settlements.all("amazon_us")] == ["11111111111", "2"]
    assert (settlements.all("amazon_uk"), settlements.get("amazon_uk", "2")) == ([], None)


def test_two_discoveries_at_once_register_it_once(control_url, open_control, clock):
    """One is new, the other knows it."""
    registers = []
    for _ in range(2):
        control = open_control(control_url)
        registers.append(Settlements(control, Audit(control), clock))
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(record, registers)) == ["known", "new"]
