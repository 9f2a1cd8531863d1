"""How alembic reaches the database: through the connection that livechat_xmpp.store.migrate opened."""

from alembic import context

from livechat_xmpp.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
