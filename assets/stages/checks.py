"""The checks of each asset: their names, what they promise, and whether they stop the money.

One table, so that the Dagster checks, the command line and the docs name the same things. A check's verdict is made by
the stage of its asset and recorded for the settlement's own partition; two assets look at the whole connection.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class CheckOfAsset:
    """One check as people see it."""

    name: str
    description: str
    is_blocking: bool = True


CHECKS: dict[str, tuple[CheckOfAsset, ...]] = {
    "settlement_lines": (
        CheckOfAsset("ties_to_total", "The lines add up to the report's total-amount, to the cent."),
        CheckOfAsset("continuous_in_series", "The settlement starts when its predecessor ended; none is missing."),
        CheckOfAsset("reserve_and_debt_chain", "Reserve returned and debt carried are those of the predecessor."),
        CheckOfAsset(
            "one_content", "No other content of the settlement waits for a decision; until then nothing is sent.", False
        ),
        CheckOfAsset("debt_between_accounts", "Debt moved between marketplaces is zero over all series.", False),
    ),
    "mapped_lines": (
        CheckOfAsset("every_line_mapped", "Every line has a category and an account; nothing goes to a default."),
        CheckOfAsset(
            "collected_and_withheld_tax", "Tax collected and withheld by the marketplace sum to zero per order.", False
        ),
        CheckOfAsset("signs_as_expected", "Amounts have the sign their label usually has.", False),
        CheckOfAsset(
            "orders_before_go_live", "Orders shipped before go-live are listed and equal what the books held.", False
        ),
        CheckOfAsset("loan_as_opened", "No more of a loan is repaid than the books held and was lent since.", False),
    ),
    "journals": (
        CheckOfAsset("journal_balanced_and_equal", "Every part balances; clearing equals the settlement's total."),
        CheckOfAsset(
            "accounts_valid", "The ERP has the accounts, active, postable, of the right nature; periods open."
        ),
    ),
    "erp_postings": (
        CheckOfAsset("gate", "Asked again before sending: placed, tied, balanced, valid, open, approved."),
        CheckOfAsset("accepted_by_erp", "The ERP has taken and posted every part.", False),
        CheckOfAsset("unchanged_since_posting", "What was sent is still what would be booked.", False),
    ),
    "cash_entries": (
        CheckOfAsset(
            "cash_gate", "Before a receipt is booked: settlement posted, its item open, accounts valid.", False
        ),
        CheckOfAsset("cash_accepted_by_erp", "The ERP has taken and posted every cash entry.", False),
        CheckOfAsset("cash_unchanged_since_posting", "The bank lines booked are still those of the payout.", False),
    ),
    "reconciliations": (
        CheckOfAsset("posted_exactly_once", "The ERP holds each document once and none that we do not know."),
        CheckOfAsset("read_back_equals_journal", "The books say line by line what the journal said."),
        CheckOfAsset("clearing_equals_total", "The clearing lines in the books, all parts, equal total-amount."),
        CheckOfAsset("clearing_item_closed", "The bank receipt, or a later settlement, has closed the item.", False),
        CheckOfAsset(
            "cash_entry_in_books", "The receipt stands in the books once, and the item is closed by it.", False
        ),
    ),
    "financial_events": (
        CheckOfAsset("leaves_sum_to_total", "The lines of each transaction add up to its total.", False),
        CheckOfAsset("every_leaf_classified", "Every line of a transaction has a category.", False),
        CheckOfAsset("statuses_known", "Every transaction has a status, and we know what it means.", False),
        CheckOfAsset("each_transaction_once", "No transaction came twice with other content.", False),
        CheckOfAsset("no_transaction_vanished", "Every transaction told before for this day is still told.", False),
        CheckOfAsset("day_still_kept", "A day without transactions is not older than what Amazon keeps.", False),
        CheckOfAsset("currency_of_marketplace", "Every amount is in the currency of its marketplace.", False),
    ),
    "accruals": (
        CheckOfAsset("everything_told", "Amazon has told all of the month, and its books are certain.", False),
        CheckOfAsset("every_leaf_mapped", "Every line that is accrued has a category and an account."),
        CheckOfAsset("gate", "Asked before sending: balanced, taken back on the day after, valid, both periods open."),
        CheckOfAsset("accepted_by_erp", "The ERP has taken and posted the accrual and its reversal.", False),
        CheckOfAsset("unchanged_since_posting", "What was sent is still what would be accrued.", False),
        CheckOfAsset("posted_exactly_once", "The ERP holds each document once and none that we do not know."),
        CheckOfAsset("read_back_equals_journal", "The books say line by line what the journal said."),
        CheckOfAsset("accrued_account_empties", "Nothing of the accrual is left on its account.", False),
        CheckOfAsset("books_equal_events", "Accrual and settlements of the month are its transactions.", False),
    ),
    "source_proofs": (
        CheckOfAsset("events_equal_settlement", "What was settled is what was released, by order and category.", False),
        CheckOfAsset("orders_equal_settlement", "Every order that is paid for was sold, and for that amount.", False),
        CheckOfAsset("shipped_orders_settled", "Every order that was shipped 45 days ago was paid for.", False),
        CheckOfAsset(
            "reimbursements_equal_settlement",
            "Every reimbursement stands in Amazon's own report of them, and each in the report was paid.",
            False,
        ),
        CheckOfAsset("summary_equals_settlement", "The settlement is what Amazon's own summary of it says.", False),
        CheckOfAsset(
            "deposit_equals_payout", "Every payout is in the bank, and every charge left it, to the cent.", False
        ),
        CheckOfAsset("vat_equals_report", "VAT of orders is that of the VAT report, by country and rate.", False),
        CheckOfAsset("fees_are_invoiced", "Fees that are settled stand on an invoice with a number.", False),
        CheckOfAsset(
            "invoices_equal_settlement",
            "What was billed of its orders is what settlements brought; nothing billed long ago waits for one.",
            False,
        ),
    ),
    "orders": (
        CheckOfAsset("orders_priced", "Every item that is sold has a price.", False),
        CheckOfAsset("channels_known", "Every order was sold in a marketplace that is known here.", False),
        CheckOfAsset("currency_of_marketplace", "Every amount is in the currency of its marketplace.", False),
    ),
    "fba_reimbursements": (
        CheckOfAsset("each_reimbursement_once", "Every reimbursement of a product stands once.", False),
    ),
    "fba_returns": (
        CheckOfAsset("each_return_once", "Every unit that came back stands once.", False),
        CheckOfAsset("conditions_known", "Every condition a unit came back in is one that is known here.", False),
    ),
    "fba_replacements": (CheckOfAsset("replacements_named", "Every replacement names its order and product.", False),),
    "fulfilled_shipments": (CheckOfAsset("each_shipped_item_once", "Every item of a shipment stands once.", False),),
    "vat_transactions": (
        CheckOfAsset("vat_adds_up", "Net and VAT are gross, and the VAT is that of the rate.", False),
        CheckOfAsset("arrival_countries_known", "Every sale and refund names the country it went to.", False),
    ),
    "receivable_invoices": (
        CheckOfAsset("every_shipment_billed", "Every shipment of the day has an invoice; what waits says why."),
        CheckOfAsset("invoices_dated", "What was sent is dated in the month of its shipment.", False),
        CheckOfAsset("revenue_once", "No order is billed that a settlement booked as revenue.", False),
    ),
    "invoice_postings": (
        CheckOfAsset("gate", "Asked before sending: accounts valid, periods open, no order is revenue already."),
        CheckOfAsset("accepted_by_erp", "The ERP has taken and posted every invoice.", False),
        CheckOfAsset("unchanged_since_posting", "What was sent is still what would be billed.", False),
        CheckOfAsset("read_back_equals_invoice", "The books say line by line what the invoices said.", False),
        CheckOfAsset("orders_cleared", "What was billed less what was credited is what settlements brought.", False),
    ),
    "cost_postings": (
        CheckOfAsset("every_shipment_costed", "Every shipment of the day has its cost; what waits says why.", False),
        CheckOfAsset("gate", "Asked before sending: accounts valid, periods open."),
        CheckOfAsset("accepted_by_erp", "The ERP has taken and posted every cost journal.", False),
        CheckOfAsset("unchanged_since_posting", "What was sent is still what would be booked.", False),
        CheckOfAsset("read_back_equals_journal", "The books say line by line what the journals said.", False),
    ),
    "return_postings": (
        CheckOfAsset("every_return_booked", "Every return of costed units takes its cost back, or says why.", False),
        CheckOfAsset("gate", "Asked before sending: accounts valid, periods open."),
        CheckOfAsset("accepted_by_erp", "The ERP has taken and posted every journal of returned cost.", False),
        CheckOfAsset("unchanged_since_posting", "What was sent is still what would be booked.", False),
        CheckOfAsset("read_back_equals_journal", "The books say line by line what the journals said.", False),
    ),
    "input_tax_postings": (
        CheckOfAsset(
            "input_tax_evidenced", "All tax on fees that waits stands on invoices with a number, or says why.", False
        ),
        CheckOfAsset("gate", "Asked before sending: accounts valid, periods open."),
        CheckOfAsset("accepted_by_erp", "The ERP has taken and posted every journal of input tax.", False),
        CheckOfAsset("unchanged_since_posting", "What was sent is still what would be booked.", False),
        CheckOfAsset("read_back_equals_journal", "The books say line by line what the journals said.", False),
    ),
    "item_postings": (
        CheckOfAsset(
            "missing_items_created", "Every product without an item gets one; what gets none says why.", False
        ),
        CheckOfAsset("gate", "Asked before sending: everything an item is given is known."),
        CheckOfAsset("accepted_by_erp", "The ERP has taken every item.", False),
        CheckOfAsset("read_back_equals_item", "Every item that was created is there, and active.", False),
    ),
    "payouts": (
        CheckOfAsset("payout_equals_settlement", "Every payout is what its settlement came to, to the cent.", False),
        CheckOfAsset("settlement_known_for_every_payout", "The settlement that a payout pays was taken in.", False),
        CheckOfAsset("no_payout_failed", "No payout failed or was cancelled on its way to the bank.", False),
        CheckOfAsset("no_payout_vanished", "Every payout that was told of the day is still told.", False),
        CheckOfAsset("every_payout_usable", "Every payout that is told of the day can be used.", False),
        CheckOfAsset("currency_of_marketplace", "Every amount is in the currency of its marketplace.", False),
    ),
    "expected_payouts": (
        CheckOfAsset("no_payout_at_risk", "No payout that Amazon expects is disabled or at risk.", False),
    ),
    "balances": (
        CheckOfAsset("balance_is_its_parts", "Every balance of Amazon's is the sum of its parts.", False),
        CheckOfAsset("balance_stated", "Amazon states a balance for every day that is over.", False),
        CheckOfAsset("currency_of_marketplace", "Every amount is in the currency of its marketplace.", False),
    ),
    "settlement_summaries": (
        CheckOfAsset("every_settlement_summed_up", "Amazon sums up every settlement that ended on the day.", False),
    ),
    "fee_invoices": (
        CheckOfAsset("fee_invoices_add_up", "Net and tax of an invoice's lines are what the invoice comes to.", False),
        CheckOfAsset("each_fee_invoice_once", "Every invoice number stands on one invoice.", False),
        CheckOfAsset("input_tax_has_invoice", "Tax in fees has an invoice number and a country.", False),
        CheckOfAsset("invoiced_fees_equal_settled", "Invoiced fees are what settlements charged in their time.", False),
    ),
    "bank_deposits": (
        CheckOfAsset("every_deposit_explained", "Every line of the marketplace's brought a payout we know.", False),
    ),
    "month_proofs": (
        CheckOfAsset(
            "balance_rolls_forward", "Opening balance, events and payouts of a month come to Amazon's balance.", False
        ),
        CheckOfAsset(
            "deferred_rolls_forward", "What is held back, sold less released, is what Amazon states as deferred.", False
        ),
    ),
    "erp_documents": (
        CheckOfAsset(
            "no_unknown_documents", "Every document in the ERP under our source was sent by this installation.", False
        ),
    ),
    "master_data": (
        CheckOfAsset("masters_seen", "The ERP shows items and customer accounts, so that a miss is one.", False),
        CheckOfAsset("bill_to_customers_exist", "Every marketplace's bill-to account exists and is active.", False),
        CheckOfAsset("sold_products_have_items", "Every product that was sold is one active item of the ERP.", False),
        CheckOfAsset("catalog_knows_products", "Amazon's catalog has every product that was sold.", False),
    ),
    "review_queue": (CheckOfAsset("nothing_waits_for_a_person", "No review item of the connection is open.", False),),
    "ledger_ties": (
        CheckOfAsset(
            "ledger_equals_amazon",
            "The general ledger holds what Amazon owes; the difference is explained to the cent.",
            False,
        ),
        CheckOfAsset(
            "no_entries_of_others", "Nobody else books on clearing and reserve, but for receipts of payouts.", False
        ),
        CheckOfAsset("open_items_in_time", "No open item is older than its receipt may take.", False),
    ),
}

# Assets of a whole connection, not of a settlement: looked at by day or whenever something changed.
OF_CONNECTION = ("erp_documents", "review_queue")
# Assets that are kept by day, fetched by a span of days.
BY_DAY = (
    "financial_events",
    "orders",
    "fba_reimbursements",
    "fba_returns",
    "fba_replacements",
    "fulfilled_shipments",
    "vat_transactions",
    "payouts",
    "expected_payouts",
    "balances",
    "settlement_summaries",
    "fee_invoices",
    "bank_deposits",
    "receivable_invoices",
    "invoice_postings",
    "cost_postings",
    "return_postings",
    "input_tax_postings",
    "item_postings",
)
# Assets that are made once per calendar month.
BY_MONTH = ("month_proofs", "accruals", "ledger_ties")
