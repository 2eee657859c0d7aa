"""Say what of a site's receivables would let an invoice go wrong, before the first one is sent.

In: the settings and the door. Out: findings. The business unit must be there, and of our ledger. A transaction source
must number by hand, because the number is what keeps a second document out, and must not pay money out when a credit
meets an invoice that was paid; invoice and credit memo types must not open receivables where settlements clear them by
journal, must open them where receipts do, and must be excluded from tax calculation, because every tax of an invoice is
sent with it. What a receipt method's cash account is, no read shows. That Fusion lists sources and types is documented,
under which names it shows these facts is not: the names are settings, and a fact that is not shown is told as a
warning, for a person to look at. Sources:
docs.oracle.com/en/cloud/saas/financials/24c/farfa/op-transactionsourceslov-get.html,
docs.oracle.com/en/cloud/saas/financials/23d/farfa/api-list-values-receivables-transaction-types-list-values.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.errors import Finding, TargetError
from resources.erp.fusion import filters
from resources.erp.fusion.door import Door
from resources.erp.fusion.receivables.settings import ReceiptSettings, ReceivablesSettings
from resources.erp.fusion.rows import Row

_PAYS_OUT = "REFUND"
_UNITS = "finBusinessUnitsLOV"


def check_setup(ours: ReceivablesSettings, ledger_id: int, door: Door) -> list[Finding]:
    """Return what is wrong with business unit, transaction source and the two types, and what of them is not shown."""
    return [*_unit(ours, ledger_id, door), *_source(ours, door), *_types(ours, ours, door, opens=False)]


def check_types(ours: ReceivablesSettings, receipts: ReceiptSettings, door: Door) -> list[Finding]:
    """Return what is wrong with the types of what receipts close, and what of the receipt method is to be looked at."""
    seen = _unseen(f"which cash account receipt method {receipts.method} has: it must be clearing", receipts.method)
    return [*_types(ours, receipts, door, opens=True), seen]


def _types(
    ours: ReceivablesSettings, named: ReceivablesSettings | ReceiptSettings, door: Door, *, opens: bool
) -> Iterator[Finding]:
    for name, setting in ((named.invoice_type, "invoice_type"), (named.credit_memo_type, "credit_memo_type")):
        yield from _type(ours, door, name, setting, opens)


def _unit(ours: ReceivablesSettings, ledger_id: int, door: Door) -> Iterator[Finding]:
    """Yield what is wrong with the business unit: not shown at all, or its invoices go to another ledger."""
    name = ours.business_unit
    try:
        rows = door.rows(_UNITS, [filters.equals("BusinessUnitName", name)], key="BusinessUnitName")
    except TargetError as error:
        yield Finding(
            "receivables_unseen",
            f"Fusion does not show business unit {name}: {str(error).rstrip('.')}.",
            "Look by hand whether it exists, and whether its invoices go to the ledger of the settings.",
            origin=name,
            is_blocking=False,
        )
        return
    row = next((one for one in rows if one.text("BusinessUnitName") == name), None)
    if row is None:
        yield _wrong(
            f"Fusion shows no business unit {name} to the connector's user.",
            "Correct business_unit under receivables, or give the user data access to it.",
            name,
        )
    elif row.text("PrimaryLedgerId") not in ("", str(ledger_id)):
        yield _wrong(
            f"Invoices of business unit {name} go to ledger {row.text('PrimaryLedgerId')}, and settlements to ledger "
            f"{ledger_id}.",
            "Correct business_unit under receivables, or ledger_id.",
            name,
        )


def _source(ours: ReceivablesSettings, door: Door) -> Iterator[Finding]:
    name = ours.transaction_source
    row, why = _named(door, ours.sources_resource, name)
    if row is None:
        yield _absent("transaction source", name, "transaction_source", why)
        return
    if row.flag(ours.numbering_attribute) is True:
        yield _wrong(
            f"Transaction source {name} numbers its documents itself, so our number could not keep a second one out.",
            "Let the source be numbered by hand in Fusion, or name another one as transaction_source.",
            name,
        )
    elif row.flag(ours.numbering_attribute) is None:
        yield _unseen(f"whether transaction source {name} is numbered by hand", name)
    handling = row.text(ours.receipt_handling_attribute).upper()
    if handling == _PAYS_OUT:
        yield _wrong(
            f"Transaction source {name} refunds a receipt when its invoice is credited: a credit memo for what Amazon "
            "has given back already would pay the money out a second time.",
            "Set receipt handling for credits of the source to on account, or to nothing.",
            name,
        )
    elif ours.receipt_handling_attribute not in row.values:
        yield _unseen(f"what transaction source {name} does with receipts of credited invoices", name)


def _type(ours: ReceivablesSettings, door: Door, name: str, setting: str, must_open: bool) -> Iterator[Finding]:
    row, why = _named(door, ours.types_resource, name)
    if row is None:
        yield _absent("transaction type", name, setting, why)
        return
    opens = row.flag(ours.opens_receivables_attribute)
    if must_open and opens is False:
        yield _wrong(
            f"Transaction type {name} opens no receivables: no receipt could be applied to what is made of it.",
            f"Use a type that opens receivables as {setting} under receipts.",
            name,
        )
    elif opens is True and not must_open:
        yield _wrong(
            f"Transaction type {name} opens receivables: its invoices would wait for a payment that comes with the "
            "settlement's journal.",
            f"Use a type that does not open receivables as {setting}.",
            name,
        )
    elif opens is None:
        yield _unseen(f"whether transaction type {name} opens receivables", name)
    is_excluded = row.flag(ours.tax_exclusion_attribute)
    if is_excluded is False:
        yield _wrong(
            f"Transaction type {name} lets Fusion calculate tax: that would come on top of what Amazon has charged.",
            f"Exclude the type from tax calculation in Fusion, or use another one as {setting}.",
            name,
        )
    elif is_excluded is None:
        yield _unseen(f"whether transaction type {name} is excluded from tax calculation", name)


def _named(door: Door, resource: str, name: str) -> tuple[Row | None, str]:
    """Return the row of that name, or why there is none."""
    if not resource:
        return None, "the settings name no resource that lists it"
    try:
        rows = door.rows(resource, [filters.equals("Name", name)], key="Name")
    except TargetError as error:
        return None, str(error)
    return next((row for row in rows if row.text("Name") == name), None), ""


def _absent(what: str, name: str, setting: str, why: str) -> Finding:
    if why:
        return Finding(
            "receivables_unseen",
            f"Fusion does not show the {what} {name}: {why.rstrip('.')}.",
            f"Look at {what} {name} in Fusion by hand: numbering, receipt handling for credits, open receivables, tax.",
            origin=name,
            is_blocking=False,
        )
    return _wrong(f"Fusion has no {what} {name}.", f"Correct {setting} under receivables, or create it.", name)


def _wrong(sentence: str, cure: str, name: str) -> Finding:
    return Finding("receivables_setup", sentence, cure, origin=name)


def _unseen(what: str, name: str) -> Finding:
    return Finding(
        "receivables_unseen",
        f"Fusion does not show {what}.",
        "Look at it in Fusion by hand; or name the attribute that shows it under receivables.",
        origin=name,
        is_blocking=False,
    )
