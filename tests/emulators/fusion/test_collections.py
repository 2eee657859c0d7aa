"""Reading collections: envelope, paging, both grammars of q, fields, expand, orderBy, finders and error bodies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from emulators.fusion import mischief
from emulators.fusion.demo_site import LEDGERS
from emulators.fusion.resource import DATE, NUMBER, TEXT, TIME, Attribute, Resource
from tests.emulators.fusion.bench import TODAY, US

ACCEPT_ERRORS = {"Accept": "application/json, application/vnd.oracle.adf.error+json"}
ACCOUNT = "01-000-110500-000"


@pytest.fixture
def many(caller):
    """Return somebody who keyed 30 batches by hand, on three days in turn; each of four ledgers has one before."""
    for number in range(30):
        lines = [(ACCOUNT, Decimal(number + 1), "in"), ("01-000-400100-000", Decimal(-number - 1), "out")]
        day = TODAY - timedelta(days=number % 3)
        caller.app.books.people.enter(US, f"HAND {number:02d}", day, lines, is_posted=number % 2 == 0)
        caller.clock.advance(60)
    return caller


def test_a_page_has_25_rows_and_says_that_there_are_more(many):
    """The envelope; totalResults only when asked; ids beyond 2^53 stay whole."""
    body = many.get("journalBatches", totalResults="true").json()
    assert {name: body[name] for name in ("count", "hasMore", "limit", "offset", "totalResults")} == {
        "count": 25,
        "hasMore": True,
        "limit": 25,
        "offset": 0,
        "totalResults": 34,
    }
    assert body["links"][0]["kind"] == "collection"
    assert all(item["JeBatchId"] > 2**53 for item in body["items"])
    assert "totalResults" not in many.get("journalBatches").json()
    assert many.get("journalBatches", onlyData="true").json()["links"] == []


@pytest.mark.parametrize(
    "asked, limit_max, pages", [("500", 499, [34]), ("500", 10, [10, 10, 10, 4]), (None, 499, [25, 9])]
)
def test_pages_end_at_the_pods_own_maximum(many, asked, limit_max, pages):
    """Whatever limit was asked for: who advances by count reads all, once each."""
    many.app.site.switches = replace(many.app.site.switches, limit_max=limit_max)
    counts, names, has_more = [], [], True
    while has_more:
        query = {"offset": str(sum(counts)), "orderBy": "JeBatchId:asc"} | ({"limit": asked} if asked else {})
        body = many.get("journalBatches", **query).json()
        counts.append(body["count"])
        has_more = body["hasMore"]
        names += [item["JeBatchId"] for item in body["items"]]
    assert counts == pages
    assert names == sorted(set(names))


@pytest.mark.parametrize(
    "version, query, found",
    [
        (None, "BatchName=HAND 07", 1),  # version 1: bare, double or single quotes
        (None, 'BatchName="HAND 07"', 1),
        (None, "BatchName LIKE 'HAND 0%'", 10),
        (None, "BatchName LIKE 'HAND 0%';Status=P", 5),
        (None, 'CreationDate>="2026-11-14T12:25:00";BatchName LIKE "HAND%"', 5),
        (None, "PostedDate=2026-11-14;UserJeSourceName=Manual", 5),
        (None, "BatchName = 'HAND 07' and Status = 'P'", 400),
        (None, "BatchName", 400),
        ("2", "BatchName = 'HAND 07'", 1),  # row match: quotes, and, or, parentheses
        ("4", "BatchName like 'HAND 0%' and Status = 'P'", 5),
        ("4", "BatchName like 'HAND 0*' and (Status = 'P' or BatchName = 'HAND 01')", 6),
        ("4", "BatchName in ('HAND 01', 'HAND 02')", 2),
        ("4", "PostedDate is null", 15),
        ("4", "BatchName like 'HAND%' and PostedDate is not null", 15),
        ("4", "BatchName not like 'HAND%'", len(LEDGERS)),
        ("4", "CreationDate >= '2026-11-14T12:25:00' and CreationDate < '2026-11-14T12:27:00+00:00'", 2),
        ("4", "PostedDate between '2026-11-12' and '2026-11-13'", 10),
        ("4", "JeBatchId > 1 AND BatchName LIKE 'HAND%'", 30),
        ("4", "BatchName = 'O''Hara'", 0),
        ("4", "BatchName='HAND 07';Status='P'", 400),  # the form of version 1
        ("4", "BatchName = HAND", 400),
        ("4", "(BatchName = 'HAND 07'", 400),
        ("4", "BatchName = 'HAND 07", 400),
        ("4", "JeBatchId = 'x'", 400),
        ("4", "Nonsense = 'x'", 400),
        ("4", "RunningTotalDr = 5", 400),  # not queryable
        (None, "RunningTotalDr=5", 400),
        ("99", "BatchName = 'HAND 07'", 400),
    ],
)
def test_the_framework_version_chooses_the_grammar_of_q(many, version, query, found):
    """Version 1 knows conditions joined by `;`, later ones row match; each refuses the other's form."""
    many.version = version
    answer = many.get("journalBatches", q=query, limit="499")
    assert (answer.json()["count"] if answer.status_code == 200 else answer.status_code) == found


def test_rows_are_ordered_and_cut_to_fields(many):
    """orderBy takes several attributes; fields leaves the others out, and wins over expand."""
    rows = many.items(
        "journalBatches",
        orderBy="PostedDate:desc,BatchName:asc",
        fields="BatchName,PostedDate",
        expand="all",
        limit="3",
    )
    assert rows[0] == {"BatchName": "HAND 01", "PostedDate": None}
    rows = many.items("journalBatches", q="Status = 'P'", orderBy="PostedDate:desc,BatchName:desc", limit="1")
    assert rows[0]["BatchName"] == "HAND 24"
    assert many.get("journalBatches", orderBy="Nonsense:asc").status_code == 400
    assert many.get("journalBatches", orderBy="BatchName:up").status_code == 400
    assert many.get("journalBatches", fields="Nonsense").status_code == 400
    assert many.get("journalBatches", limit="0").status_code == 400


