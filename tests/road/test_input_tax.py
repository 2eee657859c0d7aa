"""Tax on fees at a Fusion pod: it waits on its own account, and is claimed once, with the number of its invoice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from assets.mapped_lines import map_lines
from assets.review.approval import approve
from assets.stages.days import RefusedDay
from connector_defs.project import PACKAGE
from emulators import faults as general
from emulators.amazon.settlement_writer import Row
from emulators.fusion.demo_site import US_LEDGER
from ledger.errors import ConfigurationRefused
from ledger.four_eyes import Decider
from ledger.mapping import load_mapping
from tests.assets.test_fee_invoices import Amazon, invoice, line
from tests.road.billing_rig import fetched, verdict
from tests.road.conftest import FIRST, sale, walk
from tests.road.fusion_rig import Pod
from tests.road.test_posting_road import ONE

D = Decimal
# The last day of the settlement's time is billed on the next.
BILLED_UNTIL = FIRST + timedelta(days=6)
ISSUED = FIRST + timedelta(days=7)
DAY = [ISSUED.date()]
PARTITION = f"input_tax_postings-{DAY[0]}"
WAITING, CLAIMED = "01-000-110950-000", "01-000-115500-000"
ACCOUNTS = 'accounts:\n  pass_through_tax: "210500"\n  tax_liability: "210600"\n  input_tax: "115500"\n'
HELD = '  input_tax_waiting: "110950"\n'


def claiming(pod: Pod, run: str = "run-1", accounts: str = ACCOUNTS + HELD, told=(), **books):
    """Return the road that lets tax on fees wait; `told` are the invoices that Amazon tells of."""
    road = pod.road(run, **{"input_tax": "when_invoiced", "approval": "automatic", **books})
    text = pod.connection().mapping_path.read_text(encoding="utf-8").replace("accounts:\n", accounts)
    text += '  fba_storage_fee: "600300"\n'
    return replace(
        road,
        load_mapping=lambda: load_mapping(text, "mapping.yaml"),
        source=Amazon(told).source if told else road.source,
    )


def storage(tax: str = "-19.00", posted: datetime = FIRST + timedelta(days=2)) -> list[Row]:
    """Return a storage fee of 100.00 with the tax on it as a row of its own."""
    name = "FBA Inventory Storage Fee"
    return [
        Row("FBAFees", name, "Base fee", D("-100.00"), posted, marketplace_name="Amazon.com"),
        Row("FBAFees", name, "Tax on fee", D(tax), posted, marketplace_name="Amazon.com"),
    ]


def billed(number: str, tax: str, **changes):
    """Return an invoice of the settlement's time."""
    told = {"marketplace_id": "ATVPDKIKX0DER", "currency": "USD", "issued": ISSUED, "identifier": f"{number}~{tax}"}
    told |= {"period_start": FIRST, "period_end": BILLED_UNTIL, **changes}
    return invoice(number, line("100.00", tax, "US 19"), **told)


def posted(world, pod: Pod, *rows: Row, settlement_id: str = ONE, **written) -> None:
    """Take in a settlement and post it."""
    road = claiming(pod)
    world.take_in(road, settlement_id, sale("500.00"), *(rows or storage()), **written)
    for number in range(3):
        walk(claiming(pod, f"walk-{number}"), settlement_id)
        world.clock.advance(120)
    assert set(world.states(road, settlement_id)) == {"posted"}


def claim(world, pod: Pod, *invoices, run: str = "run-c", **changes):
    """Read the invoices of the day, and claim what they hold; return what the last of three looks says."""
    road = claiming(pod, run, told=invoices, **changes)
    fetched(road, "fee_invoices", DAY)
    for _ in range(3):
        [made] = fetched(road, "input_tax_postings", DAY).values()
        world.clock.advance(120)
    assert not isinstance(made, RefusedDay), made
    return made


def balance(pod: Pod, account: str) -> Decimal:
    """Return what stands on an account at the pod."""
    batches = pod.app.books.batches(US_LEDGER)
    lines = (one for batch in batches for one in pod.app.books.lines(batch.id))
    return sum((one.amount for one in lines if one.account == account), D(0))


@pytest.fixture
def pod(world) -> Pod:
    """A pod beside the world, at a time when the invoices are out."""
    made = Pod(world)
    assert world.clock.now() > ISSUED.replace(tzinfo=UTC)
    return made


