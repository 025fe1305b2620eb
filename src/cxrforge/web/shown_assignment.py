"""An assignment as the browser gets it: offsets within sections, header facts beside each image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cxrforge.audit.work import Assignment, ReadImage, ReportPart, WorkRow
from cxrforge.errors import UsageError
from cxrforge.records import OBSERVATIONS
from cxrforge.web.display_facts import DisplayFacts, display_facts

WHOLE = "report"
"""Names the only section of a text that was not cut."""


def parts_of(assignment: Assignment) -> tuple[ReportPart, ...]:
    """Return the sections of the text; the whole of it where it has none."""
    whole = (ReportPart(WHOLE, 0, len(assignment.text), ""),) if assignment.text else ()
    return assignment.sections or whole


def shown(assignment: Assignment, worklist: Sequence[WorkRow], path: Mapping[str, Path]) -> dict[str, Any]:
    """Return the assignment in the shape of `AssignmentToRead`; `path` says where each image's file lies."""
    ids = [row.id for row in worklist]
    place = ids.index(assignment.id) if assignment.id in ids else 0
    parts = parts_of(assignment)
    hides_origin = assignment.kind.endswith("-phi")  # a planted copy must look like every other item
    return {
        "id": assignment.id,
        "audit": {"id": assignment.audit, "kind": assignment.kind, "blinded": assignment.blinded},
        "position": place + 1,
        "total": len(ids),
        "previous": ids[place - 1] if place > 0 else None,
        "next": ids[place + 1] if place + 1 < len(ids) else None,
        "state": assignment.state,
        "slot": assignment.slot,
        "study": {"id": "" if hides_origin else assignment.study, "site": assignment.site},
        "images": [_image(image, path.get(image.id)) for image in assignment.images],
        "report": _report(assignment, parts) if assignment.text else None,
        "observations": list(OBSERVATIONS),
        "automatic": None if assignment.labels is None else dict(assignment.labels),
        "reading": within_sections(assignment.reading, parts) if assignment.revision else None,
        "revision": assignment.revision,
        "others": [{**other, "reading": within_sections(other["reading"], parts)} for other in assignment.others],
        "issues": [dict(issue) for issue in assignment.issues],
    }


def _image(image: ReadImage, path: Path | None) -> dict[str, Any]:
    facts = display_facts(path) if path else None
    if facts is None:
        facts = DisplayFacts(False, image.photometric_interpretation, None, None, 1.0, 0.0, None)
    return {
        "id": image.id,
        "role": image.role,
        "view": image.view,
        "rows": image.rows,
        "columns": image.columns,
        "bits_stored": image.bits_stored,
        "proposals": [dict(p) for p in image.proposals],
        "quality": {name: dict(verdict) for name, verdict in image.quality.items()},
        **asdict(facts),
    }


def _report(assignment: Assignment, parts: Sequence[ReportPart]) -> dict[str, Any]:
    sections = [{"name": part.name, "text": assignment.text[part.start : part.end]} for part in parts]
    mentions = []
    for mention in assignment.mentions:
        part = _part_at(parts, mention["start"], mention["end"])
        if part is not None:
            within = {"section": part.name, "start": mention["start"] - part.start, "end": mention["end"] - part.start}
            told = {name: mention[name] for name in ("observation", "assertion", "rule")}
            mentions.append(told | within)
    return {"language": assignment.language, "sections": sections, "mentions": mentions}


def _part_at(parts: Sequence[ReportPart], start: int, end: int) -> ReportPart | None:
    return next((part for part in parts if part.start <= start and end <= part.end), None)


def within_sections(reading: Mapping[str, Any], parts: Sequence[ReportPart]) -> dict[str, Any]:
    """Return a reading whose marks in the text count from the beginning of their sections."""
    marks = []
    for mark in reading["identifiers"]:
        part = _part_at(parts, mark["start"], mark["end"]) if "start" in mark else None
        if part is not None:
            mark = {"section": part.name, "start": mark["start"] - part.start, "end": mark["end"] - part.start}
        marks.append(mark)
    return {**reading, "identifiers": marks}


def in_whole_text(reading: Mapping[str, Any], parts: Sequence[ReportPart]) -> dict[str, Any]:
    """Return a reading whose marks in the text count from the beginning of the text, as they are kept."""
    marks = reading.get("identifiers", [])
    if not isinstance(marks, list):
        raise UsageError("identifiers of this reading cannot be used", expected="a list")
    return {**reading, "identifiers": [_whole(mark, parts) for mark in marks]}


def _whole(mark: Any, parts: Sequence[ReportPart]) -> Any:
    if not isinstance(mark, Mapping) or not {"section", "start", "end"} <= set(mark):
        return mark
    start, end = span_in_text(parts, mark["section"], mark["start"], mark["end"])
    return {"section": mark["section"], "start": start, "end": end}


def span_in_text(parts: Sequence[ReportPart], section: Any, start: Any, end: Any) -> tuple[int, int]:
    """Return offsets within a section as offsets into the text; raise `UsageError` where they leave it."""
    part = next((p for p in parts if p.name == section), None)
    numbers = type(start) is int and type(end) is int
    if part is None or not numbers or not 0 <= start < end <= part.end - part.start:
        raise UsageError("a mark in the report cannot be used", expected="a section of it and offsets within that")
    return part.start + start, part.start + end
