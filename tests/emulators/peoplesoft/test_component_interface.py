"""The five CI methods over SOAP: shapes, keys, strictness, and the switches that sites differ in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from emulators.peoplesoft.app import build_app
from emulators.peoplesoft.demo_site import demo_site
from emulators.peoplesoft.profile import custom_journal_profile, journal_entry_profile

KEY = {"BUSINESS_UNIT": "US001", "JOURNAL_ID": "A1K9Z03QX7", "JOURNAL_DATE": "2026-11-14"}
CREATED = (
    '<Create__CompIntfc__JOURNAL_ENTRY_CIResponse xmlns="http://xmlns.oracle.com/Enterprise/Tools/schemas/M500102.V1">'
    "<notification>1</notification><detail><JOURNAL_ENTRY_CI><BUSINESS_UNIT>US001</BUSINESS_UNIT>"
    "<JOURNAL_ID>A1K9Z03QX7</JOURNAL_ID><JOURNAL_DATE>2026-11-14</JOURNAL_DATE><UNPOST_SEQ>0</UNPOST_SEQ>"
    "</JOURNAL_ENTRY_CI></detail></Create__CompIntfc__JOURNAL_ENTRY_CIResponse>"
)


def switch(caller, **changes) -> None:
    """Put switches of the site into another position."""
    caller.app.site.switches = replace(caller.app.site.switches, **changes)


def test_create_answers_notification_and_key_in_the_response_namespace(caller):
    """The answer is the documented one, byte for byte."""
    response = caller.post("Create", caller.envelope("Create", caller.inner(*header_and_lines())))
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/xml; charset=UTF-8"
    assert CREATED in response.text


def header_and_lines(**changes):
    """Return the usual header and lines."""
    header = KEY | {"LEDGER_GROUP": "ACTUALS", "SOURCE": "AMZ", "DESCR254": "AMZ settlement 1"} | changes
    lines = [
        {"ACCOUNT": "110500", "FOREIGN_AMOUNT": "1250.37", "JRNL_LN_REF": "S1"},
        {"ACCOUNT": "400100", "FOREIGN_AMOUNT": "-1250.37"},
    ]
    return header, lines


def test_create_with_next_numbers_the_journal_each_time(caller):
    """NEXT brings a new id back in the key element, and with it a second journal."""
    ids = [caller.call("Create", *header_and_lines(JOURNAL_ID="NEXT")).values("JOURNAL_ID")[0] for _ in range(2)]
    assert ids == ["0000000001", "0000000002"]
    assert len(caller.app.books.duplicates()) == 1


def test_a_key_that_exists_is_refused_whatever_its_status(caller, clock):
    """The natural key is the last fence of exactly once; a deleted journal still holds it."""
    assert caller.create().notification == "1"
    caller.app.books.people.delete(caller.app.books.journals("US001")[0].key)
    again = caller.create()
    assert again.notification == "0"
    assert again.messages[0][3] == "Journal already exists for this business unit, ID and date"
    assert len([journal for journal in caller.app.books.journals() if journal.source == "AMZ"]) == 1


def test_the_same_id_on_another_date_is_another_journal(caller):
    """JOURNAL_ID alone is not unique."""
    assert caller.create().notification == "1"
    assert caller.create(JOURNAL_DATE="2026-11-15").notification == "1"


def test_a_duplicate_can_be_a_fault_with_another_text(caller):
    """Two switches: the form of the refusal and its words."""
    switch(caller, is_duplicate_a_fault=True, duplicate_text="Duplicate record.")
    caller.create()
    answer = caller.create()
    assert (answer.http_status, answer.fault) == (500, "Duplicate record.")


def test_get_returns_the_buffer_with_status_and_lines(caller, clock):
    """Properties stand directly below the root; lines are repeated elements."""
    caller.create()
    clock.advance(10)
    answer = caller.call("Get", KEY)
    assert answer.values("JRNL_HDR_STATUS") == ["P"]
    assert answer.values("FOREIGN_AMOUNT") == ["1250.37", "-1250.37"]
    assert answer.values("JRNL_TOTAL_DEBITS") == ["1250.37"]


def test_get_of_an_unknown_key_is_a_fault_or_an_empty_body(caller):
    """Unverified, so both positions are offered."""
    assert "No rows exist for the specified keys" in caller.call("Get", KEY).fault
    switch(caller, is_unknown_key_a_fault=False)
    answer = caller.call("Get", KEY)
    assert (answer.http_status, answer.fault, answer.values("JOURNAL_ID")) == (200, "", [])


def test_find_matches_beginnings_and_stops_at_its_cap(caller):
    """Any subset of keys, by prefix, 300 rows at most."""
    books = caller.app.books
    for number in range(305):
        header, lines = header_and_lines(JOURNAL_ID=f"A{number:04d}")
        assert books.create(header, lines, None).is_saved
    assert len(caller.call("Find", {"BUSINESS_UNIT": "US001", "JOURNAL_ID": "A"}).values("JOURNAL_ID")) == 300
    assert caller.call("Find", {"JOURNAL_ID": "A030"}).values("JOURNAL_ID") == [
        "A0300",
        "A0301",
        "A0302",
        "A0303",
        "A0304",
    ]
    assert caller.call("Find", {"JOURNAL_ID": "Z"}).values("JOURNAL_ID") == []


def test_updatedata_changes_only_supplied_fields(caller):
    """The other fields of the row stay as they are."""
    caller.create()
    answer = caller.call("Updatedata", KEY, [{"JOURNAL_LINE": "1", "LINE_DESCR": "Deposit"}])
    assert answer.notification == "1"
    line = caller.app.books.lines(caller.app.books.find({"JOURNAL_ID": "A1K9"}, 9)[0])[0]
    assert (line.account, line.reference, line.description) == ("110500", "S123456789", "Deposit")


def test_update_replaces_supplied_rows(caller):
    """A supplied row is the whole row: fields left out become blank, here a required one."""
    caller.create()
    answer = caller.call("Update", KEY, [{"JOURNAL_LINE": "1", "LINE_DESCR": "Deposit"}])
    assert answer.notification == "0"
    assert "Field is required. {JOURNAL_ENTRY_CI.JRNL_LN(1).ACCOUNT}" in answer.texts()
    row = {"JOURNAL_LINE": "1", "ACCOUNT": "110500", "FOREIGN_AMOUNT": "1250.37", "JRNL_LN_REF": "S2"}
    assert caller.call("Update", KEY, [row]).notification == "1"
    assert ("S2", "USD") in caller.app.books.open_items("US001", "110500")


def test_a_valid_or_posted_journal_cannot_be_updated(caller, clock):
    """Only N, E and T are open to the CI."""
    caller.create()
    clock.advance(10)
    answer = caller.call("Updatedata", KEY | {"DESCR": "late"})
    assert (answer.notification, answer.messages[0][3]) == ("0", "Journal cannot be changed in status P")


def test_an_update_of_an_unknown_key_is_refused(caller):
    """Nothing is created by an update."""
    assert caller.call("Update", KEY | {"DESCR": "x"}).notification == "0"


@pytest.mark.parametrize(
    "inner, reason",
    [
        ("<m:NONSENSE>1</m:NONSENSE>", "element NONSENSE is not expected"),
        ("<m:SOURCE>AMZ</m:SOURCE><m:BUSINESS_UNIT>US001</m:BUSINESS_UNIT>", "out of sequence"),
        ("<m:SOURCE>AMZ</m:SOURCE><m:SOURCE>AMZ</m:SOURCE>", "more than once"),
        ("<BUSINESS_UNIT>US001</BUSINESS_UNIT>", "is not expected"),
        ("<m:JRNL_LN><m:ACCOUNT>1</m:ACCOUNT><m:JOURNAL_LINE>1</m:JOURNAL_LINE></m:JRNL_LN>", "out of sequence"),
    ],
)
def test_a_request_that_is_not_as_the_wsdl_says_is_a_fault(caller, inner, reason):
    """Names, namespace, number and order are checked before the component sees anything."""
    response = caller.post("Create", caller.envelope("Create", inner))
    assert response.status_code == 500
    assert reason in response.text
    assert "(158,10616)" in response.text


def test_a_request_in_the_namespace_of_before_a_re_provisioning_is_a_fault(caller):
    """Message numbers change; calls with the old one fail."""
    text = caller.envelope("Create", caller.inner(*header_and_lines())).replace("M500101", "M400101")
    response = caller.post("Create", text)
    assert "is not in namespace http://xmlns.oracle.com/Enterprise/Tools/schemas/M500101.V1" in response.text


def test_order_and_qualification_can_be_lenient(caller):
    """Two switches for sites that take anything."""
    switch(caller, is_element_order_strict=False, are_unqualified_children_accepted=True)
    inner = (
        "<DESCR254>d</DESCR254><SOURCE>AMZ</SOURCE><BUSINESS_UNIT>US001</BUSINESS_UNIT><JOURNAL_ID>L1</JOURNAL_ID>"
        "<LEDGER_GROUP>ACTUALS</LEDGER_GROUP>"
        "<JRNL_LN><FOREIGN_AMOUNT>1</FOREIGN_AMOUNT><ACCOUNT>400100</ACCOUNT></JRNL_LN>"
    )
    response = caller.post("Create", caller.envelope("Create", inner))
    assert "<notification>1</notification>" in response.text


def test_a_fault_can_come_with_http_200(caller):
    """The number is unverified; the body decides."""
    switch(caller, fault_http_status=200)
    response = caller.post("Create", "no xml")
    assert response.status_code == 200
    assert "XML parser error ParseXmlString Fatal Error" in response.text


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<e:Envelope",
        b'<!DOCTYPE e [<!ENTITY a "b">]><e>&a;</e>',
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="klingon"?><a/>',
    ],
)
def test_malformed_xml_and_document_types_are_parser_faults(caller, text):
    """(159,5), whatever the bytes; entities are never expanded."""
    response = caller.post("Create", text)
    assert response.status_code == 500
    assert "(159,5)" in response.text


def test_fragile_sites_break_on_semicolons_and_smart_quotes(caller):
    """A reported behaviour of some gateways, behind a switch."""
    assert caller.create(DESCR254="a; b").notification == "1"
    switch(caller, is_text_fragile=True)
    assert "(159,5)" in caller.create(JOURNAL_ID="A2", DESCR254="it’s").fault


def test_an_external_message_id_suppresses_duplicates_only_where_the_site_says_so(caller):
    """Unverified for synchronous calls: the key alone protects by default."""
    text = caller.envelope("Create", caller.inner(*header_and_lines(JOURNAL_ID="NEXT")))
    for _ in range(2):
        assert "<notification>1<" in caller.post("Create", text, ExternalMessageID="m-1").text
    switch(caller, is_external_message_id_honoured=True)
    assert "<notification>1<" in caller.post("Create", text, ExternalMessageID="m-2").text
    assert "Duplicate ExternalMessageID" in caller.post("Create", text, ExternalMessageID="m-2").text
    assert "longer than 70" in caller.post("Create", text, ExternalMessageID="m" * 71).text


@pytest.mark.parametrize(
    "path, headers, ok",
    [
        ("", {}, True),
        ("/PSFT_EP", {}, True),
        ("/CI_JOURNAL_ENTRY_CI.1.wsdl", {}, True),
        ("/PSFT_EP/CI_JOURNAL_ENTRY_CI.1.wsdl", {}, True),
        ("/OTHER", {}, False),  # a node this gateway does not know
        ("?Operation=CI_JOURNAL_ENTRY_CI_F.V1&To=PSFT_EP&OperationType=sync", {"SOAPAction": ""}, True),
        ("", {"SOAPAction": "", "Content-Type": 'text/xml; action="CI_JOURNAL_ENTRY_CI_F.V1"'}, True),
        ("", {"SOAPAction": "http://peoplesoft.com/CI_JOURNAL_ENTRY_CI_F.V1/ANON/pw/PSFT_EP"}, True),
        ("", {"SOAPAction": "ci_journal_entry_ci_f.v1"}, False),  # aliases are case-sensitive
        ("", {"SOAPAction": ""}, False),
    ],
)
def test_the_operation_is_found_by_action_content_type_or_query(caller, path, headers, ok):
    """All documented address forms lead to the same operation."""
    response = caller.post("Find", caller.envelope("Find", caller.inner({"BUSINESS_UNIT": "US001"})), path, **headers)
    assert (response.status_code == 200) == ok
    assert ("<JOURNAL_ID>CONTROL001</JOURNAL_ID>" in response.text) == ok


def test_a_shared_gateway_wants_the_node_in_the_path(caller):
    """Where several systems share a gateway the bare address reaches nobody."""
    caller.app.site.is_node_required = True
    text = caller.envelope("Find", caller.inner({"BUSINESS_UNIT": "US001"}))
    assert "(158,10721)" in caller.post("Find", text).text
    assert caller.post("Find", text, "/PSFT_EP").status_code == 200


def test_soap_12_is_answered_in_soap_12(caller):
    """The envelope's version comes back."""
    text = caller.envelope("Find", "").replace(
        "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
    )
    headers = {"Content-Type": 'application/soap+xml; action="CI_JOURNAL_ENTRY_CI_F.V1"', "SOAPAction": ""}
    response = caller.post("Find", text, **headers)
    assert response.headers["content-type"].startswith("application/soap+xml")
    assert "http://www.w3.org/2003/05/soap-envelope" in response.text
    refused = caller.post("Find", text.replace("_CI></m:", "_CI><m:X/></m:"), **headers)
    assert refused.status_code == 500
    assert '<SOAP-ENV:Text xml:lang="en">null</SOAP-ENV:Text>' in refused.text
    assert "element X is not expected" in refused.text


