"""Fetching a document: raw, whole or not at all, through links that die."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators import faults
from emulators.amazon.storage import stored_bytes
from emulators.amazon.world import Document
from ledger.errors import DocumentDamaged, SourceRefused, SourceUnavailable
from resources.amazon.gzip_check import Damage, GzipCheck
from tests.resources.amazon.client.rig import ROWS, Rig, answering, files_in, make_rig

PACKED = gzip.compress(ROWS, mtime=0)


def storing(
    rig: Rig,
    answer: Callable[[int], httpx.Response],
    *,
    compression: str | None = "GZIP",
    url: str = "https://s.example/d",
) -> tuple[httpx.BaseTransport, list[httpx.Request]]:
    """Return an Amazon whose storage answers by the number of the download, and what was asked of the storage."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.host.startswith("sellingpartnerapi"):
            body = {"reportDocumentId": "d1", "url": f"{url}?X-Amz-Signature=demo-signature-1"}
            return httpx.Response(200, json=body | ({"compressionAlgorithm": compression} if compression else {}))
        asked.append(request)
        return answer(len(asked))

    return answering(rig.clock, handle), asked


def wire(status: int, body: bytes, **headers: str) -> httpx.Response:
    """Return an answer whose body still has to be read, as from a socket."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=names, stream=httpx.ByteStream(body))


@pytest.mark.parametrize("is_gzip", [True, False])
def test_a_document_is_stored_raw_as_received(rig: Rig, tmp_path: Path, is_gzip: bool):
    """Packed stays packed; hash and size are of the file."""
    document_id = rig.add_settlement(1, is_gzip=is_gzip)
    done = rig.client().download(document_id, tmp_path / "report")
    raw = stored_bytes(Document(document_id, ROWS, is_gzip))
    assert done.path.read_bytes() == raw
    assert (done.bytes, done.sha256) == (len(raw), hashlib.sha256(raw).hexdigest())
    assert done.compression == ("GZIP" if is_gzip else "")
    assert files_in(tmp_path) == ["report"]
    assert rig.operations() == ["token", "getReportDocument", "download"]


@pytest.mark.parametrize(
    "content_type, charset",
    [
        ("text/plain; charset=UTF-8", "utf-8"),
        ("text/plain;charset=Cp1252", "cp1252"),
        ('text/tab-separated-values; charset="Shift_JIS"', "shift_jis"),
        ("text/plain", None),
        ("", None),
        (f"text/plain; charset={'x' * 50}", None),
    ],
)
def test_the_charset_is_what_the_storage_says_or_nothing(
    rig: Rig, tmp_path: Path, content_type: str, charset: str | None
):
    """A missing charset is normal, and no reason to refuse."""
    document_id = rig.add_settlement(1, content_type=content_type)
    assert rig.client().download(document_id, tmp_path / "report").charset == charset


def test_the_storage_sees_none_of_our_credentials(rig: Rig, tmp_path: Path):
    """A plain GET: the signature in the link is all it needs."""
    rig.client().download(rig.add_settlement(1), tmp_path / "report")
    download = rig.app.exchanges[-1]
    assert download.operation == "download"
    assert not {name for name in download.header_names if name.startswith("x-amz") or name == "authorization"}


def test_an_expired_link_is_replaced_by_a_fresh_one(rig: Rig, tmp_path: Path):
    """Five minutes may pass between link and download; the second link is used at once."""
    document_id = rig.add_settlement(1)
    client = rig.client()
    original, waits = client._fetcher._fresh_link, iter([301, 0])

    def late(document: str):
        link = original(document)
        rig.clock.advance(next(waits))
        return link

    client._fetcher._fresh_link = late
    assert client.download(document_id, tmp_path / "report").path.read_bytes() == PACKED
    assert rig.operations().count("getReportDocument") == 2


def test_links_that_are_always_expired_end_in_a_sentence(tmp_path: Path):
    """A clock that is wrong makes every link old: bounded, and the clock is named."""
    rig = make_rig(document_url_seconds=0)
    with pytest.raises(SourceUnavailable, match="clock"):
        rig.client().download(rig.add_settlement(1), tmp_path / "report")
    assert rig.operations().count("getReportDocument") == 3
    assert files_in(tmp_path) == []
    rig.app.close()


@pytest.mark.parametrize("is_gzip", [True, False])
def test_a_truncated_body_is_fetched_once_more(rig: Rig, tmp_path: Path, is_gzip: bool):
    """With a fresh link; the piece is thrown away."""
    document_id = rig.add_settlement(1, is_gzip=is_gzip)
    rig.faults.next("download", faults.truncated())
    done = rig.client().download(document_id, tmp_path / "report")
    assert done.path.read_bytes() == stored_bytes(Document(document_id, ROWS, is_gzip))
    assert rig.operations().count("getReportDocument") == 2
    assert files_in(tmp_path) == ["report"]


@pytest.mark.parametrize("is_gzip", [True, False])
def test_a_body_that_is_truncated_twice_is_damaged(rig: Rig, tmp_path: Path, is_gzip: bool):
    """Nothing is kept of it, and an older file of that name stays."""
    (tmp_path / "report").write_text("older")
    document_id = rig.add_settlement(1, is_gzip=is_gzip)
    rig.faults.always("download", faults.truncated(100))
    with pytest.raises(DocumentDamaged, match="came damaged 2 times"):
        rig.client().download(document_id, tmp_path / "report")
    assert (tmp_path / "report").read_text() == "older"
    assert files_in(tmp_path) == ["report"]


@pytest.mark.parametrize(
    "body, headers",
    [
        (PACKED[:-1], {}),
        (PACKED[:-8], {}),
        (PACKED[:5], {}),
        (b"", {}),
        (PACKED[:-8] + bytes(8), {}),
        (PACKED[:60] + b"XX" + PACKED[62:], {}),
        (PACKED + b"trailing", {}),
        (ROWS, {}),
        (b"<html>error</html>", {}),
        (PACKED, {"Content_Length": "7"}),
        (PACKED, {"Content_Length": str(len(PACKED) + 1)}),
    ],
)
def test_damage_is_seen_without_a_length_too(rig: Rig, tmp_path: Path, body: bytes, headers: dict[str, str]):
    """gzip's end, CRC and size; bytes behind the end; no gzip at all; a length that does not fit."""
    transport, asked = storing(rig, lambda number: wire(200, body, **headers))
    with pytest.raises(DocumentDamaged):
        rig.client(transport).download("d1", tmp_path / "report")
    assert (len(asked), files_in(tmp_path)) == (2, [])


