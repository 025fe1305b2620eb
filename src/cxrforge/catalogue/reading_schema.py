"""The reading room's tables: people, audits, what they read and decided, and the log. Ids are pseudonyms here too."""

from __future__ import annotations

import sqlalchemy as sa

from cxrforge.catalogue.schema import metadata

person = sa.Table(
    "person",
    metadata,
    sa.Column("id", sa.String, primary_key=True),  # pseudonym of the name: this alone stands in log and readings
    sa.Column("name", sa.String, nullable=False, unique=True),  # what the person logs in with
    sa.Column("role", sa.String, nullable=False),
    sa.Column("sites", sa.JSON, nullable=False),  # empty: every site
    sa.Column("qualification", sa.String, nullable=False),
    sa.Column("password", sa.String, nullable=False),  # argon2id
    sa.Column("disabled", sa.Boolean, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False, index=True),  # label | images-phi | reports-phi | quality
    sa.Column("number", sa.Integer, nullable=False),  # counts the draws of its kind
    sa.Column("made_at", sa.String, nullable=False),
    sa.Column("made_by", sa.String, nullable=False),
    sa.Column("blinded", sa.Boolean, nullable=False),
    sa.Column("design", sa.JSON, nullable=False),  # seed, shares, readers, strata with their sizes
)

audit_item = sa.Table(
    "audit_item",
    metadata,
    sa.Column("audit", sa.String, sa.ForeignKey("audit.id"), primary_key=True),
    sa.Column("entity", sa.String, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("kind", sa.String, nullable=False),  # image | study
    sa.Column("site", sa.String, nullable=False),
    sa.Column("stratum", sa.String, nullable=False),
    sa.Column("probability", sa.Float, nullable=False),  # of being drawn
    sa.Column("made", sa.String, nullable=False),  # output hash of the de-identification that was drawn
    sa.Column("canary", sa.JSON),  # null for real items; else the item it copies and what was planted where
)

audit_frame = sa.Table(
    "audit_frame",
    metadata,
    sa.Column("audit", sa.String, sa.ForeignKey("audit.id"), primary_key=True),
    sa.Column("entity", sa.String, primary_key=True),
    sa.Column("made", sa.String, nullable=False),  # an item made anew since was not in what the sample speaks for
)

assignment = sa.Table(
    "assignment",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("audit", sa.String, sa.ForeignKey("audit.id"), nullable=False, index=True),
    sa.Column("entity", sa.String, nullable=False, index=True),
    sa.Column("slot", sa.Integer, nullable=False),  # 1 first | 2 second | 3 adjudication
    sa.Column("person", sa.String, index=True),  # null: whoever may, takes it
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("state", sa.String, nullable=False),  # open | postponed | skipped | done
    sa.Column("revision", sa.Integer, nullable=False),  # 0 until something is saved
    sa.Column("reading", sa.JSON, nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),  # spent on it, pauses left out
    sa.Column("saved_at", sa.String),
    sa.Column("done_at", sa.String),
)

decision = sa.Table(
    "decision",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", sa.String, nullable=False),
    sa.Column("person", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),  # image | study | report (by its study)
    sa.Column("entity", sa.String, nullable=False, index=True),
    sa.Column("study", sa.String, nullable=False, index=True),
    sa.Column("site", sa.String, nullable=False),
    sa.Column("stage", sa.String, nullable=False),
    sa.Column("code", sa.String, nullable=False),
    sa.Column("verdict", sa.String, nullable=False),  # accept | turn-away | flag
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("place", sa.JSON),  # of a flag: image region or span, never the text
    sa.Column("made_from", sa.String, nullable=False),  # hash that the decision holds for
    sa.Column("current", sa.Boolean, nullable=False),  # no later decision on the same stands above it
)

action_log = sa.Table(
    "action_log",
    metadata,
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

action_log_head = sa.Table(
    "action_log_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # one row: 1
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
)
