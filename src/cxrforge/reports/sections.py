"""A report cut into its parts: by headings where it has them, by a stated rule where it has none."""

from __future__ import annotations

import re
from functools import cache

from cxrforge.identity.text import folded as fold
from cxrforge.records import Section
from cxrforge.reports.headings import Heading, cut_headings
from cxrforge.reports.prose import header_end, is_clinical_sentence, is_prose, signature_start
from cxrforge.tables import report_sections
from cxrforge.tables.report_words import plain

__all__ = ["BEFORE_IMPRESSION", "BODY", "HEADING", "SUMMARY", "cut_headings", "cut_sections"]

HEADING = "heading"
BEFORE_IMPRESSION = "body-before-impression"
BODY = "body-without-heading"
SUMMARY = "summary-phrase"
"""Rules: how a section's start was found. All but `heading` make a derived section."""


def cut_sections(text: str, language: str) -> tuple[Section, ...]:
    """Return the sections of `text`, in order, as half-open offsets without heading, blank margins and signature.

    Rules for reports without headings: what precedes the impression is findings (`body-before-impression`); without
    any heading the body is findings (`body-without-heading`), up to a phrase such as "in summary" that opens the
    impression (`summary-phrase`). Prose that runs on behind a comparison or technique is findings too; a report may
    then have findings in several pieces.
    """
    headings = cut_headings(text, language)
    sections: list[Section] = []
    for i, heading in enumerate(headings):
        end = headings[i + 1].start if i + 1 < len(headings) else len(text)
        start, end = _trim(text, heading.end, end, headings[i + 1 :])
        stop = signature_start(text, start, end, language)
        body = _trim(text, start, stop, [])
        if body[0] < body[1]:
            sections.append(Section(heading.name, *body, HEADING))
        if stop < end:
            tail = _trim(text, stop, end, [])
            if tail[0] < tail[1]:
                sections.append(Section("other", *tail, "signature"))
    return tuple(sorted(_derive(text, language, headings, sections), key=lambda s: s.start))


def _trim(text: str, start: int, end: int, following: list[Heading]) -> tuple[int, int]:
    """Return a span without white space at its ends; a following heading's bullet or number is not part of it."""
    if following:
        line = text.rfind("\n", 0, end) + 1
        if re.fullmatch(r"[ \t\-*•·#=>_\d.()]*", text[line:end]):
            end = min(end, line)
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, max(start, end)


def _derive(text: str, language: str, headings: list[Heading], sections: list[Section]) -> list[Section]:
    """Add findings and impression by rule where no heading gives them."""
    names = {s.name for s in sections}
    if "findings" not in names:
        sections = _with_body(text, language, headings, sections, "impression" in names)
    if "impression" not in names:
        sections = _with_summary(text, language, sections)
    return sections


def _with_summary(text: str, language: str, sections: list[Section]) -> list[Section]:
    """Return sections with the last findings cut at a phrase that sums up, where there is one."""
    findings = [s for s in sections if s.name == "findings"]
    if not findings:
        return sections
    last = findings[-1]
    cue = _summary_start(text, last.start, last.end, language)
    if cue is None or cue <= last.start:
        return sections
    first = _trim(text, last.start, cue, [])
    kept = [s for s in sections if s is not last]
    return [*kept, Section("findings", *first, last.rule), Section("impression", cue, last.end, SUMMARY)]


def _with_body(
    text: str, language: str, headings: list[Heading], sections: list[Section], has_impression: bool
) -> list[Section]:
    """Return sections with the prose that no heading claims as findings.

    It stands before the first heading, below an indication, and behind the first line or sentence of a comparison or
    technique. What follows the impression is not looked at.
    """
    limit = next((h.start for h in headings if h.name == "impression"), len(text)) if has_impression else len(text)
    rule = BEFORE_IMPRESSION if has_impression else BODY
    kept, found = [], []
    for section in sections:
        cut = None
        if section.rule == HEADING and section.end <= limit:
            cut = _runs_on(text, section, last=section is _last_before(sections, limit))
        if cut is None:
            kept.append(section)
            continue
        kept.append(Section(section.name, *_trim(text, section.start, cut, []), section.rule))
        found.append(_trim(text, cut, section.end, []))
    first = min([limit, *(h.start for h in headings)])
    lead = _lead(text, first, limit, language, bool(headings), bool(found))
    if lead[0] < lead[1]:
        found.insert(0, lead)
    return [*kept, *(Section("findings", *span, rule) for span in found if span[0] < span[1])]


def _last_before(sections: list[Section], limit: int) -> Section | None:
    before = [s for s in sections if s.end <= limit and s.rule == HEADING]
    return before[-1] if before else None


def _lead(text: str, first: int, limit: int, language: str, headed: bool, more: bool) -> tuple[int, int]:
    """Return the prose before the first heading; before an indication or comparison only what speaks of images."""
    start = header_end(text, 0, first)
    if headed and first < limit:
        while start < first and not is_clinical_sentence(text[start : _line_end(text, start)]):
            start = min(first, _line_end(text, start) + 1)
    if headed and more:
        return first, first  # the body stands below: what precedes the headings is letterhead and clinical data
    start, end = _trim(text, start, first, [])
    return _trim(text, start, signature_start(text, start, end, language), [])


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


_SENTENCE = re.compile(r"(?<=[^\W_]{2})[.;]\s+(?=[^\W\d_a-z])|(?<=\d\))[.;]\s+")
_BLANK = re.compile(r"\n[ \t]*\n")


def _runs_on(text: str, section: Section, *, last: bool) -> int | None:
    """Return where a section that is no findings ends and findings without a heading start, or None.

    At its first blank line, else at its first line; a comparison or technique in one line at its first sentence.
    """
    if section.name not in ("indication", "comparison", "technique"):
        return None
    body = text[section.start : section.end]
    for pattern in (_BLANK, re.compile(r"\n")):
        gap = pattern.search(body)
        if gap:
            rest = body[gap.end() :]
            told = any(is_clinical_sentence(line) or is_prose(line) for line in rest.split("\n"))
            return section.start + gap.end() if last or told else None
    if section.name == "indication":
        return None
    gap = _SENTENCE.search(body)
    return section.start + gap.end() if gap and is_clinical_sentence(body[gap.end() :]) else None


@cache
def _summary_pattern(language: str) -> re.Pattern[str]:
    words = report_sections.load()[language].summary_cues
    body = "|".join(sorted((re.escape(plain(w)).replace(r"\ ", r"\s+") for w in words), key=len, reverse=True))
    return re.compile(rf"(?:(?<=\n)|(?<=[.!?]\s))[ \t]*(?P<cue>{body})(?!\w)[ \t]*[,:]?")


def _summary_start(text: str, start: int, end: int, language: str) -> int | None:
    folded = fold(text[start:end])
    cues = list(_summary_pattern(language).finditer(folded))
    return start + cues[-1].start("cue") if cues else None
