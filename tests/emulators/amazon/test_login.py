"""The token endpoint: what it takes, what it refuses, and what an access token is worth later."""

from __future__ import annotations

import pytest

from emulators import faults
from tests.emulators.amazon.bench import CLIENT_ID, REFRESH, SECRET, Bench, make_bench
from tests.emulators.amazon.swagger import assert_fits

PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"


def test_a_refresh_token_buys_an_access_token(bench: Bench) -> None:
    """The answer has the four documented fields and must not be stored by caches."""
    answer = bench.login()
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (body["refresh_token"], body["token_type"], body["expires_in"]) == (REFRESH["eu"], "bearer", 3600)
    assert body["access_token"].startswith("Atza|")
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")


def test_client_credentials_get_no_refresh_token_and_no_seller(bench: Bench) -> None:
    """A grantless token opens no operation of a seller."""
    answer = bench.login(grant_type="client_credentials", refresh_token=None, scope="sellingpartnerapi::notifications")
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    refused = bench.call(PARTICIPATIONS, headers={"x-amz-access-token": answer.json()["access_token"]})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"refresh_token": "Atzr|demo-other"}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 401, "invalid_client"),
        ({"refresh_token": None}, 400, "invalid_request"),
        ({"client_secret": None}, 400, "invalid_request"),
        ({"grant_type": None}, 400, "invalid_request"),
        ({"scope": "sellingpartnerapi::notifications"}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "refresh_token": None, "scope": "none"}, 400, "invalid_scope"),
        ({"grant_type": "client_credentials", "refresh_token": None}, 400, "invalid_request"),
    ],
)
def test_a_wrong_form_is_refused_with_the_oauth_error(bench: Bench, changes, status, error) -> None:
    """Each mistake has its own error word and status."""
    answer = bench.login(**changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_only_a_form_body_is_read(bench: Bench) -> None:
    """JSON and query parameters are no form: both are invalid requests."""
    url = "https://api.amazon.com/auth/o2/token"
    form = {"grant_type": "refresh_token", "refresh_token": REFRESH["eu"], "client_id": CLIENT_ID}
    form["client_secret"] = SECRET
    for answer in (bench.client.post(url, json=form), bench.client.post(url, params=form)):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_revoked_grant_stops_both_the_refresh_and_the_tokens_out(bench: Bench) -> None:
    """After the seller withdrew, the refresh token is invalid_grant and an old access token is worth nothing."""
    token = bench.token()
    bench.app.world.revoke(REFRESH["eu"])
    assert bench.login().json()["error"] == "invalid_grant"
    refused = bench.call(PARTICIPATIONS, headers={"x-amz-access-token": token})
    assert "revoked, malformed or invalid" in refused.json()["errors"][0]["details"]


def test_a_rotated_secret_ends_the_old_one_and_leaves_the_refresh_token(bench: Bench) -> None:
    """Refresh tokens survive a rotation of the client secret."""
    bench.app.world.rotate_secret(CLIENT_ID, "amzn1.oa2-cs.v1.demo-new")
    assert bench.login().json()["error"] == "invalid_client"
    assert bench.login(client_secret="amzn1.oa2-cs.v1.demo-new").status_code == 200


def test_an_application_without_the_grant_type_is_unauthorized(bench: Bench) -> None:
    """A client may be barred from a grant."""
    bench.app.world.applications[CLIENT_ID].grant_types = frozenset({"client_credentials"})
    assert bench.login().json()["error"] == "unauthorized_client"


def test_unconfirmed_statuses_are_switches() -> None:
    """Where Amazon publishes no status the settings decide."""
    bench = make_bench(login_statuses={"unsupported_grant_type": 422})
    assert bench.login(grant_type="password").status_code == 422


@pytest.mark.parametrize(
    ("header", "details"),
    [
        ({"x-amz-access-token": ""}, "Access token is missing in the request header."),
        ({"x-amz-access-token": "Atza|nonsense"}, "The access token you provided is revoked, malformed or invalid."),
    ],
)
def test_the_403s_are_told_apart_by_their_details(bench: Bench, header, details) -> None:
    """The code and message are the same for all; only the details differ."""
    answer = bench.call(PARTICIPATIONS, headers=header)
    assert_fits("getMarketplaceParticipations", 403, answer.json())
    error = answer.json()["errors"][0]
    assert (answer.status_code, error["code"]) == (403, "Unauthorized")
    assert error["message"] == "Access to requested resource is denied."
    assert error["details"] == details


def test_an_access_token_expires_to_the_second(bench: Bench) -> None:
    """It works one second before its hour is over and is called expired then."""
    bench.token()
    bench.clock.advance(3599)
    assert bench.call(PARTICIPATIONS).status_code == 200
    bench.clock.advance(1)
    refused = bench.call(PARTICIPATIONS)
    assert (refused.status_code, "has expired" in refused.text) == (403, True)


def test_all_tokens_can_be_made_to_expire_at_once(bench: Bench) -> None:
    """A test need not wait an hour to meet an expired token."""
    bench.token()
    bench.app.expire_access_tokens()
    assert "has expired" in bench.call(PARTICIPATIONS).text


def test_a_missing_role_is_a_403_that_says_nothing(bench: Bench) -> None:
    """Without the finance role the details are empty."""
    bench.app.world.grants[REFRESH["eu"]].roles = frozenset({"Product Listing"})
    answer = bench.settlements()
    assert (answer.status_code, answer.json()["errors"][0]["details"]) == (403, "")
    assert bench.call(PARTICIPATIONS).status_code == 200


def test_a_seller_called_in_the_wrong_region_is_refused(bench: Bench) -> None:
    """The host decides the region; another one answers 403."""
    answer = bench.call(PARTICIPATIONS, region="na", headers={"x-amz-access-token": bench.token("eu")})
    assert answer.status_code == 403


def test_an_access_token_may_be_two_thousand_bytes_long() -> None:
    """A client must not cut it."""
    bench = make_bench(access_token_length=2048)
    assert len(bench.token()) == 2048
    assert bench.call(PARTICIPATIONS).status_code == 200


def test_login_faults_come_by_their_oauth_names(bench: Bench) -> None:
    """The two errors worth a retry can be scripted, and so can a dropped connection."""
    bench.faults.next("token", faults.named("temporarily_unavailable"), faults.named("server_error"))
    answers = [bench.login() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 500, 200]
    assert answers[0].json()["error"] == "temporarily_unavailable"


@pytest.mark.parametrize(
    ("user_agent", "settings", "status"),
    [
        ("", {}, 403),
        ("", {"user_agent_missing_status": 400}, 400),
        ("", {"user_agent_missing_status": 0}, 200),
        ("x" * 501, {}, 400),
        ("x" * 501, {"user_agent_long_status": 403}, 403),
        ("x" * 500, {}, 200),
        ("python-httpx/0.28", {}, 200),
        ("python-httpx/0.28", {"user_agent_form_required": True}, 400),
        ("Demo/1.0 (Language=Python/3.11)", {"user_agent_form_required": True}, 200),
    ],
)
def test_the_user_agent_rule(user_agent, settings, status) -> None:
    """A missing or over-long user agent is refused; the exact status is a switch."""
    bench = make_bench(**settings)
    assert bench.call(PARTICIPATIONS, headers={"user-agent": user_agent}).status_code == status


def test_participations_fit_the_model(bench: Bench) -> None:
    """The cheapest call that shows whether a token works lists all nine marketplaces of the European seller."""
    body = bench.call(PARTICIPATIONS).json()
    assert_fits("getMarketplaceParticipations", 200, body)
    assert [one["marketplace"]["countryCode"] for one in body["payload"]][:3] == ["GB", "DE", "FR"]
    assert len(body["payload"]) == 9
