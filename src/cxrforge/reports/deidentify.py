"""A report without identifiers: a union of detectors, replacement, sections, and a second look."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from cxrforge.errors import UsageError
from cxrforge.identity.leaks import LeakScanner
from cxrforge.identity.match import find_known
from cxrforge.identity.text import folded
from cxrforge.records import Category, DeidentifiedReport, Issue, KnownIdentifiers, Section, SiteContext, Span
from cxrforge.reports.cues import find_cued_names, find_nicknames
from cxrforge.reports.doubts import find_doubts
from cxrforge.reports.echoes import find_echoes
from cxrforge.reports.language import detect_language
from cxrforge.reports.names import words_of
from cxrforge.reports.patterns import find_patterns
from cxrforge.reports.placed_names import find_placed_names
from cxrforge.reports.places import find_places
from cxrforge.reports.professions import find_professions
from cxrforge.reports.prose import count_clinical
from cxrforge.reports.quasi import POLICIES, find_quasi_identifiers
from cxrforge.reports.replacement import Surrogates, replace_spans
from cxrforge.reports.sections import HEADING, cut_sections
from cxrforge.reports.templates import find_template_names, without_templates
from cxrforge.tables.report_fields import LANGUAGES

_RANK = {"known": 0, "roster": 1, "pattern": 2, "cue": 3, "place": 4}
TAG = re.compile(r"\[(?:" + "|".join(c.value for c in Category) + r")\]")
"""What stands in the output for an identifier."""


def deidentify_report(
    text: str,
    *,
    language: str | None = None,
    known: KnownIdentifiers = KnownIdentifiers(),
    roster: KnownIdentifiers = KnownIdentifiers(),
    replacement: str = "tag",
    surrogates: Surrogates | None = None,
    context: SiteContext = SiteContext(),
    quasi: str = "keep",
) -> DeidentifiedReport:
    """Return `text` without identifiers, with what was replaced, its sections, and its coded remarks.

    `known` is what the study's own header says, `roster` what the whole export says of people and institutions,
    `context` what the site's other reports say of this one; `quasi` is the policy for quasi-identifiers (`keep`,
    `decade`, `tag`); `surrogates` ties made-up values to a key and the
    patient's date shift, so that reports of one patient agree.
    """
    roster |= context.roster
    code = language if language in LANGUAGES else detect_language(text)
    spans = find_identifiers(text, code, known, roster, context.templates)
    if quasi not in POLICIES:
        raise UsageError("unknown policy for quasi-identifiers", expected=" or ".join(POLICIES))
    if quasi != "keep":
        more = find_quasi_identifiers(folded(text), code, quasi)
        spans = _union(text, [*((0, s) for s in spans), *((5, s) for s in more)])
    output, place = replace_spans(text, spans, code, replacement, surrogates)
    cut = without_templates(text, cut_sections(text, code), context.templates) if context.templates else None
    sections = _moved(cut_sections(text, code) if cut is None else cut, spans, place, output)
    findings, impression = (_part(output, sections, name) for name in ("findings", "impression"))
    issues = _issues(findings, impression, sections)
    published = f"{findings}\n\n{impression}"
    if known or roster:
        bare = TAG.sub(lambda m: " " * len(m[0]), output if replacement == "tag" else published)
        if LeakScanner(known | roster).scan_text(bare):
            issues.append(Issue("report-leak"))
    doubts = find_doubts(output, sections, code, context.common) if replacement == "tag" else ()
    if doubts:
        issues.append(Issue("report-name-doubtful", _reasons(doubts)))
    return DeidentifiedReport(output, code, tuple(spans), sections, findings, impression, tuple(issues), doubts)


def _reasons(doubts: Sequence[Span]) -> str:
    """Return how many words are doubtful for which reason; never a word."""
    counts = Counter(d.evidence for d in doubts)
    return "; ".join(f"{count} × {why}" for why, count in sorted(counts.items()))


def find_identifiers(
    text: str, language: str, known: KnownIdentifiers, roster: KnownIdentifiers, templates: Collection[str] = ()
) -> list[Span]:
    """Return the union of what all detectors find, sorted, without overlap, trimmed to words."""
    low = folded(text)
    found: list[tuple[int, Span]] = []
    found += [(0, s) for s in find_known(text, known, language)]
    if roster:
        found += [(1, s) for s in find_known(text, roster, language)]
    found += [(2, s) for s in find_patterns(text, low, language)]
    words = words_of(text, low)
    found += [(1, s) for s in find_template_names(words, text, templates, language)]
    found += [(3, s) for s in find_cued_names(words, text, low, language)]
    found += [(4, s) for s in find_places(words, text, low, language)]
    found += [(3, s) for s in find_placed_names(words, text, low, language)]
    found += [(3, s) for s in find_professions(text, low, [s for _, s in found])]
    found += [(3, s) for s in find_nicknames(text, [s for _, s in found], language)]
    found += [(3, s) for s in find_echoes(words, low, [s for _, s in found], language)]
    return _union(text, found)


def _union(text: str, found: Sequence[tuple[int, Span]]) -> list[Span]:
    """Merge overlapping spans: one span covers them all, and the strongest evidence names it."""
    merged: list[tuple[int, Span]] = []
    for rank, span in sorted(found, key=lambda row: (row[1].start, row[0])):
        span = _trimmed(text, span)
        if span.start >= span.end:
            continue
        if merged and span.start < merged[-1][1].end:
            best, last = merged[-1]
            main = last if (best, -(last.end - last.start)) <= (rank, -(span.end - span.start)) else span
            merged[-1] = (min(best, rank), Span(last.start, max(last.end, span.end), main.category, main.evidence))
        else:
            merged.append((rank, span))
    return [span for _, span in merged]


_LEADING_TITLE = re.compile(r"(?:Mr|Mme|Mlle|Mrs|Ms|Dr|Dra|Pr|Prof|Herr|Frau|Hr|Fr|Sr|Sra|Dhr|Mw)\.?[ ](?=[^\W\d_]{2})")
"""Titles stand outside the span (GUIDELINE)."""


def _trimmed(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    if span.category in (Category.PATIENT, Category.DOCTOR):
        title = _LEADING_TITLE.match(text, start, end)
        start = title.end() if title else start
    while start < end and (text[start].isspace() or text[start] in ",;:"):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in ",;:("):
        end -= 1
    return Span(start, end, span.category, span.evidence)


def _moved(
    sections: Iterable[Section], spans: Sequence[Span], place: Sequence[int], output: str
) -> tuple[Section, ...]:
    """Return sections with offsets into the output, their signature lines left out."""
    moved = []
    for section in sections:
        start, end = place[section.start], place[section.end]
        if section.name in ("findings", "impression"):
            end = start + len(_without_signature(output[start:end]))
        if start < end:
            moved.append(Section(section.name, start, end, section.rule))
    return tuple(moved)


_LINE_LEFT = re.compile(r"[^\W\d_]{3,}")


def _without_signature(part: str) -> str:
    """Return a section without trailing lines that hold tags, titles and little else."""
    lines = part.split("\n")
    while len(lines) > 1:
        last = lines[-1]
        if last.strip():
            words = _LINE_LEFT.findall(TAG.sub(" ", last))
            says = count_clinical(TAG.sub(" ", last)) and any(w[0].islower() for w in words)
            if not TAG.search(last) or says or len(words) > 3 or sum(w[0].islower() for w in words) > 2:
                break
        lines.pop()
    return "\n".join(lines).rstrip()


def _part(output: str, sections: Sequence[Section], name: str) -> str:
    return "\n".join(output[s.start : s.end] for s in sections if s.name == name)


def _issues(findings: str, impression: str, sections: Sequence[Section]) -> list[Issue]:
    issues = []
    if not findings.strip():
        issues.append(Issue("report-no-findings"))
    if not impression.strip():
        issues.append(Issue("report-no-impression"))
    derived = sorted({s.rule for s in sections if s.name in ("findings", "impression") and s.rule != HEADING})
    if derived:
        issues.append(Issue("report-sections-derived", ", ".join(derived)))
    return issues
