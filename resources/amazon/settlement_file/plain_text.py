"""Make plain text of a file as archived: unpacked, UTF-8, LF line ends, no byte order mark, no blank last lines.

In: the archived file, perhaps packed with gzip. Out: `PlainText`, which names the file itself when it is plain already
(the usual case: one pass over the bytes and no copy) or a copy in the scratch folder. The pass looks for zero bytes
and carriage returns, proves the encoding and counts the line feeds, which the rows read later must equal. The hash of
the content runs beside it in a thread of its own.
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import SettlementFileRefused
from resources.amazon.settlement_file.content_hash import ContentHash
from resources.amazon.settlement_file.encoding import CHUNK_BYTES, choose_charset
from resources.amazon.settlement_file.strangers import refuse_nul, refuse_stranger

# A settlement of 100 million lines; more than that is an attack with zeros.
UNPACKED_BYTES_MAX = 20 * 10**9
_HEAD_BYTES = 1 << 20
_SURVEY_BYTES = 1 << 18
_GZIP_MAGIC = b"\x1f\x8b"
_BOM = codecs.BOM_UTF8
_BLANK = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class PlainText:
    """UTF-8 text with LF line ends at `path`; `data_lines` counts the lines after the header.

    `is_cut_off`: the last line has no line end and fewer fields than header and summary have.
    """

    path: Path
    source: str
    charset: str
    first_lines: tuple[str, ...]
    data_lines: int
    is_last_line_ended: bool
    is_cut_off: bool
    warnings: tuple[str, ...]
    content_hash: Future[str]


@dataclass(frozen=True, slots=True)
class _Survey:
    line_feeds: int
    has_returns: bool
    is_utf8: bool
    is_ascii: bool
    last_byte: bytes


def as_plain_text(
    archived: Path,
    folder: Path,
    charset: str | None,
    hashing: ContentHash,
    document_sha256: str | None = None,
    wanted: str = "a settlement",
) -> PlainText:
    """Return the text of an archived file; copies go to `folder`.

    The SHA-256 of the archived bytes, if known, is the content hash of a file that is plain already. `wanted` names
    what the file should be, for sentences.

    Raises:
        SettlementFileRefused: Empty, binary, packed but damaged, no text, or an answer that is no settlement at all.
    """
    source = archived.name
    path = _unpacked(archived, folder, source, wanted)
    head = _head(path)
    refuse_stranger(head, source, wanted)
    has_bom = head.startswith(_BOM)
    digest = hashing.known(document_sha256) if document_sha256 and path == archived else None
    if digest is None and not has_bom:
        digest = hashing.start(path)
    survey = _survey(path, source, wanted)
    codec, warnings = choose_charset(
        path,
        source,
        announced=charset,
        is_utf8=survey.is_utf8,
        is_ascii=survey.is_ascii,
        has_bom=has_bom,
        is_japanese=b"\tJPY" in head or b"amazon.co.jp" in head.lower(),
    )
    is_plain = not (has_bom or survey.has_returns or _has_blank_tail(path)) and (survey.is_ascii or codec == "utf-8")
    if not is_plain:
        hashing.forget()
        path, warnings = _rewritten(path, folder, codec, survey, warnings)
        survey = _survey(path, source, wanted)
    is_ended = survey.last_byte == b"\n"
    if digest is None or not (is_plain and is_ended):
        digest = hashing.start(path)
    first_lines = _first_lines(_head(path), source, wanted)
    return PlainText(
        path=path,
        source=source,
        charset=codec,
        first_lines=first_lines,
        data_lines=survey.line_feeds + (not is_ended) - 1,
        is_last_line_ended=is_ended,
        is_cut_off=not is_ended and _is_last_line_short(path, first_lines),
        warnings=warnings,
        content_hash=digest,
    )


def _unpacked(archived: Path, folder: Path, source: str, wanted: str) -> Path:
    with archived.open("rb") as file:
        if file.read(2) != _GZIP_MAGIC:
            return archived
    target = folder / "unpacked.txt"
    size = 0
    try:
        with gzip.open(archived) as packed, target.open("wb") as out:
            while chunk := packed.read(CHUNK_BYTES):
                size += out.write(chunk)
                if size > UNPACKED_BYTES_MAX:
                    raise SettlementFileRefused(
                        f"{source} unpacks to more than {UNPACKED_BYTES_MAX:,} bytes; {wanted} is never that large.",
                        source=source,
                    )
    except EOFError:
        raise SettlementFileRefused(
            f"{source} is cut off: the gzip stream ends too early. Download the document again.", source=source
        ) from None
    except (gzip.BadGzipFile, zlib.error):
        raise SettlementFileRefused(
            f"{source} is packed with gzip but damaged: it cannot be unpacked. Download the document again.",
            source=source,
        ) from None
    return target


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _survey(path: Path, source: str, wanted: str) -> _Survey:
    line_feeds, has_returns, is_ascii, chunk = 0, False, True, b""
    decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while block := file.read(_SURVEY_BYTES):
            chunk = block
            zero = chunk.find(0)
            if zero >= 0:
                refuse_nul(source, line_feeds + chunk.count(b"\n", 0, zero) + 1, wanted)
            line_feeds += chunk.count(b"\n")
            has_returns = has_returns or chunk.find(b"\r") >= 0
            if chunk.isascii() and (is_ascii or decoder is None):
                continue
            is_ascii = False
            decoder = _decoded(decoder, chunk)
    decoder = _decoded(decoder, b"", is_final=True)
    return _Survey(line_feeds, has_returns, decoder is not None, is_ascii, chunk[-1:])


def _decoded(
    decoder: codecs.IncrementalDecoder | None, chunk: bytes, *, is_final: bool = False
) -> codecs.IncrementalDecoder | None:
    if decoder is not None:
        try:
            decoder.decode(chunk, is_final)
        except UnicodeDecodeError:
            return None
    return decoder


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _SURVEY_BYTES))
        return file.read()


def _has_blank_tail(path: Path) -> bool:
    """Tell whether blank lines, or a line of blanks, follow the last row."""
    tail = _tail(path)
    _, line_feed, rest = tail[len(tail.rstrip(_BLANK)) :].partition(b"\n")
    return bool(line_feed and rest)


def _is_last_line_short(path: Path, first_lines: tuple[str, ...]) -> bool:
    fields = [line.count("\t") for line in first_lines[:2]]
    last = _tail(path).rpartition(b"\n")[2]
    return len(first_lines) > 2 and fields[0] == fields[1] and last.count(b"\t") < fields[0]


def _rewritten(
    path: Path, folder: Path, codec: str, survey: _Survey, warnings: tuple[str, ...]
) -> tuple[Path, tuple[str, ...]]:
    target = folder / "plain.txt"
    decoder = codecs.getincrementaldecoder("utf-8-sig" if codec == "utf-8" else codec)()
    lone_return = " " if survey.line_feeds else "\n"
    held, has_lone_return = "", False
    with path.open("rb") as file, target.open("w", encoding="utf-8", newline="") as out:
        while True:
            chunk = file.read(CHUNK_BYTES)
            text = (held + decoder.decode(chunk, final=not chunk)).replace("\r\n", "\n")
            # A carriage return at the very end waits for the line feed that may follow it.
            waiting = "\r" if chunk and text.endswith("\r") else ""
            text = text[: len(text) - len(waiting)]
            has_lone_return = has_lone_return or "\r" in text
            text = text.replace("\r", lone_return)
            body = text.rstrip(" \t\n")
            out.write(body)
            held = text[len(body) :] + waiting
            if not chunk:
                break
        out.write(held[: held.index("\n") + 1] if "\n" in held else held)
    if has_lone_return and survey.line_feeds:
        warnings = (*warnings, "Carriage returns inside rows were read as blanks.")
    return target, warnings


def _first_lines(head: bytes, source: str, wanted: str) -> tuple[str, ...]:
    """Return the header, the summary and a few rows; the last line of a cut head is left out."""
    lines = head.split(b"\n", 8)
    is_whole = len(head) < _HEAD_BYTES
    if len(lines) == 1 and not is_whole:
        raise SettlementFileRefused(
            f"{source} has no line end in its first {_HEAD_BYTES:,} bytes, so it is not {wanted}.", source=source
        )
    kept = lines if is_whole and len(lines) < 9 and lines[-1] else lines[:-1]
    return tuple(line.decode("utf-8") for line in kept)
