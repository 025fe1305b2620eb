"""People, audits, decisions and the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_reading_room"
down_revision = "0001"

_REFUSAL = "the log is only ever added to"


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("sites", sa.JSON, nullable=False),
        sa.Column("qualification", sa.String, nullable=False),
        sa.Column("password", sa.String, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False, index=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("made_at", sa.String, nullable=False),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("blinded", sa.Boolean, nullable=False),
        sa.Column("design", sa.JSON, nullable=False),
    )
    op.create_table(
        "audit_item",
        sa.Column("audit", sa.String, sa.ForeignKey("audit.id", name="fk_audit_item_audit"), primary_key=True),
        sa.Column("entity", sa.String, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("site", sa.String, nullable=False),
        sa.Column("stratum", sa.String, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("made", sa.String, nullable=False),
        sa.Column("canary", sa.JSON),
    )
    op.create_table(
        "audit_frame",
        sa.Column("audit", sa.String, sa.ForeignKey("audit.id", name="fk_audit_frame_audit"), primary_key=True),
        sa.Column("entity", sa.String, primary_key=True),
        sa.Column("made", sa.String, nullable=False),
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column(
            "audit", sa.String, sa.ForeignKey("audit.id", name="fk_assignment_audit"), nullable=False, index=True
        ),
        sa.Column("entity", sa.String, nullable=False, index=True),
        sa.Column("slot", sa.Integer, nullable=False),
        sa.Column("person", sa.String, index=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("reading", sa.JSON, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("saved_at", sa.String),
        sa.Column("done_at", sa.String),
    )
    op.create_table(
        "decision",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("entity", sa.String, nullable=False, index=True),
        sa.Column("study", sa.String, nullable=False, index=True),
        sa.Column("site", sa.String, nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("place", sa.JSON),
        sa.Column("made_from", sa.String, nullable=False),
        sa.Column("current", sa.Boolean, nullable=False),
    )
    log = op.create_table(
        "action_log",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("entity", sa.String, nullable=False, index=True),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("previous", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )
    head = op.create_table(
        "action_log_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "number": 0, "hash": ""}])
    _forbid_changes(log.name)


def _forbid_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )


def downgrade() -> None:
    for name in ("assignment", "audit_frame", "audit_item", "audit", "decision", "person"):
        op.drop_table(name)
    op.drop_table("action_log")
    op.drop_table("action_log_head")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION action_log_refuse()")
