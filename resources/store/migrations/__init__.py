"""The history of the control database's tables, one file per change, applied by Alembic."""
