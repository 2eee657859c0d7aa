"""The bank's statements are taken in once, kept by day, and each line says which payout it brought."""

import hashlib
import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from assets.bank.folder import import_statements
from assets.bank.matches import money_of
from assets.bank.statement_files import bank_lines, import_statement
from assets.review.decisions import resolve
from assets.settlements.import_folder import import_waiting
from assets.stages.day_names import day_name
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import fetch_days
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult
from ledger.errors import BankFileRefused, InputRefused
from ledger.four_eyes import Decider
from resources.bank.settings import FILE_BYTES_MAX, BankSettings
from tests.assets.conftest import NOW, START, Bookkeeping
from tests.assets.test_payouts import Amazon, payout
from tests.resources.bank.files import MT940, OFX1

LAYOUT = {
    "booking_date": "Date",
    "amount": "Amount",
    "in_currency": "USD",
    "account_tail": "6789",
    "text": "Text",
}
BANK = BankSettings.model_validate({"csv": {"us": LAYOUT}})
PAID = date(2026, 11, 19)


def road_of(books: Bookkeeping, **bank: object) -> Road:
    """Return the road of a connection whose bank writes CSV."""
    return replace(books.road, bank=BANK.model_copy(update=bank))


def csv(*rows: str) -> str:
    """Write a CSV file: `2026-11-19,80.00,AMAZON`."""
    return "Date,Amount,Text\n" + "".join(f"{row}\n" for row in rows)


def take_in(books: Bookkeeping, *rows: str, name: str = "a.csv", content: str = "", **bank: object):
    """Import one statement."""
    path = books.folder / name
    path.write_text(content or csv(*rows))
    return import_statement(road_of(books, **bank), path)


def composed(books: Bookkeeping, day: date = PAID) -> StageResult:
    """Stage one day."""
    return dict(fetch_days(road_of(books), DAY_STAGES["bank_deposits"], [day]))[day]


def pay(books: Bookkeeping, *payouts) -> None:
    """Let the marketplace tell of payouts."""
    road = replace(books.road, source=Amazon(payouts).source, marketplaces=("Amazon.com",))
    list(fetch_days(road, DAY_STAGES["payouts"], [date(2026, 11, 18)]))


def items(books: Bookkeeping) -> list:
    """Return the open review items."""
    return books.stores.review.listing(books.connection)


def test_a_line_says_which_payout_it_brought(books: Bookkeeping) -> None:
    """By the transfer's name; the account shows four characters."""
    pay(books, payout())
    take_in(books, "2026-11-19,80.00,AMAZON 4B03616UONXSAWP", "2026-11-19,-5.00,Fee")
    found = composed(books)
    told = {(row["amount"], row["payout"], row["by"]) for row in found.rows}
    assert told == {("-5.00", "", ""), ("80.00", "P1", "trace")}
    assert {row["account"] for row in found.rows} == {"...6789"}
    assert found.verdicts[0].passed
    assert items(books) == []


def test_the_same_file_is_taken_in_once(books: Bookkeeping) -> None:
    """By its bytes, whatever its name."""
    assert take_in(books, "2026-11-19,80.00,AMAZON").lines_new == 1
    again = take_in(books, "2026-11-19,80.00,AMAZON", name="b.csv")
    assert (again.outcome, again.lines_new) == ("known", 0)
    assert len(bank_lines(road_of(books))) == 1


def test_a_line_in_an_overlapping_statement_is_taken_once(books: Bookkeeping) -> None:
    """Two fees of one day stay two; the new day is new."""
    fee = "2026-11-18,-5.00,Fee"
    take_in(books, fee, fee)
    later = take_in(books, fee, fee, "2026-11-19,80.00,AMAZON", name="b.csv")
    assert (later.lines, later.lines_new) == (3, 1)
    assert len(bank_lines(road_of(books))) == 3


def test_every_day_of_a_statement_asks_for_itself(books: Bookkeeping) -> None:
    """So that Dagster shows it, whoever handed the file in."""
    take_in(books, "2026-11-18,-5.00,Fee", "2026-11-19,80.00,AMAZON")
    asked = {row.partition for row in books.stores.due.listing(books.connection)}
    assert asked == {day_name("bank_deposits", date(2026, 11, day)) for day in (18, 19)}
    composed(books)
    assert len(books.stores.due.listing(books.connection)) == 1


