"""Turn invoices into what AutoInvoice takes: their lines and distributions in one ZIP, and the request around it.

In: order documents that are invoices, and the site's settings. Out: bytes that are the same for the same documents for
ever, and a plain dict. Pure. Every line carries the posting key: the transaction number that is made from it, with
order and place, in its line context, which Fusion keeps unique for ever; and the key itself in the internal notes,
which keep documents apart that look alike. A line of tax is a row of its own, linked to the row of the line it is
charged for. Source: docs.oracle.com/en/cloud/saas/financials/24d/farfa/Importing_Financials_Data.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ledger import money
from ledger.errors import InputRefused
from ledger.journal import Journal, JournalLine
from resources.erp.fusion import bulk, chart, natural_key
from resources.erp.fusion.receivables import payload
from resources.erp.fusion.receivables.import_columns import (
    ATTRIBUTE_LENGTH,
    DISTRIBUTIONS_FILE,
    LINE_END,
    LINES_FILE,
    NOTES_LENGTH,
)
from resources.erp.fusion.receivables.layout import Place, codes_of, item, laid_out, placed
from resources.erp.fusion.receivables.settings import ReceivablesSettings
from resources.erp.fusion.settings import FusionSettings

_WHOLE = "100"


def batches(journals: Sequence[Journal], settings: FusionSettings, ours: ReceivablesSettings) -> list[list[Journal]]:
    """Return which invoices go in one file each: as few files as the most lines of one allow.

    What is no invoice, or does not fit into a file, goes in none; and when fewer are left than `import_from`, all go
    one by one.
    """
    fitting = [one for one in journals if _fits(one, settings, ours)]
    if ours.import_from is None or len(fitting) < ours.import_from:
        return []
    found: list[list[Journal]] = []
    room = 0
    for journal in fitting:
        count = len(list(payload.billed_lines(journal)))
        if not found or count > room:
            found.append([])
            room = ours.import_lines_max
        found[-1].append(journal)
        room -= count
    return found


def file_name(journals: Sequence[Journal], moment: str, ours: ReceivablesSettings) -> str:
    """Return the name of the file that carries these invoices, another one for every send."""
    token = natural_key.token("\n".join((*(one.key for one in journals), moment)))
    return f"{ours.number_word.lower()}_{token.lower()}.zip"


def request(
    journals: Sequence[Journal], name: str, settings: FusionSettings, ours: ReceivablesSettings
) -> dict[str, str]:
    """Return the body of the one call that loads and imports these invoices; raises as `line_rows`."""
    day = min(one.accounting_date for one in journals).isoformat()
    parameters = ours.import_parameters.format(
        business_unit=ours.business_unit, source=ours.transaction_source, date=day
    )
    return bulk.request(
        archive(journals, settings, ours),
        name,
        account=ours.document_account,
        job=ours.import_job,
        parameters=parameters,
        notify=settings.notification_code,
        options=ours.job_options,
    )


def archive(journals: Sequence[Journal], settings: FusionSettings, ours: ReceivablesSettings) -> bytes:
    """Return the ZIP with both files; raises as `line_rows`."""
    return bulk.packed({
        LINES_FILE: (row for one in journals for row in line_rows(one, settings, ours)),
        DISTRIBUTIONS_FILE: (row for one in journals for row in distribution_rows(one, settings, ours)),
    })  # fmt: skip


def line_rows(journal: Journal, settings: FusionSettings, ours: ReceivablesSettings) -> Iterator[list[str]]:
    """Yield an invoice's lines, 372 columns each; raises InputRefused for what no invoice or no column can hold."""
    payload.require_bookable(journal)
    head, start, columns = _head(journal, settings, ours), key_start(journal, settings), ours.columns_of_lines
    for line, place in placed(laid_out(journal, ours)):
        own = _tax(line, journal, ours) if place.tax else _goods(line, journal, ours)
        siblings = {"ATTRIBUTE1": (*start, _key(place))}
        if place.tax:
            own["LINK_CONTEXT"] = ours.line_context
            siblings["LINK_ATTRIBUTE1"] = (*start, _key(Place(place.line)))
        row = _row(LINE_END, columns, {**head, **own}, siblings)
        row[LINE_END - 1] = "END"
        yield row


def distribution_rows(journal: Journal, settings: FusionSettings, ours: ReceivablesSettings) -> Iterator[list[str]]:
    """Yield where an invoice is booked: the receivable with its first line, then each line on its own account.

    By percent, as AutoInvoice wants them for accounting rules; none of an invoice with rules where the site says so.
    """
    assert journal.billing is not None, "only order documents come here"
    total, _ = payload.require_bookable(journal)
    if journal.billing.rules and ours.ruled_distributions == "none":
        return
    start, columns = key_start(journal, settings), ours.columns_of_distributions
    common = {"PERCENT": _WHOLE, "CONTEXT": ours.line_context, "BUSINESS_UNIT": ours.business_unit}
    lines = [("TAX" if place.tax else "REV", place, line) for line, place in placed(laid_out(journal, ours))]
    for kind, place, line in (("REC", Place(1), total), *lines):
        segments = chart.values(line.account, settings)
        width = max(*columns.values(), columns["SEGMENT1"] + len(segments) - 1)
        siblings = {"ATTRIBUTE1": (*start, _key(place)), "SEGMENT1": tuple(segments)}
        yield [*_row(width, columns, {**common, "ACCOUNT_CLASS": kind}, siblings), "END"]


