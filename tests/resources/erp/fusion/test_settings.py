"""Settings of a Fusion site: what is refused names the key and what to write instead."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from resources.erp.fusion.settings import FusionSettings


@pytest.fixture
def given(settings) -> dict:
    """The site's settings as a mapping."""
    return settings.model_dump()


def test_a_host_is_given_whole_or_made_from_pod_and_region(given):
    """Newer tenants have hosts that follow no pattern."""
    whole = FusionSettings(**{**given, "base_url": "https://fa-abcd-saasfaprod1.fa.ocs.oraclecloud.com/"})
    assert whole.url("journalBatches").startswith("https://fa-abcd-saasfaprod1.fa.ocs.oraclecloud.com/fscmRestApi/")
    made = FusionSettings(**{**given, "base_url": "", "pod": "abcd-test", "region": "us2"})
    assert made.url("ledgersLOV") == (
        "https://abcd-test.fa.us2.oraclecloud.com/fscmRestApi/resources/11.13.18.05/ledgersLOV"
    )


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"pod": "abcd", "region": "us2"}, "either base_url, or pod and region"),
        ({"base_url": "", "pod": "abcd"}, "either base_url, or pod and region"),
        ({"base_url": "http://fusion.example"}, "base_url is plain http"),
        ({"token_url": "http://idcs.example/token"}, "token_url is plain http"),
        ({"base_url": "https://me:pw@fusion.example"}, "without user, password"),
        ({"quiet_period_seconds": 180}, "must be longer than read_timeout_seconds"),
        ({"posting": "client"}, "posting_criteria_set"),
        ({"journal_source": "ZB, Connector"}, "journal_source"),
        ({"import_parameters": "{ledger},{group_id}"}, "import_parameters may name"),
        ({"import_parameters": "{source},{ledger_id},ALL"}, "must name {group_id}"),
        ({"batch_link": "https://fusion.example/{id}"}, "batch_link may name"),
        ({"journal_link": "https://fusion.example/{batch_id}"}, "journal_link may name"),
        ({"combination_attributes": {"kind": "X"}}, "combination_attributes names kind"),
        ({"chart": [{"position": 1, "name": "x y", "holds": "unit"}]}, "name"),
        ({"period_pattern": "{month}-{yy}"}, "period_pattern may name"),
        ({"framework_version": 0}, "framework_version"),
        ({"scope": ""}, "scope"),
        ({"colour": "red"}, "colour"),
        ({"chart": [{"position": 2, "name": "x", "holds": "unit"}]}, "without a gap"),
        ({"chart": [{"position": 1, "name": "x", "holds": "unit"}]}, "holds account"),
        (
            {
                "chart": [
                    {"position": 1, "name": "x", "holds": "unit"},
                    {"position": 2, "name": "y", "holds": "account"},
                    {"position": 3, "name": "z"},
                ]
            },
            "give it a default",
        ),
    ],
)
def test_settings_that_contradict_are_refused(given, changes, said):
    """One sentence that names the key."""
    with pytest.raises(ValidationError, match=said):
        FusionSettings(**{**given, **changes})


def test_loopback_may_be_plain_http(given):
    """Stand-ins listen there."""
    assert FusionSettings(**{**given, "base_url": "http://127.0.0.1:8090"}).root_url == "http://127.0.0.1:8090"


@pytest.mark.parametrize(
    "pattern, name", [("{Mon}-{yy}", "Jan-26"), ("{MON}-{yyyy}", "JAN-2026"), ("{mm}-{yy}", "01-26")]
)
def test_periods_are_named_as_the_calendar_names_them(given, pattern, name):
    """The name is the calendar's, in English whatever the machine's language."""
    assert FusionSettings(**{**given, "period_pattern": pattern}).period_name(date(2026, 1, 31)) == name
