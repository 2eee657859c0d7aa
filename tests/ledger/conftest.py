"""A mapping, a policy and a settlement's books, small enough to read beside each example."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

import pytest

from ledger.accounts import AccountKey
from ledger.journal import JournalFrame, Movement, SourceKey
from ledger.mapping import Combination, Context, Mapping, Resolved, load_mapping, resolve
from ledger.movements import SettlementBooks
from ledger.policy import Policy
from tests.spoken import LABELS, NAMES

MAPPING = """\
version: 1
owner:
  unit: US001
accounts:
  clearing: "110500"
  pass_through_tax: "210500"
  tax_liability: "210600"
  input_tax: "115500"
  card_in_transit: "110600"
  inter_unit:
    - {units: [US001, US002], due_from: "131000", due_to: "231000", partner_segment: affiliate}
categories:
  revenue: "400100"
  shipping_revenue: "400200"
  promo_rebate: "410200"
  refund: "410100"
  referral_fee: "600100"
  fba_fulfilment_fee: "600200"
  subscription_fee: "600300"
  fba_storage_fee: "600400"
  reserve_movement: "110700"
  cross_account_debt: "110800"
  fba_reimbursement: "480100"
rules:
  - when: {category: revenue, sku: "US2-*"}
    book: {unit: US002, account: "400100"}
"""


@pytest.fixture
def mapping() -> Mapping:
    return load_mapping(MAPPING, "mapping.yaml")


@pytest.fixture
def policy() -> Policy:
    rates = [{"rate": "19", "country": "DE", "valid_to": "2026-06-30"}, {"rate": "16", "valid_from": "2026-07-01"}]
    return Policy(
        time_zone="America/New_York",
        books_from="2026-01-01",
        marketplaces={
            "Amazon.com": {"tax_model": "facilitator"},
            "Amazon.co.uk": {"tax_model": "added"},
            "Amazon.de": {"tax_model": "included", "vat_rates": rates},
            "Amazon.fr": {"tax_model": "mixed", "otherwise": "included", "vat_rates": [{"rate": "20"}]},
        },
    )


@pytest.fixture
def combination() -> Callable[..., Combination]:
    """Make a combination from a short name of labels."""

    def made(name: str | tuple[str, str, str], **changes) -> Combination:
        labels = LABELS[name] if isinstance(name, str) else name
        plain = {
            "marketplace": "Amazon.com",
            "sku": "SKU-1",
            "fulfilment": "AFN",
            "accounting_date": date(2026, 3, 1),
            "positive": True,
        }
        return Combination(*labels, **{**plain, **changes})

    return made


@pytest.fixture
def resolved(mapping, policy, combination) -> Callable[..., Resolved]:
    """Resolve a short name of labels with the shared mapping and policy; fail the test when it stops."""

    def made(name: str | tuple[str, str, str], amount: str = "1", **changes) -> Resolved:
        marketplace = changes.get("marketplace", "Amazon.com")
        one = combination(name, **{"positive": Decimal(amount) > 0, **changes})
        answer = resolve(one, mapping, policy, Context("USD", (marketplace,)))
        assert isinstance(answer, Resolved), answer
        return answer

    return made


@pytest.fixture
def clearing() -> AccountKey:
    return AccountKey.of("US001", account="110500")


@pytest.fixture
def books(clearing) -> Callable[[str], SettlementBooks]:
    """Make the books of a settlement from the reference of its open item."""
    return lambda reference: SettlementBooks("USD", clearing, reference)


@pytest.fixture
def frame(clearing) -> JournalFrame:
    source = SourceKey("SELLER", "US001", "settlement", "12345678901")
    return JournalFrame(
        source, 1, "US001", "USD", "CRRNT", "Amazon settlement", "12345678901", open_item_accounts=frozenset({clearing})
    )


@pytest.fixture
def shown() -> Callable[[Iterable[Movement]], list[str]]:
    """Write movements as an accountant writes them, accounts by name, other units in front."""

    def name(account: AccountKey, reference: str) -> str:
        unit = "" if account.unit == "US001" else f"{account.unit} "
        partner = dict(account.segments).get("affiliate", "")
        text = unit + NAMES[account.account] + (f" {partner}" if partner else "")
        return f"{text}[{reference}]" if reference else text

    def written(movements: Iterable[Movement]) -> list[str]:
        return [
            f"Dr {name(one.debit, one.debit_reference)} {one.amount} / Cr {name(one.credit, one.credit_reference)}"
            for one in movements
        ]

    return written
