"""The buffer of Create: the key is ours and stable, texts are taken by every site, nothing is cut that matters."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InputRefused
from ledger.journal import SourceKey
from ledger.references import reference
from resources.erp.peoplesoft import payload
from resources.erp.peoplesoft.profile import PeopleSoftProfile

PROFILE = PeopleSoftProfile(base_url="https://ps.example")


def test_a_journal_id_is_the_same_for_ever():
    """Golden: another id for the same key would be a second journal."""
    assert payload.journal_id('["A1SELLER","US001/ACTUALS","settlement","12345678901"]#1.1', "A") == "AS65SIDGKE"
    assert payload.journal_id('["A1SELLER","US001/ACTUALS","settlement","12345678901"]#2.1', "A") == "ARVPG7TUR0"


@given(st.text(), st.sampled_from("ABZ"))
def test_a_journal_id_has_ten_characters_and_is_never_next(key, letter):
    """One letter of the channel and nine base-36 digits, upper case."""
    made = payload.journal_id(key, letter)
    assert re.fullmatch(f"{letter}[0-9A-Z]{{9}}", made)
    assert made != "NEXT"


def test_every_part_of_the_posting_key_changes_the_journal_id(journal):
    """Seller, ledger, kind, source, revision and part each make another journal."""
    source = journal.source
    others = [
        replace(journal, source=replace(source, seller="A2")),
        replace(journal, source=replace(source, ledger="UK001/ACTUALS")),
        replace(journal, source=replace(source, kind="cash")),
        replace(journal, source=replace(source, source_id="12345678902")),
        replace(journal, revision=2),
        replace(journal, part=2),
    ]
    ids = {payload.natural_key(one, PROFILE)[1] for one in (journal, *others)}
    assert len(ids) == 7


def test_the_buffer_holds_header_and_lines_by_property_name(journal):
    """The whole of it, as a person reads it."""
    assert payload.buffer(journal, PROFILE) == {
        "BUSINESS_UNIT": "US001",
        "JOURNAL_ID": "AS65SIDGKE",
        "JOURNAL_DATE": "2026-11-14",
        "UNPOST_SEQ": "0",
        "LEDGER_GROUP": "ACTUALS",
        "SOURCE": "AMZ",
        "FOREIGN_CURRENCY": "USD",
        "RT_TYPE": "CRRNT",
        "DESCR254": "AMZ 12345678901 r1 p1/1 Amazon settlement 12345678901",
        "JRNL_LN": [
            {
                "BUSINESS_UNIT": "US001",
                "JOURNAL_LINE": "1",
                "ACCOUNT": "110500",
                "FOREIGN_CURRENCY": "USD",
                "FOREIGN_AMOUNT": "1150.37",
                "JRNL_LN_REF": "S5O6AQT1",
                "LINE_DESCR": "AMZ 12345678901",
            },
            {
                "BUSINESS_UNIT": "US001",
                "JOURNAL_LINE": "2",
                "ACCOUNT": "400100",
                "DEPTID": "10000",
                "PRODUCT": "AMZ",
                "FOREIGN_CURRENCY": "USD",
                "FOREIGN_AMOUNT": "-1250.37",
                "LINE_DESCR": "Sales",
            },
            {
                "BUSINESS_UNIT": "US001",
                "JOURNAL_LINE": "3",
                "ACCOUNT": "600100",
                "DEPTID": "20000",
                "FOREIGN_CURRENCY": "USD",
                "FOREIGN_AMOUNT": "100.00",
                "LINE_DESCR": "Referral fees",
            },
        ],
    }


def test_amounts_have_the_decimals_of_their_currency(make_journal):
    """Yen have none, and nothing is written in scientific notation."""
    lines = (make_journal.line(1, "110500", "1500000", ref="X"), make_journal.line(2, "400100", "-15E5"))
    buffer = payload.buffer(make_journal(*lines, currency="JPY"), PROFILE)
    assert [line["FOREIGN_AMOUNT"] for line in buffer["JRNL_LN"]] == ["1500000", "-1500000"]


def test_a_base_amount_travels_only_where_a_line_states_it(make_journal):
    """What an item is closed at is never converted anew; other lines leave that to PeopleSoft."""
    plain = make_journal()
    assert all("MONETARY_AMOUNT" not in line for line in payload.buffer(plain, PROFILE)["JRNL_LN"])
    lines = tuple(replace(line, base_amount=line.amount * 100) for line in plain.lines)
    stated = payload.buffer(replace(plain, lines=lines, base_currency="JPY"), PROFILE)["JRNL_LN"]
    assert [line["MONETARY_AMOUNT"] for line in stated] == ["115037", "-125037", "10000"]
    half = replace(plain, lines=(*lines[:2], plain.lines[2]), base_currency="JPY")
    with pytest.raises(InputRefused, match="out of balance"):
        payload.buffer(half, PROFILE)


def test_quantities_travel_as_statistical_amounts_when_a_code_is_set(make_journal):
    """A quantity without a code would count nothing; a third decimal would be dropped by PeopleSoft."""
    sold = make_journal.line(2, "400100", "-10.00", quantity=Decimal("-3"))
    journal = make_journal(make_journal.line(1, "110500", "10.00", ref="X"), sold)
    with_code = PROFILE.model_copy(update={"statistics_code": "EA"})
    line = payload.buffer(journal, with_code)["JRNL_LN"][1]
    assert (line["STATISTICS_CODE"], line["STATISTIC_AMOUNT"]) == ("EA", "-3")
    with pytest.raises(InputRefused, match="statistics_code"):
        payload.buffer(journal, PROFILE)
    finer = make_journal(journal.lines[0], replace(sold, quantity=Decimal("0.125")))
    with pytest.raises(InputRefused, match="two decimals"):
        payload.buffer(finer, with_code)


@pytest.mark.parametrize(
    ("kind", "source_id", "start"),
    [
        ("settlement", "12345678901", "AMZ 12345678901 r1 p1/2 "),
        ("settlement", "12345678901234567890", "AMZ 12345678901234567890 r1 p1/2 "),
        ("cash", "12345678901", "AMZ cash 12345678901 r1 p1/2 "),
    ],
)
def test_a_description_begins_with_the_reference_of_its_source(make_journal, kind, source_id, start):
    """So that one search by beginning finds all revisions and parts, and never another kind of document."""
    source = SourceKey("A1SELLER", "US001", kind, source_id)
    journal = make_journal(source=source, parts=2, description="Any words")
    text = payload.description_text(journal, PROFILE)
    assert text == f"{start}Any words"
    assert text.startswith(payload.reference_text(source, PROFILE))


def test_a_description_is_cut_at_its_end_only(make_journal):
    """The reference always survives."""
    text = payload.description_text(make_journal(description="word " * 100), PROFILE)
    assert len(text) <= 254
    assert text.startswith("AMZ 12345678901 r1 p1/1 word word")


@pytest.mark.parametrize("bad", ["12,34", "", "1 2  3", "a;b", "x" * 90, "1%"])
def test_a_source_id_that_no_prompt_can_carry_is_refused(journal, bad):
    """A comma would shift the other prompts, a percent sign would match anything."""
    with pytest.raises(InputRefused, match="cannot be searched"):
        payload.reference_text(replace(journal.source, source_id=bad), PROFILE)


CARRIED = "99999999999"
LONG = "12345678901234567890"


@pytest.mark.parametrize(
    ("reference_given", "source_id", "text", "expected"),
    [
        ("", "12345678901", "Commission on a very long list of things", "Commission on a very long list"),
        (reference("12345678901"), "12345678901", "", "AMZ 12345678901"),
        (reference(CARRIED), "12345678901", "", "AMZ 99999999999"),
        (reference(CARRIED), "12345678901", "Debt carried in from settlement", "Debt carried in fr 99999999999"),
        (reference(CARRIED), "12345678901", "From 99999999999", "From 99999999999"),
        (reference(LONG), LONG, "Clearing", f"Clearing {LONG}"),
        ("HANOTHERS1", LONG, "Carried from settlement 55555555555555555555", "Carried f 55555555555555555555"),
        ("OPENING", "12345678901", "Opening reserve", "Opening reserve"),
    ],
)
def test_an_open_item_line_names_its_settlement_in_full(make_journal, reference_given, source_id, text, expected):
    """Ten characters lead back to an id of eleven to twenty digits through the line's description."""
    line = make_journal.line(1, "110500", "1.00", ref=reference_given, text=text)
    made = payload.line_text(line, SourceKey("A1SELLER", "US001", "settlement", source_id), PROFILE)
    assert made == expected
    assert len(made) <= 30


