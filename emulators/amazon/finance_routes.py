"""Where the finance operations live: paths of Amazon's models for finances, transfers and invoices.

In: a router and what the operations read. Out: their routes, under Amazon's names for the operations.
"""

from __future__ import annotations

from emulators.amazon.balances import Balances
from emulators.amazon.event_groups import EventGroups
from emulators.amazon.fee_invoices import FeeInvoices
from emulators.amazon.finances import Finances
from emulators.amazon.financial_events import FinancialEvents
from emulators.amazon.settings import Settings
from emulators.amazon.summaries import Summaries
from emulators.amazon.transfers import Transfers
from emulators.amazon.world import World
from emulators.clock import Clock
from emulators.wsgi import Router


def add_finance_routes(router: Router, world: World, clock: Clock, settings: Settings) -> None:
    """Add every finance operation."""
    finances, old = "/finances/2024-06-19", "/finances/v0"
    transactions = Finances(world, clock, settings)
    router.add("GET", f"{finances}/transactions", "listTransactions", transactions.list_transactions)
    router.add("GET", f"{finances}/balances", "listBalances", Balances(world, clock, settings).list_balances)
    router.add("GET", f"{finances}/summary", "listSummary", Summaries(world, clock, settings).list_summary)

    groups, events = EventGroups(world, clock, settings), FinancialEvents(world, clock, settings)
    path = f"{old}/financialEventGroups"
    router.add("GET", path, "listFinancialEventGroups", groups.list_financial_event_groups)
    path = f"{old}/financialEventGroups/{{eventGroupId}}/financialEvents"
    router.add("GET", path, "listFinancialEventsByGroupId", events.list_financial_events_by_group_id)
    path = f"{old}/orders/{{orderId}}/financialEvents"
    router.add("GET", path, "listFinancialEventsByOrderId", events.list_financial_events_by_order_id)
    router.add("GET", f"{old}/financialEvents", "listFinancialEvents", events.list_financial_events)

    payouts, transfers = "/finances/transfers/2024-06-01/payouts", Transfers(world, clock, settings)
    router.add("GET", payouts, "listPayouts", transfers.list_payouts)
    router.add("POST", payouts, "initiatePayout", transfers.initiate_payout)
    router.add("GET", f"{payouts}/expected", "listExpectedPayouts", transfers.list_expected_payouts)

    invoices, fees = "/finances/invoices/2026-06-25/invoices", FeeInvoices(world, clock, settings)
    router.add("GET", invoices, "getInvoiceHeaders", fees.get_invoice_headers)
    router.add("GET", f"{invoices}/{{invoiceIdentifier}}", "getInvoice", fees.get_invoice)