def test_tax_on_fees_waits_until_its_invoice_has_a_number(world, pod):
    """The settlement books it as waiting; an invoice without a number claims none; with the number all of it is."""
    posted(world, pod)
    assert (balance(pod, WAITING), balance(pod, CLAIMED)) == (D("19.00"), D(0))
    made = claim(world, pod, billed("", "19.00"))
    told = verdict(made, "input_tax_evidenced")
    assert (made.rows, told.passed) == ((), False)
    assert told.rows[0]["why"] == "it has no number yet"
    assert (balance(pod, WAITING), balance(pod, CLAIMED)) == (D("19.00"), D(0))
    made = claim(world, pod, billed("US-2026-1", "19.00"))
    assert all(one.passed for one in made.verdicts), [one.sentence for one in made.verdicts if not one.passed]
    [row] = made.rows
    assert (row["invoice"], row["input tax"], row["state"]) == ("US-2026-1", "19.00", "posted")
    assert row["date"] == DAY[0].isoformat()
    assert (balance(pod, WAITING), balance(pod, CLAIMED)) == (D(0), D("19.00"))


def test_a_number_claims_its_tax_once_whatever_is_told_and_lost(world, pod):
    """The answer of the ERP is lost, the invoice is told twice, and the day is asked for over and over."""
    posted(world, pod)
    pod.faults.next("importBulkData", general.dropped(after=True))
    twice = (billed("US-1", "19.00"), billed("US-1", "19.00", identifier="other"))
    for number in range(3):
        made = claim(world, pod, *twice, run=f"run-{number}")
        world.clock.advance(4_000)
    assert [row["state"] for row in made.rows] == ["posted"]
    assert (balance(pod, WAITING), balance(pod, CLAIMED)) == (D(0), D("19.00"))
    assert pod.app.books.duplicates() == {}


@pytest.mark.parametrize(
    ("taxes", "claimed", "left", "why"),
    [
        (("25.00",), ["19.00"], "0.00", ""),  # the rest of its tax stands in fees without a row of their own
        (("12.00",), ["12.00"], "7.00", "7.00 USD more wait than the invoices of that time hold with a number"),
        (("12.00", "30.00"), ["12.00", "7.00"], "0.00", ""),
        (("25.00", "-10.00"), ["15.00"], "4.00", "4.00 USD more wait"),  # a credit note takes some back
    ],
)
def test_no_more_is_claimed_than_waits_nor_than_invoices_hold(world, pod, taxes, claimed, left, why):
    """Selling and advertising of one time are held together; what no invoice holds stays where it waits."""
    posted(world, pod)
    made = claim(world, pod, *(billed(f"US-{number}", tax) for number, tax in enumerate(taxes)))
    assert [row["input tax"] for row in made.rows] == claimed
    assert (balance(pod, WAITING), balance(pod, CLAIMED)) == (D(left), D("19.00") - D(left))
    told = verdict(made, "input_tax_evidenced")
    assert told.passed is (D(left) == 0)
    assert all(row["why"].startswith(why) for row in told.rows)


def test_what_was_claimed_stays_when_another_invoice_of_the_time_comes_first(world, pod):
    """One that is older and was told later claims only what is left: nothing is booked otherwise, none twice."""
    posted(world, pod)
    claim(world, pod, billed("US-2", "12.00"))
    made = claim(world, pod, billed("US-1", "15.00", issued=ISSUED - timedelta(hours=1)), billed("US-2", "12.00"))
    assert {row["invoice"]: row["input tax"] for row in made.rows} == {"US-2": "12.00", "US-1": "7.00"}
    assert verdict(made, "unchanged_since_posting").passed
    assert (balance(pod, WAITING), balance(pod, CLAIMED)) == (D(0), D("19.00"))


def test_nothing_is_claimed_while_a_settlement_of_its_time_is_not_posted(world, pod):
    """Its tax belongs to the same invoices; the time that no settlement covers yet waits as well."""
    road = claiming(pod)
    world.take_in(road, ONE, sale("500.00"), *storage())
    made = claim(world, pod, billed("US-1", "19.00"))
    told = verdict(made, "input_tax_evidenced")
    assert (told.is_waiting, told.rows[0]["why"]) == (True, f"settlement {ONE} of its time is not posted yet")
    walk(road, ONE)
    world.clock.advance(120)
    walk(road, ONE)
    later = billed("US-1", "19.00", period_end=FIRST + timedelta(days=20))
    told = verdict(claim(world, pod, later), "input_tax_evidenced")
    assert (told.is_waiting, told.rows[0]["why"]) == (True, "its time is not settled to the end yet")
    assert balance(pod, CLAIMED) == D(0)