@given(st.text())
def test_cleaned_text_is_taken_by_every_site(text):
    """No semicolon, typographic quote, control character or double blank; cleaning twice changes nothing."""
    cleaned = payload.clean(text)
    assert not re.search(r"[;\x00-\x1f\x7f\u2018\u2019\u201c\u201d\ufffe\uffff\ud800-\udfff]|  ", cleaned)
    assert payload.clean(cleaned) == cleaned


def test_typographic_marks_become_plain_ones():
    """What a person wrote stays readable."""
    assert payload.clean("\u201cM\u00fcller\u2019s\u201d \u2013 caf\u0065\u0301; 5\u20266\u00a0kg\n") == (
        '"M\u00fcller\'s" - caf\u00e9, 5...6 kg'
    )


def test_refusals_name_segment_field_length_and_line(make_journal):
    """PeopleSoft would cut or refuse; here it is refused with what to do."""
    clearing = make_journal.line(1, "110500", "1.00", ref="S1")
    for bad, words in (
        ({"account": "40010012345"}, ("Line 2", "segment account, ACCOUNT holds 10", "has 11")),
        ({"account": "400100", "product": "HARDWARE"}, ("segment product, PRODUCT holds 6", "'HARDWARE'")),
        ({"account": "400100", "colour": "RED"}, ("segment 'colour'", "Known segments are account")),
        ({"account": "400100", "department": "10\u201900"}, ("DEPTID", "characters")),
        ({"account": "400100", "unit": "US0001"}, ("BUSINESS_UNIT holds 5",)),
        ({"account": "400100", "ref": "S1234567890"}, ("JRNL_LN_REF holds 10",)),
    ):
        line = make_journal.line(2, bad.pop("account"), "-1.00", **bad)
        with pytest.raises(InputRefused) as caught:
            payload.buffer(make_journal(clearing, line), PROFILE)
        assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_site_that_widened_a_field_says_so():
    """Lengths are the site's, the shipped ones only a start."""
    wide = PeopleSoftProfile(base_url="https://ps.example", line_lengths={"PRODUCT": 12})
    assert wide.line_lengths["PRODUCT"] == 12


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda make: make(make.line(1, "110500", "1.00"), make.line(2, "400100", "-0.99")), "out of balance"),
        (lambda make: make(*(make.line(n, "110500", "0.00") for n in range(1, 302))), "301 lines"),
        (lambda make: make(make.line(1, "110500", "1.00"), make.line(3, "400100", "-1.00")), "without a gap"),
        (lambda make: replace(make(), lines=()), "no lines"),
        (lambda make: make(rate_type="CURRENT"), "RT_TYPE holds 5"),
        (lambda make: make(unit="USA001"), "BUSINESS_UNIT holds 5"),
    ],
)
def test_a_journal_that_cannot_be_booked_is_refused_before_it_is_sent(make_journal, change, word):
    """Balance, count and numbering are ours to get right."""
    with pytest.raises(InputRefused, match=word):
        payload.buffer(change(make_journal), PROFILE)


