"""One connection over real stores and a stand-in ERP, and settlements written the way Amazon writes them.

A settlement is a few short names of labels with amounts; what comes out is written the way an accountant writes it.
Ids are small numbers, so that the reference of settlement 1 is S1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from assets.journals import make_journals, planned_journals
from assets.mapped_lines import map_lines
from assets.settlement_lines import read_lines
from assets.settlement_reports import import_file
from assets.stages.outcome import keep
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult, Verdict
from emulators.amazon.settlement_writer import US, Row, Settlement, write_v2
from ledger.errors import Finding
from ledger.journal import Journal
from ledger.mapping import load_mapping
from ledger.opening_orders import read_opening_orders
from ledger.policy import Policy
from resources.clock import ManualClock
from resources.erp.target import AccountUse
from resources.store.stores import Stores
from tests.spoken import LABELS, NAMES

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PERIOD = timedelta(days=14)

MAPPING = """\
version: 1
owner:
  unit: US001
accounts:
  clearing: "110500"
  pass_through_tax: "210500"
  tax_liability: "210600"
  input_tax: "115500"
  opening_receivable: "110900"
  card_in_transit: "110600"
  inter_unit:
    - {units: [US001, US002], due_from: "131000", due_to: "231000", partner_segment: affiliate}
marketplace_for_blank: Amazon.com
categories:
  revenue: "400100"
  shipping_revenue: "400200"
  promo_rebate: "410200"
  refund: "410100"
  referral_fee: "600100"
  fba_fulfilment_fee: "600200"
  subscription_fee: "600300"
  reserve_movement: "110700"
  cross_account_debt: "110800"
  fba_reimbursement: "480100"
  lending: "220100"
rules:
  - when: {category: revenue, sku: "US2-*"}
    book: {unit: US002, account: "400100"}
