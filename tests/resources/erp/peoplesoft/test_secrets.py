"""No credential in anything that outlives a call: exceptions, recorded exchanges, findings, representations."""

from __future__ import annotations

import logging
import traceback

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from emulators import faults as general
from emulators.peoplesoft import mischief
from emulators.peoplesoft.site import User
from ledger.errors import ConnectorError

FAULTS = [
    None,
    general.status(500),
    general.html(502),
    general.blank(200),
    general.dropped(after=True),
    general.slow(500),
    general.truncated(),
    mischief.gateway_error(),
]
USER = "OPERATOR7"


def spellings(secret: str) -> set[str]:
    """Return how a secret may have been written into XML or shown in a representation."""
    escaped = secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {secret, escaped, escaped.replace('"', "&quot;"), repr(secret)[1:-1]}


def told(error: BaseException) -> str:
    """Return everything an exception says, with its causes and its traceback."""
    return "".join(traceback.format_exception(error)) + repr(error.args) + repr(vars(error))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    password=st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=8, max_size=20),
    fault=st.sampled_from(FAULTS),
    is_right=st.booleans(),
    auth=st.sampled_from(["ws_security", "basic", "both"]),
)
@example(password="a\"b&c<d>e'f", fault=None, is_right=False, auth="both")
@example(password="p%2F;:@/?#=&x", fault=general.dropped(), is_right=True, auth="both")
def test_no_password_is_told_or_recorded(make_place, journal, caplog, password, fault, is_right, auth):
    """Whatever the password, whatever goes wrong, wherever the site wants it."""
    password = f"PW-{password}-WP"

    def grant(site):
        site.users = (User(USER, password if is_right else "another", default_unit="US001"),)
        site.proxy_user = User(USER, password) if auth != "ws_security" else None

    place = make_place(grant)
    target = place.target(user=USER, password=password, auth=auth)
    caplog.set_level(logging.DEBUG)
    texts = []
    for call in (target.reach, lambda: target.submit(journal), lambda: target.find([journal])):
        if fault is not None:
            place.faults.next("Create", fault)
        try:
            texts.append(repr(call()))
        except ConnectorError as error:
            texts.append(told(error))
    texts += [repr(one) for one in place.recorder.exchanges]
    texts += [repr(vars(target._profile)), repr(target), caplog.text]
    assert place.recorder.exchanges
    for text in texts:
        assert not [one for one in spellings(password) if one in text]


def test_the_security_header_is_cut_out_of_what_is_recorded(place, journal):
    """The rest of the envelope stays, so that a person can see what was sent."""
    place.target().submit(journal)
    (sent,) = [one for one in place.recorder.exchanges if one.method == "POST"]
    assert b"<ns0:JOURNAL_ID>AS65SIDGKE</ns0:JOURNAL_ID>" in sent.request_body
    assert b"***" in sent.request_body
    assert sent.operation == "CI_JOURNAL_ENTRY_CI_C"
    assert sent.request_headers["soapaction"] == "CI_JOURNAL_ENTRY_CI_C.V1"


def test_a_password_that_no_xml_can_carry_is_refused_without_being_shown(place, journal):
    """A control character, pasted by mistake."""
    with pytest.raises(ConnectorError, match="control character") as caught:
        place.target(password="bad\x01password").submit(journal)
    assert "bad" not in str(caught.value)
    assert place.creates() == 0
