"""Why an import failed, out of logs that nobody wrote for a program."""

from __future__ import annotations

import io
import zipfile

import pytest

from resources.erp.fusion.job_log import CODES, SENTENCES_MAX, reasons


def packed(*texts: str) -> bytes:
    """Return a ZIP with one entry per text."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as opened:
        for number, text in enumerate(texts):
            opened.writestr(f"{number}.log", text)
    return whole.getvalue()


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_published_code_has_its_words(code):
    """A person need not look it up."""
    assert reasons(packed(f"row 1 {code} segment 40100")) == (f"{code}, {CODES[code]}: row 1 {code} segment 40100",)


def test_codes_come_first_and_everything_once():
    """The same code on a thousand rows is one sentence as long as the row says the same."""
    told = reasons(packed("Loading\nLoad failed: column 3", "EF04\nEF04\nEU02"))
    assert told == (f"EF04, {CODES['EF04']}", f"EU02, {CODES['EU02']}", "Load failed: column 3")


def test_a_code_that_nobody_has_listed_is_a_reason_too():
    """Its words say what is wrong, such as a journal category that does not exist, although none of them is `error`."""
    line = "EZ02 ARH4K0QE09 04-000-110500-000: The journal category Nope doesn't exist."
    assert reasons(packed(f"Journal Import Execution Report\n{line}")) == (line,)


def test_one_reason_of_every_row_is_told_by_the_first_rows():
    """A closed period concerns them all, and would hide what else is wrong."""
    rows = "\n".join(f"EP01 row {number}" for number in range(20))
    told = reasons(packed(f"{rows}\nEF04 600100"))
    assert [one.rpartition(": ")[2] for one in told[:3]] == ["EP01 row 0", "EP01 row 1", "EP01 row 2"]
    assert told[3:] == ("EP01: 17 more rows", f"EF04, {CODES['EF04']}: EF04 600100")


def test_rows_that_only_follow_another_do_not_hide_the_reason():
    """Nineteen rows that failed because of one are no nineteen reasons; alone they are better than nothing."""
    follower = "P ARH4K0QE09 04-000-110700-000: Another line of the same group has an error."
    assert reasons(packed(f"{follower}\nEF03 600100 is disabled")) == (
        f"EF03, {CODES['EF03']}: EF03 600100 is disabled",
    )
    assert reasons(packed(follower)) == (follower,)


@pytest.mark.parametrize("text", ["0 errors", "No errors found", "Errors: 0", "Completed normally", ""])
def test_a_log_without_trouble_gives_no_reason(text):
    """A count of zero is no error."""
    assert reasons(packed(text)) == ()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"<html>"])
def test_what_is_no_zip_gives_no_reason(content):
    """And no exception."""
    assert reasons(content) == ()


def test_sentences_are_bounded():
    """A log of a thousand errors is shown by its first twenty."""
    assert len(reasons(packed("\n".join(f"error {number}" for number in range(1000))))) == SENTENCES_MAX
