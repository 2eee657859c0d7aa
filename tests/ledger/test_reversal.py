"""What undoes a posting: original and reversal together are nothing, account by account and item by item."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.accounts import AccountKey
from ledger.errors import InputRefused
from ledger.journal import Journal, JournalFrame, JournalSet, Movement, SourceKey, build_journals
from ledger.reversal import KIND, Posted, reversal_of, reversal_source, undone_by

SOURCE = SourceKey("SELLER", "US001", "settlement", "24758260539")
ACCOUNTS = [
    AccountKey.of(unit, account=str(number), department=str(number % 2))
    for unit in ("US001", "US002")
    for number in range(4)
]
FRAME = JournalFrame(
    SOURCE, 3, "US001", "USD", "CRRNT", "Amazon settlement 24758260539", "S1", lines_max=6, one_unit_each=False
)

movements = st.builds(
    lambda pair, cents, references, detail, day, count: Movement(
        ACCOUNTS[pair[0]],
        ACCOUNTS[pair[1]],
        Decimal(cents) / 100,
        "USD",
        debit_reference=references[0],
        credit_reference=references[1],
        detail=detail,
        part_date=day,
        quantity=count,
    ),
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] != pair[1]),
    st.integers(1, 10**9),
    st.tuples(st.sampled_from(["", "S1", "S2"]), st.sampled_from(["", "S1", "S2"])),
    st.sampled_from(["", "A", "B"]),
    st.sampled_from([date(2026, 2, 28), date(2026, 3, 31)]),
    st.one_of(st.none(), st.integers(1, 9).map(Decimal)),
)


def built(some) -> JournalSet:
    """Return the documents of some movements, in several parts where they do not fit into one."""
    return build_journals(some, FRAME, date(2026, 3, 31))


def posted(journals: JournalSet) -> list[Posted]:
    """Return documents as the books have them."""
    return [Posted(one, f"US001 A{one.part:09d} {one.accounting_date}") for one in journals.journals]


@settings(max_examples=80, deadline=None)
@given(st.lists(movements, min_size=1, max_size=25))
def test_original_and_reversal_are_zero_per_unit_account_and_item(some):
    """Each account, with its unit, currency and open-item reference; quantities as well; every document balanced."""
    originals = built(some)
    undoing = reversal_of(posted(originals))
    rest, quantities = Counter(), Counter()
    for journal in (*originals.journals, *undoing.journals):
        assert journal.is_balanced
        for line in journal.lines:
            rest[line.account, journal.currency, line.reference] += line.amount
            quantities[line.account, line.description] += line.quantity or 0
    assert set(rest.values()) == {0}
    assert set(quantities.values()) <= {0}


@settings(max_examples=40, deadline=None)
@given(st.lists(movements, min_size=1, max_size=25), st.randoms())
def test_parts_keep_their_order_their_place_and_their_texts(some, random):
    """One per document, whatever order they come in; same unit, date, rate type, lines; linked by posting key."""
    originals = posted(built(some))
    shuffled = random.sample(originals, len(originals))
    undoing = reversal_of(shuffled)
    assert [one.reverses for one in undoing.journals] == [one.journal.key for one in originals]
    for number, (original, one) in enumerate(zip(originals, undoing.journals, strict=True), start=1):
        before = original.journal
        assert (one.part, one.parts) == (number, len(originals))
        same = ("unit", "accounting_date", "currency", "rate_type", "document_reference")
        assert [getattr(one, name) for name in same] == [getattr(before, name) for name in same]
        assert original.erp_id in one.description
        assert [replace(line, amount=-line.amount, quantity=None) for line in one.lines] == [
            replace(line, quantity=None) for line in before.lines
        ]


def test_the_rest_of_a_revision_is_numbered_from_one():
    """Part 1 was refused and never was in the books: part 2 is undone alone, and linked to the right one."""
    journals = built([Movement(ACCOUNTS[0], ACCOUNTS[1], Decimal(5), "USD", part_date=date(2026, 2, 28)),
                      Movement(ACCOUNTS[0], ACCOUNTS[1], Decimal(7), "USD")])  # fmt: skip
    (one,) = reversal_of(posted(journals)[1:]).journals
    assert (one.part, one.parts, one.reverses) == (1, 1, f"{SOURCE}#3.2")


def test_a_reversal_has_a_source_of_its_own_that_leads_back():
    """Settlement and revision: each revision is undone once, and a search for the settlement does not find it."""
    source = reversal_source(SOURCE, 3)
    assert (source.seller, source.ledger, source.kind, source.source_id) == (
        "SELLER",
        "US001",
        KIND,
        "24758260539.3",
    )
    assert undone_by(source) == ("24758260539", 3, "settlement")
    charge = replace(SOURCE, kind="cash", source_id="24758260539.charge1")
    assert undone_by(reversal_source(charge, 2)) == ("24758260539.charge1", 2, "cash")
    assert reversal_source(replace(SOURCE, kind="cash"), 3) != source
    assert reversal_source(SOURCE, 33) != reversal_source(
        SourceKey("SELLER", "US001", "settlement", "24758260539.3"), 3
    )


def test_what_cannot_be_undone_is_refused():
    """Nothing, two revisions at once, and a reversal."""
    journals = built([Movement(ACCOUNTS[0], ACCOUNTS[1], Decimal(5), "USD")])
    undoing = reversal_of(posted(journals))
    for wrong in ([], [*posted(journals), *posted(journals.with_revision(4))], posted(undoing)):
        with pytest.raises(InputRefused):
            reversal_of(wrong)
    for source in (SOURCE, SourceKey("SELLER", "US001", KIND, "24758260539")):
        with pytest.raises(InputRefused, match="is no reversal"):
            undone_by(source)


def test_the_link_is_part_of_the_content_and_ordinary_documents_keep_their_fingerprint():
    """A reversing document comes back from the store with its link; one without has no such field at all."""
    (original,) = built([Movement(ACCOUNTS[0], ACCOUNTS[1], Decimal(5), "USD")]).journals
    (undoing,) = reversal_of([Posted(original, "X")]).journals
    assert Journal.from_content(undoing.content()) == undoing
    assert "reverses" not in original.content()
    assert replace(undoing, reverses="other").fingerprint != undoing.fingerprint
