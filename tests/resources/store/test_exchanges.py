"""Recorded exchanges."""

from dataclasses import replace

import pytest

from resources.store.exchanges import Exchanges
from resources.transport.record import Exchange
from tests.resources.store.samples import START

ASKED = Exchange(
    connection="amazon_us",
    operation="getReports",
    method="GET",
    url="https://sellingpartnerapi-na.amazon.com/reports",
    status=200,
    request_headers={"user-agent": "connector"},
    request_body=None,
    response_headers={"x-amzn-requestid": "1"},
    response_body=b'{"reports": []}',
    error="",
    started_at=START,
    seconds=0.25,
    attempt=1,
)


@pytest.fixture
def exchanges(control, documents, clock):
    """Exchanges in the control database and a folder."""
    return Exchanges(control, documents, clock)


def test_an_exchange_comes_back_with_its_bodies(exchanges, documents):
    """Headers in the row, bodies by their SHA-256; no body is no document, an empty one is."""
    number = exchanges.record(ASKED)
    found = exchanges.get(number)
    assert (found.id, found.connection, found.operation, found.method, found.status) == (
        number,
        "amazon_us",
        "getReports",
        "GET",
        200,
    )
    assert (found.url, found.started_at, found.seconds, found.attempt) == (ASKED.url, START, 0.25, 1)
    assert (found.request_headers, found.response_headers) == (ASKED.request_headers, ASKED.response_headers)
    assert found.request_document == ""
    assert documents.read_bytes(found.response_document) == b'{"reports": []}'
    empty = exchanges.get(exchanges.record(replace(ASKED, request_body=b"")))
    assert documents.read_bytes(empty.request_document) == b""


def test_an_exchange_without_answer_is_kept_too(exchanges):
    """With the error in place of a status."""
    lost = replace(ASKED, status=None, error="ReadTimeout after 30 s", response_headers={}, response_body=None)
    found = exchanges.get(exchanges.record(lost))
    assert (found.status, found.error, found.response_document) == (None, "ReadTimeout after 30 s", "")


def test_exchanges_are_listed_in_order(exchanges):
    """By connection and operation, page by page."""
    numbers = [exchanges.record(replace(ASKED, attempt=attempt)) for attempt in (1, 2, 3)]
    other = exchanges.record(replace(ASKED, connection="amazon_uk", operation="getReport"))
    assert [found.id for found in exchanges.listing("amazon_us")] == numbers
    assert [found.id for found in exchanges.listing("amazon_us", after=numbers[0], limit=1)] == [numbers[1]]
    assert [found.id for found in exchanges.listing(operation="getReport")] == [other]


@pytest.mark.parametrize("number", ["99", "", "x", "-1", "1; DROP TABLE exchanges"])
def test_an_unknown_number_is_nothing(exchanges, number):
    """Whatever it looks like."""
    exchanges.record(ASKED)
    assert exchanges.get(number) is None
