"""Eight languages of gold reports: what must be found, what must be kept, where the sections start."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxrforge.identity.known import known_from_fields
from cxrforge.records import KnownIdentifiers
from cxrforge.reports.deidentify import find_identifiers
from cxrforge.reports.language import detect_language
from cxrforge.reports.sections import cut_sections

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl")
MARK = re.compile(r"\[\[(\w+)\|(.*?)\]\]", re.DOTALL)
TOKEN = re.compile(r"\w+")


def unmarked(marked: str) -> tuple[str, list[tuple[int, int]]]:
    text, spans, at = "", [], 0
    for match in MARK.finditer(marked):
        text += marked[at : match.start()]
        spans.append((len(text), len(text) + len(match[2])))
        text += match[2]
        at = match.end()
    return text + marked[at:], spans


def gold(folder: Path) -> Iterator[tuple[dict, str, list[tuple[int, int]]]]:
    for language in LANGUAGES:
        for line in (folder / "reports" / "gold" / f"{language}.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            yield record, *unmarked(record["text"])


@pytest.mark.parametrize(("with_header", "recall_floor", "kept_floor"), [(True, 0.99, 0.995), (False, 0.95, 0.99)])
def test_identifiers_are_removed_and_the_rest_is_kept(
    shared_data: Path, with_header: bool, recall_floor: float, kept_floor: float
) -> None:
    hit = missed = kept = lost = 0
    for record, text, spans in gold(shared_data):
        known = known_from_fields(record["header"]) if with_header else KnownIdentifiers()
        found = find_identifiers(text, record["lang"], known, KnownIdentifiers())
        for token in TOKEN.finditer(text):
            if any(a < token.end() and token.start() < b for a, b in record["disputed_spans"]):
                continue
            is_identifier = any(a < token.end() and token.start() < b for a, b in spans)
            is_found = any(s.start < token.end() and token.start() < s.end for s in found)
            hit += is_identifier and is_found
            missed += is_identifier and not is_found
            lost += is_found and not is_identifier
            kept += not is_found and not is_identifier
    assert hit / (hit + missed) >= recall_floor
    assert kept / (kept + lost) >= kept_floor


def test_the_language_of_every_report_is_told(shared_data: Path) -> None:
    wrong = [r["id"] for r, text, _ in gold(shared_data) if detect_language(text) != r["lang"]]
    assert wrong == []


def test_findings_and_impression_start_where_they_start(shared_data: Path) -> None:
    wrong = []
    for record, text, _ in gold(shared_data):
        starts = {s.name: " ".join(text[s.start : s.end].split()) for s in reversed(cut_sections(text, record["lang"]))}
        for name in ("findings", "impression"):
            expected = record[f"{name}_starts_with"]
            if expected and not starts.get(name, "").startswith(expected):
                wrong.append((record["id"], name))
    assert wrong == []
