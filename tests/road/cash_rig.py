"""A US connection that books its receipts itself: accounts for the bank in its mapping, statements handed in as CSV."""

from dataclasses import replace
from decimal import Decimal

from assets.bank.statement_files import import_statement
from assets.road import STAGES, run_stage, walk
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult
from ledger.mapping import load_mapping
from ledger.references import reference
from resources.bank.settings import BankSettings
from tests.road.conftest import World

BANK, CARD, FX, CLEARING = "100100", "110600", "690100", "110500"
ACCOUNTS = f'accounts:\n  bank: {{account: "{BANK}", account_ending: "6789"}}\n  fx_realised: "{FX}"\n'
_LAYOUT = {"booking_date": "Date", "amount": "Amount", "in_currency": "USD", "account_tail": "6789", "text": "Text"}


def cash_road(world: World, run: str = "run-1", accounts: str = ACCOUNTS, currency: str = "USD", **changes) -> Road:
    """Return the US road with `bank_receipt: connector`; `accounts` replaces the line `accounts:` of its mapping."""
    road = world.small(run, bank_receipt="connector", **changes)
    text = (world.connections()["amazon_us"].mapping_path).read_text().replace("accounts:\n", accounts)
    bank = BankSettings.model_validate({"csv": {"us": {**_LAYOUT, "in_currency": currency}}})
    return replace(road, bank=bank, load_mapping=lambda: load_mapping(text, "amazon_us.yaml"))


def hand_in(world: World, road: Road, *rows: str) -> None:
    """Hand a statement in: `2026-11-11,100.00,AMAZON`."""
    path = world.home / f"statement-{len(list(world.home.glob('*.csv')))}.csv"
    path.write_text("Date,Amount,Text\n" + "".join(f"{row}\n" for row in rows))
    import_statement(road, path)


def stage(road: Road, asset: str, settlement_id: str) -> StageResult:
    """Run one stage."""
    return run_stage(road, next(one for one in STAGES if one.asset == asset), settlement_id)


def book(road: Road, settlement_id: str) -> StageResult:
    """Book the receipts of a settlement as far as they go."""
    return stage(road, "cash_entries", settlement_id)


def posted(world: World, road: Road, settlement_id: str, *rows) -> None:
    """Take a settlement in and post it."""
    world.take_in(road, settlement_id, *rows)
    walk(road, settlement_id)
    assert world.states(road, settlement_id) == ["posted"]


def cash_in_books(world: World) -> list[list[tuple[str, str, str, Decimal, Decimal]]]:
    """Return our journals that touch the bank or realised exchange, each as account, reference, currency, amounts."""
    found = []
    for one in world.books.journals():
        lines = world.books.table.lines(one.key)
        if one.source == "AMZ" and {line["ACCOUNT"] for line in lines} & {BANK, FX}:
            found.append(
                [
                    (
                        line["ACCOUNT"],
                        line["JRNL_LN_REF"],
                        line["FOREIGN_CURRENCY"],
                        Decimal(line["FOREIGN_AMOUNT"]),
                        Decimal(line["MONETARY_AMOUNT"]),
                    )
                    for line in lines
                ]
            )
    return found


def verdict(result: StageResult, check: str):
    """Return what a check says."""
    return next(one for one in result.verdicts if one.check == check)


def item(settlement_id: str) -> str:
    """Return the reference of a settlement's open item."""
    return reference(settlement_id)
