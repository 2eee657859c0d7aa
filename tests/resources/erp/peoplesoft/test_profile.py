"""The settings of a site: addresses made from parts, names laid over the shipped ones, contradictions refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from resources.erp.peoplesoft.profile import PeopleSoftProfile


def test_the_shipped_profile_needs_only_an_address():
    """Everything else has a default, named JOURNAL_ENTRY_CI."""
    profile = PeopleSoftProfile(host="fscm.example", port=8443)
    connector = "https://fscm.example:8443/PSIGW/PeopleSoftServiceListeningConnector"
    assert profile.wsdl_url == f"{connector}/CI_JOURNAL_ENTRY_CI.1.wsdl"
    assert profile.soap_url == connector
    assert profile.query_url("X_CONTROL") == (
        "https://fscm.example:8443/PSIGW/RESTListeningConnector/PSFT_EP/ExecuteQuery.v1/PUBLIC/X_CONTROL/JSON/NONFILE"
    )


def test_a_shared_gateway_puts_the_node_into_the_addresses():
    """A gateway that serves several nodes tells them apart by path."""
    profile = PeopleSoftProfile(base_url="https://gw.example/", node="FSPRD", is_gateway_shared=True)
    assert profile.wsdl_url.endswith("/PeopleSoftServiceListeningConnector/FSPRD/CI_JOURNAL_ENTRY_CI.1.wsdl")
    assert profile.soap_url.endswith("/PeopleSoftServiceListeningConnector/FSPRD")


def test_every_name_can_be_overridden():
    """Sites differ in service, version, operation, alias, property, query, prompt and column."""
    profile = PeopleSoftProfile(
        base_url="https://ps.example",
        component_interface="ZGL",
        service="ZSRV",
        service_version=3,
        operations={"Create": "ZSRV_NEW"},
        actions={"Create": "Create.V1"},
        line_properties={"ACCOUNT": "PROP_ACCOUNT"},
        segments={"region": "CHARTFIELD2"},
        line_lengths={"DEPTID": 12},
        queries={"by_key": {"name": "Z_BY_KEY", "prompts": {"JOURNAL_ID": "J"}, "columns": {"DESCR254": "DESCRLONG"}}},
    )
    assert profile.wsdl_url.endswith("/ZSRV.3.wsdl")
    assert profile.operation("Create") == "ZSRV_NEW"
    assert profile.operation("Get") == "ZSRV_G"
    assert profile.action("Create", "as described") == "Create.V1"
    assert profile.action("Get", "as described") == "as described"
    assert profile.line_property("ACCOUNT") == "PROP_ACCOUNT"
    assert profile.line_property("DEPTID") == "DEPTID"
    assert (profile.segments["region"], profile.segments["account"]) == ("CHARTFIELD2", "ACCOUNT")
    assert (profile.line_lengths["DEPTID"], profile.line_lengths["PRODUCT"]) == (12, 6)
    assert profile.queries["by_key"].prompts == {"BUSINESS_UNIT": "BU", "JOURNAL_ID": "J", "JOURNAL_DATE": "JDT"}
    assert profile.queries["lines"].name == "X_JRNL_LINES"


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({}, "base_url or host"),
        ({"base_url": "https://a.example", "host": "b.example"}, "base_url or host"),
        ({"base_url": "ftp://a.example"}, "must look like"),
        ({"base_url": "https://user:secret@a.example"}, "without user"),
        ({"base_url": "http://a.example"}, "plain http"),
        ({"host": "a.example", "colour": "blue"}, "colour"),
        ({"host": "a.example", "line_properties": {"ACOUNT": "X"}}, "ACOUNT"),
        ({"host": "a.example", "segments": {"colour": "COLOUR"}}, "COLOUR"),
        ({"host": "a.example", "queries": {"by_name": {"name": "X"}}}, "by_name"),
        ({"host": "a.example", "fault_classes": {"158": "refused"}}, "'158'"),
        ({"host": "a.example", "fault_classes": {"158,1": "ignored"}}, "misconfigured"),
        ({"host": "a.example", "journal_id_letter": "9"}, "journal_id_letter"),
        ({"host": "a.example", "source": "AMAZON"}, "source"),
        ({"host": "a.example", "quiet_period_seconds": 0}, "quiet_period_seconds"),
        ({"host": "a.example", "quiet_period_seconds": 120}, "must be longer than read_timeout_seconds"),
        ({"host": "a.example", "read_timeout_seconds": 400}, "must be longer than read_timeout_seconds"),
    ],
)
def test_settings_that_contradict_each_other_are_refused_by_name(settings, word):
    """A misspelt key, an unknown field or an address that shows the password does not pass."""
    with pytest.raises(ValidationError, match=word):
        PeopleSoftProfile(**settings)


def test_plain_http_is_taken_on_this_machine_or_when_asked_for():
    """The demo runs on loopback; a trusted network is the user's own decision."""
    assert PeopleSoftProfile(base_url="http://127.0.0.1:8401").root_url == "http://127.0.0.1:8401"
    assert PeopleSoftProfile(base_url="http://ps.example", is_plain_http_allowed=True).soap_url.startswith("http://ps")


def test_a_profile_can_be_written_down_and_read_again(profile):
    """What a person sees is what is used."""
    assert PeopleSoftProfile(**profile.model_dump()) == profile
