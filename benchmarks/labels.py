"""Figures of the labels room: Open-i, the gold reports in eight languages, NegEx, NUBes, snippets, speed and growth.

    python benchmarks/labels.py [DATA] [--write docs/labels.md] [--peer PYTHON]

DATA is the folder of real material (default: `CXRFORGE_SHARED_DATA`). Every figure stands beside its floor. Intervals
are 95 %: bootstrap over reports for F1, Wilson for precision and recall. Open-i's gold is scored raw and cleaned by the
rules in `cleaned`, which read the expert's MeSH codes alone.
The peer (benchmarks/labels_peer.py) runs in the interpreter that --peer names, where medspaCy is installed there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cxrforge.audit.bounds import wilson_interval
from cxrforge.labels.labeler import label_report
from cxrforge.labels.spans import assert_spans
from cxrforge.records import OBSERVATIONS, Assertion, Section
from cxrforge.reports.sections import cut_sections
from cxrforge.tables.label_rules import LANGUAGES

Row = dict[str, Any]
Pair = tuple[Assertion | None, Assertion | None]
GOLD = {1: Assertion.PRESENT, 0: Assertion.ABSENT, -1: Assertion.UNCERTAIN, None: None}
NINE = {
    "Atelectasis": ("Atelectasis",),
    "Cardiomegaly": ("Cardiomegaly",),
    "Pleural Effusion": ("Effusion",),
    "Lung Lesion": ("Mass", "Nodule"),
    "Pneumonia": ("Pneumonia",),
    "Pneumothorax": ("Pneumothorax",),
    "Consolidation": ("Consolidation",),
    "Edema": ("Edema",),
    "Pleural Other": ("Pleural_Thickening",),
}
"""Observations that Open-i's gold findings map to directly."""
CODES = ("EC", "CM", "LO", "LL", "ED", "CO", "PN", "AT", "PX", "EF", "PO", "FX", "SD")
FIRST_RUN = {
    "en": ".978 (.954–.998)",
    "de": ".968 (.926–.998)",
    "fr": ".947 (.893–.988)",
    "es": ".978 (.960–.996)",
    "it": ".980 (.949–1.000)",
    "nl": ".964 (.917–.990)",
    "pt": "1.000 (1.000–1.000)",
    "pl": ".955 (.919–.986)",
    "pooled": ".971 (.960–.981)",
}
"""What the second set scored when the rules first saw it; the labels were committed before."""
SIGNS = {"+": Assertion.PRESENT, "-": Assertion.ABSENT, "?": Assertion.UNCERTAIN}


def rows(path: Path) -> list[Row]:
    """Return the objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def f1(true: int, wrong: int, missed: int) -> float:
    """Return F1, 1 where there was nothing to find and nothing was found."""
    return 2 * true / (2 * true + wrong + missed) if true + wrong + missed else 1.0


def macro(reports: Iterable[list[Pair]]) -> float:
    """Return the mean F1 over the three assertions of all label cells."""
    cells = [pair for report in reports for pair in report]
    scores = []
    for a in Assertion:
        true = sum(g is h is a for g, h in cells)
        wrong, missed = sum(h is a is not g for g, h in cells), sum(g is a is not h for g, h in cells)
        scores.append(f1(true, wrong, missed))
    return sum(scores) / len(scores)


def interval(reports: list[list[Pair]], draws: int = 300) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of `macro` over reports."""
    chance = random.Random(0)
    found = sorted(macro(chance.choices(reports, k=len(reports))) for _ in range(draws))
    return found[int(0.025 * draws)], found[int(0.975 * draws)]


def gold_report(row: Row, language: str) -> tuple[list[Pair], list[str]]:
    """Return the label cells of a gold report, and its failures in words."""
    text = re.sub(r"\[\[[A-Z0-9]+\|(.*?)\]\]", r"\1", row["text"], flags=re.S)
    got = label_report(text, language, cut_sections(text, language)).labels
    pairs, failures = [], []
    for o in OBSERVATIONS[1:]:
        if o not in row["disputed_labels"]:
            want = GOLD[row["labels"][o]]
            pairs.append((want, got[o]))
            if want is not got[o]:
                failures.append(f"{row['id']} {o}: expected {want or 'null'}, found {got[o] or 'null'}")
    return pairs, failures


