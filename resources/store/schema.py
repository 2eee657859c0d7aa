"""The tables of the control database, the same on SQLite and PostgreSQL.

Text and integers only: amounts are text, moments fixed-width UTC text, facts canonical JSON, so that both engines keep
them exactly. The migrations create these tables; a test holds the two together. `HEAD` is the newest migration.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text, UniqueConstraint, text

from resources.store.columns import Moment

HEAD = "0007"

metadata = MetaData()


def _text(name: str, **options) -> Column:
    return Column(name, Text, nullable=False, **options)


def _number(name: str, **options) -> Column:
    return Column(name, Integer, nullable=False, **options)


def _moment(name: str) -> Column:
    return Column(name, Moment, nullable=False)


def _id() -> Column:
    return Column("id", Integer, primary_key=True, autoincrement=True)


# --- what was done, append-only; `audit_chains` remembers how far each chain has come -------------------------------

audit_events = Table(
    "audit_events",
    metadata,
    _text("connection", primary_key=True),
    _number("sequence", primary_key=True, autoincrement=False),
    _moment("at"),
    _text("kind"),
    _text("document_key"),
    _text("partition"),
    _text("run"),
    _text("exchange"),
    _text("person"),
    _text("facts"),
    _text("previous_hash"),
    _text("hash"),
    Index("audit_events_document", "document_key"),
    Index("audit_events_partition", "connection", "partition"),
)

audit_chains = Table(
    "audit_chains",
    metadata,
    _text("connection", primary_key=True),
    _number("sequence"),
    _text("hash"),
)

# --- documents on their way into an ERP ------------------------------------------------------------------------------

outbox_sets = Table(
    "outbox_sets",
    metadata,
    _text("source", primary_key=True),
    _number("revision", primary_key=True, autoincrement=False),
    _text("connection"),
    _text("partition"),
    _text("source_id"),
    _number("parts"),
    _text("fingerprint"),
    _text("mapping_hash"),
    _moment("planned_at"),
    _text("planned_by", server_default=text("''")),
)

outbox_documents = Table(
    "outbox_documents",
    metadata,
    _text("key", primary_key=True),
    _text("source"),
    _number("revision"),
    _number("part"),
    _number("parts"),
    _text("connection"),
    _text("partition"),
    _text("ledger"),
    _text("source_id"),
    _text("state"),
    _number("state_version"),
    _text("fingerprint"),
    _text("set_fingerprint"),
    _text("mapping_hash"),
    Column("erp_id", Text),
    _text("reason"),
    _number("attempts"),
    _moment("changed_at"),
    Column("sending_since", Moment),
    Column("not_before", Moment),
    UniqueConstraint("source", "revision", "part", name="outbox_documents_part"),
    UniqueConstraint("ledger", "erp_id", name="outbox_documents_erp_id"),
    Index("outbox_documents_state", "connection", "state"),
    Index("outbox_documents_source_id", "source_id"),
)

# Apart from the state, because SQLite writes a whole row anew at every step.
outbox_contents = Table(
    "outbox_contents",
    metadata,
    _text("key", primary_key=True),
    _text("content"),
)

outbox_differences = Table(
    "outbox_differences",
    metadata,
    _text("source", primary_key=True),
    _text("fingerprint", primary_key=True),
    _moment("seen_at"),
)

leases = Table(
    "leases",
    metadata,
    _text("name", primary_key=True),
    _text("holder"),
    _number("fence"),
    _moment("expires_at"),
)

# The newest job that carries a document into an ERP which takes documents as jobs that end later.
erp_jobs = Table(
    "erp_jobs",
    metadata,
    _text("key", primary_key=True),
    _text("request_id"),
    _text("fingerprint"),
    _moment("sent_at"),
)

# --- what was discovered ---------------------------------------------------------------------------------------------

settlements = Table(
    "settlements",
    metadata,
    _text("connection", primary_key=True),
    _text("settlement_id", primary_key=True),
    _text("seller"),
    _text("document_sha"),
    _moment("recorded_at"),
)

settlement_documents = Table(
    "settlement_documents",
    metadata,
    _text("connection", primary_key=True),
    _text("settlement_id", primary_key=True),
    _text("document_sha", primary_key=True),
    _text("content_hash"),
    _text("source"),
    _text("standing"),
    _text("facts"),
    _moment("recorded_at"),
)

settlement_reports = Table(
    "settlement_reports",
    metadata,
    _text("connection", primary_key=True),
    _text("report_id", primary_key=True),
    _text("report_document_id", primary_key=True),
    _text("settlement_id"),
    _moment("recorded_at"),
    Index("settlement_reports_settlement", "connection", "settlement_id"),
    Index("settlement_reports_document", "connection", "report_document_id"),
)

# --- what comes next, and what a person must decide ------------------------------------------------------------------

due_rows = Table(
    "due_rows",
    metadata,
    _text("connection", primary_key=True),
    _text("kind", primary_key=True),
    _text("partition", primary_key=True),
    _moment("at"),
    _number("version"),
    _text("reason"),
    Column("is_done", Boolean, nullable=False),
    Index("due_rows_open", "connection", "is_done", "at"),
)

review_items = Table(
    "review_items",
    metadata,
    _id(),
    _text("connection"),
    _text("partition"),
    _text("code"),
    _text("document_key"),
    _text("origin"),
    _text("sentence"),
    _text("cure"),
    Column("amount", Text),
    Column("is_blocking", Boolean, nullable=False),
    _text("details"),
    _text("actions"),
    _text("state"),
    _moment("opened_at"),
    _text("opened_run"),
    Column("ended_at", Moment),
    _text("ended_run"),
    _text("person"),
    _text("resolution"),
    _text("resolution_reason"),
    _text("proposed_action", server_default=text("''")),
    _text("proposed_by", server_default=text("''")),
    _text("proposed_reason", server_default=text("''")),
    Index(
        "review_items_open",
        "connection",
        "partition",
        "code",
        "document_key",
        "origin",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)

check_verdicts = Table(
    "check_verdicts",
    metadata,
    _id(),
    _text("connection"),
    _text("partition"),
    _text("check_name"),
    Column("passed", Boolean, nullable=False),
    _text("severity"),
    _text("facts"),
    _text("run"),
    _moment("at"),
    _text("hash", server_default=text("''")),
    Index("check_verdicts_latest", "connection", "partition", "check_name", "id"),
)

# --- people who sign, and the files that decide what is booked --------------------------------------------------------

people = Table(
    "people",
    metadata,
    _text("name", primary_key=True),
    _text("public_key"),
    _text("added_by"),
    _moment("added_at"),
    _text("ended_by"),
    Column("ended_at", Moment),
)

configuration_changes = Table(
    "configuration_changes",
    metadata,
    _id(),
    _text("connection"),
    _text("kind"),
    _text("name"),
    _text("sha256"),
    _text("previous_sha256"),
    _text("owner"),
    _text("person"),
    _text("run"),
    _moment("seen_at"),
    _text("confirmed_by"),
    Index("configuration_changes_latest", "connection", "kind", "name", "id"),
)

# --- staged tables ---------------------------------------------------------------------------------------------------

warehouse_versions = Table(
    "warehouse_versions",
    metadata,
    _text("connection", primary_key=True),
    _text("table_name", primary_key=True),
    _text("partition", primary_key=True),
    _number("version", primary_key=True, autoincrement=False),
    _text("sha256"),
    Column("bytes", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    _text("facts"),
    _moment("created_at"),
    Column("is_current", Boolean, nullable=False),
    Index("warehouse_versions_current", "table_name", "is_current"),
)

# --- traffic with the outside world ----------------------------------------------------------------------------------

rate_buckets = Table(
    "rate_buckets",
    metadata,
    _text("key", primary_key=True),
    Column("tokens", Float, nullable=False),
    _moment("at"),
    Column("rate", Float, nullable=False),
    Column("is_learned", Boolean, nullable=False),
)

sealed_tokens = Table(
    "sealed_tokens",
    metadata,
    _text("key", primary_key=True),
    _text("sealed"),
    _moment("expires_at"),
)

exchanges = Table(
    "exchanges",
    metadata,
    _id(),
    _text("connection"),
    _text("operation"),
    _text("method"),
    _text("url"),
    Column("status", Integer),
    _text("request_headers"),
    _text("request_document"),
    _text("response_headers"),
    _text("response_document"),
    _text("error"),
    _moment("started_at"),
    Column("seconds", Float, nullable=False),
    _number("attempt"),
    _text("hash", server_default=text("''")),
    Index("exchanges_connection", "connection", "operation"),
)

# How far the chain of each table has come whose rows are written once (`resources/store/row_chain.py`).
row_chains = Table(
    "row_chains",
    metadata,
    _text("connection", primary_key=True),
    _text("table_name", primary_key=True),
    _number("rows"),
    _number("last_id"),
    _text("hash"),
    _number("sealed", server_default=text("0")),  # how many of them were there before there were chains
)
