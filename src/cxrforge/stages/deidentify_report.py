"""De-identify a study's report: versions joined, sections cut, identifiers out, labels unchanged by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cxrforge.catalogue.outcomes import record_columns
from cxrforge.labels.labeler import label_report
from cxrforge.records import (
    DeidentifiedReport,
    Issue,
    KnownIdentifiers,
    LabelledReport,
    ReportDocument,
    Section,
    SiteContext,
    from_plain,
)
from cxrforge.reports.deidentify import deidentify_report
from cxrforge.reports.indication import indication_class
from cxrforge.reports.sections import cut_sections
from cxrforge.reports.versions import join_documents
from cxrforge.stages.stage import TURNED_AWAY, Item, Stage, StageResult, Tools, conclude

PUBLISHED = ("findings", "impression", "addendum")


def work(item: Item, tools: Tools) -> StageResult:
    """Turn the documents paired with a study into the two sections that a release publishes."""
    document = join_documents([from_plain(ReportDocument, d) for d in item.secret["documents"]])
    made = deidentify_report(
        document.text,
        language=document.language,
        known=from_plain(KnownIdentifiers, item.secret["known"]),
        replacement=tools.settings.deidentification_report_replacement,
        quasi=tools.settings.deidentification_report_quasi_identifiers,
        context=_context(item.secret.get("site")),
    )
    issues = list(made.issues)
    parts = cut_sections(document.text, made.language)
    before = label_report(document.text, made.language, parts)
    after = label_report(made.text, made.language, made.sections)
    if dict(before.labels) != dict(after.labels):
        changed = [o for o, assertion in before.labels.items() if assertion != after.labels[o]]
        issues.append(Issue("labels-changed", ", ".join(changed)))
    lost = unpublished_observations(made)
    if lost:
        issues.append(Issue("report-text-outside-sections", ", ".join(lost)))
    indication = indication_class(document.text, parts, made.language)  # the class alone goes on, not the text
    result = conclude(item, _payload(made, after) | {"indication": indication}, tuple(issues))
    if result.state == TURNED_AWAY:
        # such a text may still hold what the second look found: it stays out of the catalogue
        return conclude(item, {}, tuple(issues))
    return result


def _context(plain: Mapping[str, Any] | None) -> SiteContext:
    """Return the record that JSON made a mapping of; what was ingested before it was kept has none."""
    if plain is None:
        return SiteContext()
    roster = from_plain(KnownIdentifiers, plain["roster"])
    return SiteContext(roster, tuple(plain["templates"]), tuple(plain["common"]))


def unpublished_observations(made: DeidentifiedReport) -> list[str]:
    """Return the observations that are named only where nothing is published and nobody asks: a section cut wrongly.

    Indications never count as findings (GUIDELINE), so what stands there is not missed.
    """
    whole = label_report(made.text, made.language)
    covered = [s for s in made.sections if s.name in (*PUBLISHED, "indication")]

    def stands_in(start: int) -> bool:
        return any(s.start <= start < s.end for s in covered)

    inside = {m.observation for m in whole.mentions if stands_in(m.start)}
    outside = {m.observation for m in whole.mentions if not stands_in(m.start)}
    return sorted(outside - inside)


def _payload(made: DeidentifiedReport, labelled: LabelledReport) -> dict[str, Any]:
    return {
        "language": made.language,
        "findings": made.findings,
        "impression": made.impression,
        "sections": _parts(made.text, made.sections),
        "rules": sorted({f"{s.name}: {s.rule}" for s in made.sections if s.name in ("findings", "impression")}),
        "doubtful": _doubts(made),
        "identifiers": dict(sorted(Counter(s.category.value for s in made.spans).items())),
        "observations": len(labelled.mentions),
    }


def _doubts(made: DeidentifiedReport) -> list[dict[str, Any]]:
    """Return where doubtful words stand in the published sections' texts, and why they are doubtful."""
    found = []
    parts = [s for s in made.sections if s.name in PUBLISHED]
    for number, section in enumerate(parts):
        for d in made.doubts:
            if section.start <= d.start < section.end:
                start, end = d.start - section.start, d.end - section.start
                found.append({"section": number, "start": start, "end": end, "why": d.evidence})
    return found


def _parts(text: str, sections: tuple[Section, ...]) -> list[dict[str, str]]:
    return [{"name": s.name, "rule": s.rule, "text": text[s.start : s.end]} for s in sections if s.name in PUBLISHED]


def record(connection: sa.Connection, results: list[StageResult]) -> None:
    """Write whether sections were cut without a heading, and why the examination was asked for."""
    rows = {
        r.entity: {
            "sections_derived": any(not rule.endswith(": heading") for rule in r.payload["rules"]),
            "indication": r.payload["indication"],
        }
        for r in results
        if "rules" in r.payload
    }
    record_columns(connection, "study", rows)


STAGE = Stage(
    name="deidentify-report",
    version="3",
    kind="study",
    title="De-identify reports",
    work=work,
    secret="study",
    settings=("deidentification_report_replacement", "deidentification_report_quasi_identifiers"),
    record=record,
)
