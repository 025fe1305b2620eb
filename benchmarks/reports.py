"""Figures of the report engine: identifiers removed and words kept, sections, injection, speed, beside Presidio.

    python benchmarks/reports.py [DATA]        # DATA: the folder with `reports/`, else CXRFORGE_SHARED_DATA

Token figures: a token counts as removed when any of it is inside a span. Presidio runs without a model (its recognisers
of patterns alone) when it is installed, else its columns stay empty.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "identity"))

from injection import injections

from cxrforge.identity.known import known_from_fields
from cxrforge.identity.match import find_known
from cxrforge.records import KnownIdentifiers
from cxrforge.reports.deidentify import deidentify_report, find_identifiers
from cxrforge.reports.sections import cut_sections

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl")
NOBODY = KnownIdentifiers()
MARK = re.compile(r"\[\[(\w+)\|(.*?)\]\]", re.DOTALL)
TOKEN = re.compile(r"\w+")
NAMES = {"NAME", "NOMBRE", "NOM", "PRENOM"}
APART = {
    "meddocan": {
        *("EDAD_SUJETO_ASISTENCIA", "SEXO_SUJETO_ASISTENCIA", "PAIS"),
        *("FAMILIARES_SUJETO_ASISTENCIA", "OTROS_SUJETO_ASISTENCIA", "PROFESION"),
    },
    "grascco": {"AGE", "NAME_TITLE", "LOCATION_COUNTRY"},
    "eds_pseudo": set(),
    "asq_phi": set(),
}  # fmt: skip
"""Categories that the guideline does not call identifiers, or that are reported apart."""

LAYOUTS = (
    "FINDINGS:\n{}\n\nIMPRESSION:\n{}",
    "Findings: {}\nImpression: {}",
    "FINDINGS\n{}\nIMPRESSION\n{}",
    "1. Findings: {}\n2. Conclusion: {}",
)
"""Four layouts in which Open-i's sections are put together again."""

Found = list[tuple[int, int]]
Case = tuple[str, str, list[tuple[int, int, str]], list[tuple[int, int]], KnownIdentifiers]


