"""What would be booked otherwise, line by line: one case a line, with the rows a person sees at its end."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledger.accounts import AccountKey
from ledger.difference import difference
from ledger.journal import Journal, JournalLine, SourceKey

SOURCE = SourceKey("A1SELLER", "ledger", "settlement", "24000000001")
OCTOBER, NOVEMBER = date(2026, 10, 31), date(2026, 11, 9)


def journal(*lines: str, part: int = 1, on: date = NOVEMBER, **changes) -> Journal:
    """Return a document of lines written `account amount reference text`, `-` for no reference."""
    made = tuple(_line(number, *text.split(" ", 3)) for number, text in enumerate(lines, start=1))
    plain = Journal(SOURCE, 1, part, 1, "US001", on, "USD", "CRRNT", "Amazon settlement", made)
    return replace(plain, **changes)


def _line(number: int, account: str, amount: str, reference: str, text: str = "") -> JournalLine:
    key = AccountKey.of("US001", account=account)
    return JournalLine(number, key, Decimal(amount), "" if reference == "-" else reference, text)


def shown(sent: list[Journal], now: list[Journal]) -> list[str]:
    """Return the rows as text: what, account, text, sent and now."""
    rows = difference(sent, now).rows()
    return [f"{row['what']} {row['account'].split('/')[-1]} {row['text']} {row['sent']}|{row['now']}" for row in rows]


SALE = ("1105 100.00 S1", "4001 -100.00 - revenue")

# What was sent -> what would be sent now -> the rows.
CASES = [
    ("the same", [journal(*SALE)], [journal(*SALE)], []),
    (
        "another account",
        [journal(*SALE)],
        [journal(SALE[0], "4002 -100.00 - revenue")],
        ["removed account=4001 revenue -100.00|", "added account=4002 revenue |-100.00"],
    ),
    (
        "another amount",
        [journal(*SALE)],
        [journal("1105 90.00 S1", "4001 -90.00 - revenue")],
        ["changed account=1105  100.00|90.00", "changed account=4001 revenue -100.00|-90.00"],
    ),
    (
        "another text",
        [journal(*SALE)],
        [journal(SALE[0], "4001 -100.00 - revenue +1")],
        ["changed account=4001 revenue → revenue +1 -100.00|-100.00"],
    ),
    (
        "a side more",
        [journal(*SALE)],
        [journal(*SALE, "5001 7.00 - fees", "1105 -7.00 S1")],
        ["added account=1105  |-7.00", "added account=5001 fees |7.00"],
    ),
    (
        "nothing any more",
        [journal(*SALE)],
        [],
        ["removed account=1105  100.00|", "removed account=4001 revenue -100.00|"],
    ),
    (
        "another date only",
        [journal(*SALE)],
        [journal(*SALE, on=OCTOBER)],
        ["changed (whole document) accounting date 2026-11-09 → 2026-10-31 |"],
    ),
    (
        "another rate type only",
        [journal(*SALE)],
        [journal(*SALE, rate_type="SPOT")],
        ["changed (whole document) rate type CRRNT → SPOT |"],
    ),
    (
        "split by month",
        [journal(*SALE)],
        [
            journal("1105 60.00 S1", "4001 -60.00 - revenue", on=OCTOBER),
            journal("1105 40.00 S1", "4001 -40.00 - revenue", part=2),
        ],
        [
            "changed account=1105  100.00|40.00",
            "changed account=4001 revenue -100.00|-40.00",
            "added account=1105  |60.00",
            "added account=4001 revenue |-60.00",
        ],
    ),
    (
        "moved to another part of the same day",
        [journal(*SALE), journal("1105 5.00 S1", "4001 -5.00 - gift wrap", part=2)],
        [journal("1105 5.00 S1", "4001 -5.00 - gift wrap"), journal(*SALE, part=2)],
        [],
    ),
]


@pytest.mark.parametrize(("sent", "now", "rows"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_every_difference_is_a_row(sent, now, rows):
    """Added, removed and changed lines each once; what is equal is not told."""
    assert sorted(shown(sent, now)) == sorted(rows)


def test_two_lines_of_one_name_are_paired_each_once():
    """An account with the same text twice loses one of its lines, not both."""
    twice = journal("5001 3.00 - fee", "5001 4.00 - fee", "1105 -7.00 S1")
    once = journal("5001 3.00 - fee", "1105 -3.00 S1")
    assert shown([twice], [once]) == ["changed account=1105  -7.00|-3.00", "removed account=5001 fee 4.00|"]


def test_the_sentence_counts_and_the_amount_is_the_money_in_question():
    """A hundred moved to another account is a hundred, not two hundred."""
    found = difference([journal(*SALE)], [journal(SALE[0], "4002 -100.00 - revenue")])
    assert found.amount == Decimal("100.00")
    assert found.sentence() == "2 lines differ from what was sent (1 added, 1 removed)."


def test_a_quantity_that_differs_is_a_changed_line():
    """Statistical amounts are booked too."""
    sent = journal(*SALE)
    lines = (sent.lines[0], replace(sent.lines[1], quantity=Decimal(2)))
    [row] = difference([sent], [replace(sent, lines=lines)]).rows()
    assert row["text"] == "revenue → revenue (2 units)"


def test_amounts_are_shown_with_the_decimals_of_their_currency():
    """Cents where there are cents."""
    sent = [journal("1105 100 S1", "4001 -100 - revenue", currency="JPY")]
    [row, _] = difference(sent, []).rows()
    assert row["sent"] == "100"
