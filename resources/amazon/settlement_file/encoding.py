"""Choose the character set of a settlement file: byte order mark, announced charset, UTF-8, cp1252 or cp932.

Amazon announces a charset in the storage answer's Content-Type, but not always, and not always the true one. Settlement
text is nearly pure ASCII, so what matters is that no byte is lost and that a wrong announcement neither stops the file
nor turns its letters into others: nearly every byte is a letter of cp1252, while hardly any text but UTF-8 is UTF-8 by
chance. In: what the byte check saw. Out: a Python codec name and warnings.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from ledger.errors import SettlementFileRefused

CHUNK_BYTES = 1 << 20
# What the storage answers call them, and the Windows character set that contains each.
_FAMILIES = {"iso8859-1": "cp1252", "latin-1": "cp1252", "shift_jis": "cp932", "ascii": "utf-8", "utf-8-sig": "utf-8"}
_SUPPORTED = ("utf-8", "cp1252", "cp932")


def choose_charset(
    path: Path, source: str, *, announced: str | None, is_utf8: bool, is_ascii: bool, has_bom: bool, is_japanese: bool
) -> tuple[str, tuple[str, ...]]:
    """Return the codec to decode with and the warnings about the choice.

    Raises:
        SettlementFileRefused: The bytes fit none of the character sets.
    """
    if has_bom and is_utf8:
        return "utf-8", ()
    wanted, warnings = _announced(announced)
    is_contradicted = wanted == "cp1252" and is_utf8 and not is_ascii
    guesses = [wanted] if wanted and not is_contradicted else []
    guesses += ["utf-8", "cp932" if is_japanese else "cp1252", "cp1252" if is_japanese else "cp932"]
    for codec in dict.fromkeys(guesses):
        if is_utf8 if codec == "utf-8" else _decodes(path, codec):
            if wanted and codec != wanted:
                warnings = (*warnings, f"The file was announced as {wanted} but is not; it was read as {codec}.")
            return codec, warnings
    raise SettlementFileRefused(
        f"{source} holds bytes that are neither UTF-8 nor cp1252 nor cp932 text. Download the document again.",
        source=source,
    )


def _announced(charset: str | None) -> tuple[str | None, tuple[str, ...]]:
    if not charset:
        return None, ()
    try:
        codec = codecs.lookup(charset.strip().strip('"')).name
    except LookupError:
        codec = ""
    codec = _FAMILIES.get(codec, codec)
    if codec not in _SUPPORTED:
        return None, ("The announced character set is not one Amazon uses; the bytes themselves decided.",)
    return codec, ()


def _decodes(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