def test_a_fee_of_another_time_belongs_to_another_invoice(world, pod):
    """The settlement's last day lies behind the invoice's; its tax waits for the next invoice."""
    late = storage("-3.00", FIRST + timedelta(days=6, hours=12))
    posted(world, pod, *storage(), *late)
    made = claim(world, pod, billed("US-1", "50.00"))
    assert [row["input tax"] for row in made.rows] == ["19.00"]
    assert (balance(pod, WAITING), balance(pod, CLAIMED)) == (D("3.00"), D("19.00"))


def test_without_an_account_to_wait_on_the_settlement_stops_and_says_which(world, pod):
    """Nothing is booked as claimed before it may be."""
    road = claiming(pod, accounts=ACCOUNTS)
    world.take_in(road, ONE, sale("500.00"), *storage())
    walk(road, ONE)
    item = world.items()["unmapped_category"]
    assert "accounts, input_tax_waiting" in item.cure
    assert pod.batches() == []


def test_where_tax_is_booked_when_settled_there_is_nothing_to_claim(world, pod):
    """As it was before: straight to its account, and the asset refuses."""
    road = claiming(pod, input_tax="when_settled")
    world.take_in(road, ONE, sale("500.00"), *storage())
    for _ in range(2):
        walk(road, ONE)
        world.clock.advance(120)
    assert (balance(pod, WAITING), balance(pod, CLAIMED)) == (D(0), D("19.00"))
    with pytest.raises(ConfigurationRefused, match="lets no input tax wait"):
        fetched(road, "input_tax_postings", DAY)


def test_a_day_of_input_tax_waits_for_one_word_of_another_person(world, pod):
    """Planned, approved, posted; nothing is booked before."""
    posted(world, pod)
    made = claim(world, pod, billed("US-1", "19.00"), approval="required")
    assert ([row["state"] for row in made.rows], balance(pod, CLAIMED)) == (["planned"], D(0))
    item = world.items()["approval_needed"]
    assert (item.partition, "1 journals of input tax are planned" in item.sentence) == (PARTITION, True)
    approve(claiming(pod, approval="required"), PARTITION, Decider("maria"), "looked at the invoice")
    made = claim(world, pod, billed("US-1", "19.00"), run="run-d", approval="required")
    assert ([row["state"] for row in made.rows], balance(pod, CLAIMED)) == (["posted"], D("19.00"))
    assert world.items() == {}


def test_peoplesoft_takes_it_as_well(world):
    """A journal in the general ledger, as every ERP takes one."""
    books = {"input_tax": "when_invoiced", "approval": "automatic"}
    road = world.small(**books)
    text = (PACKAGE / "mappings" / "amazon_us.yaml").read_text("utf-8").replace("accounts:\n", f"accounts:\n{HELD}", 1)
    road = replace(road, load_mapping=lambda: load_mapping(text, "amazon_us.yaml"))
    world.take_in(road, ONE, sale("500.00"), *storage())
    told = replace(road, source=Amazon([billed("US-2026-0000000000000000000001", "19.00")]).source)
    fetched(told, "fee_invoices", DAY)
    for _ in range(4):
        walk(road, ONE)
        [made] = fetched(told, "input_tax_postings", DAY).values()
        world.clock.advance(600)
    assert [row["state"] for row in made.rows] == ["posted"], made.verdicts
    assert verdict(made, "read_back_equals_journal").passed
    assert world.items() == {}


def test_tax_that_was_booked_as_claimed_is_not_claimed_again_when_the_setting_changes(world, pod):
    """What stands in the books is what was sent, however the settlement would be mapped now by the same mapping."""
    road = claiming(pod, input_tax="when_settled")
    world.take_in(road, ONE, sale("500.00"), *storage())
    for _ in range(3):
        walk(road, ONE)
        world.clock.advance(120)
    assert set(world.states(road, ONE)) == {"posted"}
    map_lines(claiming(pod, "run-2"), ONE)
    made = claim(world, pod, billed("US-1", "19.00"))
    assert (made.rows, balance(pod, WAITING), balance(pod, CLAIMED)) == ((), D(0), D("19.00"))
