"""Repeats of images: which images were compared, and which pairs may be one exposure."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_repeats"
down_revision = "0006_claims"


def upgrade() -> None:
    op.create_table(
        "compared",
        sa.Column("image", sa.String, primary_key=True),
        sa.Column("output_hash", sa.String, nullable=False),
    )
    op.create_table(
        "repeat",
        sa.Column("first", sa.String, primary_key=True),
        sa.Column("second", sa.String, primary_key=True),
        sa.Column("correlation", sa.Float, nullable=False),
        sa.Column("mirrored", sa.Boolean, nullable=False),
        sa.Column("inverted", sa.Boolean, nullable=False),
        sa.Column("confirmed", sa.Boolean, nullable=False),
        sa.Column("decision", sa.String),
    )


def downgrade() -> None:
    op.drop_table("repeat")
    op.drop_table("compared")
