"""Reading rows as they lie there: what is no text is read for a while, and only for that while."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from resources.store.as_stored import flag, is_text, undecoded

NO_TEXT = text("SELECT CAST(x'61ff62' AS TEXT)")


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_bytes_that_are_no_text_are_read_for_a_while(control):
    """The connection goes back to its pool as it came."""
    with control.reading() as reading, undecoded(reading):
        assert reading.execute(NO_TEXT).scalar_one() == "a\udcffb"
    with control.reading() as reading, pytest.raises(OperationalError):
        reading.execute(NO_TEXT).scalar_one()


def test_text_is_read_as_ever(control):
    """Every character that a database takes."""
    with control.reading() as reading, undecoded(reading):
        assert reading.execute(text("SELECT 'Größe 数 \U0001f600'")).scalar_one() == "Größe 数 \U0001f600"


@pytest.mark.parametrize(
    "value, expected",
    [("", True), ("Größe", True), ("a\udcffb", False), (b"a", False), (None, False), (1, False)],
)
def test_text_is_what_a_database_takes(value, expected):
    """A name that no statement can be given is none."""
    assert is_text(value) is expected


@pytest.mark.parametrize("value, expected", [(0, False), (1, True), (True, True), (2, 2), ("1", "1"), (None, None)])
def test_a_flag_is_yes_or_no_and_nothing_else(value, expected):
    """A 2 is true for Python, and nothing that was written."""
    found = flag(value)
    assert (found, type(found)) == (expected, type(expected))