def test_one_account_comes_in_one_format(books: Bookkeeping) -> None:
    """Another format gives the same line another key, and money would be seen twice."""
    take_in(books, content=MT940, name="a.sta")
    with pytest.raises(BankFileRefused) as refused:
        take_in(books, content=OFX1, name="b.ofx")
    assert "mt940 already, and is ofx" in str(refused.value)
    assert len(bank_lines(road_of(books))) == 2


def test_an_account_that_is_not_read_here_is_refused(books: Bookkeeping) -> None:
    """Its four characters are shown, and no more."""
    with pytest.raises(BankFileRefused) as refused:
        take_in(books, content=MT940, accounts=("1111",))
    assert "...6789" in str(refused.value)
    assert "0123456789" not in str(refused.value)


def test_no_store_holds_an_account_number(books: Bookkeeping) -> None:
    """What is archived and staged shows four characters."""
    take_in(books, content=MT940, name="0123456789.sta")
    version = books.stores.warehouse.currents(books.connection, "bank_statements")[0]
    kept = books.stores.documents.local_path(version.facts["document"]).read_text()
    assert "123456789" not in f"{kept}{version}{bank_lines(road_of(books))}"
    assert "6789" in kept


def test_what_can_be_two_payouts_waits_for_a_person(books: Bookkeeping) -> None:
    """Two of one amount, one line: a person chooses, and the choice counts with the next look."""
    two = (payout("1", trace_id=""), payout("2", trace_id=""))
    pay(books, *two)
    take_in(books, "2026-11-19,80.00,AMAZON")
    assert not composed(books).verdicts[0].passed
    [item] = items(books)
    assert (item.code, item.actions) == ("bank_line_unclear", ("choose", "dismiss"))
    assert "P1, P2" in item.sentence
    books.stores.review.resolve(item.id, "choose", "ann", "2: the later of both", "run-1")
    found = composed(books)
    assert [(row["payout"], row["by"]) for row in found.rows] == [("P2", "hand")]
    assert items(books) == []


@pytest.mark.parametrize("also_known", [True, False])
def test_a_choice_that_cannot_be_followed_is_said_so(books: Bookkeeping, also_known: bool) -> None:
    """A mistyped id; the item comes back, and a person must not believe that the choice was lost."""
    if also_known:
        pay(books, payout("1", trace_id=""), payout("2", trace_id=""))
    take_in(books, "2026-11-19,80.00,AMAZON")
    composed(books)
    [item] = items(books)
    books.stores.review.resolve(item.id, "choose", "ann", "22: the later of both", "run-1")
    composed(books)
    [again] = items(books)
    assert again.code == item.code
    assert "22 was chosen and could not be taken" in again.sentence


def test_a_match_made_by_hand_needs_two_persons(books: Bookkeeping) -> None:
    """The second has to choose the same payout."""
    pay(books, payout("1", trace_id=""), payout("2", trace_id=""))
    take_in(books, "2026-11-19,80.00,AMAZON")
    composed(books)
    [item] = items(books)
    assert resolve(road_of(books), item, "choose", Decider("ann"), "2: the later").state == "open"
    assert not money_of(road_of(books)).by_hand
    [proposed] = items(books)
    assert resolve(road_of(books), proposed, "choose", Decider("bob"), "2: I agree").state == "resolved"
    assert [one.payment_ids for one in money_of(road_of(books)).by_hand] == [("P2",)]


def test_a_choice_that_names_nothing_is_refused_at_once(books: Bookkeeping) -> None:
    """The reason begins with what is chosen; what was decided for nothing would come back as if it were lost."""
    pay(books, payout("1", trace_id=""), payout("2", trace_id=""))
    take_in(books, "2026-11-19,80.00,AMAZON")
    composed(books)
    [item] = items(books)
    with pytest.raises(InputRefused, match="begins with what is chosen"):
        resolve(road_of(books), item, "choose", Decider("ann"), "the payout of October")
    assert [one.proposed_action for one in items(books)] == [""]


def test_a_line_that_was_put_aside_is_told_no_more(books: Bookkeeping) -> None:
    """It is matched with nothing either."""
    take_in(books, "2026-11-19,7.00,AMAZON gift card")
    composed(books)
    [item] = items(books)
    assert item.code == "bank_line_unexplained"
    books.stores.review.resolve(item.id, "dismiss", "ann", "a refund to an employee", "run-1")
    assert composed(books).verdicts[0].passed
    assert items(books) == []


def test_an_item_ends_when_its_payout_comes_to_be_known(books: Bookkeeping) -> None:
    """The bank was faster than the marketplace's list."""
    take_in(books, "2026-11-19,80.00,AMAZON")
    composed(books)
    assert [one.code for one in items(books)] == ["bank_line_unexplained"]
    pay(books, payout(trace_id=""))
    composed(books)
    assert items(books) == []


