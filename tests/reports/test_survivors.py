"""Clinical words, measurements, levels, eponyms and devices are never changed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from cxrforge.records import KnownIdentifiers
from cxrforge.reports.deidentify import deidentify_report

FOLDER = Path(__file__).parent / "survivors"
TABLE = tomllib.loads((Path(__file__).parent / "survivors.toml").read_text(encoding="utf-8"))
SLOTS = {"{e}": "eponyms", "{m}": "measures", "{l}": "levels"}
CLINICAL_NAMES = KnownIdentifiers(
    patient_names=("Small^Jo", "Klein^Uwe", "Petit^Luc", "Grande^Ana", "Destro^Ugo", "Rib^Jan", "Lobo^Rui", "Guz^Ewa"),
    staff_names=(
        "Costa^Eva",
        "Long^Tim",
        "Plat^Denis",
        "Derecho^Pia",
        "Grossi^Ada",
        "Vlek^Piet",
        "Ramos^Luis",
        "Wysoki^Adam",
    ),
)


def sentences() -> Iterator[tuple[str, str]]:
    for language, rows in TABLE["sentences"].items():
        for row in rows:
            slot = next((s for s in SLOTS if s in row), None)
            for filler in TABLE[SLOTS[slot]] if slot else [""]:
                yield language, row.replace(slot, filler) if slot else row


def lines() -> list[tuple[str, str]]:
    """Return the listed sentences by language."""
    return [
        (path.stem, line)
        for path in sorted(FOLDER.glob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]


def test_the_list_has_four_hundred_distinct_sentences_in_eight_languages() -> None:
    assert len({line for _, line in lines()}) >= 400
    assert len({language for language, _ in lines()}) == 8


def test_listed_sentences_survive_unchanged_alone_and_as_the_last_line_of_a_report() -> None:
    changed = []
    for language, line in lines():
        report = f"FINDINGS:\n{line}\n\nIMPRESSION:\n{line}\n"
        changed += [text for text in (line, report) if deidentify_report(text, language=language).text != text]
    assert changed == []


def test_there_are_enough_sentences() -> None:
    assert len(list(sentences())) >= 400


def test_clinical_sentences_survive_unchanged() -> None:
    changed = [text for language, text in sentences() if deidentify_report(text, language=language).text != text]
    assert changed == []


def test_they_survive_inside_a_report_whose_people_have_clinical_names() -> None:
    changed = []
    for language in TABLE["sentences"]:
        body = "\n".join(text for code, text in sentences() if code == language)
        text = f"FINDINGS:\n{body}\n\nIMPRESSION:\n{body}\n"
        result = deidentify_report(text, language=language, known=CLINICAL_NAMES)
        before, after = text.split("\n"), result.text.split("\n")
        changed += [a for a, b in zip(before, after, strict=True) if a != b]
    assert changed == []
