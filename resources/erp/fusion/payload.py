"""Turn a journal into what `importBulkData` takes: GlInterface.csv in a ZIP, and the request around it.

In: a `Journal` and the site's settings. Out: bytes that are the same for the same journal for ever, and a plain dict.
Pure. Everything that Journal Import would refuse or cut is refused here, by line and column. Sources:
docs.oracle.com/en/cloud/saas/financials/24c/farfa/op-erpintegrations-post.html,
oracle.com/webfolder/technetwork/docs/fbdi-25c/fbdi/xlsm/JournalImportTemplate.xlsm.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from ledger import money
from ledger.errors import InputRefused
from ledger.journal import Journal, JournalLine, SourceKey
from ledger.references import leads_back, settlement_of
from resources.erp.fusion import bulk, chart, natural_key
from resources.erp.fusion.columns import COLUMNS, LENGTHS
from resources.erp.fusion.settings import FusionSettings

ENTRY_NAME = "GlInterface.csv"  # in these very letters: the loader finds its control file by it
_LONG_NUMBER = re.compile(r"(?<!\d)\d{9,20}(?!\d)")


def import_request(journal: Journal, settings: FusionSettings) -> dict[str, str]:
    """Return the body of the one call that loads and imports a journal; raises as `rows`."""
    parameters = settings.import_parameters.format(
        data_access_set=settings.data_access_set,
        source=settings.journal_source,
        ledger_id=settings.ledger_id,
        group_id=natural_key.group_id(journal.key),
    )
    return bulk.request(
        archive(journal, settings),
        natural_key.file_name(journal, settings),
        account=settings.document_account,
        job=settings.import_job,
        parameters=parameters,
        notify=settings.notification_code,
        options=settings.job_options,
    )


def archive(journal: Journal, settings: FusionSettings) -> bytes:
    """Return the ZIP with one GlInterface.csv at its root; raises as `rows`."""
    return bulk.packed({ENTRY_NAME: rows(journal, settings)})


def rows(journal: Journal, settings: FusionSettings) -> list[list[str]]:
    """Return the lines of GlInterface.csv, 149 columns each.

    Raises InputRefused for a journal that is out of balance, has too many lines, or holds what a column cannot.
    """
    _require_bookable(journal, settings)
    head = _head(journal, settings)
    return [_row({**head, **_line(line, journal, settings)}, line) for line in journal.lines]


def description_text(journal: Journal, settings: FusionSettings) -> str:
    """Return the description of batch and journal: reference, revision and part first, then the journal's own words."""
    text = clean(f"{natural_key.description_start(journal, settings)} {journal.description}")
    return text[: LENGTHS["REFERENCE2"]].rstrip()


def line_text(line: JournalLine, source: SourceKey, settings: FusionSettings) -> str:
    """Return a line's description, cut to the column; on an open-item line the settlement's full id survives the cut.

    Where references stand in descriptions, it begins with the reference.
    """
    is_first = settings.reference_in == "description" and line.reference
    text = clean(f"{line.reference} {line.description}" if is_first else line.description)
    length, full_id = LENGTHS["REFERENCE10"], _full_id(line, source)
    if not full_id or full_id in text[:length]:
        return text[:length].rstrip()
    return f"{(text or settings.reference_word)[: length - len(full_id) - 1].rstrip()} {full_id}"


def reference_of(description: str, recon_reference: str, settings: FusionSettings) -> str:
    """Return the reference that a line in the books carries, from where this site keeps it."""
    if settings.reference_in == "reconciliation":
        return recon_reference
    first = description.partition(" ")[0]
    return first if re.fullmatch(r"[SH][0-9A-Z]{1,9}|OPENING", first) else ""