def test_lines_of_others_are_nobodys_business(books: Bookkeeping) -> None:
    """They are neither matched nor told."""
    take_in(books, "2026-11-19,80.00,TRAIL SHOP WHOLESALE")
    assert composed(books).verdicts[0].passed


def test_a_settlement_without_a_payout_is_held_against_its_own_total(books: Bookkeeping, row) -> None:
    """Where payouts are not read, deposit date and total-amount say what the bank should see."""
    books.take_in("1", [row("principal", "80.00")])
    [paid] = money_of(road_of(books)).payments
    take_in(books, f"{paid.day + timedelta(days=2)},80.00,AMAZON")
    assert [one.payments[0].payment_id for one in money_of(road_of(books)).matching.matches] == ["1"]


def test_a_charge_to_the_card_is_a_debit_at_the_bank(books: Bookkeeping, row) -> None:
    """A settlement that owed 321.69 and charged it: the bank books -321.69."""
    books.take_in("1", [row("subscription", "-321.69")])
    books.take_in("2", [row("payable", "-321.69"), row("charge", "321.69"), row("principal", "5.00")])
    charge = next(one for one in money_of(road_of(books)).payments if one.amount < 0)
    assert (f"{charge.amount}", charge.settlement_ids) == ("-321.69", ("2",))
    take_in(books, f"{charge.day + timedelta(days=1)},-321.69,CARD PAYMENT AMAZON")
    [match] = [one for one in money_of(road_of(books)).matching.matches if one.payments[0] == charge]
    assert match.by == "amount"


def test_the_folder_is_taken_in_file_by_file(books: Bookkeeping) -> None:
    """A good file moves to imported, a bad one to refused with its reason, and into the review queue."""
    folder = books.folder / "inbox"
    (folder / "bank").mkdir(parents=True)
    (folder / "bank" / "good.csv").write_text(csv("2026-11-19,80.00,AMAZON"))
    (folder / "bank" / "bad.csv").write_text(csv("2026-11-19,eighty,AMAZON"))
    for path in (folder / "bank").iterdir():
        _settled(path)
    done = import_statements(road_of(books), folder)
    assert (done.new, done.refused) == (1, ["bad.csv"])
    assert (folder / "bank" / "imported" / "good.csv").exists()
    assert "row 2" in (folder / "bank" / "refused" / "bad.csv.why.txt").read_text()
    assert [one.code for one in items(books)] == ["file_refused"]


def test_a_file_too_large_for_a_statement_is_refused_before_it_is_read(books: Bookkeeping, monkeypatch) -> None:
    """A dump dropped by mistake must not fill the memory of the run that looks at it."""
    path = books.folder / "dump.csv"
    with path.open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    with pytest.raises(BankFileRefused, match=r"dump.csv has 33,554,433 bytes, more than a statement"):
        import_statement(road_of(books), path)


def test_a_refused_statement_is_named_without_its_account_and_ends_when_it_comes_right(books: Bookkeeping) -> None:
    """Banks write account numbers into the names of files; what the queue keeps of one is its end."""
    folder, iban = books.folder / "in", "DE89370400440532013000"
    path = folder / "bank" / f"{iban}_2026-11.csv"
    path.parent.mkdir(parents=True)
    path.write_text(csv("2026-11-19,eighty,AMAZON"))
    _settled(path)
    assert iban not in str(import_statements(road_of(books), folder).refused)
    [item] = items(books)
    assert iban not in f"{item}"
    assert "3000_2026-11.csv" in item.origin
    path.write_text(csv("2026-11-19,80.00,AMAZON"))
    _settled(path)
    assert import_statements(road_of(books), folder).new == 1
    assert [one for one in items(books) if one.code == "file_refused"] == []


def test_a_statement_in_the_folder_of_settlements_is_told_its_own_and_not_archived(books: Bookkeeping) -> None:
    """One in CSV is known by the layout of its bank; whole account numbers would stand in the archive."""
    folder = books.folder / "in"
    folder.mkdir()
    own = f"AMAZON {books.connection}"
    texts = {"DE89370400440532013000.csv": csv(f"2026-11-19,80.00,{own}"), "nov.ofx": OFX1.replace("AMAZON", own)}
    for name, text in texts.items():
        (folder / name).write_text(text)
        _settled(folder / name)
    refused = import_waiting(road_of(books), folder).refused
    assert len(refused) == 2
    told = {one.origin: f"{one.sentence} {one.cure}" for one in items(books)}
    assert set(told) == set(refused)
    assert "DE89370400440532013000" not in str(told)
    assert all("not a settlement file" in one and f"Put it into {folder / 'bank'}" in one for one in told.values())
    shas = [hashlib.sha256(one.read_bytes()).hexdigest() for one in (folder / "refused").iterdir()]
    assert [one for one in shas if books.stores.documents.exists(one)] == []


