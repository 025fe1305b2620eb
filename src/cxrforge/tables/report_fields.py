"""What the fields of report files and the labelled lines of reports are called, in eight languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml

LANGUAGES: tuple[str, ...] = ("en", "de", "fr", "es", "it", "nl", "pt", "pl")
"""Languages that every report table speaks."""

_TABLE = "report_fields.toml"
_NEEDED = ("text", "findings", "impression", "PatientID", "AccessionNumber", "StudyInstanceUID", "StudyDate", "status")


@dataclass(frozen=True, slots=True)
class ReportFields:
    """Names by meaning, ready for look-up; keys are folded and without punctuation."""

    fields: Mapping[str, str]
    line_fields: Mapping[str, str]
    line_labels: re.Pattern[str]
    statuses: Mapping[str, str]
    preliminary: re.Pattern[str]


@cache
def load() -> ReportFields:
    """Return the table; raise `TableError` when a meaning is missing or a name has two meanings."""
    rows = read_toml(_TABLE)
    missing = [name for name in _NEEDED if not rows.get("fields", {}).get(name)]
    if missing or not rows.get("line_labels") or not rows.get("statuses"):
        raise TableError(f"table lacks {', '.join(missing) or 'a part'}", where=_TABLE)
    marks = rows.get("marks", {}).get("preliminary")
    if not marks:
        raise TableError("table lacks marks of a preliminary report", where=_TABLE)
    labels = sorted({x for names in rows["line_labels"].values() for x in names}, key=len, reverse=True)
    # spaces in a label stand for any run of spaces and dots; a label ends at `:`, `=`, `#`, or two spaces or a digit
    alternatives = "|".join(re.sub(r"(\\ )+", r"[ .]{1,3}", re.escape(x)) for x in labels)
    pattern = rf"(?<![\w.])(?P<label>{alternatives})(?:\s*\.?\s*(?:[nN][ro°º]\.?\s*)?[:=#]|\.?\s+(?=[A-Z]{{0,4}}[-/]?\d|dr\b)|(?<=by)\s)"  # noqa: E501 (a pattern reads better whole)
    return ReportFields(
        fields=_inverse(rows["fields"]),
        line_fields=_inverse({k: [re.sub(r"[\W_]+", "", x) for x in v] for k, v in rows["line_labels"].items()}),
        line_labels=re.compile(pattern, re.IGNORECASE),
        statuses=_inverse(rows["statuses"]),
        preliminary=re.compile(rf"(?m)^[ \t*=_-]*(?:{'|'.join(map(re.escape, marks))})\b[^\n]{{0,60}}$"),
    )


def _inverse(rows: Mapping[str, list[str]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for meaning, names in rows.items():
        for name in names:
            if found.setdefault(name, meaning) != meaning:
                raise TableError(f"a name stands under {found[name]} and {meaning}", where=_TABLE)
    return MappingProxyType(found)
