"""Presigned links: fresh each time, dead after five minutes, without any SP-API header."""

from __future__ import annotations

import gzip
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from emulators import faults
from emulators.amazon.world import Document
from tests.emulators.amazon.bench import Bench, entry, make_bench
from tests.emulators.amazon.swagger import assert_fits


def test_a_link_leads_to_another_host_and_lives_five_minutes(bench: Bench) -> None:
    """The query is that of a presigned S3 link; the host is none of the API's."""
    body = bench.document(0).json()
    assert_fits("getReportDocument", 200, body)
    link = urlsplit(body["url"])
    query = parse_qs(link.query)
    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-Date"] == ["20261120T120000Z"]
    assert "sellingpartnerapi" not in link.netloc
    assert bench.client.get(body["url"]).status_code == 200


def test_an_expired_link_is_a_403_in_xml_and_a_fresh_one_works(bench: Bench) -> None:
    """Amazon's storage answers with S3's own error page."""
    url = bench.document(0).json()["url"]
    bench.clock.advance(299)
    assert bench.client.get(url).status_code == 200
    bench.clock.advance(1)
    expired = bench.client.get(url)
    assert (expired.status_code, expired.headers["content-type"]) == (403, "application/xml")
    assert "<Code>AccessDenied</Code><Message>Request has expired</Message>" in expired.text
    fresh = bench.document(0).json()["url"]
    assert fresh != url
    assert bench.client.get(fresh).status_code == 200


def test_each_call_gives_another_link(bench: Bench) -> None:
    """Two links of the same second differ."""
    assert bench.document(0).json()["url"] != bench.document(0).json()["url"]


def test_a_link_that_was_touched_is_refused(bench: Bench) -> None:
    """The signature covers path and query."""
    url = bench.document(0).json()["url"]
    for touched in (url.replace("demo-0", "demo-1"), url.replace("Expires=300", "Expires=9999"), url.split("?")[0]):
        refused = bench.client.get(touched)
        assert (refused.status_code, "SignatureDoesNotMatch" in refused.text) == (403, True)
    assert bench.client.post(url).status_code == 403


def test_gzip_is_named_in_the_answer_and_plain_is_not(bench: Bench) -> None:
    """compressionAlgorithm is GZIP or absent, and the bytes are accordingly; no Content-Encoding by default."""
    packed, plain = bench.document(0).json(), bench.document(1).json()
    assert packed["compressionAlgorithm"] == "GZIP"
    assert "compressionAlgorithm" not in plain
    answer = bench.client.get(packed["url"])
    assert "content-encoding" not in answer.headers
    assert gzip.decompress(answer.content) == b"settlement-id\n0\n"
    assert bench.client.get(plain["url"]).content == b"settlement-id\n1\n"


def test_the_encoding_header_lets_the_client_unpack_by_itself(bench: Bench) -> None:
    """With enableContentEncodingUrlHeader a client that unpacks again would fail."""
    packed = bench.document(0, enableContentEncodingUrlHeader="true").json()
    answer = bench.client.get(packed["url"])
    assert packed["compressionAlgorithm"] == "GZIP"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content == b"settlement-id\n0\n"


@pytest.mark.parametrize("content_type", ["text/plain", "text/plain; charset=Cp1252", "text/plain;charset=Shift_JIS"])
def test_the_charset_is_as_the_document_has_it(bench: Bench, content_type: str) -> None:
    """Sometimes there is none."""
    listed = entry(90, days_ago=1)
    bench.app.world.add_report("ADEMOEU", listed, Document(listed.document_id, b"x", False, content_type))
    answer = bench.client.get(bench.document(90).json()["url"])
    assert answer.headers["content-type"] == content_type


def test_storage_looks_at_no_sp_api_header(bench: Bench) -> None:
    """Headers that should not be sent are ignored, and a test can see that they were."""
    url = bench.document(0).json()["url"]
    assert bench.client.get(url, headers={"x-amz-access-token": bench.token()}).status_code == 200
    assert "x-amz-access-token" in bench.app.exchanges[-1].header_names
    bench.client.get(url)
    assert "x-amz-access-token" not in bench.app.exchanges[-1].header_names


def test_a_truncated_body_shows_as_a_broken_connection(bench: Bench) -> None:
    """The length promised is the whole one; what comes is less."""
    bench.faults.at("download", 2, faults.truncated(5))
    url = bench.document(1).json()["url"]
    assert bench.client.get(url).content == b"settlement-id\n1\n"
    with pytest.raises(httpx.RemoteProtocolError, match="received 5 bytes, expected 16"):
        bench.client.get(url)
    assert bench.client.get(url).status_code == 200


def test_a_document_of_another_seller_is_not_found(bench: Bench) -> None:
    """Document ids do not open other sellers' documents."""
    answer = bench.call("/reports/2021-06-30/documents/amzn1.spdoc.1.3.demo-0", region="na")
    assert answer.status_code == 404
    assert_fits("getReportDocument", 404, answer.json())


def test_an_unknown_document_is_not_found(bench: Bench) -> None:
    """Error list, 404."""
    assert bench.call("/reports/2021-06-30/documents/amzn1.spdoc.1.3.none").status_code == 404


def test_the_storage_address_follows_the_setting_and_the_caller() -> None:
    """On one loopback address the link stays on it, under /storage; a base may also be set."""
    bench = make_bench()
    token = bench.client.post(
        "http://127.0.0.1:9000/lwa/auth/o2/token",
        data={"grant_type": "refresh_token", "refresh_token": "Atzr|demo-refresh-eu"}
        | {"client_id": "amzn1.application-oa2-client.demo", "client_secret": "amzn1.oa2-cs.v1.demo-secret"},
    ).json()["access_token"]
    answer = bench.client.get(
        "http://127.0.0.1:9000/eu/reports/2021-06-30/documents/amzn1.spdoc.1.3.demo-1",
        headers={"x-amz-access-token": token},
    )
    url = answer.json()["url"]
    assert url.startswith("http://127.0.0.1:9000/storage/")
    assert bench.client.get(url).content == b"settlement-id\n1\n"
    elsewhere = make_bench(storage_base="https://files.s3.amazonaws.com/")
    url = elsewhere.document(1).json()["url"]
    assert url.startswith("https://files.s3.amazonaws.com/ADEMOEU/")
    assert elsewhere.client.get(url).status_code == 200