def gold(folder: Path, with_header: bool) -> Iterator[Case]:
    """Yield (language, text, spans, left out, known) of the gold reports."""
    for language in LANGUAGES:
        for line in (folder / "gold" / f"{language}.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            text, spans, at = "", [], 0
            for match in MARK.finditer(record["text"]):
                text += record["text"][at : match.start()]
                spans.append((len(text), len(text) + len(match[2]), match[1]))
                text, at = text + match[2], match.end()
            known = known_from_fields(record["header"]) if with_header else NOBODY
            yield language, text + record["text"][at:], spans, record["disputed_spans"], known


def corpus(folder: Path, name: str, with_names: bool) -> Iterator[Case]:
    """Yield the cases of a public set; with its gold names as header when asked."""
    for line in (folder / name / "dev.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        text, spans = record["text"], [tuple(s) for s in record["spans"]]
        kept = [s for s in spans if s[2] not in APART[name]]
        names = tuple(text[a:b] for a, b, c in kept if c.split("_")[0] in NAMES) if with_names else ()
        yield (
            record["lang"],
            text,
            kept,
            [s[:2] for s in spans if s[2] in APART[name]],
            KnownIdentifiers(patient_names=names),
        )


def ours(language: str, text: str, known: KnownIdentifiers) -> Found:
    """Return our spans."""
    return [(s.start, s.end) for s in find_identifiers(text, language, known, NOBODY)]


def presidio() -> Callable[[str, str, KnownIdentifiers], Found] | None:
    """Return Presidio's pattern recognisers, or None where it is not installed."""
    try:
        from presidio_analyzer import RecognizerRegistry
    except ImportError:
        return None
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers()
    usable = [r for r in registry.recognizers if hasattr(r, "patterns")]

    def find(language: str, text: str, known: KnownIdentifiers) -> Found:
        return [(x.start, x.end) for r in usable for x in r.analyze(text, r.supported_entities, None) or ()]

    return find


def score(cases: Iterator[Case], find: Callable[[str, str, KnownIdentifiers], Found]) -> tuple[Counter, Counter]:
    """Return token counts, and (category, removed?) counts."""
    counts: Counter = Counter()
    categories: Counter = Counter()
    for language, text, spans, apart, known in cases:
        found = find(language, text, known)
        for token in TOKEN.finditer(text):
            a, b = token.span()
            if any(x < b and a < y for x, y in apart):
                continue
            truth = next((c for x, y, c in spans if x < b and a < y), None)
            hit = any(x < b and a < y for x, y in found)
            counts[(truth is not None, hit)] += 1
            counts[(language, truth is not None, hit)] += 1
            if truth:
                categories[(truth, hit)] += 1
    return counts, categories


def row(name: str, counts: Counter, prefix: tuple = ()) -> str:
    """Return one line: recall and share kept."""
    hit, missed = counts[(*prefix, True, True)], counts[(*prefix, True, False)]
    lost, kept = counts[(*prefix, False, True)], counts[(*prefix, False, False)]
    recall, share = hit / max(1, hit + missed), kept / max(1, kept + lost)
    return f"{name:<34} recall {recall:.4f}   kept {share:.4f}   tokens {hit + missed}/{kept + lost}"


def openi(folder: Path) -> Iterator[Case]:
    """Yield the Open-i reports: already de-identified, so every token is to be kept."""
    for line in (folder / "openi" / "reports.jsonl").read_text(encoding="utf-8").splitlines():
        r = json.loads(line)
        text = f"INDICATION: {r['indication']}\n\nCOMPARISON: {r['comparison']}\n\n"
        text += f"FINDINGS:\n{r['findings']}\n\nIMPRESSION:\n{r['impression']}\n"
        yield "en", text, [], [], NOBODY


def sections(folder: Path) -> str:
    """Return the share of Open-i reports whose findings and impression are cut exactly."""
    good = total = 0
    for line in (folder / "openi" / "reports.jsonl").read_text(encoding="utf-8").splitlines():
        r = json.loads(line)
        findings, impression = r["findings"].strip(), r["impression"].strip()
        if not findings or not impression:
            continue
        for layout in LAYOUTS:
            text = "Indication: cough.\n" + layout.format(findings, impression) + "\n\nDr John Doe, 01/02/2020\n"
            cut = {s.name: text[s.start : s.end] for s in cut_sections(text, "en")}
            total += 1
            good += cut.get("findings") == findings and cut.get("impression") == impression
    return f"{good / max(1, total):.4f} of {total}"


def main() -> None:
    """Print every figure."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("CXRFORGE_SHARED_DATA", "../shared/data"))
    folder = data / "reports"
    peer = presidio()
    for with_header in (True, False):
        counts, categories = score(gold(folder, with_header), ours)
        title = "gold, with header" if with_header else "gold, without header"
        print(row(title, counts))
        for language in LANGUAGES:
            print(row(f"  {language}", counts, (language,)))
        for category in sorted({c for c, _ in categories}):
            hit = categories[(category, True)]
            print(f"  {category:<32} recall {hit / (hit + categories[(category, False)]):.4f}")
    for name in APART:
        print(row(name, score(corpus(folder, name, False), ours)[0]))
        print(row(f"{name}, names known", score(corpus(folder, name, True), ours)[0]))
        if peer:
            print(row(f"{name}, Presidio without model", score(corpus(folder, name, False), peer)[0]))
    print(row("open-i", score(openi(folder), ours)[0]))
    print("sections, Open-i in four layouts:", sections(folder))
    cases = list(injections(10_000))
    found = sum(
        any(s.start < i.end and i.start < s.end for s in find_known(i.text, i.known, i.language)) for i in cases
    )
    print(f"injection: {found / len(cases):.4f} of {len(cases)} touched")
    texts = [c[1] for c in openi(folder)]
    start = time.process_time()
    for text in texts:
        deidentify_report(text)
    rate = len(texts) / (time.process_time() - start)
    print(f"speed: {rate:.0f} reports/s/core (Open-i, sections and second look included)")


if __name__ == "__main__":
    main()
