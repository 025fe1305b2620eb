"""Alembic's entry: run on the connection that `catalogue.database` hands over."""

from __future__ import annotations

from alembic import context

from cxrforge.catalogue.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
