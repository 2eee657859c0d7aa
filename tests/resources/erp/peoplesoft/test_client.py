"""The five verbs against the emulated PeopleSoft: a journal is saved, edited, posted, found and read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from emulators.peoplesoft.profile import custom_journal_profile
from emulators.peoplesoft.site import Switches
from ledger.accounts import AccountKey
from ledger.errors import InputRefused, TargetMisconfigured, TargetRefused, TargetUnavailable, TargetUnclear
from ledger.journal import SourceKey
from ledger.references import reference
from resources.erp.target import BooksState

KEY = "US001 AS65SIDGKE 2026-11-14"
CLEARING = AccountKey.of("US001", account="110500")
REFERENCE = reference("12345678901")


@pytest.mark.parametrize("read_back", ["qas", "ci_get"])
@pytest.mark.parametrize("is_custom", [False, True])
def test_a_journal_travels_to_posted_and_back(make_place, journal, custom_names, is_custom, read_back):
    """Two sites without a name in common, both ways of reading back."""
    place = make_place(profile=custom_journal_profile()) if is_custom else make_place()
    target = place.target(read_back=read_back, **(custom_names if is_custom else {}))
    assert target.reach(["US001", "UK001"]) == []
    assert target.find([journal]).found == ()
    assert target.submit(journal) == KEY == target.erp_id(journal)
    assert target.status(journal).state is BooksState.WAITING
    assert place.follow(target, journal).state is BooksState.POSTED
    book = target.read_back(journal)
    assert (book.erp_id, book.erp_status, book.currency, book.accounting_date) == (KEY, "P", "USD", date(2026, 11, 14))
    sent = [
        replace(line, description="AMZ 12345678901" if line.reference else line.description) for line in journal.lines
    ]
    assert list(book.lines) == sent
    assert book.generated_lines == ()
    assert target.open_item(CLEARING, REFERENCE, "12345678901") == {"USD": Decimal("1150.37")}


def test_the_status_is_followed_through_edit_and_posting(place, journal):
    """N, then V, then P; what it waits for is said."""
    target = place.target()
    target.submit(journal)
    seen = []
    for _ in range(6):
        status = target.status(journal)
        seen.append((status.erp_status, status.waiting_for))
        place.clock.sleep(1)
    edit, post = ("N", "the journal edit (GL_JEDIT)"), ("V", "the posting run (GLPPPST2)")
    assert seen == [edit, edit, post, post, ("P", ""), ("P", "")]


def test_a_journal_that_waits_for_approval_says_so(make_place, journal):
    """A valid journal whose source wants approval is not posted by itself."""
    place = make_place()
    target = place.target(source="APR")
    target.submit(journal)
    status = place.follow(target, journal)
    assert (status.state, status.erp_status, status.waiting_for) == (BooksState.WAITING, "V", "approval")


def test_edit_errors_come_home_with_line_and_chartfield(place, make_journal):
    """The combination rule of the demo site: revenue goes with department 10000 only."""
    journal = make_journal(
        make_journal.line(1, "110500", "10.00", ref=REFERENCE),
        make_journal.line(2, "400100", "-10.00", department="20000"),
    )
    target = place.target()
    target.submit(journal)
    status = place.follow(target, journal)
    assert status.state is BooksState.ERROR
    assert status.messages == ("line 2, DEPTID 20000: ChartField combination error in group REVENUE (5010,1)",)


def test_a_closed_period_comes_home_as_an_edit_error(place, journal):
    """Closed after the gate had looked."""
    target = place.target()
    place.app.books.set_periods("US001", (2026, 12), (2026, 12))
    target.submit(journal)
    status = place.follow(target, journal)
    assert status.state is BooksState.ERROR
    assert status.messages == ("header, JOURNAL_DATE 2026-11-14: Accounting period is not open (5010,2)",)


def test_a_refused_create_names_line_field_and_value(place, make_journal):
    """Prompt edits at Create: nothing is saved, and the sentence says what to correct."""
    journal = make_journal(
        make_journal.line(1, "110500", "10.00", ref=REFERENCE), make_journal.line(2, "999999", "-10.00", product="NONE")
    )
    with pytest.raises(TargetRefused) as caught:
        place.target().submit(journal)
    assert "line 2, ACCOUNT 999999: Invalid value" in str(caught.value)
    assert "line 2, PRODUCT NONE: Invalid value" in str(caught.value)
    assert KEY in str(caught.value)
    assert caught.value.code == "15,11"
    assert place.journals() == []


def test_a_refused_header_names_its_field(place, journal):
    """A journal source that the site does not have."""
    with pytest.raises(TargetRefused, match="header, SOURCE ZZZ: Invalid value"):
        place.target(source="ZZZ").submit(journal)


@pytest.mark.parametrize("is_fault", [False, True])
def test_a_key_that_exists_is_a_question_and_no_refusal(make_place, journal, is_fault):
    """Whose journal it is, only `find` can tell."""
    place = make_place(switches=Switches(is_duplicate_a_fault=is_fault))
    target = place.target()
    target.submit(journal)
    with pytest.raises(TargetUnclear, match="already exists"):
        target.submit(journal)
    assert len(place.journals()) == 1


def test_credentials_that_fail_are_a_matter_for_a_person(place, journal):
    """Nothing was saved, and asking again would not help."""
    with pytest.raises(TargetMisconfigured, match="peoplesoft_password"):
        place.target(password="wrong-password").submit(journal)
    with pytest.raises(TargetMisconfigured, match="peoplesoft_password"):
        place.target(password="wrong-password").find([journal])
    with pytest.raises(TargetMisconfigured, match="158,55"):
        place.target(auth="anonymous").submit(journal)
    assert place.journals() == []


def test_a_missing_permission_names_the_operation(make_place, journal):
    """Service operation and component-interface method are granted apart."""

    def deny(site):
        site.users = tuple(replace(one, operations_denied=frozenset({"CI_JOURNAL_ENTRY_CI_C"})) for one in site.users)

    def deny_method(site):
        site.users = tuple(replace(one, methods_denied=frozenset({"Create"})) for one in site.users)

    def deny_queries(site):
        site.users = tuple(replace(one, is_query_allowed=False) for one in site.users)

    with pytest.raises(TargetMisconfigured, match="CI_JOURNAL_ENTRY_CI_C"):
        make_place(deny).target().submit(journal)
    with pytest.raises(TargetMisconfigured, match="90,6"):
        make_place(deny_method).target().submit(journal)
    with pytest.raises(TargetMisconfigured, match="X_JRNL_BY_REF was not run"):
        make_place(deny_queries).target().find([journal])


def test_lines_that_the_erp_generates_are_read_apart(place, make_journal):
    """Inter-unit lines added at edit: our own come back as sent, theirs net to zero and do not disturb `is_same`."""
    journal = make_journal(
        make_journal.line(1, "110500", "10.00", ref=REFERENCE, text="Clearing 12345678901"),
        make_journal.line(2, "400100", "-10.00", unit="DE001"),
    )
    target = place.target()
    target.submit(journal)
    place.follow(target, journal)
    book = target.read_back(journal)
    assert book.lines == journal.lines
    assert [(one.account.unit, one.account.account, one.amount) for one in book.generated_lines] == [
        ("DE001", "140000", Decimal("10.00")),
        ("US001", "240000", Decimal("-10.00")),
    ]
    (found,) = target.find([journal]).found
    assert (found.is_same, found.lines, found.debits) == (True, 2, Decimal("10.00"))


def test_amounts_are_read_in_the_entered_currency(place, make_journal):
    """Pounds in a dollar unit: the ERP converts, its rounding line has no entered amount."""
    journal = make_journal(
        make_journal.line(1, "110500", "0.01", ref=REFERENCE, text="Clearing 12345678901"),
        make_journal.line(2, "600100", "0.02", text="Fees"),
        make_journal.line(3, "400100", "-0.03", text="Sales"),
        currency="GBP",
    )
    target = place.target()
    target.submit(journal)
    assert place.follow(target, journal).state is BooksState.POSTED
    book = target.read_back(journal)
    assert (book.currency, book.lines) == ("GBP", journal.lines)
    assert all(one.amount == 0 for one in book.generated_lines)
    assert target.open_item(CLEARING, REFERENCE, "12345678901") == {"GBP": Decimal("0.01")}


def test_quantities_come_back(place, make_journal):
    """As statistical amounts of the site's code."""
    journal = make_journal(
        make_journal.line(1, "110500", "10.00", ref=REFERENCE, text="Clearing 12345678901"),
        make_journal.line(2, "400100", "-10.00", text="Sales", quantity=Decimal("-3")),
    )
    target = place.target(statistics_code="EA")
    target.submit(journal)
    assert target.read_back(journal).lines == journal.lines


