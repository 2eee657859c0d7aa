"""Which job of an ERP carries which document."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "erp_jobs",
        sa.Column("key", sa.Text, primary_key=True, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("request_id", "fingerprint", "sent_at")),
    )