def test_constants_and_fields_not_sent_shape_the_buffer(journal):
    """A site may want a reversal code on each header and may not have a rate type property."""
    profile = PeopleSoftProfile(
        base_url="https://ps.example",
        header_constants={"REVERSAL_CD": "N"},
        line_constants={"BOOK_CODE": "MAIN"},
        fields_not_sent={"RT_TYPE"},
    )
    buffer = payload.buffer(journal, profile)
    assert buffer["REVERSAL_CD"] == "N"
    assert "RT_TYPE" not in buffer
    assert {line["BOOK_CODE"] for line in buffer["JRNL_LN"]} == {"MAIN"}


@pytest.mark.parametrize(
    ("line", "header", "is_other"),
    [
        ("AMZ 12345678901", "AMZ 12345678901 r1 p1/1", False),
        ("AMZ 99999999999", "AMZ 12345678901 r1 p1/1", True),
        ("AMZ 12345678901", "AMZ 99999999999 r1 p1/1", False),
        ("Deposit 99999999999", "Bank statement November", False),
        ("Clearing", "AMZ 12345678901 r1 p1/1", False),
    ],
)
def test_only_our_own_lines_can_say_that_they_belong_to_another_settlement(line, header, is_other):
    """A bank receipt may show any number."""
    assert payload.names_another_source(line, header, "12345678901") is is_other
