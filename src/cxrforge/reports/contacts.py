"""Phones, pagers, e-mail and web addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from cxrforge.identity.text import digits_in
from cxrforge.records import Category, Span
from cxrforge.reports.alternatives import MEASURED, words_pattern
from cxrforge.tables import report_identifiers

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64} ?@ ?[\w-]{1,63}(?: ?\. ?[\w-]{1,63}){1,4}")
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"')\]]{3,200}|(?<![\w@.])[a-z0-9-]{2,40}\.(?:com|org|net|de|fr|es|it|nl|pt|pl|eu|uk|ch|at|be|br|health|example)(?![\w.])(?:/[^\s)]*)?"
)
_WEB = (
    *("www.", "://", ".com", ".org", ".net", ".de", ".fr", ".es", ".it", ".nl", ".pt", ".pl", ".eu", ".uk", ".ch"),
    *(".at", ".be", ".br", ".health", ".example"),
)  # fmt: skip
"""One of these stands in every address."""

_PHONE = re.compile(
    r"(?<![\w.,+/-])(?:"
    r"(?:\+|00)[1-9]\d{0,2}[ \-./]?(?:\(0\)[ \-./]?)?\(?\d{1,4}\)?(?:[ \-./]?\d{2,5}){2,5}"  # international
    r"|\(0?\d{1,4}\)[ \-./]{0,2}\d{2,5}(?:[ \-./]?\d{2,5}){0,4}"  # (area) number
    r"|0\d{1,4}[ ]?/[ ]?\d{2,4}(?:[ ]?\d{2,4}){1,3}"  # 0551 / 23 01 40
    r"|0[1-9](?:[ .\-/]?\d\d){4}"  # French
    r"|0\d{2,4}[ \-/]\d{2,4}[ \-/]?\d{3,8}"  # British, German
    r"|\d{3}[-. ]\d{3}[-. ]\d{4}"  # American
    r"|[269]\d{2}[ .\-]\d{3}[ .\-]\d{3}|[69]\d{2}[ .\-]\d{2}[ .\-]\d{2}[ .\-]\d{2}"  # Iberian
    r"|\d{2}[ \-]\d{3}[ \-]\d{2}[ \-]\d{2}"  # Polish landline
    r"|3\d{2}[ .\-]?\d{6,7}|3\d{2} \d{2} \d{2} \d{3}"  # Italian mobile
    r")(?![\w/]|[.,]\d)"
)


@cache
def _contact_label(language: str) -> re.Pattern[str]:
    tables = report_identifiers.load()
    labels = words_pattern([*tables[language].contact_labels, *tables["en"].contact_labels[:12]])
    return re.compile(
        rf"(?<!\w)(?:{labels})(?!\w)[ ]?(?:nr|no|n[o°º])?[ ]?[.:]?[ ]{{0,2}}(?:(?:at|to|on|via|is|an|au|a|al|le|op|nr|no|no\.|n[o°º]\.?)[ ]{{1,2}})?[:#(]?[ ]?(?P<v>[-+(]?\d[\d \-./()–]{{2,22}}\d)"  # noqa: E501 (a pattern reads better whole)
    )


_NUMBER = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]{2}")


def find_contacts(text: str, low: str, language: str) -> Iterator[Span]:
    """Yield e-mail and web addresses, phones by their shape, and short numbers behind a label (`ext. 4471`)."""
    if "@" in low:
        for match in _EMAIL.finditer(low):
            yield Span(match.start(), match.end(), Category.CONTACT, "e-mail")
    for match in _URL.finditer(low) if any(tail in low for tail in _WEB) else ():
        yield Span(match.start(), match.end() - (match[0][-1] in ".,;"), Category.CONTACT, "web")
    count = len(digits_in(low))
    for match in _PHONE.finditer(low) if count > 7 else ():
        line = low[low.rfind("\n", 0, match.start()) + 1 : (low.find("\n", match.end()) + 1 or len(low) + 1) - 1]
        table = len(_NUMBER.findall(line)) > 12 and not _LETTERS.search(line)  # a row of figures
        if sum(c.isdigit() for c in match[0]) >= 8 and not table:
            yield Span(match.start(), match.end(), Category.CONTACT, "phone")
    for match in _contact_label(language).finditer(low) if count > 2 else ():
        start, end = match.span("v")
        value = match["v"]
        cut = re.search(r"[ ]{2,}|[ ]?[–]|\.[ ]| \((?!\d)|[ ]/[ ]?(?=\D)", value)
        if cut:
            end = start + cut.start()
        digits = sum(c.isdigit() for c in low[start:end])
        if digits >= 3 and not MEASURED.match(low, end):
            while end > start and low[end - 1] in " -./(–":
                end -= 1
            while end < len(low) and low[end].isdigit():
                end += 1
            yield Span(start, end, Category.CONTACT, "labelled")
