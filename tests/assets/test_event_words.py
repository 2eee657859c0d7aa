"""Every kind of event has words; none is left out of the trail for want of them."""

import re
from pathlib import Path

import pytest

from assets.audit.event_words import _TOLD, sentence_of_event
from ledger.posting import PostingState

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("state", [one for one in PostingState if one is not PostingState.PLANNED])
def test_every_step_of_a_document_is_told_with_its_reason(state):
    """State, journal, the state before and why."""
    facts = {"from": "approved", "to": state.value, "reason": "the books say so.", "attempts": 2}
    told = sentence_of_event(f"document_{state.value}", facts, "journal US001 A1 2026-11-04")
    assert "ournal US001 A1 2026-11-04" in told
    assert told.endswith("(before: approved): the books say so.")


def test_a_plan_is_told_with_amount_date_and_mapping():
    """What was to be booked, and with which rules."""
    facts = {"part": 1, "parts": 2, "revision": 1, "unit": "US001", "accounting_date": "2026-10-31"}
    facts |= {"debits": "60.00", "currency": "USD", "lines": 4, "mapping_hash": "a" * 64, "fingerprint": "b" * 64}
    told = sentence_of_event("document_planned", facts, "journal part 1 of 2, revision 1")
    for said in ("part 1 of 2", "2026-10-31", "60.00 USD", "mapping aaaaaaaaaaaa,", "fingerprint bbbbbbbbbbbb."):
        assert said in told


def test_a_kind_nobody_foresaw_is_told_by_its_facts():
    """Name and every value; facts that an older version wrote otherwise end the same way."""
    told = sentence_of_event("moon_landed", {"crew": ["A", "B"], "at": None})
    assert told == "Moon landed (at: none, crew: A, B)."
    assert "odd: 1" in sentence_of_event("review_opened", {"odd": 1})


def test_no_kind_that_the_stores_write_is_without_words():
    """Kinds are found in the code; only keys of persons and audits of the installation are told plainly."""
    texts = [path.read_text() for path in (ROOT / "resources" / "store").glob("*.py")]
    texts += [path.read_text() for path in (ROOT / "assets").rglob("*.py")]
    calls = [
        re.search(r'"([a-z]+_[a-z_]+)"', call)
        for text in texts
        for call in re.findall(r"audit\.append\((.*?)\)", text, re.S)
    ]
    kinds = {found[1] for found in calls if found}
    assert kinds
    assert kinds <= _TOLD.keys() | {"key_added", "key_ended"}
