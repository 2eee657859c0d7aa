"""Who may call, and the words in which the site says no."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emulators.peoplesoft.app import SERVICE_CONNECTOR
from emulators.peoplesoft.demo_site import DEMO_PASSWORD, DEMO_USER
from emulators.peoplesoft.site import User


@pytest.mark.parametrize(
    "user, password, expected",
    [
        (DEMO_USER, "wrong", "User password failed. (158,45)"),
        ("NOBODY", DEMO_PASSWORD, "User password failed. (158,45)"),
        ("", "", "UserName not defined in database. (158,55)"),  # ANONYMOUS has no default user
    ],
)
def test_bad_credentials_are_a_fault_and_save_nothing(caller, user, password, expected):
    """A bad password is a Fault, not a 401 challenge; the password is not repeated in it."""
    caller.user, caller.password = user, password
    answer = caller.create()
    assert (answer.http_status, answer.fault) == (500, expected)
    assert "wrong" not in "".join(answer.body.itertext())
    assert not [journal for journal in caller.app.books.journals() if journal.source == "AMZ"]


def test_the_fault_has_the_captured_shape(caller):
    """faultstring says null; the news is in DefaultMessage, parameters beside it."""
    caller.password = "wrong"
    text = caller.post("Create", caller.envelope("Create", "")).text
    assert "<faultcode>SOAP-ENV:Server</faultcode><faultstring>null</faultstring>" in text
    assert (
        '<detail><IBResponse xmlns="" type="error"><DefaultTitle>Integration Broker Response</DefaultTitle>'
        "<StatusCode>20</StatusCode><MessageID>45</MessageID>"
        "<DefaultMessage><![CDATA[User password failed. (158,45)]]></DefaultMessage>"
        "<MessageParameters><Parameter><![CDATA[CONNECTOR]]></Parameter></MessageParameters></IBResponse></detail>"
    ) in text


def test_without_a_token_the_default_user_of_the_anonymous_node_calls(caller):
    """Where the node has a valid default user, no token is needed."""
    caller.app.site.anonymous_user = DEMO_USER
    caller.user = ""
    assert caller.create().notification == "1"
    assert caller.app.books.journals("US001")[0].fields["OPRID"] == DEMO_USER


def test_an_operation_without_permission_is_named(caller):
    """(158,536) is the commonest set-up gap."""
    user = User(DEMO_USER, DEMO_PASSWORD, operations_denied=frozenset({"CI_JOURNAL_ENTRY_CI_C"}))
    caller.app.site.users = (user,)
    assert caller.create().fault == (
        "User CONNECTOR not authorized to invoke Service Operation CI_JOURNAL_ENTRY_CI_C. (158,536)"
    )


@pytest.mark.parametrize("method, is_fault", [("Create", False), ("Update", False), ("Get", True), ("Find", True)])
def test_a_method_without_permission_is_not_authorized(caller, method, is_fault):
    """(90,6): in messages where the answer has them, else as a fault."""
    caller.app.site.users = (User(DEMO_USER, DEMO_PASSWORD, methods_denied=frozenset({method})),)
    answer = caller.call(method, {"BUSINESS_UNIT": "US001", "JOURNAL_ID": "J", "JOURNAL_DATE": "2026-11-14"})
    assert (answer.fault == "Not Authorized (90,6)") == is_fault
    assert (("Error", "90", "6", "Not Authorized (90,6)") in answer.messages) != is_fault


def test_a_front_proxy_asks_for_basic_before_anything_else(caller):
    """401 with a challenge and a page, for WSDL and SOAP alike."""
    caller.app.site.proxy_user = User("proxy", "demo-proxy-password")
    wsdl = f"{SERVICE_CONNECTOR}/CI_JOURNAL_ENTRY_CI.1.wsdl"
    for response in (caller.http.get(wsdl), caller.http.get(wsdl, auth=("proxy", "wrong"))):
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == 'Basic realm="gateway"'
    assert caller.http.get(wsdl, auth=("proxy", "demo-proxy-password")).status_code == 200
    assert caller.post("Find", caller.envelope("Find", "")).status_code == 401


@pytest.mark.parametrize("user, password", [(DEMO_USER, "wrong"), ("NOBODY", "x"), ("", "")])
def test_queries_challenge_bad_basic_credentials(caller, user, password):
    """REST answers 401 with WWW-Authenticate."""
    caller.user, caller.password = user, password
    response = caller.query_http("X_CONTROL", BU="US001")
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Basic realm="PeopleSoft"'


@pytest.mark.parametrize("header", ["Basic !!!", "Basic", "Bearer abc", "Basic /w=="])
def test_a_broken_authorization_header_is_no_authorization(caller, header):
    """Whatever stands there, it never breaks the server."""
    response = caller.http.get(
        "/PSIGW/RESTListeningConnector/PSFT_EP/ExecuteQuery.v1/PUBLIC/X_CONTROL/JSON/NONFILE",
        headers={"Authorization": header},
    )
    assert response.status_code == 401


def test_a_user_without_query_access_gets_a_failure_and_no_rows(caller):
    """The same words as for a query that does not exist."""
    caller.app.site.users = (replace(caller.app.site.users[0], is_query_allowed=False),)
    answer = caller.query_http("X_CONTROL", BU="US001").json()
    assert answer["status"] == "error"
    assert "not authorized" in answer["data"]["message"]


def test_a_password_is_not_shown_by_repr(site):
    """A traceback with the site in it must not leak."""
    assert DEMO_PASSWORD not in repr(site)
