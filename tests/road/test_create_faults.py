"""Whatever goes wrong at Create: what the state is, how often it is sent, and that the books hold it once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from assets.posting.protocol import give_up
from emulators import faults as general
from emulators.peoplesoft import mischief
from emulators.peoplesoft.demo_site import DEMO_USER
from ledger.errors import TargetUnavailable
from ledger.posting import PostingState
from tests.road.rig import START, Rig, journals

DENIED = {"operations_denied": frozenset({"CI_JOURNAL_ENTRY_CI_C"})}

# Fault at the first Create -> states of the runs that the protocol itself asks for, and Creates sent in all.
FAULTS = [
    ("nothing wrong", None, ["posted"], 1),
    ("dropped before the save", general.dropped(), ["unclear", "posted"], 2),
    ("dropped after the save", general.dropped(after=True), ["posted"], 1),
    ("a fault before the save, HTTP 500", general.status(500), ["unclear", "posted"], 2),
    ("proxy page 502", general.html(502), ["unclear", "posted"], 2),
    ("proxy page 503", general.html(503), ["unclear", "posted"], 2),
    ("proxy page 504, saved behind it", general.html(504, after=True), ["posted"], 1),
    ("HTTP 200 with an IBResponse error", mischief.gateway_error(), ["unclear", "posted"], 2),
    ("the same, saved behind it", mischief.gateway_error(after=True), ["posted"], 1),
    ("HTTP 500 without a body", general.blank(500), ["unclear", "posted"], 2),
    ("HTTP 200 without a body, saved", general.blank(200, after=True), ["posted"], 1),
    ("an answer cut short, saved", general.truncated(), ["posted"], 1),
    ("an answer later than the read time-out, saved", general.slow(200), ["posted"], 1),
    ("delivered twice by the gateway", mischief.delivered_twice(), ["posted"], 1),
    ("saved 200 s later, within the quiet period", mischief.commits_later(200), ["unclear", "posted"], 1),
    ("saved 200 s later behind a proxy page", mischief.commits_later(200, code=504), ["unclear", "posted"], 1),
    ("saved 340 s later, after our second send", mischief.commits_later(340), ["unclear", "posted"], 2),
]


@pytest.mark.parametrize(("fault", "states", "creates"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_a_create_that_goes_wrong_ends_in_one_journal(tmp_path, fault, states, creates):
    """Unclear until asked; sent again only when provably absent after the quiet period."""
    rig = Rig(tmp_path)
    rig.plan(journals("100.00"))
    if fault is not None:
        rig.faults.next("Create", fault)
    assert rig.until_rest() == states
    assert rig.faults.calls("Create") == creates
    rig.clock.advance(2000)
    rig.assert_in_books("100.00")


def test_nothing_is_sent_again_before_the_quiet_period_is_over(tmp_path):
    """330 seconds since the send: a slow server may still be committing."""
    rig = Rig(tmp_path)
    rig.plan(journals("100.00"))
    rig.faults.next("Create", general.dropped())
    for seconds in (0, 1, 60, 200, 68):
        rig.clock.advance(seconds)
        driven = rig.run()[0]
        assert (driven.document.state, rig.faults.calls("Create")) == (PostingState.UNCLEAR, 1)
    assert (driven.again_at - START).total_seconds() == pytest.approx(330, abs=1)
    rig.clock.advance(1)
    assert rig.run()[0].document.state is PostingState.POSTED
    rig.assert_in_books("100.00")


# What is blind -> where it rests in the end. With the key visible somewhere, the document is found after all.
BLIND = [("X_JRNL_BY_KEY", "posted"), ("X_JRNL_BY_REF", "posted"), ("ExecuteQuery", "review")]


@pytest.mark.parametrize(("operation", "rests"), BLIND)
def test_a_blind_read_never_leads_to_a_second_send(tmp_path, operation, rests):
    """Empty answers with status 200 from the moment of the send on: found otherwise, or a person after six hours."""
    rig = Rig(tmp_path)
    rig.plan(journals("100.00"))
    rig.faults.next("Create", general.dropped(after=True))
    rig.run(rig.desk(target=_BlindAfterSend(rig, operation)))
    assert rig.until_rest()[-1] == rests
    assert rig.faults.calls("Create") == 1
    rig.faults.clear()
    rig.assert_in_books("100.00")


def test_nothing_is_sent_while_the_erp_shows_no_record_at_all(tmp_path):
    """A finding says so, and ends by itself when the ERP sees again."""
    rig = Rig(tmp_path)
    rig.plan(journals("100.00"))
    rig.faults.always("ExecuteQuery", mischief.blind())
    driven = rig.run()[0]
    assert (driven.finding.code, rig.faults.calls("Create")) == ("posting_blind", 0)
    rig.faults.clear()
    assert rig.until_rest() == ["posted"]
    rig.assert_in_books("100.00")


class _BlindAfterSend:
    """A target whose queries see nothing from the moment of the send on."""

    def __init__(self, rig, operation):
        self._rig, self._target, self._operation = rig, rig.target(), operation

    def __getattr__(self, name):
        return getattr(self._target, name)

    def submit(self, journal):
        self._rig.faults.always(self._operation, mischief.blind())
        return self._target.submit(journal)


def test_a_document_nobody_can_see_for_six_hours_goes_to_a_person(tmp_path):
    """Seen again it stays in review; a person's `recheck` sends what is then provably absent."""
    rig = Rig(tmp_path)
    rig.plan(journals("100.00"))
    rig.faults.next("Create", general.dropped())
    rig.run(rig.desk(target=_BlindAfterSend(rig, "ExecuteQuery")))
    assert rig.until_rest()[-1] == "review"
    assert timedelta(hours=6) < rig.clock.now() - START < timedelta(hours=8)
    rig.faults.clear()
    driven = rig.run()[0]
    assert (driven.document.state, driven.finding.code) == (PostingState.REVIEW, "posting_unclear")
    assert rig.faults.calls("Create") == 1
    wanted = frozenset({driven.document.key})
    assert rig.run(rig.desk(may_send_again=wanted))[0].document.state is PostingState.POSTED
    rig.assert_in_books("100.00")


