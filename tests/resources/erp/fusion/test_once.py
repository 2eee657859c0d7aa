"""Exactly once against a Fusion that refuses nothing: every send makes a batch, and every answer may be lost."""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile

import httpx
import pytest

from ledger.errors import TargetUnclear
from resources.erp.fusion.columns import COLUMNS
from resources.erp.target import BooksState
from tests.resources.erp.fusion.scripted import answer, book_line, found, job_at


class Importer:
    """An import that runs when told, from the file alone: rows of one group wait until then."""

    def __init__(self, script) -> None:
        self.script = script
        self.waiting: dict[str, list[dict[str, str]]] = {}
        self.files: list[str] = []
        self.loses_answers = False
        self.loses_files = False

    def take(self, request: httpx.Request) -> httpx.Response:
        """Load one file; answer, or lose file or answer on the way."""
        body = json.loads(request.content)
        if self.loses_files:
            raise httpx.ReadError("lost", request=request)
        self.files.append(body["FileName"])
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(body["DocumentContent"]))) as opened:
            text = io.StringIO(opened.read("GlInterface.csv").decode("utf-8"), newline="")
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in csv.reader(text)]
        group = body["ParameterList"].split(",")[3]
        assert {row["GROUP_ID"] for row in rows} == {group}
        self.waiting.setdefault(group, []).extend(rows)
        if self.loses_answers:
            raise httpx.ReadTimeout("lost", request=request)
        return answer({"ReqstId": "10073567"}, 201)

    def run(self, status: str = "U") -> None:
        """Import what waits, one batch per group."""
        for group, rows in self.waiting.items():
            first = rows[0]
            lines = [
                book_line(
                    number,
                    "-".join(row[f"SEGMENT{position}"] for position in (1, 2, 3)),
                    row["ENTERED_DR"] or f"-{row['ENTERED_CR']}",
                    ref=row["JGZZ_RECON_REF"],
                    text=row["REFERENCE10"],
                )
                for number, row in enumerate(rows, start=1)
            ]
            self.script.book(
                f"{first['REFERENCE1']} {first['USER_JE_SOURCE_NAME']} {group} 10073568",
                lines,
                batch_id=1715986 + len(self.script.tables["journalBatches"]),
                status=status,
                day=first["ACCOUNTING_DATE"].replace("/", "-"),
                BatchDescription=first["REFERENCE2"],
                DefaultPeriodName=first["PERIOD_NAME"],
            )
        self.waiting.clear()

    def listed(self, request: httpx.Request) -> httpx.Response:
        """Answer which files have arrived."""
        prefix = request.url.params["finder"].partition("filePrefix=")[2].partition(",")[0]
        return found(*({"DocumentId": str(n)} for n, one in enumerate(self.files) if one.startswith(prefix)))


@pytest.fixture
def importer(site) -> Importer:
    """An import behind the scripted site."""
    made = Importer(site.script)
    site.script.answers["importBulkData"] = made.take
    site.script.answers["DocumentIdsByFilePrefixRF"] = made.listed
    return made


@pytest.mark.parametrize("version", [1, 4])
@pytest.mark.parametrize("reference_in", ["reconciliation", "description"])
def test_a_journal_travels_into_the_books_and_back(site, importer, journal, version, reference_in):
    """Sent, imported, posted, and compared to the cent."""
    target = site.target(framework_version=version, reference_in=reference_in)
    assert target.find([journal]).is_certain
    target.submit(journal)
    assert target.status(journal).state is BooksState.WAITING
    importer.run(status="P")
    assert target.status(journal).state is BooksState.POSTED
    (one,) = target.find([journal]).found
    assert one.is_same
    assert [line.amount for line in target.read_back(journal).lines] == [line.amount for line in journal.lines]
    assert [line.reference for line in target.read_back(journal).lines] == [line.reference for line in journal.lines]


def test_a_lost_answer_is_answered_by_the_books(site, importer, journal):
    """The file waits in the queue: until its batch shows, nothing is certain and nothing is sent."""
    target = site.target()
    importer.loses_answers = True
    with pytest.raises(TargetUnclear):
        target.submit(journal)
    site.clock.advance(target.quiet_period_seconds)
    assert not target.find([journal]).is_certain
    importer.run()
    (one,) = target.find([journal]).found
    assert (one.key_matches, one.is_same) == (journal.key, True)


def test_a_lost_file_is_provably_absent_and_sent_again(site, importer, journal):
    """With the same names, so that it stays one document."""
    target = site.target()
    importer.loses_files = True
    with pytest.raises(TargetUnclear):
        target.submit(journal)
    assert target.find([journal]).is_certain
    importer.loses_files = False
    target.submit(journal)
    importer.run()
    assert [one.key_matches for one in target.find([journal]).found] == [journal.key]
    assert target.find([journal]).found[0].is_same


def test_another_worker_that_sent_it_meanwhile_is_seen(site, importer, journal):
    """Between two workers only the books know; the second look comes right before the send."""
    site.target().submit(journal)
    importer.run()
    site.memory = type(site.memory)()
    with pytest.raises(TargetUnclear, match="of this name already"):
        site.target().submit(journal)
    assert site.script.calls("importBulkData") == 1


def test_a_failed_import_that_a_person_repairs_is_found_posted(site, importer, journal):
    """The batch says more than the job that failed."""
    target = site.target()
    target.submit(journal)
    site.script.answers["ESSJobStatusRF"] = job_at("ERROR")
    assert target.status(journal).state is BooksState.ERROR
    importer.run(status="P")
    assert target.status(journal).state is BooksState.POSTED
    assert target.find([journal]).found[0].is_same