def _settled(path: Path) -> None:
    moment = (NOW - timedelta(minutes=1)).timestamp()
    os.utime(path, (moment, moment))


def test_a_strangers_line_of_the_right_amount_is_proposed_and_not_taken(books: Bookkeeping) -> None:
    """It waits in the review queue; a person's word makes it a match, and nothing is matched before."""
    pay(books, payout())
    take_in(books, "2026-11-19,80.00,SMITH & SONS")
    found = composed(books)
    assert not found.verdicts[0].passed
    assert not money_of(road_of(books)).matching.matches
    [item] = items(books)
    assert item.code == "bank_line_unclear"
    assert "comes to what is open of P1, but the line names neither" in item.sentence
    assert "SMITH" not in item.sentence
    books.stores.review.resolve(item.id, "choose", "ann", "P1: they sent it on", "run-1")
    assert [row["by"] for row in composed(books).rows] == ["hand"]


def test_the_day_of_a_strangers_line_is_asked_for_when_a_payout_of_its_amount_is_told(books: Bookkeeping) -> None:
    """It had no item before, because it named nobody; told again in the same words the payout asks for nothing."""

    def asked() -> list[str]:
        rows = books.stores.due.listing(books.connection)
        for one in rows:
            books.stores.due.done(one)
        return [one.partition for one in rows if one.partition.startswith("bank_deposits")]

    take_in(books, "2026-11-19,80.00,TRAIL SHOP WHOLESALE")
    composed(books)
    assert items(books) == []
    asked()
    pay(books, payout(trace_id=""))
    assert asked() == [day_name("bank_deposits", date(2026, 11, 19))]
    composed(books)
    assert [one.code for one in items(books)] == ["bank_line_unclear"]
    pay(books, payout(trace_id=""))
    assert asked() == []


def test_a_strangers_line_is_let_go_when_the_payout_comes_under_its_own_name(books: Bookkeeping) -> None:
    """The day of the proposal is looked at again by itself."""
    pay(books, payout())
    take_in(books, "2026-11-19,80.00,SMITH & SONS")
    composed(books)
    take_in(books, "2026-11-20,80.00,AMAZON", name="b.csv")
    assert day_name("bank_deposits", PAID) in {row.partition for row in books.stores.due.listing(books.connection)}
    composed(books)
    assert items(books) == []


def test_a_payer_of_the_settings_is_matched(books: Bookkeeping) -> None:
    """A payment provider in between pays under its own name."""
    pay(books, payout())
    take_in(books, "2026-11-19,80.00,PAYONEER 4471")
    road = road_of(books, payers=("Payoneer",))
    assert dict(fetch_days(road, DAY_STAGES["bank_deposits"], [PAID]))[PAID].verdicts[0].passed


def test_a_payer_is_more_than_a_letter() -> None:
    """Two letters stand in every line."""
    with pytest.raises(ValueError, match="payers"):
        BankSettings.model_validate({"payers": ["A-B"]})


def test_a_charge_that_waits_is_looked_at_again_when_its_settlement_is_known(books: Bookkeeping, row) -> None:
    """When it is registered; and when its lines say on which day the card was charged: by its end that lay too far."""
    day, name = date(2026, 3, 3), day_name("bank_deposits", date(2026, 3, 3))
    take_in(books, "2026-03-03,-321.69,CARD PAYMENT AMAZON")
    composed(books, day)
    assert [one.code for one in items(books)] == ["bank_line_unexplained"]
    charge = row("charge", "321.69", posted=START + timedelta(days=1))
    books.take_in("2", [row("payable", "-321.69"), charge, row("principal", "5.00")])
    assert name in asked_for(books)
    composed(books, day)
    assert name not in asked_for(books)
    assert "bank_line_unexplained" in {one.code for one in items(books)}
    books.lines("2")
    assert name in asked_for(books)
    assert composed(books, day).verdicts[0].passed
    assert "bank_line_unexplained" not in {one.code for one in items(books)}
    books.lines("2")
    assert name not in asked_for(books)


def asked_for(books: Bookkeeping) -> set[str]:
    """Return what is asked for."""
    return {row.partition for row in books.stores.due.listing(books.connection)}
