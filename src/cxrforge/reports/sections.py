"""A report cut into its parts: by headings where it has them, by a stated rule where it has none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from cxrforge.identity.text import folded as fold
from cxrforge.records import Section
from cxrforge.tables import report_sections
from cxrforge.tables.report_words import plain

HEADING = "heading"
BEFORE_IMPRESSION = "body-before-impression"
BODY = "body-without-heading"
SUMMARY = "summary-phrase"
"""Rules: how a section's start was found. All but `heading` make a derived section."""


@dataclass(frozen=True, slots=True)
class _Heading:
    name: str
    start: int  # of the heading
    end: int  # of the heading with its colon


@cache
def _patterns(language: str | None) -> tuple[re.Pattern[str], dict[str, str]]:
    """Return a pattern for headings and the section of each; None stands for all languages.

    A language's own words come first; the other languages' headings are known as well, for bilingual reports.
    """
    table = report_sections.load()
    order = [language, *(x for x in table if x != language)] if language else list(table)
    owner: dict[str, str] = {}
    for code in order:
        for name, headings in table[code].headings.items():
            for heading in headings:
                owner.setdefault(_key(heading), name)
    words = sorted(owner, key=len, reverse=True)
    body = "|".join(re.escape(w).replace(r"\ ", r"[ \t]+").replace("'", "['’]") for w in words)
    return re.compile(
        rf"""(?P<lead>(?:^|(?<=\n))[ \t]*(?:[-*•·#=>_]+[ \t]*|\(?(?:\d{{1,2}}|[ivx]{{1,4}}|[a-h])[.)][ \t]*)?\**[ \t]*|(?<=[.!?;)][ \t])|(?<=[.!?;)][ \t]{{2}})|(?<=[ \t]{{3}}))
        (?P<word>{body})
        (?P<more>(?:[ \t]*[/|&][ \t]*(?:{body})|[ \t]*\((?:{body})\))?)
        (?P<note>[ \t]*\([^()\n]{{1,40}}\))?
        (?P<mark>\**[ \t]*[:：]\**|[ \t]*\.(?=[ \t]|\n|$)|[ \t]+[-–—](?=[ \t\n])|[ \t]*\**[ \t]*(?=\n|$)|(?=[ \t]+[^\W\d_]))""",  # noqa: E501 (a pattern reads better whole)
        re.VERBOSE,
    ), owner


def _key(heading: str) -> str:
    return plain(heading)


def cut_headings(text: str, language: str | None = None) -> list[_Heading]:
    """Return the section headings of `text` in order."""
    folded = fold(text)
    pattern, owner = _patterns(language)
    found = []
    shouting = _shouts(text)
    for match in pattern.finditer(folded):
        if _is_heading(text, match, shouting):
            found.append(
                _Heading(
                    owner[re.sub(r"[ \t]+", " ", match["word"]).replace("’", "'")], match.start("word"), match.end()
                )
            )
    return found


def _shouts(text: str) -> bool:
    """Tell whether the text is in capitals throughout, so that capitals mark no heading."""
    sample = text[:1200]
    upper, letters = sum(map(str.isupper, sample)), sum(map(str.isalpha, sample))
    return letters > 40 and upper > 0.8 * letters


def _is_heading(text: str, match: re.Match[str], shouting: bool) -> bool:
    """Decide whether a heading word at this place is a heading: by its mark, its case and where it stands."""
    word = text[match.start("word") : match.end("word")]
    mark = match["mark"].strip(" \t*")
    at_line_start = match.start("lead") != match.end("lead") or match.start() == 0 or text[match.start() - 1] == "\n"
    letters = [c for c in word if c.isalpha()]
    capitals = all(c.isupper() for c in letters)
    if not at_line_start:
        # inside a line: only a capitalised heading with a colon
        return mark in (":", "：") and word[:1].isupper() and not match["note"]
    if mark in (":", "："):
        return True
    rest = text[match.end("mark") :].split("\n", 1)[0].strip()
    if mark == "" and not rest:
        return True  # alone on its line, in any case
    if mark == ".":
        return word[:1].isupper() and (not rest or rest[:1].isupper() or rest[:1].isdigit() or rest[:1] in "-–¿")
    if mark in ("-", "–", "—"):
        return word[:1].isupper() and len(word) > 3
    if match["more"] and not match["more"].strip().startswith("("):
        return False
    # no mark, text on the same line: capitals in a report that does not shout
    return capitals and not shouting and len(word) > 4 and not rest[:12].isupper()


