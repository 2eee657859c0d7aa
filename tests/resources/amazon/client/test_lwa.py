"""Access tokens: fetched once, shared, renewed in time, and every refusal says who must do what."""

from __future__ import annotations

import threading

import httpx
import pytest

from emulators import faults
from emulators.amazon.answers import TOKEN_INVALID
from ledger.errors import SecretMissing, SourceRefused, SourceUnavailable
from resources.amazon.lwa import token_key
from tests.resources.amazon.client.rig import SECRETS, SETTINGS, Rig, answering, make_rig


def test_one_token_serves_every_call_and_every_process(rig: Rig):
    """The second client finds the first one's token."""
    rig.client().participations()
    rig.client().participations()
    assert rig.operations() == ["token", "getMarketplaceParticipations", "getMarketplaceParticipations"]


def test_a_token_is_renewed_before_it_ends(rig: Rig):
    """At 59 minutes it is left alone no longer: no call starts with a token about to die."""
    rig.client().participations()
    rig.clock.advance(3600 - 61)
    rig.client().participations()
    assert rig.operations().count("token") == 1
    rig.clock.advance(1)
    rig.client().participations()
    assert rig.operations().count("token") == 2


def test_an_expired_token_is_renewed_once_and_the_call_repeated(rig: Rig):
    """Amazon may end a token early: one exchange, one repeat, and the caller never knows."""
    client = rig.client()
    client.participations()
    rig.app.expire_access_tokens()
    assert len(client.participations()) == 2
    assert rig.operations()[2:] == ["getMarketplaceParticipations", "token", "getMarketplaceParticipations"]


def test_a_token_that_is_expired_at_birth_ends_after_one_renewal(rig: Rig):
    """No endless renewing: the second 403 is final and points at the clock."""
    expired = {"errors": [{"code": "Unauthorized", "message": "Access denied", "details": "The token has expired."}]}
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        return httpx.Response(403, json=expired)

    with pytest.raises(SourceRefused, match="clock"):
        rig.client(answering(rig.clock, answer)).participations()
    assert len(calls) == 2


def test_a_revoked_token_is_final_and_forgotten(rig: Rig):
    """After the seller authorises again, the next run does not find the dead token in the cache."""
    client = rig.client()
    client.participations()
    rig.world.revoke(SECRETS["us_refresh_token"])
    with pytest.raises(SourceRefused, match="authorise the application again"):
        client.participations()
    assert rig.operations().count("token") == 1
    assert rig.tokens.get(token_key(SETTINGS, SECRETS["us_client_id"])) is None
    with pytest.raises(SourceRefused, match="invalid_grant"):
        client.participations()


