"""Who planned, who proposed, who signs, and what changed in the files that decide what is booked."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables, and add the persons to what exists."""
    op.add_column("outbox_sets", _added("planned_by"))
    for name in ("proposed_action", "proposed_by", "proposed_reason"):
        op.add_column("review_items", _added(name))
    op.create_table(
        "people",
        sa.Column("name", sa.Text, primary_key=True, nullable=False),
        *_texts("public_key", "added_by", "added_at", "ended_by"),
        sa.Column("ended_at", sa.Text),
    )
    op.create_table(
        "configuration_changes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        *_texts(
            "connection",
            "kind",
            "name",
            "sha256",
            "previous_sha256",
            "owner",
            "person",
            "run",
            "seen_at",
            "confirmed_by",
        ),
    )
    op.create_index("configuration_changes_latest", "configuration_changes", ["connection", "kind", "name", "id"])


def _added(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
