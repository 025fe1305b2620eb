"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "site",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("country", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("unpaired", sa.Boolean, nullable=False),
    )
    op.create_table(
        "file",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("site", sa.String, sa.ForeignKey("site.id", name="fk_file_site"), nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("content", sa.String, nullable=False, index=True),
        sa.Column("state", sa.String, nullable=False),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("site", sa.String, sa.ForeignKey("site.id", name="fk_document_site"), nullable=False, index=True),
        sa.Column("file", sa.String, nullable=False, index=True),
        sa.Column("state", sa.String, nullable=False),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("site", sa.String, sa.ForeignKey("site.id", name="fk_patient_site"), nullable=False, index=True),
    )
    op.create_table(
        "study",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("site", sa.String, sa.ForeignKey("site.id", name="fk_study_site"), nullable=False, index=True),
        sa.Column(
            "patient", sa.String, sa.ForeignKey("patient.id", name="fk_study_patient"), nullable=False, index=True
        ),
        sa.Column("report_input", sa.String),
        sa.Column("stopped", sa.Boolean, nullable=False),
        sa.Column("year", sa.Integer),
        sa.Column("manufacturer", sa.String),
        sa.Column("model", sa.String),
        sa.Column("sex", sa.String),
        sa.Column("age_decade", sa.Integer),
        sa.Column("paediatric", sa.Boolean),
        sa.Column("sections_derived", sa.Boolean),
        sa.Column("state", sa.String),
        sa.Column("primary_image", sa.String),
    )
    op.create_table(
        "image",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("site", sa.String, sa.ForeignKey("site.id", name="fk_image_site"), nullable=False, index=True),
        sa.Column("study", sa.String, sa.ForeignKey("study.id", name="fk_image_study"), nullable=False, index=True),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("content", sa.String, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("view", sa.String),
        sa.Column("least_side", sa.Integer, nullable=False),
        sa.Column("bits_stored", sa.Integer, nullable=False),
        sa.Column("pixels_examined", sa.Boolean),
        sa.Column("view_confirmed", sa.Boolean),
        sa.Column("depth_used", sa.Boolean),
        sa.Column("quality", sa.String),
        sa.Column("role", sa.String),
    )
    op.create_table(
        "outcome",
        sa.Column("stage", sa.String, primary_key=True),
        sa.Column("entity", sa.String, primary_key=True),
        sa.Column("site", sa.String, nullable=False, index=True),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("input_hash", sa.String, nullable=False),
        sa.Column("config_hash", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("output_hash", sa.String, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
    )
    op.create_table(
        "issue",
        sa.Column("entity", sa.String, primary_key=True),
        sa.Column("stage", sa.String, primary_key=True),
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("site", sa.String, nullable=False, index=True),
        sa.Column("level", sa.String, nullable=False, index=True),
        sa.Column("detail", sa.String, nullable=False),
    )
    op.create_table(
        "label",
        sa.Column("study", sa.String, primary_key=True),
        sa.Column("observation", sa.String, primary_key=True),
        sa.Column("assertion", sa.String),
    )
    op.create_table(
        "release",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("version", sa.String, primary_key=True),
        sa.Column("draft", sa.Boolean, nullable=False),
        sa.Column("studies", sa.Integer, nullable=False),
        sa.Column("images", sa.Integer, nullable=False),
        sa.Column("checksums", sa.String, nullable=False),
    )


def downgrade() -> None:
    for name in ("release", "label", "issue", "outcome", "image", "study", "patient", "document", "file", "site"):
        op.drop_table(name)
