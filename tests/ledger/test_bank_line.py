"""A bank line names a transfer wherever the bank put it, keeps no account number, and is the same line again."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.account_numbers import without_account_numbers
from ledger.bank_line import BankLine, clean, keyed, tail

LINE = BankLine("6789", date(2026, 11, 3), date(2026, 11, 3), Decimal("250.75"), "EUR", "AMAZON", "", "", "1", 1)
# Published examples of the IBAN registry.
IBANS = ("DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606", "NL91ABNA0417164300")


@pytest.mark.parametrize(
    ("words", "trace", "is_named"),
    [
        ("AMAZON 4B03616UONXSAWP", "4B03616UONXSAWP", True),
        ("PAYMENTS4B03616UONXSAWP", "4B03616UONXSAWP", True),  # MT940 joins pieces without a blank
        ("4B0361 6UONXSAWP", "4b03616uonxsawp", True),  # or breaks the line in the middle
        ("AMAZON 4B03616UONXSAW", "4B03616UONXSAWP", False),
        ("AMAZON 1234567", "1234567", False),  # too short to mean anything in free text
        ("AMAZON", "", False),
    ],
)  # fmt: skip
def test_a_line_names_a_transfer(words: str, trace: str, is_named: bool) -> None:
    """In its text, its reference or the bank's own id."""
    assert replace(LINE, text=words).names(trace) is is_named
    assert replace(LINE, reference=words).names(trace) is is_named
    assert replace(LINE, bank_id=words).names(trace) is is_named


@pytest.mark.parametrize("iban", IBANS)
def test_an_iban_shows_its_last_four_characters(iban: str) -> None:
    """Written together, in groups of four, or glued to what stands around it."""
    grouped = " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))
    for words in (iban, grouped, f"?31{iban}?32AMAZON", f"from {iban}AMAZON"):
        hidden = without_account_numbers(words)
        assert iban[:-4] not in hidden.replace(" ", "")
        assert iban[-4:] in hidden.replace(" ", "")


@pytest.mark.parametrize("before", ["Rechnung RE12345 ", "RF18 ", "GB82 WEST 1234 ", "AT61 1904 3002 3457 3201 ", "X"])
@pytest.mark.parametrize("iban", IBANS)
def test_an_iban_behind_another_word_of_its_kind_is_hidden(before: str, iban: str) -> None:
    """A reference, or a second IBAN, right before it does not cover it; a letter glued to it makes another word."""
    hidden = clean(f"{before}{iban} DANKE")
    assert (iban in hidden) == (before == "X")
    assert hidden.endswith(f"{iban[-4:]} DANKE")
    assert "1904 3002" not in hidden


def test_a_reference_that_only_looks_like_an_iban_stays_whole() -> None:
    """Its check digits are wrong, or its country has other lengths."""
    for words in ("DE88370400440532013000", "AB12CDEF3456789012", "4B03616UONXSAWP", "US20261103ABCDEFGH"):
        assert clean(words) == words


@pytest.mark.parametrize(
    ("words", "hidden"),
    [
        ("to 1234567890.", "to ******7890."),
        ("to 1234 5678 90", "to **** **78 90"),
        ("to 1234-567-890", "to ****-**7-890"),
        ("12345\n67890", "*****\n*7890"),
        ("no 0001234567890", "no 000******7890"),
        ("its last four: 7890", "its last four: 7890"),
        ("short 55123", "short *5123"),
        ("REF1551239", "REF1551239"),
    ],
)
def test_a_known_number_is_hidden_however_it_is_grouped(words: str, hidden: str) -> None:
    """In groups, or broken by the end of a line; a short one is not looked for inside other numbers."""
    assert without_account_numbers(words, ("1234567890", "55123", "7890", "")) == hidden


def test_four_characters_are_kept_of_an_account() -> None:
    """Blanks and dots are not among them."""
    assert tail("DE89 3704 0044 0532 0130 00") == "3000"
    assert tail("12.345.678-9") == "6789"


@given(st.text(max_size=80))
def test_cleaning_is_done_once(words: str) -> None:
    """What is clean stays as it is, so that a key is the same however often a line is read."""
    assert clean(clean(words)) == clean(words)


@given(st.lists(st.sampled_from(("a", "b", "c")), max_size=8))
def test_keys_are_unique_and_of_the_content(ids: list[str]) -> None:
    """As many keys as lines; the n-th of equal lines has the same key in every statement that holds the day."""
    lines = keyed([replace(LINE, bank_id=one, source_row=row) for row, one in enumerate(ids)])
    assert len({line.key for line in lines}) == len(ids)
    moved = keyed([replace(line, source_row=line.source_row + 7, statement_id="2") for line in lines])
    assert [line.key for line in moved] == [line.key for line in lines]


def test_a_statement_that_goes_on_counts_on() -> None:
    """Two equal lines on two pages are two; on one page told twice they are the same."""
    pages = Counter[str]()
    assert keyed([LINE], pages)[0].key != keyed([LINE], pages)[0].key
    assert keyed([LINE])[0].key == keyed([LINE])[0].key


def test_the_text_of_a_line_with_a_bank_id_does_not_matter() -> None:
    """Banks complete the words of a line later; its id stays."""
    [first] = keyed([replace(LINE, bank_id="B1")])
    [later] = keyed([replace(LINE, bank_id="B1", text="AMAZON PAYMENTS", reference="X")])
    assert first.key == later.key
