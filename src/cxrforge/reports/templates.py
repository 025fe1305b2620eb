"""A site's own lines: letterheads, footers and signatures that stand in the reports of many patients.

Such a line is none of the radiologist's findings: it is cut from the ends of what is published, and what looks like a
name in it is one. Lines are compared without case, accents and figures, so that dates and numbers in them may differ.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from cxrforge.identity.text import folded, vocabulary
from cxrforge.records import Category, Section, Span
from cxrforge.reports.names import Word, is_eponym, is_ordinary, is_role, lexicon
from cxrforge.reports.prose import count_clinical

_LEAST = 5
"""A line that stands with so many patients is the site's. No share of them: what is a template stays one."""

_COMMON_LEAST = 10
"""A word that the site writes for so many patients tells none from another. No share: what is common stays common."""


def line_key(line: str) -> str:
    """Return the form under which a template's lines meet: folded, figures as zero, blanks as one."""
    return re.sub(r"\s+", " ", re.sub(r"\d", "0", folded(line))).strip(" .,;:-_*=|")


def mine_templates(texts: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the keys of lines that stand in the reports of many patients and say nothing of the images.

    `texts` are (patient, text). A line with a clinical or denying word is never a template.
    """
    owners: dict[str, set[str]] = {}
    clinical: dict[str, bool] = {}
    for patient, text in texts:
        for line in set(text.split("\n")):
            key = line_key(line)
            if len(key) < 4 or not any(c.isalpha() for c in key):
                continue
            if key not in clinical:
                clinical[key] = _says_something(line)
            if not clinical[key]:
                owners.setdefault(key, set()).add(patient)
    return frozenset(key for key, who in owners.items() if len(who) >= _LEAST)


def _says_something(line: str) -> bool:
    """Tell whether a line has a clinical or denying word that is no specialty (`Radiologie` says nothing)."""
    bare = " ".join(w for w in re.findall(r"[^\W\d_]+", line) if not is_role(folded(w)))
    return count_clinical(bare) > 0


def common_words(texts: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the words that stand in the reports of so many patients that they tell none from another."""
    owners: dict[str, set[str]] = {}
    for patient, text in texts:
        for word in vocabulary(folded(text)):
            if len(word) > 2:
                owners.setdefault(word, set()).add(patient)
    return frozenset(word for word, who in owners.items() if len(who) >= _COMMON_LEAST)


def templates_in(text: str, templates: Collection[str]) -> tuple[str, ...]:
    """Return the keys of the template lines that stand in `text`, sorted."""
    return tuple(sorted({key for line in text.split("\n") if (key := line_key(line)) in templates}))


def find_template_names(words: Sequence[Word], text: str, templates: Collection[str], language: str) -> Iterator[Span]:
    """Yield the words of template lines that are no everyday words: the site's and its staff's names."""
    if not templates:
        return
    lex = lexicon(language)
    for start, end in _lines(text):
        if line_key(text[start:end]) not in templates:
            continue
        for word in words:
            if not start <= word.start < end or not word.capital or len(word.word) < 3:
                continue
            usual = word.word in lex.stop or word.word in lex.function or word.word in lex.calendar
            usual = usual or is_ordinary(word.word, language) or is_role(word.word)
            if not usual and (word.shout or not is_eponym(word.word)):
                yield Span(word.start, word.end, Category.HOSPITAL, "template line")


def without_templates(text: str, sections: Iterable[Section], templates: Collection[str]) -> tuple[Section, ...]:
    """Return sections without template lines at their ends; a section of nothing else is dropped."""
    kept = []
    for section in sections:
        start, end = section.start, section.end
        lines = [(a, b) for a, b in _lines(text, start, end) if text[a:b].strip()]
        while lines and line_key(text[lines[0][0] : lines[0][1]]) in templates:
            lines.pop(0)
        while lines and line_key(text[lines[-1][0] : lines[-1][1]]) in templates:
            lines.pop()
        if lines:
            first = lines[0][0] + len(text[lines[0][0] : lines[0][1]]) - len(text[lines[0][0] : lines[0][1]].lstrip())
            last = lines[-1][0] + len(text[lines[-1][0] : lines[-1][1]].rstrip())
            kept.append(Section(section.name, first, last, section.rule))
    return tuple(kept)


def _lines(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    at = start
    for line in text[start:end].split("\n"):
        yield at, at + len(line)
        at += len(line) + 1