def test_an_open_item_is_summed_over_posted_journals_by_reference(place, make_journal, journal):
    """All documents together, per currency; other references, accounts and unposted journals left out."""
    target = place.target()
    other = reference("12345678902")
    carried = make_journal(
        make_journal.line(1, "110500", "-321.69", ref=REFERENCE, text="Payable to Amazon"),
        make_journal.line(2, "110500", "321.69", ref=other, text="Payable to Amazon"),
        source=SourceKey("A1SELLER", "US001/ACTUALS", "settlement", "12345678902"),
    )
    for one in (journal, carried):
        target.submit(one)
        place.follow(target, one)
    waiting = make_journal(part=2, parts=2)
    target.submit(waiting)
    assert target.open_item(CLEARING, REFERENCE, "12345678901") == {"USD": Decimal("828.68")}
    assert target.open_item(CLEARING, other, "12345678902") == {"USD": Decimal("321.69")}
    assert target.open_item(AccountKey.of("US001", account="110600"), REFERENCE, "12345678901") == {}
    assert target.open_item(AccountKey.of("UK001", account="110500"), REFERENCE, "12345678901") == {}


def test_a_link_leads_to_the_journal_when_the_site_has_told_how(place, journal):
    """The page differs per site, so its address is a setting."""
    link = "https://fscm.example/JOURNAL_ENTRY_IE.GBL?BUSINESS_UNIT={unit}&JOURNAL_ID={journal_id}&JOURNAL_DATE={date}"
    target = place.target(journal_link=link)
    target.submit(journal)
    assert target.read_back(journal).link.endswith("BUSINESS_UNIT=US001&JOURNAL_ID=AS65SIDGKE&JOURNAL_DATE=2026-11-14")
    assert place.target().read_back(journal).link == ""


