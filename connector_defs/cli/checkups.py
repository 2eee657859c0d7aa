"""What `connector check` looks at: settings, go-live, mapping, catalogue, secrets, stores, marketplace and ERP.

In: a project and the name of a connection. Out: rows with a sentence, a cure and the exit code of their kind. A row
that fails does not keep the next from being asked, unless the next cannot be asked without it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.invoice_checkup import invoices_answer
from connector_defs.cli.master_checkup import Answer, masters_answer
from ledger.errors import ConnectorError, Finding, SourceRefused, SourceUnavailable, TargetUnavailable, VaultClosed
from ledger.month import Month

if TYPE_CHECKING:
    from connector_defs.connections import Connection
    from connector_defs.project import Project
    from ledger.accounts import AccountKey
    from ledger.mapping import Mapping
    from ledger.opening_orders import OpeningOrders
    from resources.store.stores import Stores

# So many orders are named in a sentence; all of them stand in the pack for auditors.
_NAMED_MAX = 5
_NO_ANSWER = "Look whether this machine reaches that address: its name, a firewall, certificates; no proxy is used."
_RECEIPT_SOURCES = ("payouts", "bank_deposits")
_RETURN_SOURCES = ("fba_returns", "return_postings")


@dataclass(frozen=True)
class Checked:
    """One row; `code` counts only when it is not ok."""

    connection: str
    what: str
    ok: bool
    sentence: str
    cure: str = ""
    code: ExitCode = ExitCode.FINE


def checked_stores(project: "Project") -> tuple["Stores | None", Checked]:
    """Open the stores; return them with the row that tells."""
    from connector_defs.connections import open_stores

    try:
        stores = open_stores(project)
    except ConnectorError as error:
        return None, Checked("", "stores", False, str(error), "Correct the address or free the disk.", ExitCode.STORES)
    return stores, Checked("", "stores", True, f"Control database {stores.control.url_shown}.")


def checked_connection(project: "Project", name: str, stores: "Stores | None") -> list[Checked]:
    """Return all rows of one connection."""
    from connector_defs.connections import connection
    from resources.clock import SystemClock

    try:
        opened = connection(project, name)
    except ConnectorError as error:
        cure = "Correct the settings where the sentence says."
        return [Checked(name, "settings", False, str(error), cure, ExitCode.REFUSED)]
    today = SystemClock().now().date()
    rows = [Checked(name, "settings", True, f"Ledger {opened.ledger_id}."), _go_live(opened)]
    mapping, mapping_rows = _mapping(opened)
    rows += [*mapping_rows, *_receipts(opened, mapping), *_opening_orders(opened, mapping, stores)]
    rows += [
        *_month_end(opened, mapping),
        *_input_tax(opened, mapping),
        *(Checked(name, "invoices", *told) for told in invoices_answer(opened, mapping)),
        *_catalogue(opened, stores, today),
        *_returns(opened, mapping, today),
        *events_source(opened, today),
    ]
    missing = _secrets(project, opened)
    rows.append(missing)
    if stores is not None and missing.ok:
        rows += list(_outside(project, opened, stores, mapping))
    return rows


def _go_live(opened: "Connection") -> Checked:
    books = opened.settings.books
    if books.books_from is None:
        cure = "Set books.books_from to the date or the first settlements from which this connection keeps the books."
        return Checked(opened.name, "go-live", False, "Nothing is posted yet.", cure, ExitCode.WAITS)
    since = books.books_from if isinstance(books.books_from, tuple) else books.books_from.isoformat()
    note = " Journals are cut by posted date, which Amazon sets at release." if books.month_end == "split" else ""
    return Checked(opened.name, "go-live", True, f"Books from {since}.{note}")


def _receipts(opened: "Connection", mapping: "Mapping | None") -> Iterator[Checked]:
    """Say of a connection that books receipts itself whether it can: accounts for the bank, payouts and bank lines."""
    if opened.settings.books.bank_receipt != "connector" or mapping is None:
        return
    accounts, by_day = mapping.shape.accounts, opened.settings.by_day
    off = [name for name in _RECEIPT_SOURCES if not getattr(by_day, name)]
    if accounts.bank is None:
        sentence = f"{mapping.file}: accounts.bank is missing, and bank_receipt: connector books receipts there."
        cure = "Name the account of each bank account in the mapping, or write bank_receipt: erp."
        yield Checked(opened.name, "receipts", False, sentence, cure, ExitCode.REFUSED)
    elif off:
        sentence = f"bank_receipt: connector needs {' and '.join(off)}, and by_day switches that off."
        yield Checked(opened.name, "receipts", False, sentence, "Switch it on under by_day.", ExitCode.REFUSED)
    else:
        other = "" if accounts.fx_realised else " Without accounts.fx_realised only in the settlement's own currency."
        yield Checked(opened.name, "receipts", True, f"Booked by the connector, as matched bank lines come in.{other}")


def _month_end(opened: "Connection", mapping: "Mapping | None") -> Iterator[Checked]:
    """Say what is accrued at a month end, and what is missing for it; nothing where no accrual is wanted."""
    if opened.settings.books.month_end != "accrue":
        return
    what = "month end"
    if not opened.settings.by_day.financial_events:
        words = "Accruals are made of financial events, which are not read."
        yield Checked(opened.name, what, False, words, "Set by_day.financial_events to true.", ExitCode.REFUSED)
    account = mapping.shape.accounts.accrued if mapping else None
    if mapping is not None and account is None:
        words = "There is no account that accruals stand on."
        yield Checked(opened.name, what, False, words, f"Add accounts.accrued to {mapping.file}.", ExitCode.REFUSED)
    if account is not None:
        yield Checked(
            opened.name,
            what,
            True,
            "What a month earned (sales, refunds, fees, tax) and no settlement of its books holds is accrued on "
            f"{account.account} on its last day and reversed on the day after, per marketplace and currency. See it: "
            f"connector plan accruals MONTH -c {opened.name}",
        )


def _input_tax(opened: "Connection", mapping: "Mapping | None") -> Iterator[Checked]:
    """Say where tax on fees waits for its invoice, which account it lacks, or that nobody has said whether it waits."""
    if mapping is None:
        return
    books, accounts, what = opened.settings.books, mapping.shape.accounts, "input tax"
    if accounts.input_tax is not None and "input_tax" not in books.model_fields_set:
        words = "Tax on fees is booked as claimed as soon as it is settled, before its invoice has a number."
        cure = "Say so under books, input_tax: when_settled; or when_invoiced, where it may be claimed with that only."
        yield Checked(opened.name, what, False, words, cure, ExitCode.WAITS)
    if not books.holds_input_tax:
        return
    missing = [name for name in ("input_tax_waiting", "input_tax") if getattr(accounts, name) is None]
    if len(missing) == 2:
        words = "No account for tax on fees is named: a settlement that has such tax stops until there is one."
        yield Checked(opened.name, what, True, words)
    elif missing:
        words = "Tax on fees is to wait for its invoice, and the mapping does not say where it waits or is claimed."
        cure = f"Add {' and '.join(f'accounts.{name}' for name in missing)} to {mapping.file}."
        yield Checked(opened.name, what, False, words, cure, ExitCode.REFUSED)
    else:
        words = "Tax on fees waits on accounts.input_tax_waiting until the number of its invoice is known."
        yield Checked(opened.name, what, True, words)


def events_source(opened: "Connection", today: date) -> Iterator[Checked]:
    """Warn of the older API of financial events while it lives; refuse it afterwards."""
    from resources.amazon.old_events import LAST_DAY

    sources = opened.settings.by_day
    if not sources.financial_events or sources.events_source == "transactions":
        return
    left = (LAST_DAY - today).days
    words = f"Amazon removes the older API of financial events after {LAST_DAY}, {left} days from now."
    if left < 0:
        words = f"Amazon removed the older API of financial events after {LAST_DAY}: no events are read any more."
    code = ExitCode.WAITS if left >= 0 else ExitCode.REFUSED
    yield Checked(opened.name, "events source", False, words, "Set by_day.events_source: transactions.", code)


def _opening_orders(opened: "Connection", mapping: "Mapping | None", stores: "Stores | None") -> Iterator[Checked]:
    """Say what of the orders listed as shipped before go-live was settled; refuse a list that cannot be used."""
    from ledger.opening_orders import without_account

    if opened.opening_orders_path is None:
        return
    what = "orders before go-live"
    try:
        listed = opened.load_opening_orders()
        missing = without_account(listed, mapping) if mapping else ""
        words = f"{len(listed.orders)} listed{_settled_words(opened, stores, listed) if stores else ''}."
    except ConnectorError as error:
        cure = "Correct the file where the sentence says."
        yield Checked(opened.name, what, False, str(error), cure, ExitCode.REFUSED)
        return
    if missing:
        cure = "Add the account there, or set book_to: revenue."
        yield Checked(opened.name, what, False, missing, cure, ExitCode.REFUSED)
    if listed.ignored:
        words += f" Columns that say nothing here: {', '.join(listed.ignored)}; order_id, shipped and amount do."
    yield Checked(opened.name, what, True, words)


def _settled_words(opened: "Connection", stores: "Stores", listed: "OpeningOrders") -> str:
    from assets.sales.opening_orders import standings

    found = standings(stores, opened.name, opened.settings.books, listed)
    waiting = [one.order.order_id for one in found if not one.is_settled]
    differing = [one.order.order_id for one in found if one.is_settled and one.cleared.difference]
    words = f", {len(waiting)} of them not settled yet{_some(waiting)}"
    if differing:
        words += f"; {len(differing)} settled otherwise than the books held them{_some(differing)}"
    return words


def _some(names: list[str]) -> str:
    """Name the first few."""
    return f" ({', '.join(names[:_NAMED_MAX])}{', ...' if len(names) > _NAMED_MAX else ''})" if names else ""


def _mapping(opened: "Connection") -> tuple["Mapping | None", list[Checked]]:
    from ledger.mapping import coverage, warnings

    try:
        mapping = opened.load_mapping()
    except ConnectorError as error:
        cure = "Correct the mapping where the sentence says."
        return None, [Checked(opened.name, "mapping", False, str(error), cure, ExitCode.REFUSED)]
    uncovered = coverage(mapping)
    words = f"Categories without an account (they stop a settlement that has one): {', '.join(uncovered) or 'none'}."
    rows = [Checked(opened.name, "mapping", True, words)]
    rows += [
        Checked(opened.name, "mapping", False, one, "Change the mapping.", ExitCode.WAITS) for one in warnings(mapping)
    ]
    return mapping, rows


def _catalogue(opened: "Connection", stores: "Stores | None", today: date) -> Iterator[Checked]:
    """Say which products of the last days the catalogue lacks; refuse one that cannot be used."""
    from assets.sales.catalogue_gaps import DAYS, gaps, products_of_days

    what = "catalogue"
    try:
        catalogue = opened.load_catalogue()
    except ConnectorError as error:
        yield Checked(opened.name, what, False, str(error), "Correct it where the sentence says.", ExitCode.REFUSED)
        return
    if catalogue is None:
        return
    found = gaps(stores, opened.name, opened.settings.books, catalogue, today) if stores else []
    if found:
        words = f"{len(found)} products of the last {DAYS} days have no line or not all of it"
        cure = f"connector map products -c {opened.name} writes the lines; their orders wait until they are filled in."
        sentence = f"{catalogue.file}: {words}{_some([one.sku for one in found])}."
        yield Checked(opened.name, what, False, sentence, cure, ExitCode.WAITS)
        return
    words = f"{len(catalogue.shape.products)} entries take every product of the last {DAYS} days."
    if stores is None or not products_of_days(stores, opened.name, today):
        words = f"{catalogue.file} can be read. No product of the last {DAYS} days is known here yet to look for in it."
    yield Checked(opened.name, what, True, words)


def _returns(opened: "Connection", mapping: "Mapping | None", today: date) -> Iterator[Checked]:
    """Say what becomes of the cost of units that come back, and which account it lacks, where any is booked."""
    if opened.settings.books.cost_of_goods is None or mapping is None:
        return
    what, by_day = "returns", opened.settings.by_day
    off = [name for name in _RETURN_SOURCES if not getattr(by_day, name)]
    if off:
        words = f"by_day switches {' and '.join(off)} off: what comes back stays cost of goods, and is booked by hand."
        yield Checked(opened.name, what, True, words)
    elif mapping.role("inventory_loss", today) is None:
        words = "A unit that comes back and cannot be sold has no account to go to: its return would not be booked."
        cure = f'Fill in what is empty and add it to {mapping.file} under accounts: inventory_loss: ""'
        yield Checked(opened.name, what, False, words, cure, ExitCode.WAITS)
    else:
        words = "Cost of units that come back goes to inventory, or to accounts.inventory_loss if they cannot be sold."
        yield Checked(opened.name, what, True, words)


def _secrets(project: "Project", opened: "Connection") -> Checked:
    """Look only whether the names are there; no value is read."""
    from connector_defs.connections import open_vault

    amazon = opened.settings.amazon.secrets
    wanted = [amazon.client_id, amazon.client_secret, amazon.refresh_token, *opened.settings.erp_secrets]
    try:
        held = set(open_vault(project).names())
    except VaultClosed as error:
        cure = "Run the check as the account that posts."
        return Checked(opened.name, "secrets", False, str(error), cure, ExitCode.STORES)
    except ConnectorError as error:
        return Checked(opened.name, "secrets", False, str(error), "Give the vault its key.", ExitCode.STORES)
    missing = [name for name in wanted if name not in held]
    if missing:
        cure = "; ".join(f"connector secrets set {name}" for name in missing)
        return Checked(opened.name, "secrets", False, f"Missing: {', '.join(missing)}.", cure, ExitCode.STORES)
    return Checked(opened.name, "secrets", True, f"All {len(wanted)} names are in the vault.")


def _outside(
    project: "Project", opened: "Connection", stores: "Stores", mapping: "Mapping | None"
) -> Iterator[Checked]:
    from connector_defs.connections import open_vault
    from resources.clock import SystemClock
    from resources.erp.masters import MasterTarget

    vault, clock = open_vault(project), SystemClock()
    yield from _asked(
        opened.name,
        "marketplace",
        ExitCode.MARKETPLACE,
        "Look at the secrets of the seller account and its authorisation.",
        lambda: _marketplaces(opened, stores, vault, clock),
    )
    target = opened.target(stores, vault, clock)
    units = tuple(dict.fromkeys((*opened.settings.erp_units, *_units(mapping))))
    erp_rows = list(
        _asked(
            opened.name,
            "ERP",
            ExitCode.ERP,
            "Look at the address, the secrets and the permissions of the ERP's user.",
            lambda: _findings(target.reach(units), "It answers, and shows a record where one is looked for."),
        )
    )
    yield from erp_rows
    if mapping is None or not all(row.ok for row in erp_rows):
        return
    yield from _asked(
        opened.name,
        "accounts",
        ExitCode.ERP,
        "Correct the mapping or the account in the ERP.",
        lambda: _findings(
            target.check_accounts(_uses_today(opened, mapping, clock)),
            "Every account of the mapping exists, is active, postable and of the right nature today.",
        ),
    )
    if isinstance(target, MasterTarget) and target.masters is not None:
        reader = target.masters
        yield from _asked(
            opened.name,
            "master data",
            ExitCode.ERP,
            "Look at the settings of the master data, and at what the ERP's user may read.",
            lambda: masters_answer(reader, opened.settings.books.invoicing, clock.now()),
        )
    if opened.settings.books.read_balances:
        yield from _asked(
            opened.name,
            "balances",
            ExitCode.ERP,
            "Look at how the general ledger is read, or switch books.read_balances off.",
            lambda: _findings(
                target.reach_balances(_due(opened, mapping, units), Month.of(clock.now().date()).before.last),
                "The general ledger's balances and entries can be read.",
            ),
        )


def _due(opened: "Connection", mapping: "Mapping", units: Iterable[str]) -> "list[AccountKey]":
    from assets.month_end.tie_place import due_accounts

    is_billing = opened.settings.books.invoicing is not None
    return [account for unit in units for account in due_accounts(mapping, unit, is_billing=is_billing)]


def _asked(name: str, what: str, code: ExitCode, cure: str, ask: Callable[[], Answer]) -> Iterator[Checked]:
    """Turn an answer into rows, and a refusal into a row with the code of its own kind."""
    try:
        answer = ask()
    except ConnectorError as error:
        own = ExitCode(error.exit_code) if error.exit_code != ExitCode.FAULT else code
        is_silent = isinstance(error, SourceUnavailable | TargetUnavailable)
        yield Checked(name, what, False, str(error), _NO_ANSWER if is_silent else cure, own)
        return
    for ok, sentence, own_cure in answer:
        yield Checked(name, what, ok, sentence, own_cure or cure, code)


def _findings(findings: list[Finding], fine: str) -> Answer:
    return [(False, finding.sentence, finding.cure) for finding in findings] or [(True, fine, "")]


def _marketplaces(opened: "Connection", stores: "Stores", vault, clock) -> Answer:
    """Ask for settlement reports, which needs token, region and role, then in which marketplaces the seller takes part.

    The second question has a role of its own, which nothing else needs: without it, it is left unasked. A token kept
    from earlier would prove nothing about the secrets as they are now, so a new one is asked for.
    """
    from resources.transport.access_tokens import MemoryTokenCache

    source = opened.source(stores, vault, clock, tokens=MemoryTokenCache())
    source.prove_role()
    proved = "Token, region and role are good"
    try:
        taking_part = {one.marketplace_id for one in source.participations()}
    except SourceRefused as refusal:
        if refusal.status != 403:
            raise
        return [(True, f"{proved}; in which marketplaces the seller takes part is not shown: {refusal}", "")]
    missing = [one for one in opened.settings.amazon.marketplaces if one not in taking_part]
    if missing:
        words = f"The seller does not take part in {', '.join(missing)}."
        return [(False, words, "Correct amazon.marketplaces, or the seller account and region.")]
    return [(True, f"{proved}; {len(taking_part)} marketplaces.", "")]


def _units(mapping: "Mapping | None") -> list[str]:
    from ledger.mapping import account_uses

    return [] if mapping is None else sorted({use.account.unit for use in account_uses(mapping)})


def _uses_today(opened: "Connection", mapping: "Mapping", clock) -> list:
    from ledger.mapping import account_uses
    from resources.erp.target import AccountUse

    today = clock.now().astimezone(opened.settings.books.zone).date()
    try:
        catalogue = opened.load_catalogue()
    except ConnectorError:  # told in a row of its own
        catalogue = None
    return [
        AccountUse(use.account, today, use.nature, use.category, use.needs_open_item)
        for use in (*account_uses(mapping), *(catalogue.account_uses(mapping) if catalogue else ()))
        if use.holds_on(today)
    ]
