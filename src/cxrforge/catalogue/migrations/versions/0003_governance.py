"""Papers, registers, waivers, and how the criteria stood over time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_governance"
down_revision = "0002_reading_room"


def upgrade() -> None:
    op.add_column("study", sa.Column("indication", sa.String))
    op.create_table(
        "governance_document",
        sa.Column("site", sa.String, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("sha256", sa.String, primary_key=True),
        sa.Column("valid_from", sa.String, nullable=False),
        sa.Column("valid_until", sa.String),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("signed_by", sa.JSON, nullable=False),
        sa.Column("bases", sa.JSON, nullable=False),
    )
    op.create_table(
        "register_consultation",
        sa.Column("site", sa.String, primary_key=True),
        sa.Column("consulted_at", sa.String, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
    )
    op.create_table(
        "ingest_event",
        sa.Column("site", sa.String, primary_key=True),
        sa.Column("began_at", sa.String, primary_key=True),
    )
    op.create_table(
        "waiver",
        sa.Column("criterion", sa.String, primary_key=True),
        sa.Column("granted_by", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("until", sa.String, nullable=False),
    )
    op.create_table(
        "criterion_snapshot",
        sa.Column("taken_at", sa.String, primary_key=True),
        sa.Column("occasion", sa.String, primary_key=True),
        sa.Column("criterion", sa.String, primary_key=True),
        sa.Column("site", sa.String, primary_key=True),
        sa.Column("met", sa.Boolean, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("short_by", sa.Float, nullable=False),
    )