def key_start(journal: Journal, settings: FusionSettings) -> tuple[str, str]:
    """Return what the context of every line of an invoice begins with: order and transaction number.

    With the place of a line behind them they are unique for ever.
    """
    assert journal.billing is not None, "only order documents come here"
    return journal.billing.order_id[:ATTRIBUTE_LENGTH], payload.number(journal, settings)


def _fits(journal: Journal, settings: FusionSettings, ours: ReceivablesSettings) -> bool:
    """Tell whether an invoice can go in a file; one that cannot goes alone, and is refused there by its name."""
    if journal.billing is None or journal.billing.is_credit or journal.revision != 1:
        return False
    try:
        payload.require_bookable(journal)
        _head(journal, settings, ours)
        for line in journal.lines:
            chart.values(line.account, settings)
    except InputRefused:
        return False
    return True


def _head(journal: Journal, settings: FusionSettings, ours: ReceivablesSettings) -> dict[str, str]:
    assert journal.billing is not None, "only order documents come here"
    day = f"{journal.accounting_date:%Y/%m/%d}"
    if len(journal.key) > NOTES_LENGTH:
        raise InputRefused(f"Document {journal.key} has a key of more than {NOTES_LENGTH} characters.")
    return {
        "SOURCE": ours.transaction_source,
        "TYPE": ours.type_of(journal.billing),
        "TERMS": ours.payment_terms,
        "TRX_DATE": day,
        "GL_DATE": day,
        "TRX_NUMBER": payload.number(journal, settings),
        "BILL_TO_ACCOUNT": journal.billing.customer,
        "CURRENCY": journal.currency,
        **_conversion(journal, day, settings),
        "CONTEXT": ours.line_context,
        "LEGAL_ENTITY": ours.legal_entity,
        "SALES_ORDER": journal.billing.order_id[:50],
        "BUSINESS_UNIT": ours.business_unit,
        "COMMENTS": payload.comments(journal, settings),
        "INTERNAL_NOTES": journal.key,
    }


def _goods(line: JournalLine, journal: Journal, ours: ReceivablesSettings) -> dict[str, str]:
    """Return the cells of a line of goods, with its accounting rule where the invoice has any."""
    billing = journal.billing
    assert billing is not None, "only order documents come here"
    quantity, price = payload.quantity_and_price(line, journal.currency)
    rule = payload.rule_attributes(journal, line, ours)
    return {
        "LINE_TYPE": "LINE",
        "DESCRIPTION": payload.line_text(line, item(billing, line)),
        "AMOUNT": money.text(-line.amount, journal.currency),
        "QUANTITY": format(quantity, "f"),
        "UNIT_PRICE": money.text(price, journal.currency),
        "INVOICING_RULE": ours.invoicing_rule if billing.rules else "",
        "ACCOUNTING_RULE": rule.get("AccountingRule", ""),
        "RULE_DURATION": str(rule.get("AccountingRuleDuration", "")),
        "RULE_START": rule.get("RuleStartDate", "").replace("-", "/"),
    }


def _tax(line: JournalLine, journal: Journal, ours: ReceivablesSettings) -> dict[str, str]:
    """Return the cells of a line of tax."""
    codes = codes_of(line, journal, ours)
    return {
        "LINE_TYPE": "TAX",
        "DESCRIPTION": payload.line_text(line, ""),
        "AMOUNT": money.text(-line.amount, journal.currency),
        "TAX_REGIME_CODE": codes.regime_code,
        "TAX": codes.tax,
        "TAX_STATUS_CODE": codes.status_code,
        "TAX_RATE_CODE": codes.rate_code,
    }


def _key(place: Place) -> str:
    """Return the last attribute of a row's key: the line, and behind a point which line of tax on it."""
    return f"{place.line}.{place.tax}" if place.tax else str(place.line)


def _conversion(journal: Journal, day: str, settings: FusionSettings) -> dict[str, str]:
    """Return rate type and date; AutoInvoice asks for a rate of one even where there is nothing to convert."""
    if journal.currency == settings.ledger_currency:
        return {"CONVERSION_TYPE": "User", "CONVERSION_DATE": day, "CONVERSION_RATE": "1"}
    return {"CONVERSION_TYPE": journal.rate_type, "CONVERSION_DATE": day}


def _row(
    width: int, columns: Mapping[str, int], values: Mapping[str, str], siblings: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return a row with values in their columns, and with siblings from the column of their first on."""
    row = [""] * width
    for name, value in values.items():
        row[columns[name] - 1] = value
    for name, several in siblings.items():
        first = columns[name] - 1
        row[first : first + len(several)] = several
    return row