def test_wrong_credentials_send_nothing_and_heal_by_themselves(tmp_path):
    """Misconfigured: a finding, and another look later; with the right password it goes on."""
    rig = Rig(tmp_path, password="wrong")
    rig.plan(journals("100.00"))
    driven = rig.run()[0]
    assert (driven.document.state, driven.finding.code) == (PostingState.APPROVED, "target_misconfigured")
    assert driven.again_at > rig.clock.now()
    rig.password = Rig(tmp_path / "other").password
    assert rig.run()[0].document.state is PostingState.POSTED
    rig.assert_in_books("100.00")


def test_a_user_who_may_not_create_sends_nothing_that_counts(tmp_path):
    """Refused by the broker before the component: back to approved, with a finding; not a dead key."""
    rig = Rig(tmp_path)
    user = rig.site.user(DEMO_USER)
    rig.site.users = (replace(user, **DENIED),)
    rig.plan(journals("100.00"))
    driven = rig.run()[0]
    assert (driven.document.state, driven.finding.code) == (PostingState.APPROVED, "target_misconfigured")
    rig.site.users = (user,)
    assert rig.run()[0].document.state is PostingState.POSTED
    rig.assert_in_books("100.00")


def test_an_invalid_value_is_a_refusal_and_the_key_stays_dead(tmp_path):
    """A parsed no: nothing saved; the corrected content is a new revision."""
    rig = Rig(tmp_path)
    rig.plan(journals("100.00", sales="999999"))
    driven = rig.run()[0]
    assert (driven.document.state, driven.finding.code) == (PostingState.REFUSED, "posting_refused")
    assert rig.run()[0].finding == driven.finding
    assert rig.plan(journals("100.00", sales="999999")).outcome == "same"
    assert rig.plan(journals("100.00")).outcome == "new"
    assert rig.until_rest() == ["posted"]
    rig.assert_in_books("100.00")


def test_the_same_refused_content_goes_again_only_when_a_person_wants_it(tmp_path):
    """A new revision with a new key."""
    rig = Rig(tmp_path)
    rig.plan(journals("100.00", sales="999999"))
    rig.run()
    rig.site.replace_value(replace(rig.site.value_on("ACCOUNT", "400100", START.date()), value="999999"))
    assert rig.run()[0].document.state is PostingState.REFUSED
    assert rig.plan(journals("100.00", sales="999999"), again=True).outcome == "new"
    assert rig.until_rest() == ["posted"]
    rig.assert_in_books("100.00")


