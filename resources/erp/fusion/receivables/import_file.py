"""Turn invoices into what AutoInvoice takes: their lines and distributions in one ZIP, and the request around it.

In: order documents that are invoices, and the site's settings. Out: bytes that are the same for the same documents for
ever, and a plain dict. Pure. Every line carries the posting key: the transaction number that is made from it, with
order and place, in its line context, which Fusion keeps unique for ever; and the key itself in the internal notes,
which keep documents apart that look alike. Source:
docs.oracle.com/en/cloud/saas/financials/24d/farfa/Importing_Financials_Data.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ledger import money
from ledger.errors import InputRefused
from ledger.journal import Journal
from resources.erp.fusion import bulk, chart, natural_key
from resources.erp.fusion.receivables import payload
from resources.erp.fusion.receivables.import_columns import (
    ATTRIBUTE_LENGTH,
    DISTRIBUTIONS_FILE,
    LINE_COLUMNS,
    LINE_END,
    LINES_FILE,
    NOTES_LENGTH,
)
from resources.erp.fusion.receivables.layout import item, laid_out
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
    billing = journal.billing
    assert billing is not None, "only order documents come here"
    _, billed = payload.require_bookable(journal)
    head, start = _head(journal, settings, ours), key_start(journal, settings)
    for place, line in enumerate(billed, start=1):
        quantity, price = payload.quantity_and_price(line, journal.currency)
        own = {
            "DESCRIPTION": payload.line_text(line, item(billing, line)),
            "AMOUNT": money.text(-line.amount, journal.currency),
            "QUANTITY": format(quantity, "f"),
            "UNIT_PRICE": money.text(price, journal.currency),
        }
        row = _row(LINE_END, LINE_COLUMNS, {**head, **own}, (*start, str(place)))
        row[LINE_END - 1] = "END"
        yield row


def distribution_rows(journal: Journal, settings: FusionSettings, ours: ReceivablesSettings) -> Iterator[list[str]]:
    """Yield where an invoice is booked: the receivable with its first line, then each line on its own account."""
    total, billed = payload.require_bookable(journal)
    start, columns = key_start(journal, settings), ours.columns_of_distributions
    common = {"PERCENT": _WHOLE, "CONTEXT": ours.line_context, "BUSINESS_UNIT": ours.business_unit}
    lines = (("REC", 1, total), *(("REV", place, line) for place, line in enumerate(billed, start=1)))
    for kind, place, line in lines:
        segments = chart.values(line.account, settings)
        width = max(*columns.values(), columns["SEGMENT1"] + len(segments) - 1)
        row = _row(width, columns, {**common, "ACCOUNT_CLASS": kind}, (*start, str(place)))
        first = columns["SEGMENT1"] - 1
        row[first : first + len(segments)] = segments
        yield [*row, "END"]


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
    if journal.billing.rules:  # under which columns the file takes accounting rules is not told
        return False
    if any(one.taxes for one in laid_out(journal, ours)):  # nor which columns its lines of tax need beside the amount
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
        "LINE_TYPE": "LINE",
        "CURRENCY": journal.currency,
        **_conversion(journal, day, settings),
        "CONTEXT": ours.line_context,
        "SALES_ORDER": journal.billing.order_id[:50],
        "BUSINESS_UNIT": ours.business_unit,
        "COMMENTS": payload.comments(journal, settings),
        "INTERNAL_NOTES": journal.key,
    }


def _conversion(journal: Journal, day: str, settings: FusionSettings) -> dict[str, str]:
    """Return rate type and date; AutoInvoice asks for a rate of one even where there is nothing to convert."""
    if journal.currency == settings.ledger_currency:
        return {"CONVERSION_TYPE": "User", "CONVERSION_DATE": day, "CONVERSION_RATE": "1"}
    return {"CONVERSION_TYPE": journal.rate_type, "CONVERSION_DATE": day}


def _row(width: int, columns: dict[str, int], values: dict[str, str], of: Iterable[str]) -> list[str]:
    row = [""] * width
    for name, value in values.items():
        row[columns[name] - 1] = value
    for place, value in enumerate(of, start=columns["ATTRIBUTE1"] - 1):
        row[place] = value
    return row
