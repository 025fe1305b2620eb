"""Damaged and hostile texts: always a result, never an exception, and time that grows with the length alone."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from cxrforge.records import KnownIdentifiers
from cxrforge.reports.deidentify import deidentify_report

FOLDER = Path(__file__).resolve().parents[1] / "labels" / "golden"
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl")
ODD = ("\0", "\x85", " ", "ſ", "İ", "ß", "ﬁ", "́", "‏", "\ud800", "𝔇", "½", "٣", "\r\n", "[[", "]]", "[NAME]", "\t" * 9,
       "1" * 300, "A." * 150, "((((", ": : :", "Dr. ", "12.12.", "@@", "'’'", "-" * 200)  # fmt: skip
KNOWN = KnownIdentifiers(
    patient_names=("Müller^Jörg", "^", "=", "A^B^C^D^E", "\ud800^x"), ids=("", "12", "QN1-4471038"), dates=("2022", "x")
)


def texts() -> list[tuple[str, str]]:
    rows = []
    for language in LANGUAGES:
        lines = (FOLDER / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
        rows += [(language, json.loads(line)["text"]) for line in lines if line.strip()]
    return rows


def damaged(rng: random.Random, text: str) -> str:
    """Return a text with a few places cut, doubled, swapped or filled with odd characters."""
    for _ in range(rng.randint(1, 6)):
        a, b = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
        b = min(b, a + 40)
        kind = rng.randrange(5)
        if kind == 0:
            text = text[:a] + text[b:]
        elif kind == 1:
            text = text[:b] + text[a:b] * rng.randint(1, 4) + text[b:]
        elif kind == 2:
            text = text[:a] + rng.choice(ODD) + text[a:]
        elif kind == 3:
            text = text[:a] + text[a:b].swapcase() + text[b:]
        else:
            text = text[:a] + text[a:b][::-1] + text[b:]
    return text


def run(count: int) -> None:
    rng = random.Random(11)
    pool = texts()
    for number in range(count):
        language, text = pool[number % len(pool)]
        text = damaged(rng, text)
        made = deidentify_report(
            text,
            language=rng.choice((language, None, rng.choice(LANGUAGES), "xx")),
            known=rng.choice((KNOWN, KnownIdentifiers())),
            replacement=rng.choice(("tag", "surrogate")),
            quasi=rng.choice(("keep", "decade", "tag")),
        )
        assert all(0 <= s.start < s.end <= len(text) for s in made.spans)
        assert all(0 <= s.start < s.end <= len(made.text) for s in made.sections)


def test_damaged_texts_give_a_result() -> None:
    run(240)


@pytest.mark.slow
def test_ten_thousand_damaged_texts_give_a_result() -> None:
    run(10_000)


@pytest.mark.parametrize(
    "piece",
    ["A ", "1 ", "1.", "Dr. ", "a@", "(", "Aa, ", "12/", "né le ", "tel: 0", "st ", "\n", "- ", "via A ", "1-2 "],
)
def test_a_long_row_of_one_thing_does_not_hang(piece: str) -> None:
    for language in ("en", "es", "de"):
        assert deidentify_report(piece * 2000, language=language).language == language
