"""The identity domain: who gets a token, how long it lasts, and what a role may see."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from emulators.clock import SteppedClock
from emulators.fusion.app import build_app
from emulators.fusion.demo_site import (
    CLIENT_OF_ONE_LEDGER,
    CLIENT_WITHOUT_DATA,
    CLIENT_WITHOUT_PRIVILEGE,
    DEMO_CLIENT,
    DEMO_SCOPE,
    DEMO_SECRET,
    LEDGERS,
    demo_site,
)
from emulators.fusion.login import ACCESS_TOKEN_START
from tests.emulators.fusion.bench import NOON, REST, TODAY, Caller

GOOD = {"grant_type": "client_credentials", "scope": DEMO_SCOPE}
CREDENTIALS = {"client_id": DEMO_CLIENT, "client_secret": DEMO_SECRET}


@pytest.mark.parametrize(
    "form, auth, status, error",
    [
        (GOOD, (DEMO_CLIENT, DEMO_SECRET), 200, None),
        (GOOD | CREDENTIALS, None, 200, None),  # credentials in the form
        (GOOD, (DEMO_CLIENT, "wrong"), 401, "invalid_client"),
        (GOOD, ("nobody", DEMO_SECRET), 401, "invalid_client"),
        (GOOD, None, 401, "invalid_client"),
        (GOOD | {"scope": "urn:opc:resource:consumer::all"}, (DEMO_CLIENT, DEMO_SECRET), 400, "invalid_scope"),
        ({"grant_type": "client_credentials"}, (DEMO_CLIENT, DEMO_SECRET), 400, "invalid_scope"),
        (GOOD | {"grant_type": "password"}, (DEMO_CLIENT, DEMO_SECRET), 400, "unsupported_grant_type"),
        ({"scope": DEMO_SCOPE}, (DEMO_CLIENT, DEMO_SECRET), 400, "invalid_request"),
    ],
)
def test_a_token_is_given_for_right_credentials_and_scope_only(caller, form, auth, status, error):
    """Client credentials by Basic header or in the form; the scope is compared as it stands."""
    answer = caller.http.post("/oauth2/v1/token", data=form, auth=auth)
    assert (answer.status_code, answer.json().get("error")) == (status, error)
    if error is None:
        assert answer.json()["access_token"].startswith(ACCESS_TOKEN_START)
        assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 3600)
    assert DEMO_SECRET not in answer.text


def test_a_token_lasts_as_long_as_it_says(caller, clock):
    """Expired tokens answer 401 with a challenge; a new one works again."""
    assert caller.get("ledgersLOV").status_code == 200
    clock.advance(3599)
    assert caller.get("ledgersLOV").status_code == 200
    clock.advance(1)
    refused = caller.get("ledgersLOV")
    assert (refused.status_code, refused.headers["WWW-Authenticate"].split()[0]) == (401, "Bearer")
    caller.login()
    assert caller.get("ledgersLOV").status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Basic " + base64.b64encode(b"a:b").decode(), "Bearer "])
def test_a_bad_token_is_refused(caller, header):
    """Missing, foreign and misspelt tokens are all the same."""
    answer = caller.http.get(f"{REST}/ledgersLOV", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers


def test_a_revoked_client_loses_its_tokens_and_gets_no_new_one(caller, site):
    """Revoking takes effect at once."""
    site.replace_client(replace(site.client(DEMO_CLIENT), is_revoked=True))
    assert caller.get("ledgersLOV").status_code == 401
    assert caller.login().json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "client_id, status, ledgers",
    [
        (DEMO_CLIENT, 200, len(LEDGERS)),
        (CLIENT_WITHOUT_PRIVILEGE, 403, None),
        (CLIENT_WITHOUT_DATA, 200, 0),  # no data access is no error
        (CLIENT_OF_ONE_LEDGER, 200, 1),
    ],
)
def test_a_role_sees_what_it_may(caller, client_id, status, ledgers):
    """No privilege is 403; no data access is 200 with nothing in it."""
    caller.login(client_id)
    answer = caller.get("ledgersLOV")
    assert answer.status_code == status
    if ledgers is not None:
        assert len(answer.json()["items"]) == ledgers
        assert len(caller.items("journalBatches")) == ledgers


def test_tokens_live_through_a_restart_and_lie_nowhere_in_the_file(tmp_path):
    """The file holds digests; neither token nor secret can be read from it."""
    path = tmp_path / "fusion.db"
    clock = SteppedClock(NOON)
    first = Caller(build_app(demo_site(TODAY), clock, None, path), clock, None)
    first.login()
    first.app.close()
    second = Caller(build_app(demo_site(TODAY), clock, None, path), clock, None, token=first.token)
    assert second.get("ledgersLOV").status_code == 200
    second.app.close()
    held = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    assert first.token.encode() not in held
    assert DEMO_SECRET.encode() not in held
    assert DEMO_SECRET not in repr(second.app.site)


@pytest.mark.parametrize(
    "is_accepted, password, status", [(False, DEMO_SECRET, 401), (True, DEMO_SECRET, 200), (True, "x", 401)]
)
def test_some_pods_take_a_named_user_by_http_basic(caller, site, is_accepted, password, status):
    """Beside tokens; whether a pod does is a switch."""
    site.switches = replace(site.switches, is_basic_accepted=is_accepted)
    assert caller.http.get(f"{REST}/ledgersLOV", auth=(DEMO_CLIENT, password)).status_code == status
