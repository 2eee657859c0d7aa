"""Redaction: no secret passes, whatever it is wrapped in, and everything else stays byte for byte."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.transport.redact import (
    redact_body,
    redact_headers,
    redact_text,
    redact_url,
    secrets_of,
)

SECRET = "S3cret/Value+1"

# A secret long enough that it cannot stand anywhere by accident.
SECRETS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=0, max_size=30).map(
    lambda text: f"Zq{text}Xw9"
)

SOAP = f"""<?xml version="1.0"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Header>
<wsse:Security soap:mustUnderstand="1" xmlns:wsse="urn:x"><wsse:UsernameToken><wsse:Username>DEMOUSER</wsse:Username>
<wsse:Password Type="urn:y#PasswordText">{SECRET}</wsse:Password></wsse:UsernameToken></wsse:Security>
</soapenv:Header><soapenv:Body><A><MONETARY_AMOUNT>-12.30</MONETARY_AMOUNT></A></soapenv:Body></soapenv:Envelope>"""

CASES = [
    # body, content type, what must still be there
    (f'{{"access_token":"{SECRET}","expires_in":3600}}', "application/json", '"expires_in":3600'),
    (f'{{"a":[{{"clientSecret" : "{SECRET}"}}], "amount": 1.10}}', "application/json", '"amount": 1.10'),
    (f'{{"buyerInfo":{{"buyerEmail":"{SECRET}","x":[1,2]}},"id":7}}', "application/json", '"id":7'),
    (f'{{"refresh\\u005ftoken":"{SECRET}","id":7}}', "application/json", '"id":7'),
    (f'[{{"password":["{SECRET}"]}}]', "text/html", "password"),
    (f'{{"id":7,"access_token":"{SECRET}', "application/json", '"id":7'),
    (f'{{"id":7,"password":{{"deep":["{SECRET}"', "application/json", '"id":7'),
    (f"grant_type=refresh_token&refresh_token={SECRET}&x=1", "application/x-www-form-urlencoded", "x=1"),
    (f"x=1&client%5Fsecret={SECRET}", "application/x-www-form-urlencoded; charset=UTF-8", "x=1"),
    (SOAP, "text/xml", "<MONETARY_AMOUNT>-12.30</MONETARY_AMOUNT>"),
    (SOAP, "application/octet-stream", "soapenv:Body"),
    (SOAP.split("</wsse:Password>")[0], "text/xml", "soapenv:Header"),
    (f"<r><Password><![CDATA[</Password>{SECRET}]]></Password><ok>1</ok></r>", "text/xml", "<ok>1</ok>"),
    (f"<r><EMAILID>{SECRET}</EMAILID><JOURNAL_ID>J1</JOURNAL_ID></r>", "text/xml", "<JOURNAL_ID>J1</JOURNAL_ID>"),
    (f"<r><Recipient><Recipient>a</Recipient>{SECRET}</Recipient><ok/></r>", "text/xml", "<ok/>"),
    (f"login failed: password={SECRET}, try again", "text/plain", "try again"),
    (f'link "https://h/p?X-Amz-Signature={SECRET}&X-Amz-Expires=300"', "text/plain", "X-Amz-Expires=300"),
    (f'{{"url":"https://h/p?a=1\\u0026X-Amz-Security-Token={SECRET}"}}', "application/json", "https://h/p?a=1"),
]


@pytest.mark.parametrize("body, content_type, kept", CASES)
def test_a_secret_is_cut_out_of_a_body_and_the_rest_stays(body: str, content_type: str, kept: str):
    """Forms, JSON, XML and text lose their secrets, also when cut short or mislabelled."""
    shown = redact_body(body.encode(), content_type).decode()
    assert SECRET not in shown
    assert kept in shown
    assert "***" in shown


@pytest.mark.parametrize(
    "text",
    [
        "Atza|IwEBIA-demo.token_1",
        "Atzr|IwEBIA-demo.token_1",
        "Atza%7CIwEBIA-demo.token_1",
        "amzn1.oa2-cs.v1.0123456789abcdef",
        "shpat_0123456789abcdef",
        "shpss_0123456789abcdef",
    ],
)
def test_tokens_are_known_by_their_looks(text: str):
    """A token is cut wherever it stands, without any key beside it."""
    assert redact_text(f"the server said '{text}' and closed") == "the server said '***' and closed"


@pytest.mark.parametrize(
    "text",
    [
        "Basic authentication is required",
        'name="password" type="xs:string"',
        "The token endpoint did not answer.",
        "Nothing to see: 12.30 EUR, settlement 11223344551",
        "https://host/path?pageSize=100&nextToken=abc",
    ],
)
def test_ordinary_text_is_left_alone(text: str):
    """Words about secrets are no secrets."""
    assert redact_text(text) == text


def test_a_url_loses_signature_credentials_and_secret_parameters():
    """What is left still names host, path and harmless parameters."""
    url = f"https://user:{quote(SECRET, safe='')}@host.example/p/1?X-Amz-Expires=300&X-Amz-Credential=AK%2F1&token=abc"
    assert redact_url(url) == "https://***@host.example/p/1?X-Amz-Expires=300&X-Amz-Credential=***&token=***"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "proxy-authorization",
        "Cookie",
        "Set-Cookie",
        "x-amz-access-token",
        "X-Amz-Security-Token",
        "X-Shopify-Access-Token",
        "X-Shopify-Hmac-Sha256",
        "x-api-key",
    ],
)
def test_secret_headers_keep_their_name_only(name: str):
    """The trail shows that the header was there, not what it held."""
    assert redact_headers([(name, SECRET), ("accept", "a"), ("accept", "b")]) == {name.lower(): "***", "accept": "a, b"}


def test_a_redirect_target_is_shown_without_its_signature():
    """Other headers are free text and are treated as such."""
    shown = redact_headers([("Location", f"https://h/p?X-Amz-Signature={SECRET}")])
    assert shown == {"location": "https://h/p?X-Amz-Signature=***"}


def test_the_secrets_of_a_request_are_found_wherever_they_are_sent():
    """Basic passwords, bearer tokens, form fields, JSON fields and WS-Security passwords."""
    basic = base64.b64encode(b"user:pass word").decode()
    headers = [("authorization", f"Basic {basic}"), ("x-amz-access-token", "token-one")]
    form = urlencode({"client_secret": SECRET, "client_id": "public"}).encode()
    assert set(secrets_of(headers, form, "application/x-www-form-urlencoded")) == {
        basic,
        "pass word",
        "token-one",
        SECRET,
    }
    assert SECRET in secrets_of([], SOAP.encode(), "text/xml")
    assert secrets_of([], json.dumps({"password": SECRET}).encode()) == (SECRET,)


@given(SECRETS)
def test_a_known_secret_is_found_in_every_spelling(secret: str):
    """A server that repeats what it was sent may quote, escape or encode it."""
    spellings = [secret, quote(secret, safe=""), escape(secret), json.dumps(secret)]
    for spelling in spellings:
        shown = redact_text(f"before {spelling} after", [secret])
        assert secret not in shown
        assert shown.startswith("before ")
        assert shown.endswith(" after")


@given(SECRETS, st.sampled_from(["access_token", "Password", "client-secret", "buyer_email", "Refresh Token"]))
def test_no_json_value_under_a_secret_key_survives(secret: str, key: str):
    """Property: the redacted JSON still parses, holds `***` there, and its neighbour is untouched."""
    body = json.dumps({"a": "1.10", key: secret, "z": [1.5, None, True]}).encode()
    shown = json.loads(redact_body(body, "application/json"))
    assert shown == {"a": "1.10", key: "***", "z": [1.5, None, True]}


@given(SECRETS)
def test_no_form_value_under_a_secret_key_survives(secret: str):
    """Property: whatever the encoding of the value, only `***` is left."""
    body = urlencode({"refresh_token": secret, "grant_type": "refresh_token"}).encode()
    assert redact_body(body, "application/x-www-form-urlencoded") == b"refresh_token=***&grant_type=refresh_token"


@given(SECRETS)
def test_no_element_in_a_security_header_survives(secret: str):
    """Property: a WS-Security header is cut as a whole."""
    body = f"<e><w:Security><w:Password>{escape(secret)}</w:Password></w:Security><b>7</b></e>".encode()
    assert redact_body(body, "text/xml") == b"<e><w:Security>***</w:Security><b>7</b></e>"


@given(st.binary(max_size=200))
def test_redaction_is_idempotent_and_never_fails(body: bytes):
    """Property: any bytes can be redacted, and redacting twice changes nothing more."""
    once = redact_body(body, "application/json")
    assert redact_body(once, "application/json") == once


@given(st.dictionaries(st.sampled_from(["amount", "id", "name", "rows"]), st.integers() | st.text(max_size=5)))
def test_a_body_without_secrets_stays_byte_for_byte(values: dict):
    """Property: digits, order and blanks are what the audit trail is for."""
    body = json.dumps(values, indent=1).encode()
    assert redact_body(body, "application/json") == body


def test_deeply_nested_json_is_cut_instead_of_crashing():
    """A hostile body under a secret key costs the rest of the body, not the run."""
    body = b'{"password":' + b"[" * 200_000
    assert redact_body(body, "application/json") == b'{"password":"***"'


def test_utf16_xml_is_read_too():
    """A byte-order mark decides how bytes become characters."""
    shown = redact_body("\ufeff<a><Password>geheim!</Password></a>".encode("utf-16-le"), "text/xml")
    assert "geheim" not in shown.decode("utf-16")
