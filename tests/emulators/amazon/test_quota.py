"""Throttling: a bucket per application, seller and operation, and the header that tells its rate."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from emulators import faults
from emulators.amazon.settings import USAGE_PLANS
from tests.emulators.amazon.bench import NOW, Bench, make_bench
from tests.emulators.amazon.swagger import assert_fits

PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"


def test_the_burst_passes_and_the_next_call_is_throttled(bench: Bench) -> None:
    """getReports: ten at once, then one each 45 seconds or so."""
    assert [bench.settlements().status_code for _ in range(11)] == [200] * 10 + [429]
    bench.clock.advance(45)
    assert bench.settlements().status_code == 429
    bench.clock.advance(0.1)
    assert [bench.settlements().status_code for _ in range(2)] == [200, 429]


def test_a_429_has_amazons_body_and_no_rate(bench: Bench) -> None:
    """QuotaExceeded, empty details, no rate header and no Retry-After."""
    refused = [bench.settlements() for _ in range(11)][-1]
    assert_fits("getReports", 429, refused.json())
    error = refused.json()["errors"][0]
    assert (error["code"], error["details"]) == ("QuotaExceeded", "")
    assert error["message"] == "You exceeded your quota for the requested resource."
    assert "x-amzn-ratelimit-limit" not in refused.headers
    assert "retry-after" not in refused.headers


def test_every_seller_and_operation_has_its_own_bucket(bench: Bench) -> None:
    """Emptying one leaves the others full."""
    for _ in range(11):
        last = bench.settlements()
    assert last.status_code == 429
    assert bench.call(PARTICIPATIONS).status_code == 200
    assert bench.call("/reports/2021-06-30/reports?reportTypes=X", region="na").status_code == 200


def test_a_bucket_never_holds_more_than_its_burst(bench: Bench) -> None:
    """A day of silence buys fifteen document calls, not more."""
    bench.document(0)
    bench.clock.advance(86_400)
    bench.tokens.clear()
    assert [bench.document(0).status_code for _ in range(16)] == [200] * 15 + [429]


def test_a_refused_token_costs_no_quota(bench: Bench) -> None:
    """The quota belongs to the seller; without a token there is none to charge."""
    for _ in range(20):
        bench.call("/reports/2021-06-30/reports", headers={"x-amz-access-token": "wrong"})
    assert bench.settlements().status_code == 200


def test_the_rate_header_comes_on_200_400_and_404_and_not_on_403() -> None:
    """It names the rate, never the burst."""
    bench = make_bench(rate_limit_header="always")
    assert bench.settlements().headers["x-amzn-ratelimit-limit"] == "0.0222"
    assert bench.settlements(pageSize=0).headers["x-amzn-ratelimit-limit"] == "0.0222"
    assert bench.document(77).headers["x-amzn-ratelimit-limit"] == "0.0167"
    refused = bench.call(PARTICIPATIONS, headers={"x-amz-access-token": "wrong"})
    assert "x-amzn-ratelimit-limit" not in refused.headers
    assert refused.headers["x-amzn-requestid"]


def test_the_rate_header_is_sometimes_missing(bench: Bench) -> None:
    """A client must not require it."""
    shown = ["x-amzn-ratelimit-limit" in bench.settlements().headers for _ in range(9)]
    assert 0 < sum(shown) < 9
    never = make_bench(rate_limit_header="never")
    assert "x-amzn-ratelimit-limit" not in never.settlements().headers


def test_rates_can_change() -> None:
    """Limits are dynamic: the settings carry other plans."""
    bench = make_bench(usage_plans={**USAGE_PLANS, "getReports": (1.0, 2)}, rate_limit_header="always")
    answers = [bench.settlements() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["x-amzn-ratelimit-limit"] == "1"


def test_buckets_and_tokens_live_through_a_restart(tmp_path) -> None:
    """The same state file: still throttled, the old token still good, requested reports still there."""
    path = tmp_path / "amazon.sqlite"
    first = make_bench(state_path=path)
    token = first.token()
    assert [first.settlements().status_code for _ in range(11)][-1] == 429
    first.app.close()
    second = make_bench(state_path=path)
    second.tokens["eu"] = token
    assert second.settlements().status_code == 429
    assert second.call(PARTICIPATIONS).status_code == 200
    assert token.encode() not in path.read_bytes()
    second.app.close()


def test_faults_hit_the_call_they_were_meant_for(bench: Bench) -> None:
    """429, 500 and 503 in Amazon's shape, a proxy's page, a slow answer; then all is well."""
    bench.faults.next("getReports", faults.status(429), faults.status(500), faults.status(503), faults.html(502))
    answers = [bench.settlements() for _ in range(5)]
    assert [answer.status_code for answer in answers] == [429, 500, 503, 502, 200]
    for answer in answers[:3]:
        assert_fits("getReports", answer.status_code, answer.json())
    assert answers[3].headers["content-type"] == "text/html"
    assert bench.document(0).status_code == 200


def test_amazons_own_faults_are_asked_for_by_name(bench: Bench) -> None:
    """An expired or invalid token, a missing role, an expired link, without waiting for any."""
    url = bench.document(0).json()["url"]
    bench.faults.next(
        "getReports", *(faults.named(name) for name in ("token_expired", "token_invalid", "role_missing"))
    )
    answers = [bench.settlements() for _ in range(4)]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 200]
    details = [answer.json()["errors"][0]["details"] for answer in answers[:3]]
    assert ["expired" in details[0], "revoked" in details[1], details[2]] == [True, True, ""]
    bench.faults.next("download", faults.named("link_expired"))
    assert [bench.client.get(url).status_code for _ in range(2)] == [403, 200]


def test_a_slow_answer_moves_the_clock(bench: Bench) -> None:
    """A patient client gets it after that time; an impatient one sees a read time-out although the work was done."""
    bench.token()
    bench.faults.next("getReports", faults.slow(120), faults.slow(120))
    patient = bench.call("/reports/2021-06-30/reports?reportTypes=X", timeout=300)
    assert patient.status_code == 200
    assert bench.clock.now() == NOW + timedelta(seconds=120)
    with pytest.raises(httpx.ReadTimeout):
        bench.call("/reports/2021-06-30/reports?reportTypes=X", timeout=30)
    assert bench.app.exchanges[-1].status == 200
