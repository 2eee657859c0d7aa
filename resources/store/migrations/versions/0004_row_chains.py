"""Exchanges and verdicts of checks in chains of hashes; what is there already is sealed as it stands."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_COLUMNS = {
    "exchanges": (
        *(("connection", sa.Text), ("operation", sa.Text), ("method", sa.Text), ("url", sa.Text)),
        *(("status", sa.Integer), ("request_headers", sa.Text), ("request_document", sa.Text)),
        *(("response_headers", sa.Text), ("response_document", sa.Text), ("error", sa.Text)),
        *(("started_at", sa.Text), ("seconds", sa.Float), ("attempt", sa.Integer)),
    ),
    "check_verdicts": (
        *(("connection", sa.Text), ("partition", sa.Text), ("check_name", sa.Text), ("passed", sa.Boolean)),
        *(("severity", sa.Text), ("facts", sa.Text), ("run", sa.Text), ("at", sa.Text)),
    ),
}


def upgrade() -> None:
    """Add the hashes, and write them for every row from the first on."""
    op.create_table(
        "row_chains",
        sa.Column("connection", sa.Text, primary_key=True, nullable=False),
        sa.Column("table_name", sa.Text, primary_key=True, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("last_id", sa.Integer, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    for name, columns in _COLUMNS.items():
        op.add_column(name, sa.Column("hash", sa.Text, nullable=False, server_default=sa.text("''")))
        _seal(op.get_bind(), name, columns)


def _seal(bind: sa.Connection, name: str, columns: tuple) -> None:
    table = sa.table(
        name, sa.column("id", sa.Integer), sa.column("hash", sa.Text), *(sa.column(*one) for one in columns)
    )
    heads: dict[str, tuple[int, int, str]] = {}
    for row in bind.execute(sa.select(table).order_by(table.c.id)).all():
        rows, last_id, previous = heads.get(row.connection, (0, 0, "0" * 64))
        values = [previous, last_id, *(getattr(row, column) for column, _ in columns)]
        made = hashlib.sha256(json.dumps(values, separators=(",", ":")).encode()).hexdigest()
        bind.execute(sa.update(table).where(table.c.id == row.id).values(hash=made))
        heads[row.connection] = (rows + 1, row.id, made)
    chains = sa.table(
        "row_chains", *(sa.column(one) for one in ("connection", "table_name", "rows", "last_id", "hash"))
    )
    for connection, (rows, last_id, made) in heads.items():
        told = {"connection": connection, "table_name": name, "rows": rows, "last_id": last_id, "hash": made}
        bind.execute(sa.insert(chains).values(told))
