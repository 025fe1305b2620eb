"""What an audit's readings say, as rows of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cxrforge.formats.words import number, percent


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """How far one reader is."""

    name: str
    qualification: str
    done: int
    left: int


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label against its readers, positive against the rest; intervals are at 95 %."""

    name: str
    counts: str  # true positive, false positive, false negative
    precision: str
    recall: str
    f1: str
    more: str  # positives that are still to be read until the floor is proved
    agreement: str  # of the readers, where items were read twice


@dataclass(frozen=True, slots=True)
class AuditResultsPage:
    """An audit's progress and results; `facts` are name and value, `labels` empty unless labels were read."""

    id: str
    title: str
    simulated: bool
    facts: tuple[tuple[str, str], ...]
    readers: tuple[ReaderRow, ...]
    labels: tuple[LabelRow, ...]
    next_step: str


def results_page(found: Mapping[str, Any], title: str, names: Mapping[str, str]) -> AuditResultsPage:
    """Return the context of an audit's page from its statistics; `names` of people by their ids."""
    results = found.get("results") or {}
    readers = [
        ReaderRow(names.get(r["reader"], r["reader"]), r["qualification"], r["done"], r["left"])
        for r in found["readers"]
    ]
    return AuditResultsPage(
        id=found["audit"],
        title=title,
        simulated=bool(found["simulated"]),
        facts=(*_progress(found), *_identifiers(results)),
        readers=tuple(readers),
        labels=tuple(_label(name, row) for name, row in results.get("labels", {}).items()),
        next_step=results.get("next", ""),
    )


def _progress(found: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return (
        ("drawn", f"{number(found['sampled'])} of {number(found['population'])}"),
        ("still to be read", number(found["left"])),
        ("hours of reading left", number(round(found["hours_left"], 1))),
        ("seconds for each reading", number(round(found["seconds_per_reading"]))),
    )


def _identifiers(results: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the bound on what is left, and how well planted items were seen."""
    if "upper_bound" not in results:
        return ()
    bound, seen = results["upper_bound"], results["sensitivity"]
    told = [
        ("items with an identifier", f"{number(results['hits'])} of {number(results['read'])} read"),
        ("share with one left, at most (95 %)", "not known yet" if bound is None else percent(bound)),
        ("wanted, at most", percent(results["wanted"])),
    ]
    if results["more_to_read"] is not None:
        told.append(("more to read to prove it", number(results["more_to_read"])))
    if seen["planted"]:
        interval = f"{percent(seen['low'])} to {percent(seen['high'])}"
        told.append(("planted items found", f"{seen['found']} of {seen['planted']} ({interval})"))
    return tuple(told)


def _label(name: str, row: Mapping[str, Any]) -> LabelRow:
    positive, readers = row["positive"], row["readers"]
    more = row["more_positives_to_reach_floor"]
    counts = (positive["true_positive"], positive["false_positive"], positive["false_negative"])
    return LabelRow(
        name=name,
        counts=" / ".join(number(round(n, 1)) for n in counts),
        precision=_estimate(positive["precision"]),
        recall=_estimate(positive["recall"]),
        f1=_estimate(positive["f1"]),
        more="–" if more is None else number(more),
        agreement=_agreement(readers) if readers else "–",
    )


def _estimate(found: Mapping[str, Any]) -> str:
    value, low, high = found["value"], found["low"], found["high"]
    if value is None:
        return "–"
    return f"{value:.2f}" + ("" if low is None or high is None else f" ({low:.2f} to {high:.2f})")


def _agreement(readers: Mapping[str, Any]) -> str:
    """Return every coefficient of the readers' agreement that is a number."""
    told = [f"{name.replace('_', ' ')} {value:.2f}" for name, value in readers.items() if isinstance(value, float)]
    return ", ".join(told) or "–"
