"""Check what a submission asks for: job, account, parameters, rights. What is wrong ends in ReqstId -1.

What comes in: the body of a POST, the client, the site. What goes out: a job's kind and its parameters in one form
(ledger by id, source by name); or Rejected, whose reason the caller never sees. Source:
https://docs.oracle.com/en/cloud/saas/financials/24d/farfa/Importing_Financials_Data.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from emulators.fusion.jobs import AUTOPOST, IMPORT, LOAD, PURGE, job_of
from emulators.fusion.masters import business_unit_id, ledgers_of
from emulators.fusion.programs import JOURNALS_INTERFACE, RECEIVABLES_INTERFACE
from emulators.fusion.site import NO_DATA, Client, Site

IMPORT_JOB = "/oracle/apps/ess/financials/generalLedger/programs/common,JournalImportLauncher"
AUTOINVOICE_JOB = "/oracle/apps/ess/financials/receivables/transactions/autoInvoices,AutoInvoiceImportEss"
NULL = "#NULL"
_LEDGER_PACKAGE = "/oracle/apps/ess/financials/generalLedger/programs/common"
_LOADER_PACKAGE = "/oracle/apps/ess/financials/commonModules/shared/common/interfaceLoader"
_AUTOINVOICE_PARAMETERS = 24


class Rejected(Exception):
    """The pod refuses a submission; the reply shows ReqstId -1 and no reason."""


def import_parameters(body: Mapping[str, Any], client: Client, site: Site) -> tuple[str, str]:
    """Return interface and parameters of an importBulkData, or raise Rejected."""
    accounts = {IMPORT_JOB: site.document_accounts, AUTOINVOICE_JOB: site.receivables_accounts}
    name = str(body.get("JobName"))
    if name not in accounts:
        raise Rejected("unknown job")
    if body.get("DocumentAccount") not in accounts[name]:
        raise Rejected("unknown document account")
    if (body.get("ContentType") or "zip").lower() != "zip":
        raise Rejected("content type")
    interface = JOURNALS_INTERFACE if name == IMPORT_JOB else RECEIVABLES_INTERFACE
    options = dict(part.partition("=")[::2] for part in (body.get("JobOptions") or "").split(",") if part)
    if options.get("InterfaceDetails", interface) != interface:
        raise Rejected("interface details")
    check = journal_import if name == IMPORT_JOB else autoinvoice
    return interface, check(body.get("ParameterList") or "", client, site)


def autoinvoice(text: str, client: Client, site: Site) -> str:
    """Check the 24 parameters of AutoInvoice and return ledger id, source name and default date.

    Whether the source exists and is valid for the business unit shows only when the job runs. Ranges (4 to 22) are not
    known here: what is not blank is refused rather than left out of account.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != _AUTOINVOICE_PARAMETERS:
        raise Rejected("number of parameters")
    unit, source, day, *ranges, is_due_on_date, days = parts
    if not source or source == NULL or any(part not in ("", NULL) for part in ranges):
        raise Rejected("source or ranges")
    if is_due_on_date not in ("Y", "N") or not (days in ("", NULL) or (days.isascii() and days.isdigit())):
        raise Rejected("due date")
    try:
        day = date.fromisoformat(day).isoformat()
    except ValueError:
        raise Rejected("default date") from None
    for ledger in ledgers_of(site, client):
        if unit in (ledger.business_unit, str(business_unit_id(ledger))):
            return f"{ledger.id},{source},{day}"
    raise Rejected("business unit, or no access to it")


def journal_import(text: str, client: Client, site: Site) -> str:
    """Check the seven parameters of Journal Import and return them with the ledger as id and the source as name."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 7:
        raise Rejected("number of parameters")
    access_set, source, ledger, group, suspense, summary, flexfields = parts
    if access_set != NULL and access_set not in site.data_access_sets:
        raise Rejected("data access set")
    if not ((group.isascii() and group.isdigit()) or group in ("ALL", NULL)):
        raise Rejected("group id")
    if suspense not in ("N", "Y") or summary not in ("N", "Y") or flexfields not in ("N", "O", "W"):
        raise Rejected("flags")
    return ",".join([
        access_set, _source(source, site), _ledger(ledger, client, site), group, suspense, summary, flexfields,
    ])  # fmt: skip


def _source(given: str, site: Site) -> str:
    if site.switches.is_source_given_by_id:
        names = [name for name, number in site.sources.items() if str(number) == given]
    else:
        names = [name for name in site.sources if name == given]
    if not names:
        raise Rejected("journal source")
    return names[0]


def _ledger(given: str, client: Client, site: Site) -> str:
    is_by_name = site.switches.is_ledger_given_by_name
    for ledger in ledgers_of(site, client):
        if given == (ledger.name if is_by_name else str(ledger.id)):
            return str(ledger.id)
    raise Rejected("ledger, or no access to it")


def ess_job(body: Mapping[str, Any], client: Client, site: Site, documents: set[str]) -> tuple[str, str, str]:
    """Return kind, parameters and document id of a submitESSJobRequest, or raise Rejected."""
    if client.role == NO_DATA:
        raise Rejected("no access")
    package = (body.get("JobPackageName") or "").rstrip("/")
    definition, parameters = body.get("JobDefName"), body.get("ESSParameters") or ""
    parts = [part.strip() for part in parameters.split(",")]
    if (package, definition) == (_LEDGER_PACKAGE, "JournalImportLauncher"):
        return IMPORT, journal_import(parameters, client, site), ""
    if (package, definition) == (_LEDGER_PACKAGE, "AutomaticPosting") and parameters in site.autopost_criteria:
        return AUTOPOST, parameters, ""
    if f"{package},{definition}" == AUTOINVOICE_JOB:
        return job_of(IMPORT, RECEIVABLES_INTERFACE), autoinvoice(parameters, client, site), ""
    if package == _LOADER_PACKAGE and parts[0] in (JOURNALS_INTERFACE, RECEIVABLES_INTERFACE):
        if definition == "InterfaceLoaderController" and len(parts) == 4 and parts[1] in documents:
            return job_of(LOAD, parts[0]), parameters, parts[1]
        if definition == "InterfaceLoaderPurge" and len(parts) == 7 and parts[2] and parts[2] == parts[3]:
            return job_of(PURGE, parts[0]), parts[2], ""
    raise Rejected("unknown job or wrong parameters")
