"""How many reports are cut exactly: four layouts in eight languages, and the gold reports' own headings.

    python benchmarks/report_sections.py [DATA]     # DATA: the folder with `reports/`, else CXRFORGE_SHARED_DATA

English: Open-i's findings and impression put together again. The other languages (and English again): the bodies of the
frozen labelled reports that carry no heading, under headings drawn from all of the language's own, between an
indication, a comparison and a sign-off. A cut is exact when findings and impression are the text that was put in.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cxrforge.reports.sections import BODY, cut_sections
from cxrforge.tables import report_sections, synthetic_wording

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl")
LAYOUTS = {
    "block": "{F}:\n{f}\n\n{I}:\n{i}",
    "inline": "{F}: {f}\n{I}: {i}",
    "capitals": "{F}\n{f}\n{I}\n{i}",
    "numbered": "1. {F}: {f}\n2. {I}: {i}",
}


def bodies(language: str) -> list[str]:
    """Return the texts of the frozen reports that are one body without any heading."""
    lines = (ROOT / "tests" / "labels" / "golden" / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"].strip() for line in lines if line.strip()]
    found = []
    for text in texts:
        sections = cut_sections(text, language)
        if [s.rule for s in sections] == [BODY] and sections[0].end - sections[0].start == len(text):
            found.append(text)
    return found


def generated(language: str, layout: str, seed: int = 3) -> Iterator[tuple[str, str, str]]:
    """Yield (text, findings, impression) of made-up reports in one layout."""
    rng = random.Random(f"{seed}{language}{layout}")
    headings = report_sections.load()[language].headings
    wording = synthetic_wording.load().wordings[language]
    texts = bodies(language)
    for k, findings in enumerate(texts):
        impression = texts[(k + 7) % len(texts)]
        for _ in range(3):
            named = {s: rng.choice(headings[s]) for s in ("indication", "comparison", "findings", "impression")}
            case = str.upper if layout == "capitals" else rng.choice((str.upper, str.capitalize))
            indication = rng.choice(wording.indications[rng.choice(list(wording.indications))])
            head = f"{case(named['indication'])}: {indication}\n{case(named['comparison'])}: 12.03.2019.\n"
            body = LAYOUTS[layout].format(
                F=case(named["findings"]), I=case(named["impression"]), f=findings, i=impression
            )
            sign = rng.choice(("Dr. A. Nonymous, 01.02.2020", "Dr. med. N. Emo", ""))
            yield f"{head}\n{body}\n\n{sign}\n", findings, impression


def open_i(folder: Path, layout: str) -> Iterator[tuple[str, str, str]]:
    """Yield Open-i's reports put together again in one layout."""
    for line in (folder / "openi" / "reports.jsonl").read_text(encoding="utf-8").splitlines():
        r = json.loads(line)
        findings, impression = r["findings"].strip(), r["impression"].strip()
        if findings and impression:
            body = LAYOUTS[layout].format(F="FINDINGS", I="IMPRESSION", f=findings, i=impression)
            head = f"INDICATION: {r['indication'] or 'Cough.'}\nCOMPARISON: {r['comparison'] or 'None.'}\n"
            yield f"{head}{body}\n\nDr John Doe, 01/02/2020\n", findings, impression


def exact(cases: Iterator[tuple[str, str, str]], language: str) -> tuple[int, int]:
    """Return how many cases were cut exactly, of how many."""
    good = total = 0
    for text, findings, impression in cases:
        cut: dict[str, list[str]] = {}
        for s in cut_sections(text, language):
            cut.setdefault(s.name, []).append(text[s.start : s.end])
        total += 1
        good += cut.get("findings") == [findings] and cut.get("impression") == [impression]
    return good, total


def gold(folder: Path) -> tuple[Counter[str], Counter[str]]:
    """Return by language how many of the gold reports' sections start where two annotators say, of how many."""
    from reports import gold as gold_cases

    good: Counter[str] = Counter()
    total: Counter[str] = Counter()
    rows = {}
    for language in LANGUAGES:
        for line in (folder / "gold" / f"{language}.jsonl").read_text(encoding="utf-8").splitlines():
            rows[language, len(rows)] = json.loads(line)
    for (language, text, *_), record in zip(gold_cases(folder, False), rows.values(), strict=True):
        starts = {s.name: " ".join(text[s.start : s.end].split()) for s in reversed(cut_sections(text, language))}
        for name in ("findings", "impression"):
            if record[f"{name}_starts_with"]:
                total[language] += 1
                good[language] += starts.get(name, "").startswith(record[f"{name}_starts_with"])
    return good, total


def main() -> None:
    """Print the share cut exactly by language and layout."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("CXRFORGE_SHARED_DATA", "../shared/data"))
    folder = data / "reports"
    print("findings and impression cut exactly (share of cases)")
    print(f"{'':<8}" + "".join(f"{name:>16}" for name in LAYOUTS))
    all_good = all_total = 0
    for language in LANGUAGES:
        cells = []
        for layout in LAYOUTS:
            good, total = exact(generated(language, layout), language)
            all_good, all_total = all_good + good, all_total + total
            cells.append(f"{good / total:.4f} of {total:>4}")
        print(f"{language:<8}" + "".join(f"{c:>16}" for c in cells))
    print(f"generated, all: {all_good / all_total:.4f} of {all_total}")
    if (folder / "openi").is_dir():
        cut = [exact(open_i(folder, layout), "en") for layout in LAYOUTS]
        print(f"{'Open-i':<8}" + "".join(f"{f'{g / t:.4f} of {t:>4}':>16}" for g, t in cut))
        good_by, total_by = gold(folder)
        print("gold, starts: " + "  ".join(f"{x} {good_by[x]}/{total_by[x]}" for x in LANGUAGES))
    else:
        print("Open-i and gold: skipped, no shared data")


if __name__ == "__main__":
    main()