@pytest.mark.parametrize("version, is_bare", [("2", True), ("3", False), ("4", False)])
def test_expanded_children_are_arrays_before_version_3_and_objects_after(many, version, is_bare):
    """expand=child.grandchild, and fields with a child's attributes, show the same children."""
    many.version = version
    query = {"q": "BatchName = 'HAND 07'"}
    for shown in (
        {"expand": "journalHeaders.journalLines"},
        {"fields": "BatchName;journalHeaders.journalLines:EnteredDr"},
    ):
        batch = many.items("journalBatches", **query, **shown)[0]
        headers = batch["journalHeaders"] if is_bare else batch["journalHeaders"]["items"]
        lines = headers[0]["journalLines"] if is_bare else headers[0]["journalLines"]["items"]
        assert [line["EnteredDr"] for line in lines] == [8, None]
    assert many.get("journalBatches", expand="nonsense").status_code == 400


def test_a_finder_by_primary_key_and_one_that_is_none(many):
    """PrimaryKey is known everywhere; another name or a form without variables is refused."""
    batch = many.items("journalBatches", q="BatchName = 'HAND 07'")[0]
    found = many.items("journalBatches", finder=f"PrimaryKey;JeBatchId={batch['JeBatchId']}")
    assert [row["BatchName"] for row in found] == ["HAND 07"]
    assert many.get("journalBatches", finder="Nonsense;a=b").status_code == 400
    assert many.get("journalBatches", finder="PrimaryKey;JeBatchId").status_code == 400


@pytest.mark.parametrize(
    "version, accept, shape, expected",
    [
        ("5", {}, "text", "structured"),
        ("4", {}, "text", "structured"),
        (None, ACCEPT_ERRORS, "text", "structured"),
        ("3", {}, "text", "text"),
        (None, {}, "flat", "flat"),
    ],
)
def test_an_error_has_three_shapes(caller, version, accept, shape, expected):
    """Structured from version 4 or for those who accept it; else plain text or a flat object."""
    caller.version = version
    caller.app.site.switches = replace(caller.app.site.switches, old_error_shape=shape)
    answer = caller.request(
        "GET", "journalBatches", headers=accept, q="JeBatchId=x" if version is None else "JeBatchId='x'"
    )
    assert answer.status_code == 400
    if expected == "text":
        assert answer.headers["Content-Type"].startswith("text/plain")
        return
    body = answer.json()
    assert (body["title"], body["status"]) == ("Bad Request", "400")
    entry = body["o:errorDetails"][0] if expected == "structured" else body
    assert entry["o:errorCode"] == "27014"
    assert "JeBatchId" in entry["detail"]


def test_unknown_resources_items_and_methods_are_refused(caller):
    """404 for what is not there, 405 for what cannot be done; `latest` is another name of the version."""
    assert caller.get("nonsense").status_code == 404
    assert caller.get("journalBatches/1").status_code == 404
    assert caller.get("ledgersLOV/300000046975971").json()["Name"] == "US Primary Ledger"
    assert caller.request("POST", "journalBatches", body={}).status_code == 405
    latest = "/fscmRestApi/resources/latest/ledgersLOV"
    assert caller.http.get(latest, headers={"Authorization": f"Bearer {caller.token}"}).json()["count"] == len(LEDGERS)


def test_describe_names_attributes_and_versions(caller):
    """What can be read, and whether it can be asked for."""
    body = caller.get("journalBatches/describe").json()["Resources"]["journalBatches"]
    assert "9" in body["allowedFrameworkVersions"]
    assert {"name": "RunningTotalDr", "type": "number", "queryable": False} in body["attributes"]
    assert set(body["children"]) == {"journalHeaders", "journalErrors"}


@pytest.mark.parametrize("fault, counts", [(mischief.blind(), [0, 4]), (mischief.repeated(), [8, 4])])
def test_a_collection_may_be_blind_or_repeat_itself_once(caller, fault, counts):
    """Faults of rows answer 200 all the same."""
    caller.faults.next("ledgersLOV", fault)
    assert [caller.get("ledgersLOV").json()["count"] for _ in range(2)] == counts


def test_types_of_attributes_are_a_closed_list():
    """What a condition compares is one of four kinds."""
    kinds = {NUMBER, TEXT, DATE, TIME}

    def kinds_of(resource: Resource) -> set[str]:
        own = {one.kind for one in resource.attributes}
        return own.union(*(kinds_of(child) for child in resource.children.values()))

    assert kinds_of(Resource("x", (Attribute("A"),), lambda client, parent: [])) <= kinds


@pytest.mark.parametrize("is_clamped, total", [(False, 1392), (True, 499)])
def test_500_rows_asked_for_are_499(caller, site, is_clamped, total):
    """The cap of live pods, whatever was asked; some count no further than it."""
    site.switches = replace(site.switches, is_total_clamped=is_clamped)
    body = caller.get("currencyRates", limit="500", totalResults="true").json()
    assert (body["count"], body["limit"], body["hasMore"], body["totalResults"]) == (499, 499, True, total)


def test_structured_errors_may_begin_with_another_version(caller, site):
    """From which version on they come by themselves is a switch."""
    site.switches = replace(site.switches, structured_errors_from=9)
    assert caller.get("journalBatches/1").headers["Content-Type"].startswith("text/plain")
