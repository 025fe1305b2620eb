"""Free text without identifiers: what the header knows goes, and what is shaped like an identifier goes."""

from __future__ import annotations

import re

from cxrforge.identity.match import find_known
from cxrforge.records import KnownIdentifiers

_MONTHS = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|januar|februar|märz|mai|juni|juli|oktober|dezember|"
    r"january|february|march|april|june|july|august|september|october|november|december)\.?"
)
_SHAPES = re.compile(
    "|".join(
        (
            r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",  # mail
            r"\b(?:https?://|www\.)\S+",
            r"\b[0-2](?:\.(?:0|[1-9]\d*)){4,}\b",  # UID
            r"\b(?:19|20)\d{2}([-./ ]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])(?:[T ]?\d{4,6}(?:\.\d+)?)?\b",
            r"\b(?:0?[1-9]|[12]\d|3[01])([-./])(?:0?[1-9]|[12]\d|3[01])\2(?:(?:19|20)?\d{2})\b",
            rf"\b(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?[-. ]*{_MONTHS}[-,. ]*(?:19|20)?\d{{2}}\b",
            rf"\b{_MONTHS}[-. ]*(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?,? *(?:19|20)\d{{2}}\b",
            rf"\b{_MONTHS}[-,. ]*(?:19|20)\d{{2}}\b",
            r"(?<!\w)\+?\(?\d{1,4}\)?(?:[-. /]\(?\d{2,5}\)?){2,4}(?!\w)",  # telephone
            r"\b\d{3}-\d{4}\b",
            r"\b\d{3}-\d{2}-\d{4}\b",
            r"\b[^\W\d_]{1,4}[-: ]?\d{6,}\b|\b\d{6,}[^\W_]*\b",  # numbers that count people or orders
            r"[^\W\d_]+(?:\^[^\W\d_]*)+",  # a name as DICOM writes it
        )
    ),
    re.IGNORECASE,
)
_TITLED = re.compile(
    r"\b(?:Dr|Prof|Mr|Mrs|Ms|Herrn?|Frau|Mme|Dott|Dra?)\b\.?\s+((?:[^\W\d_][\w'’-]*\.?\s*){1,2})"
    r"|\b(?:MRN|PID|SSN|DOB|Acc(?:ession)?|Pat(?:ient)?(?:\s?(?:ID|Name|No))?|Tel|Phone|Fax)\s*[:#.=]+\s*(\S+)",
    re.IGNORECASE,
)
_GAP = re.compile(r"[ \t]{2,}")
_EDGE = " \t,;:/-_^|("


def clean_text(text: str, known: KnownIdentifiers, *, shapes: bool = True) -> str:
    """Return `text` without known identifiers and without what is shaped like one; unchanged when there is none."""
    spans = [(span.start, span.end) for span in find_known(text, known)] if known else []
    if shapes:
        spans += [m.span() for m in _SHAPES.finditer(text)]
        spans += [m.span(1 if m.group(1) else 2) for m in _TITLED.finditer(text)]
    if not spans:
        return text
    kept, last = [], 0
    for start, end in sorted(spans):
        if start > last:
            kept.append(text[last:start])
        last = max(last, end)
    kept.append(text[last:])
    return _GAP.sub(" ", " ".join(part.strip(_EDGE) for part in kept if part.strip(_EDGE))).strip()


def mentions(text: str, known: KnownIdentifiers) -> bool:
    """Say whether `text` holds a known identifier."""
    return bool(known and text and find_known(text, known))