@pytest.mark.parametrize("compression", ["GZIP", None])
def test_content_encoding_gzip_is_the_same_compression_and_not_unpacked(
    rig: Rig, tmp_path: Path, compression: str | None
):
    """Raw bytes are what is stored; twice unpacked would be damaged."""
    transport, _ = storing(rig, lambda number: wire(200, PACKED, Content_Encoding="gzip"), compression=compression)
    done = rig.client(transport).download("d1", tmp_path / "report")
    assert (done.path.read_bytes(), done.compression) == (PACKED, "GZIP")


def test_gzip_members_in_a_row_are_one_document(rig: Rig, tmp_path: Path):
    """RFC 1952 allows it."""
    body = gzip.compress(b"a" * 1000) + gzip.compress(b"b" * 1000)
    transport, _ = storing(rig, lambda number: wire(200, body))
    assert rig.client(transport).download("d1", tmp_path / "report").bytes == len(body)


@pytest.mark.parametrize("bounds", [{"document_bytes_max": 100}, {"document_unpacked_bytes_max": len(ROWS) - 1}])
def test_a_document_larger_than_any_settlement_is_refused(rig: Rig, tmp_path: Path, bounds: dict[str, int]):
    """On the wire and unpacked: a bomb does not fill the disk."""
    document_id = rig.add_settlement(1)
    with pytest.raises(DocumentDamaged, match="than a settlement can have"):
        rig.client(**bounds).download(document_id, tmp_path / "report")
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("fault", [faults.dropped(), faults.status(503), faults.html(502)])
def test_a_shaky_storage_is_asked_again(rig: Rig, tmp_path: Path, fault: faults.Fault):
    """Before a body began, the rings repeat it on the same link."""
    document_id = rig.add_settlement(1)
    rig.faults.next("download", fault)
    rig.client().download(document_id, tmp_path / "report")
    assert rig.operations().count("getReportDocument") == 1


