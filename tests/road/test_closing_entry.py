"""A posted settlement's clearing item: reconciliations say by which entry of the ERP's bank process it was closed."""

from datetime import date, timedelta

from assets.proofs.closing_entry import CHECK
from assets.road import STAGES, run_stage, walk
from assets.stages.verdicts import StageResult
from assets.undo.reversals import apply_reversal, plan_reversal
from ledger.references import reference
from tests.road.conftest import FIRST, of_account, sale

ONE, TWO = "24000000001", "24000000002"
BANK = "100100"
RECEIVED = date(2026, 11, 13)


def posted(world):
    """Post one settlement; return road and key in the books."""
    road = world.small()
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    return road, next(one.key for one in world.books.journals() if one.source == "AMZ")


def reconciled(road) -> StageResult:
    """Read back."""
    return run_stage(road, STAGES[-1], ONE)


def closed(result: StageResult):
    """Return what the check says."""
    return next(one for one in result.verdicts if one.check == CHECK)


def test_an_item_is_open_until_the_bank_process_closes_it(world) -> None:
    """Within its days nothing is late; the receipt is named by document, day and amount."""
    road, key = posted(world)
    before = reconciled(road)
    assert closed(before).passed
    assert "is open with" in closed(before).sentence
    assert before.facts["closed by"] == "none"
    receipt = world.books.people.receive(key, RECEIVED, reference(ONE), BANK)
    after = reconciled(road)
    assert closed(after).passed
    name = f"{receipt.unit} {receipt.id} {receipt.date}"
    assert name in closed(after).sentence
    assert after.facts["closed by"] == f"{name} of {RECEIVED}"
    assert [row["document"] for row in closed(after).rows] == [name]
    assert after.facts["open item now"] == 0
    assert all(one.passed for one in after.verdicts)


def test_what_stays_open_is_told_with_its_age_and_stops_nothing(world) -> None:
    """After `receipt_days` the check warns, and nobody has to decide anything."""
    road, _ = posted(world)
    world.clock.advance(timedelta(days=30).total_seconds())
    late = closed(reconciled(road))
    assert not late.passed
    assert not late.stops
    assert "days after the money was due" in late.sentence
    assert "Look whether the bank has it" in late.sentence
    [row] = late.rows
    assert (row["account"], row["reference"], row["booked by"]) == ("110500", reference(ONE), "the connector")
    assert world.items() == {}


def test_a_receipt_of_another_amount_leaves_the_item_open(world) -> None:
    """The entry is named all the same, beside what is left."""
    road, key = posted(world)
    receipt = world.books.people.receive(key, RECEIVED, reference(ONE), BANK)
    for line in world.books.table.lines(receipt):
        amount = "-99.00" if line["FOREIGN_AMOUNT"].startswith("-") else "99.00"
        changed = {"FOREIGN_AMOUNT": amount, "MONETARY_AMOUNT": amount}
        world.books.people.change_line(receipt, int(line["JOURNAL_LINE"]), **changed)
    found = reconciled(road)
    assert "is open with 1.00 USD" in closed(found).sentence
    assert receipt.id in closed(found).sentence
    assert found.facts["open item now"] == 1


def test_what_carried_an_item_in_and_was_reversed_is_ours_as_well(world) -> None:
    """The item is open again, and both entries of the carrier are known: nobody else closed or reopened anything."""
    road, later = world.small(), FIRST + timedelta(days=7)
    world.take_in(road, ONE, sale("10.00"), of_account("Subscription Fee", "-60.00"))
    walk(road, ONE)
    world.take_in(road, TWO, of_account("Payable to Amazon", "-50.00", later), sale("80.00", later), start=later)
    walk(road, TWO)
    assert "carries it in" in closed(reconciled(road)).sentence
    apply_reversal(road, plan_reversal(road, TWO), "booked to the wrong account")
    walk(road, TWO)
    found = closed(reconciled(road))
    assert world.states(road, TWO) == ["reversed"]
    assert "is open with -50.00 USD" in found.sentence
    assert found.rows == ()
