"""Run the migrations on the connection that `ControlDatabase.migrate` hands over, inside its transaction."""

from alembic import context

connection = context.config.attributes["connection"]
# SQLite and PostgreSQL both change tables inside a transaction, so a crash leaves the old version whole.
context.configure(connection=connection, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
