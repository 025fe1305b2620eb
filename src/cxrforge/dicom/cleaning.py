"""Free text without identifiers: what the header knows goes, and what is shaped like an identifier goes.

Descriptors lose every other word that no vocabulary knows as well: a word in a description that is neither clinical
nor technical may be a name that the header does not know.
"""

from __future__ import annotations

import re
from enum import Enum

from cxrforge.dicom.telling import WORD, telling_words
from cxrforge.identity.match import find_known
from cxrforge.records import KnownIdentifiers
from cxrforge.tables import descriptors
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
_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+")
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
    spans = _known(text, known) if known and not _is_vocabulary(text, known) else []
    if strictness is not Strictness.KNOWN:
        spans += [m.span() for m in _SHAPES.finditer(text)]
        spans += [m.span(1 if m.group(1) else 2) for m in _TITLED.finditer(text)]
    if strictness is Strictness.VOCABULARY:
        spans += _strangers(text)
    return _without(text, spans) if spans else text


def _known(text: str, known: KnownIdentifiers) -> list[tuple[int, int]]:
    telling = telling_words(known)
    words = ((m.span(), folded(m.group())) for m in WORD.finditer(text))
    spans = [span for span, word in words if word in telling.names or word in telling.numbers]
    found = (s for s in find_known(text, known) if not _is_term(text[s.start : s.end], s.evidence))
    return spans + [(span.start, span.end) for span in found]


def _is_vocabulary(text: str, known: KnownIdentifiers) -> bool:
    """Say whether `text` is made of terms of the vocabulary alone, none of which is a known name or place.

    Such a text needs no further search, and must not lose a term that looks like a form of somebody's name.
    """
    vocabulary, names = descriptors.load().words, telling_words(known).names
    for word in WORD.findall(text):
        term = folded(word)
        if term not in vocabulary or term in names:
            return False
    low = text.casefold()
    return not any(place.casefold() in low for place in (*known.institutions, *known.locations, *known.other))


def _is_term(text: str, evidence: str) -> bool:
    """Say whether somebody's initials are a term of the vocabulary: PA is a view, also of a patient called Paul A."""
    return evidence == "known-initials" and folded(text) in descriptors.load().words


def _strangers(text: str) -> list[tuple[int, int]]:
    """Return words that no vocabulary knows."""
    vocabulary = descriptors.load()
    text = _JPEG_2000.sub(lambda m: "jpeg".ljust(len(m.group())), text)
    spans = []
    for match in _TOKEN.finditer(text):
        word = folded(match.group())
        if not (_HARMLESS.fullmatch(word) or vocabulary.allows(word)):
            spans.append(match.span())
    return spans


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    kept, last = [], 0
    for start, end in sorted(spans):
        if start > last:
            kept.append(text[last:start])
        last = max(last, end)
    kept.append(text[last:])
    parts = [part.strip(_EDGE) for part in kept]
    return _GAP.sub(" ", " ".join(part for part in parts if WORD.search(part))).strip()


def code_mentions(text: str, known: KnownIdentifiers) -> bool:
    """Say whether a coded string holds a known identifier; a term of the vocabulary does so only as a whole name."""
    if not known or not text:
        return False
    return not _is_vocabulary(text, known) and bool(_known(text, known))