def test_a_storage_that_stays_away_is_unavailable(rig: Rig, tmp_path: Path):
    """Bounded, and the link is in no sentence."""
    rig.faults.always("download", faults.dropped())
    with pytest.raises(SourceUnavailable, match="no answer") as caught:
        rig.client().download(rig.add_settlement(1), tmp_path / "report")
    assert "X-Amz" not in str(caught.value)


@pytest.mark.parametrize(
    "status, body",
    [(404, b"<Error><Code>NoSuchKey</Code></Error>"), (403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")],
)
def test_a_refusal_of_the_storage_is_final(rig: Rig, tmp_path: Path, status: int, body: bytes):
    """Only an expired link is worth a fresh one."""
    transport, asked = storing(rig, lambda number: wire(status, body))
    with pytest.raises(SourceRefused, match=f"HTTP {status}"):
        rig.client(transport).download("d1", tmp_path / "report")
    assert len(asked) == 1


def test_an_endless_error_page_is_not_read_to_its_end(rig: Rig, tmp_path: Path):
    """Sixty-four kilobytes tell enough."""
    read: list[int] = []

    def endless():
        for number in range(10_000):
            read.append(number)
            yield b"x" * 1024

    class Stream(httpx.SyncByteStream):
        def __iter__(self):
            return endless()

    transport, _ = storing(rig, lambda number: httpx.Response(403, stream=Stream()))
    with pytest.raises(SourceRefused):
        rig.client(transport).download("d1", tmp_path / "report")
    assert len(read) < 100


@pytest.mark.parametrize(
    "url",
    [
        "http://storage.example/d",
        "http://127.0.0.1:9/d",
        "ftp://storage.example/d",
        "file:///etc/passwd",
        "https://user:pw@storage.example/d",
        "//storage.example/d",
        "d",
    ],
)
def test_a_link_without_tls_is_not_followed(rig: Rig, tmp_path: Path, url: str):
    """Nor one into this machine's own files and ports."""
    transport, asked = storing(rig, lambda number: wire(200, PACKED), url=url)
    with pytest.raises(SourceRefused, match="https://") as caught:
        rig.client(transport).download("d1", tmp_path / "report")
    assert asked == []
    assert "demo-signature-1" not in str(caught.value)


def test_an_emulator_on_this_machine_may_serve_documents_without_tls(rig: Rig, tmp_path: Path):
    """The same loopback host that was configured as Amazon: what `make demo` runs on."""
    document_id = rig.add_settlement(1)
    client = rig.client(api_url="http://127.0.0.1:8801/na", token_url="http://127.0.0.1:8801/lwa/auth/o2/token")
    assert client.download(document_id, tmp_path / "report").path.read_bytes() == PACKED


def test_the_quota_of_links_is_kept(rig: Rig, tmp_path: Path):
    """Burst 15, then one a minute; downloads themselves have no quota."""
    ids = [rig.add_settlement(number) for number in range(17)]
    client = rig.client()
    for document_id in ids:
        client.download(document_id, tmp_path / "report", is_for_settlements=True)
    assert rig.clock.monotonic() == pytest.approx(2 / 0.0167, rel=0.01)
    assert {exchange.status for exchange in rig.app.exchanges} == {200}


@given(st.binary(max_size=3000), st.lists(st.integers(1, 500), min_size=1, max_size=8))
def test_a_whole_stream_passes_however_it_is_cut(content: bytes, sizes: list[int]):
    """Property: pieces of any size, whole means whole."""
    packed, at, check = gzip.compress(content), 0, GzipCheck(10_000)
    while at < len(packed):
        size = sizes[at % len(sizes)]
        check.feed(packed[at : at + size])
        at += size
    check.finish()


@given(st.binary(min_size=1, max_size=300), st.data())
def test_no_prefix_of_a_stream_passes(content: bytes, data: st.DataObject):
    """Property: one missing byte is enough."""
    packed = gzip.compress(content)
    check = GzipCheck(10_000)
    check.feed(packed[: data.draw(st.integers(0, len(packed) - 1))])
    with pytest.raises(Damage, match="breaks off"):
        check.finish()


def test_a_stream_that_unpacks_to_too_much_stops_early():
    """A bomb of a gigabyte costs a megabyte of work."""
    check = GzipCheck(1_000_000)
    with pytest.raises(Damage, match="unpacks to more"):
        check.feed(gzip.compress(bytes(50_000_000)))
