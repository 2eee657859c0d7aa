"""The WSDL is one that a SOAP library can load and call, for two sites with different names and namespaces."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from xml.etree.ElementTree import tostring

import pytest
import zeep
from lxml import etree
from zeep.transports import Transport
from zeep.wsse.username import UsernameToken

from emulators.peoplesoft.app import SERVICE_CONNECTOR, build_app
from emulators.peoplesoft.demo_site import DEMO_PASSWORD, DEMO_USER, demo_site
from emulators.peoplesoft.profile import OPERATIONS, custom_journal_profile, journal_entry_profile

PROFILES = pytest.mark.parametrize(
    "profile", [journal_entry_profile(), custom_journal_profile()], ids=["default", "own"]
)


class InProcess(Transport):
    """Let zeep load and post through an httpx client."""

    def __init__(self, http) -> None:
        super().__init__()
        self.session.close()
        self._http = http

    def load(self, url):
        return self._http.get(url).raise_for_status().content

    def post(self, address, message, headers):
        return self._http.post(address, content=message, headers=headers)


@pytest.fixture
def other(caller, clock, profile):
    """Return a caller of a site with the given profile."""
    app = build_app(demo_site(date(2026, 11, 14), profile=profile), clock)
    return type(caller)(app, clock, app.faults)


def client(other, path: str = "") -> zeep.Client:
    """Load the site's WSDL with zeep."""
    url = f"http://ps.test{SERVICE_CONNECTOR}{path}/{other.app.site.profile.wsdl_name}.wsdl"
    return zeep.Client(url, transport=InProcess(other.http), wsse=UsernameToken(DEMO_USER, DEMO_PASSWORD))


@PROFILES
def test_zeep_finds_five_operations_with_their_actions(other, profile):
    """Operation names, SOAPActions and the two namespaces of each are as in the profile."""
    service = next(iter(client(other).wsdl.services.values()))
    operations = next(iter(service.ports.values())).binding.all()
    assert set(operations) == {profile.operation(method) for method in OPERATIONS}
    for method in OPERATIONS:
        operation = operations[profile.operation(method)]
        assert operation.soapaction == profile.aliases[method]
        assert operation.input.body.qname == etree.QName(
            profile.request_namespace(method), profile.request_root(method)
        )
        assert operation.output.body.qname == etree.QName(
            profile.response_namespace(method), profile.response_root(method)
        )


@PROFILES
def test_a_journal_created_through_zeep_comes_back_by_get_and_find(other, profile, clock):
    """Create, Get and Find through a library that knows nothing but the WSDL."""
    soap = client(other)
    head, line = profile.header_names, profile.line_names
    key = {head["BUSINESS_UNIT"]: "US001", head["JOURNAL_ID"]: "A1K9Z03QX7", head["JOURNAL_DATE"]: date(2026, 11, 14)}
    rest = {head["LEDGER_GROUP"]: "ACTUALS", head["SOURCE"]: "AMZ", head["DESCR254"]: "AMZ settlement 1"}
    rows = [
        {line["ACCOUNT"]: "110500", line["FOREIGN_AMOUNT"]: Decimal("1250.37"), line["JRNL_LN_REF"]: "S1"},
        {line["ACCOUNT"]: "400100", line["FOREIGN_AMOUNT"]: Decimal("-1250.37")},
    ]
    created = soap.service[profile.operation("Create")](**key, **rest, **{profile.lines_collection: rows})
    assert created["notification"] == "1"
    assert created["detail"][profile.component_interface][head["JOURNAL_ID"]] == "A1K9Z03QX7"
    clock.advance(10)
    got = soap.service[profile.operation("Get")](**key)
    assert got[head["JRNL_HDR_STATUS"]] == "P"
    assert [row[line["FOREIGN_AMOUNT"]] for row in got[profile.lines_collection]] == [
        Decimal("1250.37"),
        Decimal("-1250.37"),
    ]
    found = soap.service[profile.operation("Find")](**{head["JOURNAL_ID"]: "A1"})
    assert [row[head["JOURNAL_ID"]] for row in found] == ["A1K9Z03QX7"]
    changed = soap.service[profile.operation("Updatedata")](**key, **{head["DESCR"]: "late"})
    assert changed["notification"] == "0"
    assert changed["detail"]["messages"][0]["type"] == "Error"


@PROFILES
@pytest.mark.parametrize("path", ["", "/PSFT_EP"])
def test_the_address_in_the_wsdl_is_the_one_it_was_fetched_from(other, profile, path):
    """With the node when it was asked with the node."""
    port = next(iter(next(iter(client(other, path).wsdl.services.values())).ports.values()))
    assert port.binding_options["address"] == f"http://ps.test{SERVICE_CONNECTOR}{path}"


@PROFILES
def test_the_query_form_gives_the_same_wsdl_and_each_schema(other, profile):
    """GetWSDL and GetSchema by query string, and a schema by its path."""
    by_path = other.http.get(f"{SERVICE_CONNECTOR}/{profile.wsdl_name}.wsdl")
    by_query = other.http.get(SERVICE_CONNECTOR, params={"Operation": "GetWSDL", "wsdl": profile.wsdl_name})
    assert by_query.text == by_path.text
    for messages in profile.messages.values():
        for message in messages:
            asked = {"Operation": "GetSchema", "xsd": f"{message}.V1"}
            schema = other.http.get(SERVICE_CONNECTOR, params=asked)
            assert etree.XMLSchema(etree.fromstring(schema.content)) is not None
            assert other.http.get(f"{SERVICE_CONNECTOR}/PSFT_EP/{message}.V1.xsd").text == schema.text


@PROFILES
def test_answers_validate_against_the_published_schema(other, profile):
    """Every answer of the five methods is what the WSDL promises, success and refusal."""
    other.create()
    key = {"BUSINESS_UNIT": "US001", "JOURNAL_ID": "A1K9Z03QX7", "JOURNAL_DATE": "2026-11-14"}
    for method in OPERATIONS:
        asked = {"Operation": "GetSchema", "xsd": f"{profile.messages[method][1]}.V1"}
        schema = etree.XMLSchema(etree.fromstring(other.http.get(SERVICE_CONNECTOR, params=asked).content))
        for fields in (key, key | {"LEDGER_GROUP": "NONE"}) if method.startswith("Up") else (key,):
            answer = other.call(method, fields)
            root = etree.fromstring(tostring(answer.body[0][0]))
            assert schema.validate(root), (method, schema.error_log)


@pytest.mark.parametrize("document", ["CI_OTHER.1.wsdl", "CI_JOURNAL_ENTRY_CI.2.wsdl", "M1.V1.xsd"])
def test_an_unknown_document_is_refused(caller, document):
    """Another CI, another version after re-provisioning, an unknown message."""
    response = caller.http.get(f"{SERVICE_CONNECTOR}/{document}")
    assert response.status_code == 404
    assert f"{document} does not exist" in response.text


def test_the_address_in_the_wsdl_can_be_stale_as_after_a_refresh(caller):
    """A copied database still names the other system; a client must not follow it."""
    site = caller.app.site
    site.switches = replace(site.switches, wsdl_address="https://production.example/PSIGW/X")
    text = caller.http.get(f"{SERVICE_CONNECTOR}/CI_JOURNAL_ENTRY_CI.1.wsdl").text
    assert '<soap:address location="https://production.example/PSIGW/X"/>' in text
