"""The catalogue's tables. Every id is a pseudonym; no column holds an identifier, a source path or an original UID."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

site = sa.Table(
    "site",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("country", sa.String, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("unpaired", sa.Boolean, nullable=False, default=False),  # files came since the last pairing
    sa.Column("vault", sa.String),  # whose originals these are; null before the first ingest
    sa.Column("store", sa.String),  # where its objects lie: a keyed hash; null before the first ingest
)

file = sa.Table(
    "file",
    metadata,
    sa.Column("id", sa.String, primary_key=True),  # pseudonym of site and place
    sa.Column("site", sa.String, sa.ForeignKey("site.id"), nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("content", sa.String, nullable=False, index=True),  # keyed digest of the bytes
    sa.Column("state", sa.String, nullable=False),  # taken | turned-away
)

document = sa.Table(
    "document",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("site", sa.String, sa.ForeignKey("site.id"), nullable=False, index=True),
    sa.Column("file", sa.String, nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False),  # paired | turned-away
)

patient = sa.Table(
    "patient",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("site", sa.String, sa.ForeignKey("site.id"), nullable=False, index=True),
)

study = sa.Table(
    "study",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("site", sa.String, sa.ForeignKey("site.id"), nullable=False, index=True),
    sa.Column("patient", sa.String, sa.ForeignKey("patient.id"), nullable=False, index=True),
    sa.Column("report_input", sa.String),  # keyed hash of what its report is made from; null without a report
    sa.Column("stopped", sa.Boolean, nullable=False),  # pairing turned it away: nothing is done with its images
    sa.Column("year", sa.Integer),
    sa.Column("manufacturer", sa.String),
    sa.Column("model", sa.String),
    sa.Column("sex", sa.String),
    sa.Column("age_decade", sa.Integer),  # 0, 10, 20 … 90 and over
    sa.Column("paediatric", sa.Boolean),
    sa.Column("indication", sa.String),  # null until de-identified; a class of tables/indications, or unknown
    sa.Column("sections_derived", sa.Boolean),  # null until de-identified; cut by a rule, without a heading
    sa.Column("state", sa.String),  # null until selected; accepted | review | turned-away
    sa.Column("primary_image", sa.String),
)

image = sa.Table(
    "image",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("site", sa.String, sa.ForeignKey("site.id"), nullable=False, index=True),
    sa.Column("study", sa.String, sa.ForeignKey("study.id"), nullable=False, index=True),
    sa.Column("file", sa.String, nullable=False),
    sa.Column("content", sa.String, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("view", sa.String),  # as the header tells it
    sa.Column("least_side", sa.Integer, nullable=False),  # the smaller of rows and columns
    sa.Column("bits_stored", sa.Integer, nullable=False),
    sa.Column("pixels_examined", sa.Boolean),  # null until de-identified
    sa.Column("view_confirmed", sa.Boolean),  # null until examined; header and image agree
    sa.Column("depth_used", sa.Boolean),  # null until examined; the grey values fill the bits stored
    sa.Column("quality", sa.String),  # null until examined; pass | review | fail
    sa.Column("role", sa.String),  # null until selected; primary | lateral | left-out
)

outcome = sa.Table(
    "outcome",
    metadata,
    sa.Column("stage", sa.String, primary_key=True),
    sa.Column("entity", sa.String, primary_key=True),
    sa.Column("site", sa.String, nullable=False, index=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("input_hash", sa.String, nullable=False),
    sa.Column("config_hash", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),  # done | review | turned-away | failed
    sa.Column("output_hash", sa.String, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, default=1),
    sa.Index("ix_outcome_books", "stage", "state", "tries", "entity"),  # counted without reading payloads
)

issue = sa.Table(
    "issue",
    metadata,
    sa.Column("entity", sa.String, primary_key=True),
    sa.Column("stage", sa.String, primary_key=True),  # a stage's name, or ingest, or pairing
    sa.Column("code", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),  # file | image | study
    sa.Column("site", sa.String, nullable=False, index=True),
    sa.Column("level", sa.String, nullable=False, index=True),
    sa.Column("detail", sa.String, nullable=False, default=""),
)

label = sa.Table(
    "label",
    metadata,
    sa.Column("study", sa.String, primary_key=True),
    sa.Column("observation", sa.String, primary_key=True),
    sa.Column("assertion", sa.String),  # present | absent | uncertain | null: not mentioned
    sa.Index("ix_label_books", "observation", "assertion", "study"),
)

governance_document = sa.Table(
    "governance_document",
    metadata,
    sa.Column("site", sa.String, primary_key=True),  # a site, or `consortium`
    sa.Column("kind", sa.String, primary_key=True),  # a row of tables/governance.toml
    sa.Column("sha256", sa.String, primary_key=True),  # of the file; its bytes are sealed in the vault
    sa.Column("valid_from", sa.String, nullable=False),  # YYYY-MM-DD
    sa.Column("valid_until", sa.String),  # YYYY-MM-DD, the last day; null: until further notice
    sa.Column("reference", sa.String, nullable=False),
    sa.Column("signed_by", sa.JSON, nullable=False),  # roles, never names
    sa.Column("bases", sa.JSON, nullable=False),  # of a statement of the legal basis
)

register_consultation = sa.Table(
    "register_consultation",
    metadata,
    sa.Column("site", sa.String, primary_key=True),
    sa.Column("consulted_at", sa.String, primary_key=True),  # YYYY-MM-DDTHH:MM:SSZ
    sa.Column("kind", sa.String, primary_key=True),  # objections | consents
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("digest", sa.String, nullable=False),  # keyed, of what the register says
)

ingest_event = sa.Table(
    "ingest_event",
    metadata,
    sa.Column("site", sa.String, primary_key=True),
    sa.Column("began_at", sa.String, primary_key=True),  # YYYY-MM-DDTHH:MM:SSZ
)

waiver = sa.Table(
    "waiver",
    metadata,
    sa.Column("criterion", sa.String, primary_key=True),
    sa.Column("granted_by", sa.String, nullable=False),  # a role
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("until", sa.String, nullable=False),  # YYYY-MM-DD, the last day
)

criterion_snapshot = sa.Table(
    "criterion_snapshot",
    metadata,
    sa.Column("taken_at", sa.String, primary_key=True),  # YYYY-MM-DDTHH:MM:SSZ
    sa.Column("occasion", sa.String, primary_key=True),  # run, or a release's name
    sa.Column("criterion", sa.String, primary_key=True),
    sa.Column("site", sa.String, primary_key=True),  # empty: all sites
    sa.Column("met", sa.Boolean, nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("short_by", sa.Float, nullable=False),
)

withdrawal = sa.Table(
    "withdrawal",
    metadata,
    sa.Column("kind", sa.String, primary_key=True),  # patient | site
    sa.Column("id", sa.String, primary_key=True),  # a patient's pseudonym, or a site
    sa.Column("reason", sa.String, nullable=False),  # a word of tables/governance.toml
    sa.Column("decided_on", sa.String, nullable=False),  # YYYY-MM-DD
)

release_patient = sa.Table(
    "release_patient",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("version", sa.String, primary_key=True),
    sa.Column("patient", sa.String, primary_key=True, index=True),
    sa.Column("site", sa.String, nullable=False, index=True),
    sa.Column("studies", sa.Integer, nullable=False),
)

release = sa.Table(
    "release",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("version", sa.String, primary_key=True),
    sa.Column("draft", sa.Boolean, nullable=False),
    sa.Column("studies", sa.Integer, nullable=False),
    sa.Column("images", sa.Integer, nullable=False),
    sa.Column("checksums", sa.String, nullable=False),  # SHA-256 of SHA256SUMS
)

claim = sa.Table(
    "claim",  # who works on what just now, where runners of several folders share the catalogue
    metadata,
    sa.Column("stage", sa.String, primary_key=True),
    sa.Column("entity", sa.String, primary_key=True),
    sa.Column("runner", sa.String, nullable=False, index=True),
    sa.Column("place", sa.String, nullable=False, index=True),  # a hash of machine and folder
    sa.Column("until", sa.Float, nullable=False),  # the database's seconds since 1970; lapsed afterwards
)
