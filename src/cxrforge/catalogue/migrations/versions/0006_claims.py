"""Claims of runners that share a catalogue; whose vault and store a site has; indexes that `status` counts on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_claims"
down_revision = "0005_withdrawals"


def upgrade() -> None:
    op.create_table(
        "claim",
        sa.Column("stage", sa.String, primary_key=True),
        sa.Column("entity", sa.String, primary_key=True),
        sa.Column("runner", sa.String, nullable=False, index=True),
        sa.Column("place", sa.String, nullable=False, index=True),
        sa.Column("until", sa.Float, nullable=False),
    )
    op.add_column("site", sa.Column("vault", sa.String))
    op.add_column("site", sa.Column("store", sa.String))
    op.create_index("ix_outcome_books", "outcome", ["stage", "state", "tries", "entity"])
    op.create_index("ix_label_books", "label", ["observation", "assertion", "study"])


def downgrade() -> None:
    op.drop_index("ix_label_books", "label")
    op.drop_index("ix_outcome_books", "outcome")
    op.drop_column("site", "store")
    op.drop_column("site", "vault")
    op.drop_table("claim")
