"""Which of the eight languages a report is in, from small words, radiology words and headings."""

from __future__ import annotations

import re
from functools import cache

from cxrforge.tables import report_sections, report_words
from cxrforge.tables.report_fields import LANGUAGES

_WORD = re.compile(r"[^\W\d_]+")
_CHARACTERS = 2000


@cache
def _weights() -> tuple[dict[str, dict[str, float]], dict[str, re.Pattern[str]]]:
    """Return word → language → weight (a word of several languages counts less), and stem patterns by language."""
    owners: dict[str, dict[str, float]] = {}
    patterns = {}
    for language, words in report_words.load().items():
        for word in words.function:
            owners.setdefault(word, {})[language] = 1.0
        for headings in report_sections.load()[language].headings.values():
            for heading in headings:
                if heading.isalpha() and len(heading) > 4:
                    owners.setdefault(heading, {}).setdefault(language, 1.5)
        stems = "|".join(sorted(map(re.escape, words.radiology), key=len, reverse=True))
        patterns[language] = re.compile(rf"(?<!\w)(?:{stems})")
    shared = {w: {k: v / len(langs) for k, v in langs.items()} for w, langs in owners.items()}
    return shared, patterns


_LETTERS = {
    "ł": "pl", "ż": "pl", "ś": "pl", "ź": "pl", "ą": "pl", "ę": "pl", "ń": "pl", "ć": "pl",
    "ã": "pt", "õ": "pt", "ß": "de", "ñ": "es", "¿": "es", "œ": "fr", "ù": "fr", "ì": "it", "ò": "it",
}  # fmt: skip
"""Letters that (nearly) only one of the eight languages has."""


def detect_language(text: str) -> str:
    """Return the ISO 639-1 code of the language of `text`, English when nothing tells."""
    sample = text[:_CHARACTERS].casefold()
    weights, patterns = _weights()
    scores = dict.fromkeys(LANGUAGES, 0.0)
    for word in _WORD.findall(sample):
        for language, weight in weights.get(word, {}).items():
            scores[language] += weight
    for letter, language in _LETTERS.items():
        count = sample.count(letter)
        if count:
            scores[language] += min(count, 6) * 0.8
    first, second = sorted(scores.values())[:-3:-1]
    if first >= 8 and first >= 2 * second:
        return max(LANGUAGES, key=lambda code: scores[code])
    for language, pattern in patterns.items():
        scores[language] += 0.8 * len(pattern.findall(sample))
    return max(LANGUAGES, key=lambda code: scores[code])