def test_the_token_headers_are_those_amazon_documents(rig: Rig):
    """x-amz-access-token, x-amz-date, user-agent; no Authorization."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"payload": []})

    rig.client(answering(rig.clock, answer)).participations()
    headers = seen[0].headers
    assert headers["x-amz-access-token"] == "Atza|demo-access-0001"
    assert headers["x-amz-date"] == "20261120T120000Z"
    assert headers["user-agent"].startswith("SettlementConnector/0.1.0 (Language=Python/")
    assert "authorization" not in headers


def test_a_rotated_client_secret_is_used_at_the_next_exchange(rig: Rig):
    """Secrets are read when they are needed, not when the client is built."""
    client = rig.client()
    rig.world.rotate_secret(SECRETS["us_client_id"], "demo-new-secret-0002")
    with pytest.raises(SourceRefused) as caught:
        client.participations()
    assert "invalid_client" in str(caught.value)
    assert "connector secrets set us_client_secret" in str(caught.value)
    rig.secrets["us_client_secret"] = "demo-new-secret-0002"
    assert client.participations()


def test_a_wrong_refresh_token_asks_for_a_new_authorisation(rig: Rig):
    """invalid_grant names the seller and the secret to replace, and is not repeated."""
    rig.secrets["us_refresh_token"] = "Atzr|demo-of-somebody-else"
    with pytest.raises(SourceRefused) as caught:
        rig.client().participations()
    assert "invalid_grant" in str(caught.value)
    assert "A2DEMOSELLER" in str(caught.value)
    assert "connector secrets set us_refresh_token" in str(caught.value)
    assert rig.operations() == ["token"]


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable"])
def test_the_two_errors_that_may_pass_are_repeated(error: str):
    """Whatever their HTTP status is, which Amazon does not publish."""
    for status in (400, 500, 503):
        rig = make_rig(login_statuses={error: status})
        rig.faults.next("token", faults.named(error), faults.named(error))
        assert rig.client().participations()
        assert rig.operations().count("token") == 3
        rig.app.close()


def test_a_login_that_stays_out_of_order_is_unavailable(rig: Rig):
    """Bounded attempts, then a sentence that says to come back."""
    rig.faults.always("token", faults.named("temporarily_unavailable"))
    with pytest.raises(SourceUnavailable, match="Run it again later"):
        rig.client().participations()
    assert rig.operations() == ["token"] * 6


@pytest.mark.parametrize("fault", [faults.dropped(), faults.html(502), faults.blank(500), faults.truncated()])
def test_a_shaky_login_is_asked_again(rig: Rig, fault: faults.Fault):
    """Dropped, proxied, blank and cut answers."""
    rig.faults.next("token", fault)
    assert rig.client().participations()


@pytest.mark.parametrize("error", ["invalid_request", "unauthorized_client", "unsupported_grant_type", "access_denied"])
def test_every_other_oauth_error_is_final_and_has_a_cure(rig: Rig, error: str):
    """One attempt, one sentence naming the error."""
    answer = httpx.Response(400, json={"error": error, "error_description": "Atzr|demo-leak"})
    calls: list[httpx.Request] = []
    transport = httpx.MockTransport(lambda request: calls.append(request) or answer)
    with pytest.raises(SourceRefused) as caught:
        rig.client(transport).participations()
    assert error in str(caught.value)
    assert "demo-leak" not in str(caught.value)
    assert len(calls) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>welcome</html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"access_token": ""}),
        httpx.Response(200, json={"access_token": "a\nx-injected: 1", "expires_in": 3600}),
        httpx.Response(200, json={"access_token": "a" * 9000, "expires_in": 3600}),
        httpx.Response(302, headers={"Location": "https://elsewhere.example/"}),
        httpx.Response(418, text="teapot"),
    ],
)
def test_an_answer_without_a_usable_token_is_refused_without_showing_it(rig: Rig, answer: httpx.Response):
    """HTML, other shapes, header injection, redirects."""
    with pytest.raises(SourceRefused, match="No access token for connection demo_us") as caught:
        rig.client(httpx.MockTransport(lambda request: answer)).participations()
    assert "token_url" in str(caught.value)
    assert "x-injected" not in str(caught.value)


@pytest.mark.parametrize("expires_in", [None, "3600", 0, -1, True, 1.5])
def test_a_token_without_a_life_is_fetched_anew_for_the_next_call(rig: Rig, expires_in: object):
    """Nothing is assumed about it beyond the call at hand."""
    calls: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path.rpartition("/")[2])
        body = {"access_token": "Atza|demo-access-0001", "expires_in": expires_in}
        return httpx.Response(200, json=body if calls[-1] == "token" else {"payload": []})

    client = rig.client(httpx.MockTransport(handle))
    client.participations()
    client.participations()
    assert calls.count("token") == 2


def test_a_secret_that_was_never_set_is_named(rig: Rig):
    """Before anything is sent."""
    del rig.secrets["us_refresh_token"]
    with pytest.raises(SecretMissing, match="us_refresh_token"):
        rig.client().participations()
    assert rig.operations() == []


def test_tokens_of_other_sellers_regions_and_applications_are_kept_apart():
    """The key is a hash of application, seller, region and endpoint, and of no secret."""
    rig = make_rig()
    other = rig.client(seller_id="A3OTHER")._settings
    europe = rig.client(region="eu", marketplace_ids=("A1PA6795UKMFR9",))._settings
    keys = {token_key(settings, client) for settings in (SETTINGS, other, europe) for client in ("a", "b")}
    assert len(keys) == 6
    assert all(key.startswith("amazon:") and len(key) == 71 for key in keys)
    rig.app.close()


def test_two_threads_get_along(rig: Rig):
    """Whoever comes first fetches; nobody fails."""
    client = rig.client()
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(len(client.participations()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [2, 2]


def test_the_emulator_and_the_client_mean_the_same_by_revoked():
    """Guards the words that the client looks for."""
    assert "revoked" in TOKEN_INVALID