def cut_sections(text: str, language: str) -> tuple[Section, ...]:
    """Return the sections of `text`, in order, as half-open offsets without heading, blank margins and signature.

    Rules for reports without headings: what precedes the impression is findings (`body-before-impression`); without
    any heading the body is findings (`body-without-heading`), up to a phrase such as "in summary" that opens the
    impression (`summary-phrase`).
    """
    headings = cut_headings(text, language)
    sections: list[Section] = []
    for i, heading in enumerate(headings):
        end = headings[i + 1].start if i + 1 < len(headings) else len(text)
        start, end = _trim(text, heading.end, end, headings[i + 1 :] if i + 1 < len(headings) else [])
        stop = _signature_start(text, start, end, language)
        body = _trim(text, start, stop, [])
        if body[0] < body[1]:
            sections.append(Section(heading.name, *body, HEADING))
        if stop < end:
            tail = _trim(text, stop, end, [])
            if tail[0] < tail[1]:
                sections.append(Section("other", *tail, "signature"))
    return tuple(_derive(text, language, headings, sections))


def _trim(text: str, start: int, end: int, following: list[_Heading]) -> tuple[int, int]:
    """Return a span without white space at its ends; a following heading's bullet or number is not part of it."""
    if following:
        end = (
            min(end, text.rfind("\n", 0, end) + 1)
            if re.fullmatch(r"[ \t\-*•·#=>_\d.()]*", text[text.rfind("\n", 0, end) + 1 : end])
            else end
        )
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, max(start, end)


def _derive(text: str, language: str, headings: list[_Heading], sections: list[Section]) -> list[Section]:
    """Add findings and impression by rule where no heading gives them."""
    names = {s.name for s in sections}
    if "findings" in names and "impression" in names:
        return sections
    if "findings" in names:
        findings = next(s for s in sections if s.name == "findings")
        cue = _summary_start(text, findings.start, findings.end, language)
        if cue is None:
            return sections
        kept = [s for s in sections if s is not findings]
        first = _trim(text, findings.start, cue, [])
        new = [Section("findings", *first, findings.rule), Section("impression", cue, findings.end, SUMMARY)]
        return sorted([*kept, *new], key=lambda s: s.start)
    if "impression" in names:
        limit = next(h.start for h in headings if h.name == "impression")
        start, end = _body(text, 0, limit, headings, sections, language)
        if start < end:
            sections.append(Section("findings", start, end, BEFORE_IMPRESSION))
        return sorted(sections, key=lambda s: s.start)
    start, end = _body(text, 0, len(text), headings, sections, language)
    if start >= end:
        return sections
    cue = _summary_start(text, start, end, language)
    if cue is None or cue <= start:
        sections.append(Section("findings", start, end, BODY))
    else:
        first = _trim(text, start, cue, [])
        sections.append(Section("findings", *first, BODY))
        sections.append(Section("impression", cue, end, SUMMARY))
    return sorted(sections, key=lambda s: s.start)


def _body(
    text: str, start: int, limit: int, headings: list[_Heading], sections: list[Section], language: str
) -> tuple[int, int]:
    """Return the stretch of prose before `limit` that no heading claims: header, salutation and sign-off left out."""
    before = [s for s in sections if s.end <= limit and s.rule == HEADING]
    if before:
        # an indication or technique runs to its first blank line; the report follows
        last = before[-1]
        gap = re.search(r"\n[ \t]*\n", text[last.start : limit])
        line = re.search(r"\n", text[last.start : limit])
        cut = gap or line
        if cut:
            start = last.start + cut.end()
            sections[sections.index(last)] = Section(
                last.name, *_trim(text, last.start, last.start + cut.start(), []), last.rule
            )
        else:
            start = last.end
    else:
        start = _header_end(text, start, limit)
    start, end = _trim(text, start, limit, [])
    stop = _signature_start(text, start, end, language)
    return _trim(text, start, stop, [])