def test_the_wrong_connector_answers_200_with_an_error_inside(caller):
    """Posting to PeopleSoftListeningConnector is a known mistake; the status does not show it."""
    response = caller.http.post("/PSIGW/PeopleSoftListeningConnector", content="<x/>")
    assert response.status_code == 200
    assert '<IBResponse xmlns="" type="error">' in response.text


@pytest.mark.parametrize("make_profile", [journal_entry_profile, custom_journal_profile])
def test_both_profiles_do_the_same_work_under_their_own_names(make_profile, caller, clock):
    """Only names differ: a journal created under either profile is the same journal."""
    profile = make_profile()
    app = build_app(demo_site(date(2026, 11, 14), profile=profile), clock)
    other = type(caller)(app, clock, app.faults)
    assert other.create().notification == "1"
    clock.advance(10)
    assert other.status() == "P"
    answer = other.call("Get", KEY)
    assert answer.values(profile.header_names["DESCR254"]) == ["AMZ settlement 12345678901"]
    assert answer.values(profile.line_names["FOREIGN_AMOUNT"]) == ["1250.37", "-1250.37"]
    lines = [line for line in app.books.lines() if line.key.id == KEY["JOURNAL_ID"]]
    assert [(line.account, line.amount) for line in lines] == [
        ("110500", Decimal("1250.37")),
        ("400100", Decimal("-1250.37")),
    ]
