"""What an answer says: one line per case, the verdict at its end. Only a parsed yes or no is final."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.erp.peoplesoft.reply import Asked, Verdict, read_reply

ASKED = Asked(
    request_root="Create__CompIntfc__X",
    component_interface="X",
    fault_classes={"158,10505": "misconfigured", "15,11": "refused", "77,1": "unclear", "91,34": "unclear"},
    duplicate_texts=("already exist",),
    absent_texts=("no rows exist",),
)


def envelope(inner: str) -> bytes:
    return f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{inner}</s:Body></s:Envelope>'.encode()


def response(inner: str, root: str = "Create__CompIntfc__XResponse") -> bytes:
    return envelope(f'<{root} xmlns="http://any.example/M1.V1">{inner}</{root}>')


def messages(*rows: tuple[str, str, str, str]) -> str:
    return "".join(
        f"<messages><type>{kind}</type><messagesetnumber>{group}</messagesetnumber><messagenumber>{number}"
        f"</messagenumber><messagetext>{text}</messagetext></messages>"
        for kind, group, number, text in rows
    )


def detail(*rows: tuple[str, str, str, str]) -> str:
    return f"<detail><X><BUSINESS_UNIT>US001</BUSINESS_UNIT><JOURNAL_ID>A1</JOURNAL_ID></X>{messages(*rows)}</detail>"


def broker(text: str, kind: str = "error") -> str:
    return (
        f'<IBResponse xmlns="" type="{kind}"><DefaultTitle>Integration Broker Response</DefaultTitle>'
        f"<StatusCode>20</StatusCode><DefaultMessage><![CDATA[{text}]]></DefaultMessage></IBResponse>"
    )


def fault(text: str) -> bytes:
    return envelope(
        f"<s:Fault><faultcode>s:Server</faultcode><faultstring>null</faultstring><detail>{broker(text)}</detail></s:Fault>"
    )


YES, NO = "<notification>1</notification>", "<notification>0</notification>"
PASSWORD = "User password failed. (158,45)"
NO_USER = "UserName not defined in database. (158,55)"
NO_RIGHT = "User U not authorized to invoke Service Operation O. (158,536)"
NO_CONTACT = "Integration Gateway - External System Contact Error (158,10721)"
BAD_XML = "XML parser error ParseXmlString Fatal Error: at line 1 (159,5)"
HTML = b"<html><head><title>502 Bad Gateway</title></head></html>"

CASES = [
    ("saved", 200, response(YES + detail()), Verdict.SAVED),
    ("saved, with a warning", 200, response(YES + detail(("Warning", "1", "2", "w"))), Verdict.SAVED),
    ("saved, type OK in capitals", 200, response(YES + detail(("OK", "", "", ""))), Verdict.SAVED),
    ("saved, message without type", 200, response(YES + detail(("", "1", "2", "m"))), Verdict.SAVED),
    ("saved, no detail at all", 200, response(YES), Verdict.SAVED),
    ("saved, under HTTP 500", 500, response(YES + detail()), Verdict.SAVED),
    ("saved, blanks around", 200, b"\xef\xbb\xbf\n" + response("<notification> 1\n</notification>"), Verdict.SAVED),
    ("saved and an error at once", 200, response(YES + detail(("Error", "1", "2", "e"))), Verdict.UNREADABLE),
    ("saved and an unknown type", 200, response(YES + detail(("Fatal", "1", "2", "e"))), Verdict.UNREADABLE),
    ("not saved, errors", 200, response(NO + detail(("Error", "15", "11", "Invalid value"))), Verdict.REFUSED),
    ("not saved, no word", 200, response(NO), Verdict.REFUSED),
    ("not saved, only a warning", 200, response(NO + detail(("Warning", "1", "2", "w"))), Verdict.REFUSED),
    (
        "not saved, exists already",
        200,
        response(NO + detail(("Error", "1", "2", "It Already exists"))),
        Verdict.DUPLICATE,
    ),
    (
        "not saved, not authorized",
        200,
        response(NO + detail(("Error", "90", "6", "Not Authorized"))),
        Verdict.MISCONFIGURED,
    ),
    ("neither yes nor no", 200, response("<notification>2</notification>"), Verdict.UNREADABLE),
    ("empty notification", 200, response("<notification/>"), Verdict.UNREADABLE),
    ("notification only in the detail", 200, response(f"<detail>{YES}</detail>"), Verdict.ANSWERED),
    ("answer to another question", 200, response(YES, "Update__CompIntfc__XResponse"), Verdict.UNREADABLE),
    ("the request echoed", 200, response(YES, "Create__CompIntfc__X"), Verdict.UNREADABLE),
    (
        "no envelope around it",
        200,
        b"<Create__CompIntfc__XResponse>" + YES.encode() + b"</Create__CompIntfc__XResponse>",
        Verdict.SAVED,
    ),
    ("empty SOAP body", 200, envelope(""), Verdict.UNREADABLE),
    ("wrong password", 500, fault(PASSWORD), Verdict.MISCONFIGURED),
    ("wrong password, HTTP 200", 200, fault(PASSWORD), Verdict.MISCONFIGURED),
    ("wrong password, bare IBResponse", 200, broker(PASSWORD).encode(), Verdict.MISCONFIGURED),
    ("anonymous user gone", 500, fault(NO_USER), Verdict.MISCONFIGURED),
    ("no permission", 500, fault(NO_RIGHT), Verdict.MISCONFIGURED),
    ("method not granted", 500, fault("Not Authorized (90,6)"), Verdict.MISCONFIGURED),
    ("target not reached", 500, fault(NO_CONTACT), Verdict.UNREACHABLE),
    ("target not reached, HTTP 200", 200, broker(NO_CONTACT).encode(), Verdict.UNREACHABLE),
    ("our XML was bad", 500, fault(BAD_XML), Verdict.REFUSED),
    ("save failed", 500, fault("Error saving Component Interface. {X} (91,37)"), Verdict.REFUSED),
    ("bad value", 500, fault("Invalid value -- press the prompt button (15,11)"), Verdict.REFUSED),
    ("exists already, as a fault", 500, fault("Journal already exists (18120,2)"), Verdict.DUPLICATE),
    ("no such key, as a fault", 500, fault("No rows exist for the specified keys. (91,50)"), Verdict.ABSENT),
    ("unknown fault", 500, fault("Something happened (158,9999)"), Verdict.UNREADABLE),
    ("fault without number", 500, fault("null"), Verdict.UNREADABLE),
    ("number not at the end", 500, fault("(158,45) was seen earlier"), Verdict.UNREADABLE),
    ("class from the settings", 500, fault("No routing (158,10505)"), Verdict.MISCONFIGURED),
    ("settings beat what is shipped", 500, fault("Error changing value. (91,34)"), Verdict.UNREADABLE),
    ("IBResponse success is no notification", 200, broker("", "success").encode(), Verdict.UNREADABLE),
    ("proxy page", 502, HTML, Verdict.UNREADABLE),
    ("proxy page with HTTP 200", 200, HTML, Verdict.UNREADABLE),
    ("proxy page, no XML", 503, b"<!DOCTYPE html><html><br>sorry</html>", Verdict.UNREADABLE),
    ("empty", 500, b"", Verdict.UNREADABLE),
    ("empty, HTTP 200", 200, b" \n", Verdict.UNREADABLE),
    ("cut short", 200, response(YES + detail())[:-40], Verdict.UNREADABLE),
    ("document type", 200, b"<!DOCTYPE a>" + response(YES), Verdict.UNREADABLE),
    ("text", 200, b"OK", Verdict.UNREADABLE),
    ("401 page without a challenge", 401, HTML, Verdict.UNREADABLE),
    ("403 page", 403, HTML, Verdict.UNREADABLE),
    ("404 page", 404, HTML, Verdict.UNREADABLE),
]


@pytest.mark.parametrize(("status", "body", "verdict"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_an_answer_comes_to_one_verdict(status, body, verdict):
    """Judged from the body; the HTTP status decides nothing."""
    assert read_reply(status, {}, body, ASKED).verdict is verdict


def test_a_challenge_of_a_proxy_is_final():
    """Asking for credentials, it has passed nothing on."""
    reply = read_reply(401, {"WWW-Authenticate": "Basic"}, HTML, ASKED)
    assert reply.verdict is Verdict.MISCONFIGURED


@given(st.binary(max_size=300), st.sampled_from([200, 401, 404, 500, 502]))
def test_no_bytes_are_taken_for_a_yes_or_a_no(body, status):
    """Whatever comes that is not a parsed answer leaves the outcome open."""
    assert read_reply(status, {}, body, ASKED).verdict is Verdict.UNREADABLE


@given(st.integers(min_value=0, max_value=400))
def test_a_cut_answer_never_says_yes(length):
    """However much of a success arrived."""
    whole = response(YES + detail())
    verdict = read_reply(200, {}, whole[:length], ASKED).verdict
    assert verdict is (Verdict.SAVED if length >= len(whole) else Verdict.UNREADABLE)


def test_keys_and_messages_are_read_by_local_name():
    """The assigned key comes back in the detail; every part of a message is optional."""
    row = "<messages><explaintext>Only this</explaintext></messages>"
    reply = read_reply(
        200, {}, response(NO + detail(("Error", "15", "11", "Invalid value")) + f"<detail>{row}</detail>"), ASKED
    )
    assert dict(reply.keys) == {"BUSINESS_UNIT": "US001", "JOURNAL_ID": "A1"}
    assert [str(one) for one in reply.messages] == ["Invalid value (15,11)", "Only this"]
    assert reply.code == "15,11"


def test_a_sentence_says_what_came_instead_of_an_answer():
    """A person reads it in the review queue."""
    assert (
        read_reply(502, {}, b"<!DOCTYPE html><html>", ASKED).sentence == "an HTML page instead of an answer (HTTP 502)"
    )
    assert read_reply(500, {}, b"", ASKED).sentence == "an empty answer (HTTP 500)"
    assert read_reply(500, {}, fault(PASSWORD), ASKED).sentence == PASSWORD


def test_secrets_that_a_server_repeats_are_cut_out():
    """A fault may quote what it was sent."""
    reply = read_reply(500, {}, fault("User hunter2secret password hunter2secret failed (158,45)"), ASKED)
    cut = reply.without(("hunter2secret",))
    assert "hunter2secret" not in repr(cut)
    assert cut.verdict is Verdict.MISCONFIGURED