def test_other_content_under_our_key_stops(tmp_path):
    """Found before the first send; nothing is sent, a person compares."""
    rig = Rig(tmp_path)
    rig.plan(journals("100.00"))
    rig.until_rest()
    rig.lose_control_database()
    rig.plan(journals("101.00"))
    driven = rig.run()[0]
    assert (driven.document.state, driven.finding.code) == (PostingState.REVIEW, "posting_other_content")
    assert rig.faults.calls("Create") == 1
    rig.assert_in_books("100.00")


def test_a_lost_control_database_finds_what_is_posted(tmp_path):
    """The same content is found by key before the first send."""
    rig = Rig(tmp_path)
    rig.plan(journals("100.00", "50.00"))
    rig.until_rest()
    rig.lose_control_database()
    rig.plan(journals("100.00", "50.00"))
    assert rig.until_rest() == ["posted"]
    assert rig.faults.calls("Create") == 2
    rig.assert_in_books("100.00", "50.00")


def test_a_lost_control_database_meets_a_later_revision_as_a_stranger(tmp_path):
    """Never a second post; a person gives the first revision up, and the second is found."""
    rig = Rig(tmp_path)
    rig.plan(journals("90.00", sales="999999"))
    rig.run()
    rig.plan(journals("100.00"))
    rig.until_rest()
    rig.lose_control_database()
    rig.plan(journals("100.00"))
    driven = rig.run()[0]
    assert (driven.document.state, driven.finding.code) == (PostingState.REVIEW, "posting_unknown_document")
    documents = rig.documents()
    give_up(rig.desk(), documents[0].key, [documents[0].journal], "it is the settlement itself")
    rig.plan(journals("100.00"), again=True)
    assert rig.until_rest() == ["posted"]
    assert rig.faults.calls("Create") == 2
    rig.assert_in_books("100.00")


def test_a_journal_that_never_arrives_is_sent_three_times_and_then_asked_about(tmp_path):
    """Provably absent each time: something eats it, and a person decides about the fourth send."""
    rig = Rig(tmp_path)
    rig.plan(journals("100.00"))
    rig.faults.always("Create", general.html(502))
    assert rig.until_rest()[-1] == "review"
    driven = rig.run()[0]
    assert (driven.finding.code, rig.faults.calls("Create")) == ("posting_unclear", 3)
    assert "sent 3 times" in driven.finding.sentence
    rig.faults.clear()
    wanted = frozenset({driven.document.key})
    assert rig.run(rig.desk(may_send_again=wanted))[0].document.state is PostingState.POSTED
    rig.assert_in_books("100.00")


def empty_rig(folder):
    """Return a rig whose unit has no record, as a person has confirmed."""
    rig = Rig(folder, settings={"units_confirmed_empty": {"US001"}})
    rig.site.opening_journals = ()
    return Rig(folder / "empty", settings=rig.settings, site=rig.site)


def test_a_unit_confirmed_empty_takes_its_first_journals(tmp_path):
    """Afterwards the first one is the control of the second."""
    rig = empty_rig(tmp_path)
    rig.plan(journals("100.00", "50.00"))
    assert rig.until_rest() == ["posted"]
    rig.assert_in_books("100.00", "50.00")


def test_a_confirmed_empty_unit_proves_nothing_once_something_was_sent(tmp_path):
    """Saved, and then nothing is visible: neither asked again, nor given up, nor sent as a new revision."""
    rig = empty_rig(tmp_path)
    rig.plan(journals("100.00"))
    rig.faults.next("Create", general.dropped(after=True))
    rig.run(rig.desk(target=_BlindAfterSend(rig, "ExecuteQuery")))
    assert rig.until_rest()[-1] == "review"
    document = rig.documents()[0]
    with pytest.raises(TargetUnavailable, match="cannot show yet"):
        give_up(rig.desk(), document.key, [document.journal], "deleted")
    assert rig.run(rig.desk(may_send_again=frozenset({document.key})))[0].document.state is PostingState.REVIEW
    assert rig.faults.calls("Create") == 1
    rig.stores.outbox.step(document.key, PostingState.REFUSED, "given up", lease=None)
    assert rig.plan(journals("100.00"), again=True).outcome == "new"
    assert rig.run()[0].finding.code == "posting_blind"
    assert rig.faults.calls("Create") == 1
    rig.faults.clear()
    rig.assert_in_books("100.00")
