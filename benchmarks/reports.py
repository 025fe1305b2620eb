"""Figures of the report engine: identifiers removed and words kept, what is published, injection, speed, beside peers.

    python benchmarks/reports.py [DATA]        # DATA: the folder with `reports/`, else CXRFORGE_SHARED_DATA

Token figures: a token counts as removed when any of it is inside a span. Peers run in the same process on the same
texts where they are installed: Presidio without a model (its recognisers of patterns alone), deduce (Dutch alone).
Sections have a benchmark of their own: `benchmarks/report_sections.py`.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "identity"))

from injection import injections, is_whole

from cxrforge.identity.known import known_from_fields
from cxrforge.identity.match import find_known
from cxrforge.records import KnownIdentifiers
from cxrforge.reports.deidentify import deidentify_report, find_identifiers

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

CONVENTION = re.compile(
    r"https?://\S+|www\.\S+|(?:à|at|um|a las|:)?[ ]?(?<!\d)\d{1,2}"
    r"(?:[:h]\d\d(?::\d\d)?|[.]\d\d[ ]Uhr|[ ]?h\d\d)(?:[ ]Uhr)?",
    re.IGNORECASE,
)
"""Web addresses, and times beside a date: identifiers here (GUIDELINE), not marked in the public sets."""

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
        import tldextract
        from presidio_analyzer import RecognizerRegistry
    except ImportError:
        return None
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())  # its own list: nothing is fetched
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers()
    usable = [r for r in registry.recognizers if hasattr(r, "patterns")]

    def find(language: str, text: str, known: KnownIdentifiers) -> Found:
        return [(x.start, x.end) for r in usable for x in r.analyze(text, r.supported_entities, None) or ()]

    return find


def deduce() -> Callable[[str, str, KnownIdentifiers], Found] | None:
    """Return deduce (rules for Dutch), or None where it is not installed."""
    try:
        from deduce import Deduce
    except ImportError:
        return None
    engine = Deduce()

    def find(language: str, text: str, known: KnownIdentifiers) -> Found:
        return [(a.start_char, a.end_char) for a in engine.deidentify(text).annotations]

    return find


def score(
    cases: Iterator[Case], find: Callable[[str, str, KnownIdentifiers], Found], convention: bool = False
) -> tuple[Counter, Counter]:
    """Return token counts, and (category, removed?) counts; `convention` leaves out what is marked here alone."""
    counts: Counter = Counter()
    categories: Counter = Counter()
    for language, text, spans, apart, known in cases:
        found = find(language, text, known)
        if convention:
            apart = [*apart, *(m.span() for m in CONVENTION.finditer(text))]
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


def published(cases: Iterator[Case]) -> tuple[int, int, int, int]:
    """Return how many reports publish an identifier, how many of those wait, how many wait in all, and of how many."""
    leaking = waiting_leaks = waiting = total = 0
    for language, text, spans, apart, known in cases:
        made = deidentify_report(text, language=language, known=known)
        public = set(TOKEN.findall(f"{made.findings}\n{made.impression}"))
        total += 1
        waiting += bool(made.doubts)
        for token in TOKEN.finditer(text):
            a, b = token.span()
            marked = any(x < b and a < y for x, y, _ in spans) and not any(x < b and a < y for x, y in apart)
            if marked and token[0] in public and not any(s.start < b and a < s.end for s in made.spans):
                leaking += 1
                waiting_leaks += bool(made.doubts)
                break
    return leaking, waiting_leaks, waiting, total


def injected(count: int) -> Iterator[str]:
    """Yield the recall of known identifiers by the way they are written and by language."""
    hits: Counter = Counter()
    totals: Counter = Counter()
    for case in injections(count):
        spans = find_known(case.text, case.known, case.language)
        hit = is_whole(case, spans)
        for key in ("all", case.form, case.language):
            totals[key] += 1
            hits[key] += hit
    for key, total in totals.items():
        yield f"{key} {hits[key] / total:.4f} of {total}"


def print_gold(folder: Path) -> None:
    """Print the gold reports by language and category, and what is published of them."""
    for with_header in (True, False):
        counts, categories = score(gold(folder, with_header), ours)
        title = "gold, with header" if with_header else "gold, without header"
        print(row(title, counts))
        for language in LANGUAGES:
            print(row(f"  {language}", counts, (language,)))
        for category in sorted({c for c, _ in categories}):
            hit = categories[(category, True)]
            print(f"  {category:<32} recall {hit / (hit + categories[(category, False)]):.4f}")
        leaking, waiting_leaks, waiting, total = published(gold(folder, with_header))
        print(f"  published sections with an identifier left: {leaking} of {total} ({waiting_leaks} of them wait)")
        print(f"  reports that wait for a person over a doubtful name: {waiting} of {total}")


def print_sets(folder: Path) -> None:
    """Print the public sets, each beside Presidio, and the Dutch gold reports beside deduce."""
    peer, dutch = presidio(), deduce()
    for name in APART:
        print(row(name, score(corpus(folder, name, False), ours)[0]))
        print(row("  web and times apart", score(corpus(folder, name, False), ours, convention=True)[0]))
        names = score(corpus(folder, name, True), ours)[1]
        hit = sum(n for (c, found), n in names.items() if found and c.split("_")[0] in NAMES)
        all_names = sum(n for (c, _), n in names.items() if c.split("_")[0] in NAMES)
        print(f"  names, when the header knows them   recall {hit / all_names:.4f} of {all_names}")
        if peer:
            print(row("  Presidio without model", score(corpus(folder, name, False), peer)[0]))
    if peer:
        print(row("gold, Presidio without model", score(gold(folder, False), peer)[0]))
    else:
        print("Presidio: not installed")
    if dutch:
        only = [case for case in gold(folder, False) if case[0] == "nl"]
        print(row("gold nl, deduce", score(iter(only), dutch)[0]))
    else:
        print("deduce: not installed")
    print(row("open-i", score(openi(folder), ours)[0]))
    _, _, waiting, total = published(openi(folder))
    print(f"  reports that wait for a person over a doubtful name: {waiting} of {total}")
    if peer:
        print(row("open-i, Presidio without model", score(openi(folder), peer)[0]))


def main() -> None:
    """Print every figure."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("CXRFORGE_SHARED_DATA", "../shared/data"))
    folder = data / "reports"
    print_gold(folder)
    print_sets(folder)
    print("injection: " + "; ".join(injected(10_000)))
    texts = [c[1] for c in openi(folder)]
    start = time.process_time()
    for text in texts:
        deidentify_report(text)
    rate = len(texts) / (time.process_time() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"speed: {rate:.0f} reports/s/core (Open-i, sections and second look included), peak memory {memory:.0f} MB")


if __name__ == "__main__":
    main()
