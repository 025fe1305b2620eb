"""Free text without identifiers: what the header knows goes, and what is shaped like an identifier goes.

Descriptors lose every other word that no vocabulary knows as well: a word in a description that is neither clinical
nor technical may be a name that the header does not know.
"""

from __future__ import annotations

import re
from enum import Enum

from cxrforge.identity.match import find_known
from cxrforge.records import KnownIdentifiers
from cxrforge.tables import descriptors, generic_words
from cxrforge.tables.descriptors import folded


class Strictness(Enum):
    """How much of a text may stay."""

    KNOWN = "known identifiers go"
    SHAPES = "known identifiers and what is shaped like one go"
    VOCABULARY = "nothing but the vocabulary of descriptors stays"


_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|january|february|march|april|june|july|august|september|"
    r"october|november|december|januar|februar|märz|mai|juni|juli|oktober|dezember)\.?"
)
_YEAR, _DAY, _NUMERIC_MONTH = r"(?:19|20)\d{2}", r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0[1-9]|1[0-2])"
_SHAPES = re.compile(
    "|".join(
        (
            r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+",  # mail
            r"\b(?:https?://|www\.)\S+",
            r"\b[0-2](?:\.(?:0|[1-9]\d*)){4,}\b",  # UID
            rf"(?<!\d){_YEAR}([-./ ]?){_NUMERIC_MONTH}\1(?:0[1-9]|[12]\d|3[01])(?:[T ]?\d{{4,6}}(?:\.\d+)?)?(?!\d)",
            rf"(?<![\d.]){_DAY}([-./]){_DAY}\2(?:{_YEAR}|\d{{2}})(?![\d.])",
            rf"\b{_DAY}(?:st|nd|rd|th)?[-. ]*{_MONTH}[-,. ]*(?:{_YEAR}|\d{{2}})\b",
            rf"\b{_MONTH}[-. ]*{_DAY}(?:st|nd|rd|th)?,? *{_YEAR}\b",
            rf"\b{_MONTH}[-,. ]*{_YEAR}\b",
            r"(?<![\w.])\+?\(?\d{2,4}\)?(?:[-. /]\(?\d{2,5}\)?){1,4}[-. /]\d{3,5}(?![\w.])",  # telephone
            r"\b\d{3}-\d{4}\b|\b\d{3}-\d{2}-\d{4}\b",
            r"\b[^\W\d_]{1,4}[-: ]?\d{6,}\b|\b\d{6,}[^\W_]*\b",  # numbers that count people or orders
            r"[^\W\d_]+(?:\^[^\W\d_]*)+",  # a name as DICOM writes it
        )
    ),
    re.IGNORECASE,
)
_TITLED = re.compile(
    r"\b(?:Dr|Prof|Mr|Mrs|Ms|Herrn?|Frau|Mme|Dott|Dra)\b\.?\s+((?:[^\W\d_][\w'’-]*\.?\s*){1,2})"
    r"|\b(?:MRN|PID|SSN|DOB|Acc(?:ession)?|Pat(?:ient)?(?:\s?(?:ID|Name|No))?|Tel|Phone|Fax|SN)\s*[:#=]+\s*(\S+)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+")
_HARMLESS = re.compile(
    r"[^\W\d_]"  # one letter
    r"|\d{1,3}(?:[.,]\d{1,4})?(?:st|nd|rd|th|x|kvp?|mas?|ms|cm|mm|um|bit|deg|mgy)?"
    r"|[^\W\d_]{1,2}\d{1,2}|x\d{1,3}|\d{1,3}x\d{1,3}"  # L4, 14x17
)
_JPEG_2000 = re.compile(r"\bjpeg[ -]?2000\b", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_GAP = re.compile(r"[ \t]{2,}")
_EDGE = " \t,;:/-_^|("


def clean_text(text: str, known: KnownIdentifiers, strictness: Strictness = Strictness.SHAPES) -> str:
    """Return `text` without identifiers; unchanged when there is none."""
    text = _CONTROLS.sub(" ", text)
    spans = [(span.start, span.end) for span in find_known(text, known)] if known else []
    if strictness is not Strictness.KNOWN:
        spans += [m.span() for m in _SHAPES.finditer(text)]
        spans += [m.span(1 if m.group(1) else 2) for m in _TITLED.finditer(text)]
    if strictness is Strictness.VOCABULARY:
        spans += _strangers(text, known)
    return _without(text, spans) if spans else text


def _strangers(text: str, known: KnownIdentifiers) -> list[tuple[int, int]]:
    """Return words that no vocabulary knows, and words of the header's names whether a vocabulary knows them or not."""
    vocabulary, names = descriptors.load(), name_words(known)
    text = _JPEG_2000.sub(lambda m: "jpeg".ljust(len(m.group())), text)
    spans = []
    for match in _WORD.finditer(text):
        word = folded(match.group())
        if word in names or not (_HARMLESS.fullmatch(word) or vocabulary.allows(word)):
            spans.append(match.span())
    return spans


def name_words(known: KnownIdentifiers) -> frozenset[str]:
    """Return the folded words of the known names, but for generic ones and initials."""
    generic = generic_words.load()
    words = (folded(w) for name in (*known.patient_names, *known.staff_names) for w in _WORD.findall(name))
    return frozenset(w for w in words if len(w) > 2 and w not in generic)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    kept, last = [], 0
    for start, end in sorted(spans):
        if start > last:
            kept.append(text[last:start])
        last = max(last, end)
    kept.append(text[last:])
    parts = [part.strip(_EDGE) for part in kept]
    return _GAP.sub(" ", " ".join(part for part in parts if _WORD.search(part))).strip()


def mentions(text: str, known: KnownIdentifiers) -> bool:
    """Say whether `text` holds a known identifier."""
    return bool(known and text and find_known(text, known))
