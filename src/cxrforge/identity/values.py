"""Known values found again in text: initials, identifiers with any separators, e-mail addresses, dates."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cxrforge.identity.dates import find_dates
from cxrforge.identity.index import ID_PARTS, Index
from cxrforge.identity.text import Token, folded
from cxrforge.records import Category, Span

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w.-]{3,100}")
_DOTTED = re.compile(r"(?<![\w.])([^\W\d_])\.?[ -]?([^\W\d_])\.(?:[ -]?([^\W\d_])\.)?(?![\w])")


def find_initials(words: Sequence[Token], text: str, index: Index) -> list[Span]:
    """Return initials that stand for a known person: dotted anywhere, bare (`TW`) only where readers sign."""
    if not index.initials:
        return []
    spans = []
    for match in _DOTTED.finditer(text):
        letters = folded("".join(g for g in match.groups() if g))
        category = index.initials.get(letters)
        if category and match[0].replace(".", "").replace(" ", "").replace("-", "").isupper():
            spans.append(Span(match.start(), match.end(), category, "known-initials"))
    for token in words:
        if len(token.word) in (2, 3) and text[token.start : token.end].isupper() and token.word in index.initials:
            line_start = text.rfind("\n", 0, token.start) + 1
            near_end = len(text.rstrip()) - token.end <= 25
            marked = (
                re.search(r"(?:[,/:]|\d)\s*$", text[line_start : token.start])
                or not text[line_start : token.start].strip()
            )
            if near_end and marked:
                spans.append(Span(token.start, token.end, index.initials[token.word], "known-initials"))
    return spans


def find_ids(words: Sequence[Token], text: str, index: Index) -> list[Span]:
    """Return identifiers, whatever separators stand between their letters and digits."""
    spans: list[Span] = []
    if not index.ids:
        return spans
    done = -1
    for i, token in enumerate(words):
        if token.start < done or (token.word[0] not in index.id_starts and token.word[0] != "0"):
            continue
        parts, best = "", None
        for k in range(i, min(i + ID_PARTS, len(words))):
            if k > i and not re.fullmatch(r"[ \t\n.\-/_:,·]{1,2}", text[words[k - 1].end : words[k].start]):
                break
            parts += words[k].word
            category = index.ids.get(parts) or (index.ids.get(parts.lstrip("0")) if parts[0] == "0" else None)
            if category:
                best = Span(token.start, words[k].end, category, "known")
            if len(parts) > 40:
                break
        if best:
            spans.append(best)
            done = best.end
    return spans


def find_emails(text: str, index: Index) -> list[Span]:
    if not index.emails or "@" not in text:
        return []
    return [
        Span(m.start(), m.end(), index.emails[m[0].casefold().strip(".")], "known")
        for m in _EMAIL.finditer(text)
        if m[0].casefold().strip(".") in index.emails
    ]


_MEASURE = re.compile(r"\s?(?:mm|cm|ml|mg|%|x\s?\d|°|kg|l\b|fr\b|french|mmhg)")


def find_known_dates(text: str, low: str, index: Index) -> list[Span]:
    """Return every rendering of a known date: whole, without its year, and numeric day and month."""
    if not index.dates:
        return []
    spans = []
    short = {(m, d) for _, m, d in index.dates}
    for mention in find_dates(text):
        for year, month, day in mention.readings:
            if (year, month, day) in index.dates or (year is None and (month, day) in short):
                spans.append(Span(mention.start, mention.end, Category.DATE, "known"))
                break
    for match in _DAY_MONTH.finditer(low):
        pair = (int(match["m"]), int(match["d"]))
        if pair in short and not _MEASURE.match(low, match.end()):
            spans.append(Span(match.start(), match.end(), Category.DATE, "known"))
    return spans


_DAY_MONTH = re.compile(r"(?<![\w.,/+-])(?P<d>\d{1,2})(?P<sep>[./-])(?P<m>\d{1,2})(?:(?P=sep)(?!\d)|(?![\w./,-]))")
