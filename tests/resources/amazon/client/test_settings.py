"""Settings, marketplaces, quotas and the user agent: data that must be right, and refusals of what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ConfigurationRefused
from ledger.money import minor_units
from resources.amazon.client import SellingPartner
from resources.amazon.marketplaces import (
    MARKETPLACES,
    REGIONS,
    is_multi_channel,
    marketplace,
    marketplace_named,
)
from resources.amazon.quotas import QUOTAS, limit_of
from resources.amazon.user_agent import user_agent
from tests.resources.amazon.client.rig import SETTINGS

LANGUAGE = {"Language": "Python/3.12"}


@pytest.mark.parametrize(
    "changes, cause",
    [
        ({"region": "us"}, "none of na, eu, fe"),
        ({"region": ""}, "none of na, eu, fe"),
        ({"seller_id": " "}, "a seller id"),
        ({"marketplace_ids": ()}, "at least one marketplace"),
        ({"marketplace_ids": ("A1PA6795UKMFR9",)}, "no marketplace of region na"),
        ({"marketplace_ids": ("ATVPDKIKX0DER", "NOPE")}, "'NOPE' is no marketplace"),
        ({"api_url": "http://sellingpartnerapi-na.amazon.com"}, "api_url must begin with https://"),
        ({"api_url": "https://user:pw@host.example"}, "api_url"),
        ({"api_url": "https://host.example?x=1"}, "api_url"),
        ({"token_url": "http://10.0.0.1/token"}, "token_url must begin with https://"),
        ({"token_url": "api.amazon.com/auth/o2/token"}, "token_url"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_a_sentence(changes: dict, cause: str):
    """Before a secret is sent anywhere; the connection is named."""
    with pytest.raises(ConfigurationRefused, match="Connection demo_us") as caught:
        replace(SETTINGS, **changes)
    assert cause in str(caught.value)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8801/na", "http://localhost:1", "http://[::1]:1", "https://h.example/"]
)
def test_other_hosts_may_be_named(url: str):
    """The sandbox, or an emulator on this machine."""
    assert replace(SETTINGS, api_url=url).api_address == url.rstrip("/")


def test_settings_hold_names_of_secrets_and_may_be_shown():
    """Nothing to hide in their repr."""
    assert "refresh_token_secret='us_refresh_token'" in repr(SETTINGS)


def test_no_operation_that_writes_exists():
    """The connector is read-only towards Amazon's money: nothing requests, pays or changes."""
    verbs = {name for name in dir(SellingPartner) if not name.startswith("_")}
    reads = {"close", "download", "participations", "prove_role", "report_document", "settlement_reports"}
    assert verbs == {*reads, "marketplace_ids"}
    assert "initiatePayout" not in QUOTAS


def test_every_marketplace_has_a_region_and_a_currency_we_keep_books_in():
    """Twenty-three marketplaces, each id and name once."""
    assert len(MARKETPLACES) == 23
    assert len({one.marketplace_id for one in MARKETPLACES}) == 23
    assert len({one.settlement_name for one in MARKETPLACES}) == 23
    for one in MARKETPLACES:
        assert one.region in REGIONS
        assert minor_units(one.currency) in (0, 2, 3)


@pytest.mark.parametrize(
    "name, country",
    [
        ("Amazon.co.uk", "GB"),
        ("amazon.CO.UK ", "GB"),
        ("Amazon.com", "US"),
        ("Amazon.com.tr", "TR"),
        ("Non-Amazon US", None),
    ],
)
def test_a_settlements_marketplace_name_is_read_in_any_case(name: str, country: str | None):
    """Multi-channel rows belong to no marketplace."""
    found = marketplace_named(name)
    assert (found.country if found else None) == country
    assert is_multi_channel(name) == (country is None)


def test_japan_is_read_in_its_own_charset():
    """cp932 there, cp1252 elsewhere, where a document names none and is not UTF-8."""
    assert marketplace("A1VC38T7YXB528").charset_default == "cp932"
    assert {one.charset_default for one in MARKETPLACES if one.country != "JP"} == {"cp1252"}
    assert marketplace("NOPE") is None


@pytest.mark.parametrize(
    "operation, seconds_per_call, burst",
    [
        ("getReports", 45, 10),
        ("getReportDocument", 60, 15),
        ("getMarketplaceParticipations", 62.5, 15),
        ("searchOrders", 179, 20),
        ("listTransactions", 2, 10),
    ],
)
def test_published_rates_are_those_of_amazons_usage_plans(operation: str, seconds_per_call: float, burst: int):
    """One call in so many seconds, after the burst."""
    limit = limit_of(operation, "client", "A2DEMO", "na")
    assert limit is not None
    assert 1 / limit.rate_per_second == pytest.approx(seconds_per_call, rel=0.01)
    assert limit.burst == burst


def test_a_bucket_belongs_to_application_seller_region_and_operation():
    """And its key does not tell the client id."""
    base = ("getReports", "client-1", "A1", "na")
    others = [("getReport", *base[1:]), ("getReports", "client-2", "A1", "na"), ("getReports", "client-1", "A2", "na")]
    keys = {limit_of(*parts).key for parts in [base, *others, ("getReports", "client-1", "A1", "eu")]}
    assert len(keys) == 5
    assert not any("client-1" in key for key in keys)
    assert limit_of("download", "client-1", "A1", "na") is None


@pytest.mark.parametrize(
    "name, version, attributes, line",
    [
        ("Demo", "1.0", LANGUAGE, "Demo/1.0 (Language=Python/3.12)"),
        ("A/B", "1(2)", LANGUAGE, "A\\/B/1\\(2) (Language=Python/3.12)"),
        ("D", "1", {**LANGUAGE, "a=b": "c=d"}, "D/1 (Language=Python/3.12; a\\=b=c=d)"),
        ("D", "1", {**LANGUAGE, "P": "x);y"}, "D/1 (Language=Python/3.12; P=x\\)\\;y)"),
        ("D\\", "\\1", LANGUAGE, "D\\\\/\\\\1 (Language=Python/3.12)"),
    ],
)
def test_the_user_agent_follows_amazons_rule(name: str, version: str, attributes: dict[str, str], line: str):
    """Name, version, attributes; a backslash before what would end a part."""
    assert user_agent(name, version, attributes) == line


@pytest.mark.parametrize("name", ["", " ", "Café", "a\nb", "a\r\nX-Injected: 1", "x" * 500])
def test_a_user_agent_that_amazon_would_refuse_is_refused_here(name: str):
    """Empty, not ASCII, several lines, over 500 characters."""
    with pytest.raises(ConfigurationRefused, match=r"Change|Shorten"):
        user_agent(name, "1.0", LANGUAGE)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40))
def test_a_name_can_always_be_read_back_out_of_the_user_agent(name: str):
    """Property: escaping is unambiguous."""
    line = user_agent(name, "1.0", LANGUAGE)
    head, letters = "", iter(line)
    for letter in letters:
        if letter == "/":
            break
        head += next(letters) if letter == "\\" else letter
    assert head == name
