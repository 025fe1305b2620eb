"""What stands in the place of an identifier: its category as a tag, or a made-up value of the same kind."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cxrforge.errors import UsageError
from cxrforge.identity.dates import find_dates
from cxrforge.identity.text import folded, key_of
from cxrforge.records import Category, Span
from cxrforge.reports.quasi import DECADE, decade_of
from cxrforge.tables import gazetteers

REPLACEMENTS = ("tag", "surrogate")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Surrogates:
    """What made-up values hang on: `seed` makes them the same wherever it is the same, dates move by `shift_days`."""

    seed: bytes
    shift_days: int


def replace_spans(
    text: str, spans: Sequence[Span], language: str, replacement: str, surrogates: Surrogates | None = None
) -> tuple[str, list[int]]:
    """Return the text with every span replaced, and for each offset of the input its offset in the output.

    Offsets inside a span map to the start of what replaces it.
    """
    if replacement not in REPLACEMENTS:
        raise UsageError("unknown replacement", expected=" or ".join(REPLACEMENTS))
    writer = _surrogate_writer(text, language, surrogates) if replacement == "surrogate" else _tag

    def write(span: Span) -> str:
        return decade_of(text[span.start : span.end]) if span.evidence == DECADE else writer(span)

    parts: list[str] = []
    place: list[int] = []
    at = length = 0
    for span in spans:
        parts.append(text[at : span.start])
        place.extend(range(length, length + span.start - at))
        length += span.start - at
        written = write(span)
        parts.append(written)
        place.extend([length] * (span.end - span.start))
        length += len(written)
        at = span.end
    parts.append(text[at:])
    place.extend(range(length, length + len(text) - at + 1))
    return "".join(parts), place


def _tag(span: Span) -> str:
    return f"[{span.category.value}]"


def _surrogate_writer(text: str, language: str, surrogates: Surrogates | None) -> Callable[[Span], str]:
    """Return a function from span to a made-up value: each name part, number and date by its own value and the seed."""
    if surrogates is None:
        # one report alone: nothing ties its made-up values to those of another
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        surrogates = Surrogates(digest, -(1 + int.from_bytes(digest[:2], "big") % 3650))
    given = surrogates

    def write(span: Span) -> str:
        value = text[span.start : span.end]
        if span.category in (Category.PATIENT, Category.DOCTOR):
            return _WORD.sub(lambda m: _name_part(m[0], language, given.seed), value)
        if span.category is Category.DATE:
            return _moved_date(value, given.shift_days) or _tag(span)
        if span.category is Category.ID:
            return "".join(_other_digit(c, i, value, given.seed) for i, c in enumerate(value))
        return _tag(span)

    return write


def _pick(seed: bytes, purpose: str, value: str, choices: Sequence[str]) -> str:
    """Return one of `choices` by a keyed hash of `value`; never the value itself."""
    for turn in range(4):
        raw = hashlib.blake2b(f"{purpose}\0{turn}\0{value}".encode("utf-8", "surrogatepass"), key=seed[:32]).digest()
        choice = choices[int.from_bytes(raw[:8], "big") % len(choices)]
        if key_of(folded(choice)) != value:
            break
    return choice


def _name_part(word: str, language: str, seed: bytes) -> str:
    """Return a made-up name part of the same kind (given name by sex, family name, initial) and case."""
    table = gazetteers.load()
    plain = folded(word)
    if len(word) == 1:
        return _pick(seed, "initial", plain, "ABCDEFGHJKLMNPRSTVW") if word.isupper() else word
    sexes = table.given.get(plain, "")
    names = table.spelt.get(language, table.spelt["en"])
    if sexes:
        choice = _pick(seed, "given", key_of(plain), names[sexes[0]])
    else:
        choice = _pick(seed, "family", key_of(plain), table.spelt_surnames.get(language) or table.spelt_surnames["en"])
    return choice.upper() if word.isupper() else choice.lower() if word.islower() else choice


def _other_digit(character: str, at: int, value: str, seed: bytes) -> str:
    if character.isdigit():
        return _pick(seed, f"digit{at}", value, "0123456789")
    return (
        _pick(seed, f"letter{at}", value, "ABCDEFGHJKLMNPRSTUVW")
        if character.isalpha() and character.isupper()
        else character
    )


def _moved_date(value: str, shift_days: int) -> str | None:
    """Return a full date moved by the shift, in ISO form; None for a partial one, which stays a tag."""
    for mention in find_dates(value):
        for year, month, day in mention.readings:
            if year and month and day:
                return (date(year, month, day) + timedelta(days=shift_days)).isoformat()
    return None
