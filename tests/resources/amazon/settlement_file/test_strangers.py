"""What is no settlement is refused by its own name."""

from __future__ import annotations

import pytest

from tests.resources.amazon.settlement_file.texts import V2_COLUMNS, Desk, v2_text

ACCESS_DENIED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message>'
    "<RequestId>1</RequestId></Error>"
)


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is empty"),
        (b" \r\n\t\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "is an HTML page"),
        (b"\n <HTML><head>", "is an HTML page"),
        (ACCESS_DENIED.encode(), "is an XML error with code AccessDenied"),
        (b"<Error><Code>NoSuchKey</Code></Error>", "is an XML error with code NoSuchKey"),
        (b"<?xml version='1.0'?><nothing/>", "is an XML error,"),
        (b"<?xml version='1.0'?><AmazonEnvelope><SettlementReport>", "is the XML settlement report"),
        (b'{"errors":[{"code":"QuotaExceeded","message":"m"}]}', "is a JSON answer with code QuotaExceeded"),
        (b'{"errors":[{"code":"Unauthorized","mess', "is a JSON answer with code Unauthorized"),
        (b"[]", "is a JSON answer,"),
        (b"PK\x03\x04\x14\x00", "is a ZIP archive or an Excel workbook"),
        (b"%PDF-1.7", "is a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "is an old Excel workbook"),
        (v2_text(["1.00"]).encode("utf-16"), "is UTF-16 text"),
        (v2_text(["1.00"]).encode("utf-16-le"), "is binary"),
        (bytes(range(256)) * 4, "is binary"),
        (b"just a word", "has no settlement header"),
        ("\t".join(V2_COLUMNS).encode(), "has a header but no rows"),
        (("\t".join(V2_COLUMNS) + "\n\n").encode(), "has a header but no rows"),
        (b"amazon-order-id\tmerchant-order-id\tpurchase-date\n1\t2\t3\n", "is an orders report"),
        (b"approval-date\treimbursement-id\tcase-id\n1\t2\t3\n", "is the FBA reimbursements report"),
        (b"date/time\tsettlement id\ttype\n1\t2\t3\n", "is the date-range transaction report"),
        (b"a\tb\tc\n1\t2\t3\n", "It begins with the columns a, b, c."),
        (v2_text(["1.00"]).replace("\t", ",").encode(), "are not separated by tabs"),
        (v2_text(["1.00"]).replace("\t", ";").encode(), "are not separated by tabs"),
        (b"x" * 2_000_000, "has no line end"),
    ],
)
def test_a_stranger_is_refused_by_name(desk: Desk, content: bytes, words: str) -> None:
    """Rule: the sentence says what the file is, and names the file."""
    sentence = str(desk.refused(content))
    assert words in sentence
    assert sentence.startswith("report.txt ")


def test_a_stranger_is_not_quoted(desk: Desk) -> None:
    """Rule: nothing of a foreign document but its error code reaches the sentence."""
    secret = "X-Amz-Signature=abcdef"
    sentences = [
        str(desk.refused(f"<Error><Code>AccessDenied</Code><Message>{secret}</Message></Error>")),
        str(desk.refused(f'{{"errors":[{{"code":"Denied","details":"{secret}"}}]}}')),
        str(desk.refused(f"{secret}\tb\tc\n1\t2\t3\n")),
    ]
    assert not any("abcdef" in sentence for sentence in sentences)
