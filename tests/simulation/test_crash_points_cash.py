"""Death before and after everything lasting while a bank line comes in and its receipt is booked.

After each death first the normal schedule goes on alone, then the person repeats the wish. The judge reads the ERP's
books alone: one document per key, all posted, and the clearing item open or closed, never twice.
"""

from dataclasses import replace
from decimal import Decimal

from assets.bank.cash_due import ask_for_receipts
from assets.bank.statement_files import import_statement
from resources.bank.settings import BankSettings
from tests.road.cash_rig import ACCOUNTS
from tests.simulation.cases import SINGLE
from tests.simulation.crash import assert_wish_survives, watched
from tests.simulation.schedule import Schedule
from tests.simulation.world import World, simulated

POINTS_MIN = 60
CASE = replace(
    SINGLE,
    name="one settlement and its receipt",
    books={"bank_receipt": "connector"},
    mapping=("accounts:\n", ACCOUNTS),
)
SETTLEMENT = CASE.settlements[0].settlement_id
LAYOUT = {"booking_date": "Date", "amount": "Amount", "in_currency": "USD", "account_tail": "6789", "text": "Text"}
BANK = BankSettings.model_validate({"csv": {"us": LAYOUT}})
# Our journals in the books, and what stands on the clearing item.
POSTED, BOOKED = (1, Decimal("85.00")), (2, Decimal(0))


def book(schedule: Schedule) -> None:
    """Hand the statement in, as the command line does, and let the schedule come to rest."""
    path = schedule.world.folder / "statement.csv"
    path.write_text("Date,Amount,Text\n2026-11-11,85.00,AMAZON PAYOUT\n")

    def work(road):
        import_statement(replace(road, bank=BANK), path)
        ask_for_receipts(road)

    schedule.run("statement", work)
    schedule.until_rest()


def in_books(world: World) -> tuple[int, Decimal]:
    """Return how many journals of ours count and what their clearing lines come to; each must be posted, and once."""
    booked = world.erp.reader.booked()
    assert world.erp.reader.duplicates() == []
    assert all(one.is_posted for one in booked)
    return len(booked), sum((sum(one.cleared.values(), Decimal(0)) for one in booked), Decimal(0))


def test_a_worker_may_die_at_every_point_of_booking_a_receipt(record_property):
    """Whatever was lost, the schedule alone books it once or not at all, and the same file again exactly once."""
    with simulated() as folder:
        world = World(CASE, folder)
        schedule = Schedule(world)
        schedule.until_rest()
        assert in_books(world) == POSTED
        keeper = watched(world, schedule, book)
        assert in_books(world) == BOOKED
        found = assert_wish_survives(keeper, book, in_books, POSTED, BOOKED)
        record_property("numbers", f"booking a receipt: {found}")
        assert keeper.points >= POINTS_MIN
        world.close()
