"""How many rows of a chain were written before it: they are proved as they stood then, not as they were written."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Count what is there now; a database that was used at 0004 counts a little more, never less."""
    op.add_column("row_chains", sa.Column("sealed", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.execute("UPDATE row_chains SET sealed = rows")
