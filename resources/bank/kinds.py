"""Tell a bank's statement by its first characters, without reading it: in which format it is, or that it is none.

In: the head of a file. Out: the name of its format. Whoever is handed a file that may be one asks here first: a whole
account number stands in it, so it is archived nowhere but by its own door.
"""

from __future__ import annotations

import re

HEAD_BYTES = 8000
# The two messages that look like the statement: what they hold is not what was booked, or stands in it once more.
OTHER_CAMT = {
    "BkToCstmrAcctRpt": "CAMT.052, a report of the running day, whose entries may still change",
    "BkToCstmrDbtCdtNtfctn": "CAMT.054, a notification, whose entries the statement holds once more",
}
# Where such a file goes.
BANK_DOOR = "hand it in by `connector bank import FILE`, or put it into the folder `bank` of the import folder."
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


def is_ofx(head: str) -> bool:
    """Tell whether a text begins like OFX of either version."""
    return "OFXHEADER" in head[:2000] or "<OFX>" in head[:4000]


def is_camt(head: str) -> bool:
    """Tell whether a text begins like an XML document of the statement of ISO 20022."""
    return _begins(head, "BkToCstmrStmt")


def other_camt(head: str) -> str:
    """Return which of the messages beside the statement a text begins like; "" for none."""
    return next((what for name, what in OTHER_CAMT.items() if _begins(head, name)), "")


def is_mt940(head: str) -> bool:
    """Tell whether a text begins like an MT940 message, or the interim report that looks like one."""
    return re.search(r"(?m)^:20:", head[:4000]) is not None


def _begins(head: str, name: str) -> bool:
    return "<" in head[:200] and re.search(rf"<(\w+:)?{name}\b", head[:HEAD_BYTES]) is not None


def bank_format(head: bytes) -> str:
    """Return the format of a bank's statement that begins with these bytes; "" for what is none by its first words.

    A first line of several columns is that of a table, whatever stands in the rows below it; a CSV file of a bank says
    nothing of itself and is not known here.
    """
    codec = next((codec for mark, codec in _MARKS.items() if head.startswith(mark)), "cp1252")
    text = head[:HEAD_BYTES].decode(codec, "replace").lstrip()
    if "\t" in text.partition("\n")[0].strip():
        return ""
    if is_ofx(text):
        return "OFX"
    if is_mt940(text):
        return "MT940"
    return "CAMT.053" if is_camt(text) else other_camt(text).partition(",")[0]
