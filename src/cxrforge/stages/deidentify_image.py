"""De-identify an image: header by the profile, pixels by the redactor, second look; the object goes to the store."""

from __future__ import annotations

import hashlib
from collections import Counter
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from pydicom.filereader import read_file_meta_info

from cxrforge.catalogue.outcomes import record_columns
from cxrforge.config import Settings
from cxrforge.dicom.deidentify import deidentify_object
from cxrforge.dicom.header import Policy, make_policy
from cxrforge.ingest.archives import BrokenMemberError
from cxrforge.ingest.scan import open_source
from cxrforge.pixels.redaction import PixelPolicy, make_redactor
from cxrforge.records import Issue, KnownIdentifiers, from_plain
from cxrforge.stages.stage import Item, Stage, StageResult, Tools, conclude
from cxrforge.tables.markers import fold_marker


def image_key(image: str) -> str:
    """Return the store key of a de-identified image."""
    return f"images/{image}.dcm"


def work(item: Item, tools: Tools) -> StageResult:
    """Read the source once, check that it is what was ingested, write the de-identified object."""
    data = _content(item.secret["locator"])
    if data is None or hashlib.sha256(data).hexdigest() != item.secret["sha256"]:
        return conclude(item, {}, (Issue("source-missing"),))
    policy = _policy(tools.settings.deidentification_options, item.site)
    redactor = make_redactor(_pixel_policy(tools.settings, item.site)) if "clean-pixel-data" in policy.options else None
    with tools.store.writing(image_key(item.entity)) as output:
        made = deidentify_object(
            data,
            output,
            policy=policy,
            pseudonyms=tools.pseudonyms,
            redactor=redactor,
            known=from_plain(KnownIdentifiers, item.secret["known"]),
            patient=item.secret["patient"],
        )
        if not made.sha256:
            return conclude(item, {}, made.issues)
        output.chmod(0o444)  # releases link to it: what edits a release must not edit the store
        size_bytes, transfer_syntax = output.stat().st_size, transfer_syntax_uid(output)
    regions = made.pixels.regions if made.pixels else ()
    payload = {
        "sha256": made.sha256,
        "size_bytes": size_bytes,
        "sop_uid": made.sop_uid,
        "transfer_syntax_uid": transfer_syntax,
        "options": sorted(policy.options),
        "actions": dict(sorted(Counter(a.action for a in made.actions).items())),
        "examined": bool(made.pixels and made.pixels.examined),
        "changed": bool(made.pixels and made.pixels.changed),
        "regions": [
            {"box": list(r.box), "frame": r.frame, "decision": r.decision, "reason": r.reason} for r in regions
        ],
    }
    return conclude(item, payload, made.issues, sealed={"texts": [r.text for r in regions]})


def transfer_syntax_uid(path: Path) -> str:
    """Return the transfer syntax that a file's meta information names (0002,0010)."""
    return str(read_file_meta_info(path).TransferSyntaxUID)


def _content(locator: str) -> bytes | None:
    try:
        source = open_source(locator)
        return source if isinstance(source, bytes) else source.read_bytes()
    except (OSError, BrokenMemberError):
        return None


def record(connection: sa.Connection, results: list[StageResult]) -> None:
    """Write whether the pixels were examined."""
    rows = {r.entity: {"pixels_examined": r.payload["examined"]} for r in results if "examined" in r.payload}
    record_columns(connection, "image", rows)


@cache
def _policy(options: tuple[str, ...], site: str) -> Policy:
    return make_policy(options, site)


def _pixel_policy(settings: Settings, site: str) -> PixelPolicy:
    """Return what the configuration asks of the pixel examination at a site."""
    words = {fold_marker(word) for row in settings.pixels_keep if row.site == site for word in row.words}
    return PixelPolicy(keep_words=frozenset(words), devices=settings.pixels_regions)


STAGE = Stage(
    name="deidentify-image",
    version="2",
    kind="image",
    title="De-identify images",
    work=work,
    after="screen",
    secret="image",
    settings=("deidentification_options", "pixels_regions", "pixels_keep"),
    again=("source-missing",),  # the share was not mounted, or the file came back
    record=record,
)