def test_a_journal_that_does_not_fit_is_refused_before_the_wire(place, make_journal):
    """Nothing is asked of PeopleSoft."""
    with pytest.raises(InputRefused, match="RT_TYPE"):
        place.target().submit(make_journal(rate_type="CURRENT"))
    assert list(place.app.calls) == []


def test_reach_names_what_is_missing(place, make_place):
    """WSDL, operation, element, query, permission: each as a finding with a sentence."""
    assert place.target().reach(["US001"]) == []
    wrong = {
        "service_version": (7, "CI_JOURNAL_ENTRY_CI.7.wsdl could not be fetched"),
        "lines_collection": ("LINES", "takes no LINES.ACCOUNT"),
        "operations": ({"Create": "CI_X_C"}, "no operation CI_X_C"),
        "queries": ({"control": {"name": "Z_CONTROL"}}, "Z_CONTROL"),
        "node": ("OTHER", "X_CONTROL"),
    }
    for name, (value, words) in wrong.items():
        findings = place.target(**{name: value}).reach(["US001"])
        assert any(words in one.sentence for one in findings), (name, findings)


def test_a_query_without_a_needed_column_says_which(place, journal):
    """The install guide's query and the site's may differ."""
    target = place.target(queries={"by_key": {"columns": {"JRNL_HDR_STATUS": "STATUS"}}})
    target.submit(journal)
    with pytest.raises(TargetMisconfigured, match="X_JRNL_BY_KEY answers without the column STATUS"):
        target.status(journal)


@pytest.mark.parametrize(
    "switches",
    [
        Switches(fault_http_status=200),
        Switches(query_name_key="queryname", are_empty_rows_present=False),
        Switches(are_query_numbers_text=True, blank_text=""),
        Switches(is_external_message_id_honoured=True),
        Switches(is_prompt_edit_at_create=False, is_unknown_key_a_fault=False),
        Switches(are_unqualified_children_accepted=True, is_element_order_strict=False),
        Switches(is_text_fragile=True),
    ],
)
def test_facts_that_nobody_published_may_be_either_way(make_place, make_journal, switches):
    """Each switch of the site in its other position."""
    place = make_place(switches=switches)
    target = place.target()
    journal = make_journal(description="Amazon\u2019s settlement; \u201cNovember\u201d")
    assert target.find([journal]) == target.find([journal])
    target.submit(journal)
    assert place.follow(target, journal).state is BooksState.POSTED
    assert target.find([journal]).found[0].is_same
    assert [one.amount for one in target.read_back(journal).lines] == [one.amount for one in journal.lines]


@pytest.mark.parametrize("is_fault", [True, False])
def test_a_get_without_rows_is_no_empty_journal(make_place, journal, is_fault):
    """A fault or an empty body: the header was there a moment ago, so this read failed."""
    place = make_place(switches=Switches(is_unknown_key_a_fault=is_fault))
    target = place.target(read_back="ci_get")
    target.submit(journal)
    key = place.journals()[0]
    handle = place.app.handle

    def remove_before_get(request):
        if request.method == "POST" and key in place.journals():
            place.app.books.people.delete(key, is_row_removed=True)
        return handle(request)

    place.app.handle = remove_before_get
    with pytest.raises(TargetUnavailable, match=r"could not be read|without lines"):
        target.read_back(journal)


def test_every_send_has_a_message_id_of_its_own(make_place, journal):
    """A site that keeps message ids would turn every later send of a lost journal away, for ever."""
    place = make_place(switches=Switches(is_external_message_id_honoured=True))
    target = place.target()
    target.submit(journal)
    place.app.books.people.delete(place.journals()[0], is_row_removed=True)
    place.clock.sleep(400)
    assert target.submit(journal) == KEY
    assert len(place.journals()) == 1
