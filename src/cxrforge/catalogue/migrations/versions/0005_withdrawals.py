"""Who was withdrawn, and which release holds whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_withdrawals"
down_revision = "0004_web_sessions"


def upgrade() -> None:
    op.create_table(
        "withdrawal",
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("decided_on", sa.String, nullable=False),
    )
    op.create_table(
        "release_patient",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("version", sa.String, primary_key=True),
        sa.Column("patient", sa.String, primary_key=True),
        sa.Column("site", sa.String, nullable=False),
        sa.Column("studies", sa.Integer, nullable=False),
    )
    for column in ("patient", "site"):
        op.create_index(f"ix_release_patient_{column}", "release_patient", [column])
