"""Sessions of the reading room, and an index that counts outcomes without reading their payloads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_web_sessions"
down_revision = "0003_governance"


def upgrade() -> None:
    op.create_table(
        "web_session",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("person", sa.String, nullable=False, index=True),
        sa.Column("csrf", sa.String, nullable=False),
        sa.Column("began", sa.BigInteger, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("web_session")
