"""Settlements, due rows, review items, verdicts, warehouse versions, and traffic with the outside world."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    _settlements()
    _work()
    _review()
    _warehouse()
    _traffic()


def _settlements() -> None:
    op.create_table(
        "settlements", *_keys("connection", "settlement_id"), *_texts("seller", "document_sha", "recorded_at")
    )
    op.create_table(
        "settlement_documents",
        *_keys("connection", "settlement_id", "document_sha"),
        *_texts("content_hash", "source", "standing", "facts", "recorded_at"),
    )
    op.create_table(
        "settlement_reports",
        *_keys("connection", "report_id", "report_document_id"),
        *_texts("settlement_id", "recorded_at"),
    )
    op.create_index("settlement_reports_settlement", "settlement_reports", ["connection", "settlement_id"])
    op.create_index("settlement_reports_document", "settlement_reports", ["connection", "report_document_id"])


def _work() -> None:
    op.create_table(
        "due_rows",
        *_keys("connection", "kind", "partition"),
        *_texts("at"),
        *_numbers("version"),
        *_texts("reason"),
        sa.Column("is_done", sa.Boolean, nullable=False),
    )
    op.create_index("due_rows_open", "due_rows", ["connection", "is_done", "at"])
    op.create_table(
        "check_verdicts",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        *_texts("connection", "partition", "check_name"),
        sa.Column("passed", sa.Boolean, nullable=False),
        *_texts("severity", "facts", "run", "at"),
    )
    op.create_index("check_verdicts_latest", "check_verdicts", ["connection", "partition", "check_name", "id"])


def _review() -> None:
    op.create_table(
        "review_items",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        *_texts("connection", "partition", "code", "document_key", "origin", "sentence", "cure"),
        sa.Column("amount", sa.Text),
        sa.Column("is_blocking", sa.Boolean, nullable=False),
        *_texts("details", "actions", "state", "opened_at", "opened_run"),
        sa.Column("ended_at", sa.Text),
        *_texts("ended_run", "person", "resolution", "resolution_reason"),
    )
    op.create_index(
        "review_items_open",
        "review_items",
        ["connection", "partition", "code", "document_key", "origin"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def _warehouse() -> None:
    op.create_table(
        "warehouse_versions",
        *_keys("connection", "table_name", "partition"),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False, nullable=False),
        *_texts("sha256"),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        *_texts("facts", "created_at"),
        sa.Column("is_current", sa.Boolean, nullable=False),
    )
    op.create_index("warehouse_versions_current", "warehouse_versions", ["table_name", "is_current"])


def _traffic() -> None:
    op.create_table(
        "rate_buckets",
        *_keys("key"),
        sa.Column("tokens", sa.Float, nullable=False),
        *_texts("at"),
        sa.Column("rate", sa.Float, nullable=False),
        sa.Column("is_learned", sa.Boolean, nullable=False),
    )
    op.create_table("sealed_tokens", *_keys("key"), *_texts("sealed", "expires_at"))
    op.create_table(
        "exchanges",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        *_texts("connection", "operation", "method", "url"),
        sa.Column("status", sa.Integer),
        *_texts("request_headers", "request_document", "response_headers", "response_document", "error", "started_at"),
        sa.Column("seconds", sa.Float, nullable=False),
        *_numbers("attempt"),
    )
    op.create_index("exchanges_connection", "exchanges", ["connection", "operation"])


def _keys(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text, primary_key=True, nullable=False) for name in names]


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]