"""

ACCOUNT_ROWS = ("subscription", "payable", "charge", "returned", "reserve held", "reserve back", "loan", "debt moved")

POLICY = {
    "time_zone": "America/New_York",
    "books_from": "2026-01-01",
    "marketplaces": {
        "Amazon.com": {"tax_model": "facilitator"},
        "Amazon.co.uk": {"tax_model": "added"},
        "Amazon.de": {
            "tax_model": "included",
            "vat_rates": [{"rate": "19", "valid_to": "2026-06-30"}, {"rate": "16", "valid_from": "2026-07-01"}],
        },
        "Amazon.fr": {"tax_model": "mixed", "otherwise": "included", "vat_rates": [{"rate": "20"}]},
        "Amazon.it": {"tax_model": "mixed", "otherwise": "added"},
    },
}


@dataclass
class EveryAccount:
    """An ERP that knows every account; it is asked and remembers what."""

    lines_max: int = 300
    quiet_period_seconds: int = 0
    reverses_receipts: bool = False
    asked: list[AccountUse] = field(default_factory=list)

    def check_accounts(self, uses: Sequence[AccountUse], journals: Sequence[Journal] = ()) -> list[Finding]:
        self.asked += uses
        return []


@dataclass
class Bookkeeping:
    """A road to the journals; `policy` and `mapping` may be changed between stages as a person would change files."""

    stores: Stores
    folder: Path
    connection: str
    policy: dict = field(default_factory=lambda: dict(POLICY))
    mapping: str = MAPPING
    target: EveryAccount = field(default_factory=EveryAccount)
    files: int = 0
    opening_orders: str = ""

    @property
    def road(self) -> Road:
        policy = Policy(**self.policy)
        orders = {}
        if policy.orders_before_go_live is not None:
            text = self.opening_orders
            orders["load_opening_orders"] = lambda: read_opening_orders(text, "orders.csv", policy)
        return Road(
            connection=self.connection,
            seller="SELLER",
            ledger="peoplesoft:TEST:ACTUALS",
            policy=policy,
            load_mapping=lambda: load_mapping(self.mapping, "mapping.yaml"),
            stores=self.stores,
            source=None,
            target=self.target,
            clock=ManualClock(NOW),
            run="run-1",
            **orders,
        )

    def take_in(
        self,
        settlement_id: str,
        rows: Sequence[Row],
        start: datetime = START,
        end: datetime | None = None,
        currency: str = "USD",
    ) -> None:
        """Write a settlement as Amazon does and drop it onto the road; rows of no moment get one inside the period."""
        end = end or start + PERIOD
        dated = tuple(row if row.posted else replace(row, posted=start + timedelta(hours=1)) for row in rows)
        self.files += 1
        path = self.folder / f"{self.files}.txt"
        path.write_bytes(write_v2(Settlement(settlement_id, start, end, currency, dated), US))
        assert import_file(self.road, path) == (settlement_id, "new")

    def lines(self, settlement_id: str) -> StageResult:
        return self._kept("settlement_lines", read_lines, settlement_id)

    def mapped(self, settlement_id: str) -> StageResult:
        """Read and map, or stop at the first."""
        result = self.lines(settlement_id)
        return result if result.stops else self._kept("mapped_lines", map_lines, settlement_id)

    def journals(self, settlement_id: str) -> StageResult:
        """Read, map and make journals, or stop at the first that stops."""
        result = self.mapped(settlement_id)
        return result if result.stops else self._kept("journals", make_journals, settlement_id)

    def documents(self, settlement_id: str) -> tuple[Journal, ...]:
        """Return the journals; every verdict on the way must have let the settlement pass."""
        result = self.journals(settlement_id)
        assert not result.stops, [verdict.sentence for verdict in result.verdicts if verdict.stops]
        return self.planned(settlement_id)

    def planned(self, settlement_id: str) -> tuple[Journal, ...]:
        """Return the journals as they were staged, without making them anew."""
        return planned_journals(self.road, settlement_id).journals.journals

    def booked(self, settlement_id: str) -> list[str]:
        """Make the journals; return their lines the way an accountant writes them."""
        return [shown(line) for journal in self.documents(settlement_id) for line in journal.lines]

    def movements(self, settlement_id: str) -> list[dict]:
        """Return the staged movements."""
        warehouse = self.stores.warehouse
        version = warehouse.current(self.connection, "mapped_lines", settlement_id)
        with warehouse.connect() as duck:
            relation = duck.sql("SELECT * FROM read_parquet($path)", params={"path": str(warehouse.path(version))})
            return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]

    def _kept(self, asset: str, stage, settlement_id: str) -> StageResult:
        result = stage(self.road, settlement_id)
        keep(self.road, asset, settlement_id, result)
        return result


def shown(line) -> str:
    """Write one journal line: side, other unit, account with its open item, amount."""
    unit = "" if line.account.unit == "US001" else f"{line.account.unit} "
    partner = dict(line.account.segments).get("affiliate", "")
    name = NAMES[line.account.account] + (f" {partner}" if partner else "")
    item = f"[{line.reference}]" if line.reference else ""
    return f"{'Dr' if line.amount > 0 else 'Cr'} {unit}{name}{item} {abs(line.amount)}"


def a_row(
    name: str, amount: str, order: str = "", marketplace: str = "Amazon.com", posted: datetime | None = None, **given
) -> Row:
    """Return a row by the short name of its labels; rows of the account have neither order nor marketplace."""
    if name in ACCOUNT_ROWS:
        return Row(*LABELS[name], Decimal(amount), posted, **given)
    order = order or "111-0000001-0000001"
    plain = {"fulfillment_id": "AFN", "sku": "SKU-1", "order_item_code": "1", "shipment_id": "D1", "quantity": 1}
    return Row(*LABELS[name], Decimal(amount), posted, order_id=order, marketplace_name=marketplace, **(plain | given))


@pytest.fixture
def row():
    """Make a row of a settlement."""
    return a_row


@pytest.fixture(scope="session")
def stores(tmp_path_factory) -> Stores:
    """Return stores that all tests share, each under a connection of its own: opening them costs more than a test."""
    opened = Stores.open(tmp_path_factory.mktemp("stores") / "home", ManualClock(NOW))
    yield opened
    opened.close()


@pytest.fixture
def books(stores, tmp_path) -> Bookkeeping:
    """Return an empty connection."""
    return Bookkeeping(stores, tmp_path, f"c{uuid4().hex}")


@pytest.fixture
def verdict():
    """Find the verdict of a check in the result of a stage."""

    def found(result: StageResult, check: str) -> Verdict:
        return next(one for one in result.verdicts if one.check == check)

    return found