def clean(text: str) -> str:
    """Return text on one line without control characters; a CSV and its loader take everything else."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    plain = unicodedata.normalize("NFC", text)
    kept = "".join(" " if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Cn", "Co") else one for one in plain)
    return " ".join(kept.split())


def _head(journal: Journal, settings: FusionSettings) -> dict[str, str]:
    day, description = f"{journal.accounting_date:%Y/%m/%d}", description_text(journal, settings)
    return {
        "STATUS": "NEW",
        "LEDGER_ID": str(settings.ledger_id),
        "ACCOUNTING_DATE": day,
        "USER_JE_SOURCE_NAME": settings.journal_source,
        "USER_JE_CATEGORY_NAME": settings.journal_category,
        "CURRENCY_CODE": journal.currency,
        # Not the day of sending: the same journal must make the same file whenever it is made.
        "DATE_CREATED": day,
        "ACTUAL_FLAG": "A",
        "REFERENCE1": natural_key.batch_name(journal, settings),
        "REFERENCE2": description,
        "REFERENCE4": natural_key.journal_name(journal),
        "REFERENCE5": description,
        "REFERENCE6": clean(journal.document_reference)[: LENGTHS["REFERENCE6"]],
        "GROUP_ID": str(natural_key.group_id(journal.key)),
        "PERIOD_NAME": settings.period_name(journal.accounting_date) if settings.is_period_sent else "",
        **_conversion(journal, day, settings),
    }


def _conversion(journal: Journal, day: str, settings: FusionSettings) -> dict[str, str]:
    """Return rate type and date for an entered currency that Fusion is to convert itself."""
    if journal.currency == settings.ledger_currency or journal.base_currency:
        return {}
    return {"USER_CURRENCY_CONVERSION_TYPE": journal.rate_type, "CURRENCY_CONVERSION_DATE": day}


def _line(line: JournalLine, journal: Journal, settings: FusionSettings) -> dict[str, str]:
    side = _side(line)
    segments = enumerate(chart.values(line.account, settings), start=1)
    is_reconciled = settings.reference_in == "reconciliation"
    return {
        **{f"SEGMENT{position}": value for position, value in segments},
        f"ENTERED_{side}": money.text(abs(line.amount), journal.currency),
        **_accounted(line, journal, settings),
        "REFERENCE10": line_text(line, journal.source, settings),
        "REFERENCE21": line.reference,
        "JGZZ_RECON_REF": line.reference if is_reconciled else "",
        "STAT_AMOUNT": "" if line.quantity is None else format(line.quantity, "f"),
    }


def _accounted(line: JournalLine, journal: Journal, settings: FusionSettings) -> dict[str, str]:
    """Return the amount in the ledger's currency of a line that states it; Fusion converts the others."""
    if line.base_amount is None:
        return {}
    if journal.base_currency != settings.ledger_currency:
        raise InputRefused(
            f"Line {line.number} states its amount in {journal.base_currency}, but ledger {settings.ledger_name} is "
            f"kept in {settings.ledger_currency}: correct base_currency of the books or ledger_currency."
        )
    if journal.currency == settings.ledger_currency:
        if line.base_amount != line.amount:
            raise InputRefused(
                f"Line {line.number} is entered in the ledger's own currency with {line.amount}, but states "
                f"{line.base_amount} as its base amount: the two must be equal."
            )
        return {}
    if line.base_amount * line.amount < 0:
        raise InputRefused(f"Line {line.number} has entered and base amounts of opposite sign.")
    return {f"ACCOUNTED_{_side(line)}": money.text(abs(line.base_amount), journal.base_currency)}


def _side(line: JournalLine) -> str:
    """Return DR or CR; a line that moves nothing in its own currency stands on the side of its base amount."""
    return "DR" if (line.amount or line.base_amount or Decimal(0)) > 0 else "CR"


def _row(values: dict[str, str], line: JournalLine) -> list[str]:
    for name, value in values.items():
        length = LENGTHS.get(name)
        if length is not None and len(value) > length:
            raise InputRefused(
                f"Line {line.number} ({line.account}): {name} holds {length} characters, but {value!r} has "
                f"{len(value)}. Use a shorter value."
            )
    return [values.get(name, "") for name in COLUMNS]


def _full_id(line: JournalLine, source: SourceKey) -> str:
    """Return the id of the settlement that a line's reference stands for, as far as that can be told, else ""."""
    if not line.reference:
        return ""
    known = settlement_of(line.reference) or next(iter(_LONG_NUMBER.findall(clean(line.description))), "")
    own = source.belongs_to
    return known or (own if re.fullmatch(r"[A-Za-z0-9_-]{1,25}", own) and leads_back(line.reference, own) else "")


def _require_bookable(journal: Journal, settings: FusionSettings) -> None:
    name = natural_key.batch_name(journal, settings)
    if not journal.lines:
        raise InputRefused(f"Journal {name} has no lines: a settlement without amounts posts nothing.")
    if len(journal.lines) > settings.lines_max:
        raise InputRefused(
            f"Journal {name} has {len(journal.lines)} lines; this site takes {settings.lines_max} in one journal. Set "
            "lines_max of the accounting settings to that number, so that it is split into parts."
        )
    if not journal.is_balanced:
        raise InputRefused(f"Journal {name} is out of balance: debits {journal.debits}, credits {journal.credits}.")
    if any(not line.amount and not line.base_amount for line in journal.lines):
        raise InputRefused(f"Journal {name} has a line of zero, which Journal Import takes for a missing amount.")
    if [line.number for line in journal.lines] != list(range(1, len(journal.lines) + 1)):
        raise InputRefused(f"Journal {name} does not number its lines from 1 without a gap.")