_LABEL_LINE = re.compile(r"^[^\n:]{2,40}:\s?\S|\b(?:mrn|dob|accession|tel|fax)\b", re.IGNORECASE)


def _header_end(text: str, start: int, limit: int) -> int:
    """Return where the first prose line starts: the lines before it are letterhead, labels and salutation."""
    at = start
    for line in text[start:limit].split("\n"):
        words = re.findall(r"[^\W\d_]{2,}", line)
        lower = sum(w[0].islower() for w in words)
        prose = (
            len(words) >= 4
            and lower >= 0.45 * len(words)
            and not re.match(r"\s*(?:patient|name)\s*:", line, re.IGNORECASE)
        )
        sentence = len(words) >= 2 and line.rstrip().endswith(".") and lower >= 1 and not _LABEL_LINE.search(line)
        if prose or sentence:
            return at
        at += len(line) + 1
    return start


@cache
def _signature_pattern(language: str) -> re.Pattern[str]:
    words = report_sections.load()[language].signature
    body = "|".join(sorted((re.escape(plain(w)).replace(r"\ ", r"\s+") for w in words), key=len, reverse=True))
    return re.compile(rf"^[ \t(\-–—*]*(?:{body})(?!\w)")


_TITLE_LINE = re.compile(
    r"^[ \t(\-–—]*(?:(?:consultant|spec)[^\n]{0,20})?(?:Dr|Dra|DR|DRA|Drs|Prof|PROF|Pr|Dott|Dott\.ssa|dott|dr|dra|lek|PD|OA|OÄ|Docteur|Doctor|Doctora|Doutor|Doutora|Dottor|Dottoressa)\.?(?:ssa)?\.?\s",  # noqa: E501 (a pattern reads better whole)
)
_DATE_LINE = re.compile(r"^[ \t(]*[^\n]{0,40}\d{1,4}[-./ ]\d{1,2}[-./ ]\d{2,4}[^\n]{0,12}$")


def _signature_start(text: str, start: int, end: int, language: str) -> int:
    """Return where the sign-off at the end of a stretch begins, `end` when there is none.

    A line that starts with a sign-off phrase or a title, and every line after it, is signature.
    """
    at = start
    pattern = _signature_pattern(language)
    english = _signature_pattern("en")
    low = fold(text[start:end])
    for number, line in enumerate(text[start:end].split("\n")):
        folded = low[at - start : at - start + len(line)]
        if number and line.strip() and (pattern.match(folded) or english.match(folded) or _title_line(line)):
            return at
        at += len(line) + 1
    return end


def _title_line(line: str) -> bool:
    """Tell whether a line is a titled name and little else (`Dr P Marchetti, Consultant Radiologist`)."""
    if not _TITLE_LINE.match(line):
        return False
    words = re.findall(r"[^\W\d_]{2,}", line)
    lower = sum(w[0].islower() for w in words[1:])
    return len(words) <= 12 and lower <= max(2, len(words) // 2) and not line.rstrip().endswith("..")


@cache
def _summary_pattern(language: str) -> re.Pattern[str]:
    words = report_sections.load()[language].summary_cues
    body = "|".join(sorted((re.escape(plain(w)).replace(r"\ ", r"\s+") for w in words), key=len, reverse=True))
    return re.compile(rf"(?:(?<=\n)|(?<=[.!?]\s))[ \t]*(?P<cue>{body})(?!\w)[ \t]*[,:]?")


def _summary_start(text: str, start: int, end: int, language: str) -> int | None:
    folded = fold(text[start:end])
    cues = list(_summary_pattern(language).finditer(folded))
    return start + cues[-1].start("cue") if cues else None
