"""Run by Alembic with a connection that the store has opened."""

from alembic import context

from scanner.store.tables import RowBase

connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("migrations are run through scanner.store")
context.configure(connection=connection, target_metadata=RowBase.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