def gold_lines(folder: Path, known: str, first: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield the table of labelled reports per language and observation, the confusion and the `known` failures.

    `first` gives the figures of the first run, where one was recorded before the rules were mended.
    """
    pooled: list[list[Pair]] = []
    failures: list[str] = []
    cells: dict[tuple[str, str], list[Pair]] = {}
    extra = (" first run |", "---|") if first else ("", "")
    yield f"| language | macro-F1 (floor .85 each, .93 pooled) | 95 % interval | reports |{extra[0]}"
    yield f"|---|---|---|---|{extra[1]}"
    for language in LANGUAGES:
        reports = []
        for row in rows(folder / f"{language}.jsonl"):
            pairs, failed = gold_report(row, language)
            reports.append(pairs)
            failures += failed
            named = [o for o in OBSERVATIONS[1:] if o not in row["disputed_labels"]]
            for o, pair in zip(named, pairs, strict=True):
                cells.setdefault((language, o), []).append(pair)
        pooled += reports
        yield gold_row(language, reports, first)
    yield gold_row("pooled", pooled, first)
    yield ""
    yield from per_label(cells)
    yield "Assertion classes, all languages:\n"
    yield from confusion(pair for report in pooled for pair in report)
    for language in LANGUAGES:
        yield f"\nAssertion classes, {language}:\n"
        yield from confusion(p for (of, _), pairs in cells.items() if of == language for p in pairs)
    yield f"\nKnown failures on {known}: " + ("; ".join(failures) if failures else "none") + "."


def gold_row(name: str, reports: list[list[Pair]], first: Mapping[str, str] | None) -> str:
    """Return one row of the table of labelled reports."""
    low, high = interval(reports)
    row = f"| {name} | {macro(reports):.3f} | {low:.3f}–{high:.3f} | {len(reports)} |"
    return f"{row} {first[name]} |" if first else row


def per_label(cells: Mapping[tuple[str, str], list[Pair]]) -> Iterator[str]:
    """Yield precision, recall and F1 of stated labels, each with its 95 % interval, per label and language.

    Precision and recall carry Wilson's interval; F1, which is no proportion of independent trials, the bootstrap's.
    """
    for title, measure in (("Precision", precision), ("Recall", recall), ("F1", stated_f1)):
        yield f"{title} of stated labels (95 % interval, number of stated labels in the gold):\n"
        yield "| observation | " + " | ".join(LANGUAGES) + " |\n|---|" + "---|" * len(LANGUAGES)
        for o in OBSERVATIONS[1:]:
            yield f"| {o} | " + " | ".join(measure(cells.get((language, o), [])) for language in LANGUAGES) + " |"
        yield ""


def stated(pairs: Iterable[Pair]) -> tuple[int, int, int]:
    """Return how many stated labels are right, how many were found, and how many the gold has."""
    kept = list(pairs)
    true = sum(g is h and g is not None for g, h in kept)
    return true, sum(h is not None for _, h in kept), sum(g is not None for g, _ in kept)


def precision(pairs: list[Pair]) -> str:
    """Return the share of found labels that are right, in words."""
    true, found, _ = stated(pairs)
    return proportion(true, found)


def recall(pairs: list[Pair]) -> str:
    """Return the share of the gold's labels that were found, in words."""
    true, _, wanted = stated(pairs)
    return proportion(true, wanted)


def proportion(part: int, whole: int) -> str:
    """Return a share with Wilson's interval, or a dash where nothing was there to count."""
    if not whole:
        return "–"
    low, high = wilson_interval(part, whole)
    return f"{part / whole:.2f} ({low:.2f}–{high:.2f}, {whole})"


def stated_f1(pairs: list[Pair], draws: int = 300) -> str:
    """Return F1 of stated labels with its bootstrap interval over reports."""
    if not any(stated(pairs)):
        return "–"

    def score(some: list[Pair]) -> float:
        true, found, wanted = stated(some)
        return f1(true, found - true, wanted - true)

    chance = random.Random(0)
    drawn = sorted(score(chance.choices(pairs, k=len(pairs))) for _ in range(draws))
    return f"{score(pairs):.2f} ({drawn[int(0.025 * draws)]:.2f}–{drawn[int(0.975 * draws)]:.2f})"


def confusion(pairs: Iterable[Pair]) -> Iterator[str]:
    """Yield how gold and found assertions meet."""
    counts = Counter(pairs)
    order: tuple[Assertion | None, ...] = (*Assertion, None)
    yield "| gold \\ found | " + " | ".join(a or "null" for a in order) + " |\n|---|" + "---|" * len(order)
    for g in order:
        yield f"| {g or 'null'} | " + " | ".join(str(counts[g, h]) for h in order) + " |"


def cleaned(row: Row, gold: dict[str, bool]) -> dict[str, bool] | None:
    """Return gold labels cleaned from the MeSH codes, None for a report that was never indexed.

    Hydropneumothorax is pneumothorax and effusion; an enlarged cardiac shadow is cardiomegaly, a borderline one is not
    (uncertain by the guideline); a round opacity or density and a cavity are lesions; pleural thickening, scar and
    calcification are Pleural Other, thickening of bronchi is not.
    """
    if row["mesh"] == "No Indexing":
        return None
    codes = [set(code.split("/")) | {"head:" + code.split("/")[0]} for code in row["mesh"].split(";")]
    gold = dict(gold)
    hearts = [c for c in codes if "head:Cardiomegaly" in c]
    if hearts and all("borderline" in c for c in hearts):
        gold["Cardiomegaly"] = False
    for c in codes:
        if "head:Cardiac Shadow" in c and "enlarged" in c:
            gold["Cardiomegaly"] = True
        if ("round" in c and c & {"head:Opacity", "head:Density"}) or c & {"head:Cavitation", "head:Neoplasms"}:
            gold["Lung Lesion"] = True
        if "head:Hydropneumothorax" in c:
            gold["Pneumothorax"] = gold["Pleural Effusion"] = True
    scars = {"head:Thickening", "head:Calcinosis", "head:Cicatrix"}
    gold["Pleural Other"] = any("pleura" in c and c & scars for c in codes)
    return gold


def openi_lines(data: Path, peer: str) -> Iterator[str]:
    """Yield Open-i's strict-positive F1, raw and cleaned, and the peer's beside it."""
    reports = rows(data / "reports" / "openi" / "reports.jsonl")
    others, note = peer_labels(reports, peer)
    counts: dict[str, Counter[str]] = {}
    for row, other in zip(reports, others or [None] * len(reports), strict=True):
        findings, impression = row["findings"] or "", row["impression"] or ""
        text = f"{findings}\n\n{impression}"
        cut = (Section("findings", 0, len(findings)), Section("impression", len(findings) + 2, len(text)))
        got = label_report(text, "en", cut).labels
        ours = {o for o in NINE if got[o] is Assertion.PRESENT}
        raw = {o: any(row["gold14"][k] for k in keys) for o, keys in NINE.items()}
        for name, gold in (("raw", raw), ("cleaned", cleaned(row, raw))):
            for o, positive in (gold or {}).items():
                for who, found in (("ours", ours), ("medspaCy", other)):
                    if found is not None:
                        counts.setdefault(f"{who} {name}", Counter())[f"{o} {verdict(o in found, positive)}"] += 1
    yield "| Open-i | " + " | ".join(counts) + " |\n|---|" + "---|" * len(counts)
    scores = {name: [f1(*(c[f"{o} {k}"] for k in "twm")) for o in NINE] for name, c in counts.items()}
    for i, o in enumerate(NINE):
        yield f"| {o} | " + " | ".join(f"{s[i]:.3f}" for s in scores.values()) + " |"
    micro = [f1(*(sum(c[f"{o} {k}"] for o in NINE) for k in "twm")) for c in counts.values()]
    yield "| micro (floors .87 raw, .90 cleaned) | " + " | ".join(f"{m:.3f}" for m in micro) + " |"
    yield "| macro (floor .85 cleaned) | " + " | ".join(f"{sum(s) / 9:.3f}" for s in scores.values()) + " |"
    yield f"\n{note}"


def verdict(found: bool, positive: bool) -> str:
    """Return t for truly found, w for wrongly found, m for missed and n for rightly not found."""
    return {(True, True): "t", (True, False): "w", (False, True): "m", (False, False): "n"}[found, positive]


def peer_labels(reports: list[Row], peer: str) -> tuple[list[set[str]] | None, str]:
    """Return what the peer finds present in each report, None where it is not installed, and a note."""
    if subprocess.run([peer, "-c", "import medspacy"], capture_output=True).returncode:
        return None, "medspaCy is not installed for the interpreter that --peer names: skipped."
    texts = "\n".join(json.dumps(f"{r['findings'] or ''}\n\n{r['impression'] or ''}") for r in reports)
    script = Path(__file__).with_name("labels_peer.py")
    done = subprocess.run([peer, str(script)], input=texts, capture_output=True, text=True, check=True)
    *answers, seconds = [json.loads(line) for line in done.stdout.strip().split("\n")]
    note = f"medspaCy's ConText over CheXpert-style phrases, same run: {len(reports) / seconds:.0f} reports/s/core."
    return [set(answer) for answer in answers], note


def negex_lines(data: Path) -> Iterator[str]:
    """Yield negation F1 on NegEx's sentences (the condition stands in capitals where it can be told)."""
    true = wrong = missed = 0
    for row in rows(data / "reports" / "negex" / "dev.jsonl"):
        sentence, words = row["sentence"], row["condition"].split()
        place = re.search(r"\s+".join(re.escape(w.upper()) for w in words), sentence)
        place = place or re.search(r"\s+".join(map(re.escape, words)), sentence, re.IGNORECASE)
        span = place.span() if place else (len(sentence) - 1, len(sentence))
        found = assert_spans(sentence, "en", [span])[0].assertion is Assertion.ABSENT
        gold = row["negation"] == "Negated"
        true, wrong, missed = true + (found and gold), wrong + (found and not gold), missed + (gold and not found)
    yield f"NegEx negation F1 {f1(true, wrong, missed):.3f} (floor .95; ConText .930)"


def nubes_gold(start: int, end: int, spans: list[list[Any]]) -> Assertion:
    """Return what NUBes says of a disorder: the kind of the marker whose scope holds it."""
    kinds = {"Neg": Assertion.ABSENT, "Unc": Assertion.UNCERTAIN}
    marks = [(a, b, kinds[k[:3]]) for k, a, b in spans if k.endswith("Marker")]
    scopes = [(a, b) for k, a, b in spans if k == "Phrase" and a <= start and end <= b and (a, b) != (start, end)]
    left, right = scopes[0] if scopes else (start, end)
    inner = [kind for a, b, kind in marks if a >= left and b <= start]
    if inner:
        return inner[-1]
    before = [m for m in marks if m[1] <= left + 1 or m[0] < left]
    after = [m for m in marks if m[0] >= right - 1]
    if before:
        mark = before[-1]
        coordinated = any(k in ("CoordItem", "PolItem") and mark[1] - 1 <= a and b <= left + 1 for k, a, b in spans)
        if left - mark[1] <= 3 or coordinated:
            return mark[2]
    if after and (after[0][0] - right <= 3 or not before):
        return after[0][2]
    return before[-1][2] if before else Assertion.PRESENT


def nubes_lines(data: Path) -> Iterator[str]:
    """Yield negation and uncertainty F1 on NUBes's disorder mentions; its scheme is the cautious one."""
    pairs: Counter[Pair] = Counter()
    for row in rows(data / "reports" / "nubes" / "dev.jsonl"):
        spans = [(a, b) for kind, a, b in row["spans"] if kind == "DISO"]
        for span, verdict in zip(spans, assert_spans(row["sentence"], "es", spans, cautious=True), strict=True):
            pairs[nubes_gold(*span, row["spans"]), verdict.assertion] += 1
    for a, name, floor in ((Assertion.ABSENT, "negation", ".93"), (Assertion.UNCERTAIN, "uncertainty", ".80")):
        wrong = sum(n for (g, h), n in pairs.items() if h is a is not g)
        missed = sum(n for (g, h), n in pairs.items() if g is a is not h)
        yield f"NUBes {name} F1 {f1(pairs[a, a], wrong, missed):.3f} (floor {floor})"


def snippet_lines(folder: Path) -> Iterator[str]:
    """Yield macro-F1 on the snippets that were frozen before the rules saw them."""
    names = dict(zip(CODES, OBSERVATIONS[1:], strict=True))
    reports: list[list[Pair]] = []
    for language, found in tomllib.loads((folder / "snippets.toml").read_text(encoding="utf-8")).items():
        for text, marks in found:
            want: dict[str, Assertion] = {}
            for mark in marks.split():
                want.setdefault(names[mark[1:]], SIGNS[mark[0]])
            got = label_report(text, language).labels
            reports.append([(want.get(o), got[o]) for o in names.values()])
    low, high = interval(reports)
    yield f"Frozen snippets ({len(reports)}): macro-F1 {macro(reports):.3f} ({low:.3f}–{high:.3f}); at first run .974"


def speed_lines(data: Path) -> Iterator[str]:
    """Yield reports per second on one core, start-up, memory, and growth with length."""
    texts = [f"{r['findings']}\n\n{r['impression']}" for r in rows(data / "reports" / "openi" / "reports.jsonl")]
    start = time.process_time()
    for text in texts:
        label_report(text, "en")
    yield f"{len(texts) / (time.process_time() - start):.0f} reports/s/core (floor 1,000)"
    code = (
        "import resource, time; t = time.process_time()\n"
        "from cxrforge.labels.labeler import label_report\n"
        "label_report('No effusion.', 'en')\n"
        "print(f'start-up {time.process_time() - t:.2f} s of CPU (floor 1), '\n"
        "      f'{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB (floor 300)')"
    )
    yield subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    sentence = "No effusion or possible pneumonia and the heart is normal in size. "
    short, long = (sentence * 15)[:1000], (sentence * 15_000)[:1_000_000]
    once, often = [], []
    for _ in range(3):  # the least of three each: the machine is not ours alone
        often.append(cpu_seconds(lambda: [label_report(short, "en") for _ in range(1000)]))
        once.append(cpu_seconds(lambda: label_report(long, "en")))
    yield f"1 MB report {min(once):.1f} s, a thousand 1 kB reports {min(often):.1f} s (least of three runs)"
    many = lines_run(lambda: [label_report(short, "en") for _ in range(100)])
    one = lines_run(lambda: label_report(long[:100_000], "en"))
    yield f"Lines of Python run, which no other work disturbs: 100 kB report {one:,}, a hundred 1 kB reports {many:,}"


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU time of `work`."""
    start = time.process_time()
    work()
    return time.process_time() - start


def lines_run(work: Callable[[], object]) -> int:
    """Return how many lines of Python `work` runs."""
    count = 0

    def count_line(*_: object) -> object:
        nonlocal count
        count += 1
        return count_line

    before = sys.gettrace()
    sys.settrace(count_line)  # type: ignore[arg-type]
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def main() -> None:
    """Print every figure; with --write, also as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", default=os.environ.get("CXRFORGE_SHARED_DATA"), type=Path)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--peer", default=sys.executable, help="An interpreter that has medspaCy.")
    options = parser.parse_args()
    golden = Path(__file__).resolve().parents[1] / "tests" / "labels" / "golden"
    parts = {
        "Gold reports": gold_lines(options.data / "reports" / "gold", "the gold reports"),
        "Second set": gold_lines(golden, "the second set", FIRST_RUN),
        "Open-i": openi_lines(options.data, options.peer),
        "Assertion": (line for lines in (negex_lines, nubes_lines) for line in (*lines(options.data), "")),
        "Snippets": snippet_lines(golden),
        "Speed": (line for text in speed_lines(options.data) for line in (text, "")),
    }
    intervals = "95 %: bootstrap over reports for F1, Wilson for precision and recall"
    page = ["# Labels: what is measured", "", f"Generated by `benchmarks/labels.py`; intervals are {intervals}.", ""]
    for title, lines in parts.items():
        page += [f"## {title}", "", *lines, ""]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(page)).strip() + "\n"
    print(text)
    if options.write:
        options.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
