"""The summary page: one self-contained HTML file that shows what came in, what came out, and what is short."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from cxrforge.formats.charts import release_charts
from cxrforge.formats.marked_text import marked_segments
from cxrforge.formats.release_content import Crosstab
from cxrforge.formats.statistics import suppress
from cxrforge.formats.words import count, number, percent, shortfall, size, state_value
from cxrforge.records import Assertion, Box, CriterionState, Mention
from cxrforge.tables import issue_codes

_COMMAND = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A number on top of the page: its value in words, what it counts, and one remark."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleImage:
    """A radiograph for the page: a small PNG, and what was redacted in pixels of the stored image."""

    png: bytes = field(repr=False)
    view: str
    rows: int
    columns: int
    redacted: tuple[Box, ...] = ()

    @property
    def source(self) -> str:
        """Return the PNG as a data URI."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A study for the page; the mentions' offsets point into `text`, the de-identified report."""

    study: str
    site: str
    images: Sequence[ExampleImage]
    text: str
    mentions: Sequence[Mention]
    labels: Mapping[str, Assertion | None]
    identifiers_removed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingImage:
    """A de-identified radiograph that a person has to look at, and why, in a few words each."""

    image: ExampleImage
    site: str
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTiming:
    """What a stage took: items done, and the time its work took over all workers."""

    stage: str
    items: int
    seconds: float

    @property
    def rate(self) -> float:
        """Return items a second, 0 where nothing was timed."""
        return self.items / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One figure against the known truth; `value` and `target` are shares where `unit` is empty."""

    name: str
    value: float | None
    target: float | None = None
    unit: str = ""
    at_most: bool = False
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Return whether the target is reached; None without a value or a target."""
        if self.value is None or self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    def words(self, figure: float | None) -> str:
        """Return a figure of this score in words."""
        if figure is None:
            return "–"
        return f"{number(figure)} {self.unit}".strip() if self.unit else percent(figure)


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryContent:
    """What the page shows. `demographics` and `coverage` are whole counts; small cells are withheld on the page.

    `turned_away` and `waiting` count items by issue code; `found`, `taken` count input files, and what is left was
    turned away. `labels` counts studies per observation, by `Assertion` or by the words that stand for it.
    """

    title: str
    release: str
    draft: bool
    subtitle: str = ""
    headlines: Sequence[Headline] = ()
    criteria: Sequence[CriterionState] = ()
    labels: Sequence[tuple[str, Mapping[str, int]]] = ()
    demographics: Mapping[str, Crosstab] = field(default_factory=dict)
    coverage: Mapping[str, Crosstab] = field(default_factory=dict)
    examples: Sequence[Example] = ()
    waiting_images: Sequence[WaitingImage] = ()
    found: int | None = None
    taken: int | None = None
    turned_away: Mapping[str, int] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    timings: Sequence[StageTiming] = ()
    scores: Sequence[Score] = ()
    simulated: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    smallest_cell: int = 10


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why items stay out or wait: the code, how many, what it means, what to do."""

    code: str
    items: int
    meaning: str
    next_step: str


def write_summary(path: Path, content: SummaryContent) -> None:
    """Write the page; an earlier one of that name is replaced at once and whole."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(summary_html(content), encoding="utf-8", newline="\n")
    partial.replace(path)


def summary_html(content: SummaryContent) -> str:
    """Return the page: inline style, inline charts and images, no script and no address to load from."""
    demographics = {name: suppress(table, content.smallest_cell) for name, table in content.demographics.items()}
    coverage = {name: suppress(table, content.smallest_cell) for name, table in content.coverage.items()}
    charts = release_charts(content.labels, demographics, coverage)
    return (
        _environment()
        .get_template("summary.html.j2")
        .render(
            content=content,
            states=[(state, *state_value(state)) for state in content.criteria],
            verdict=_verdict(content.criteria),
            charts=[(chart, Markup(chart.svg)) for chart in charts],
            withheld=any(table.withheld for table in (*demographics.values(), *coverage.values())),
            examples=[(example, marked_segments(example.text, example.mentions)) for example in content.examples],
            chips={example.study: _chips(example.labels) for example in content.examples},
            turned_away=_reasons(content.turned_away),
            waiting=_reasons(content.waiting),
            slowest=max((timing.seconds for timing in content.timings), default=0.0),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cxrforge.formats"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "percent": percent,
        "size": size,
        "seconds": _seconds,
        "shortfall": shortfall,
        "coded": _coded,
        "rate": _rate,
    }
    environment.globals["count"] = count
    return environment


def _verdict(states: Sequence[CriterionState]) -> dict[str, Any]:
    """Return how many criteria are met, and how many of each level are short."""
    return {
        "met": sum(state.met for state in states),
        "of": len(states),
        "blocking": sum(not state.met and state.level == "blocking" for state in states),
        "advisory": sum(not state.met and state.level != "blocking" for state in states),
    }


def _chips(labels: Mapping[str, Assertion | None]) -> list[tuple[str, str]]:
    """Return the labels that a report mentions, positive ones first."""
    words = {Assertion.PRESENT: "positive", Assertion.UNCERTAIN: "uncertain", Assertion.ABSENT: "negative"}
    order = list(words.values())
    said = [(name, words[label]) for name, label in labels.items() if label is not None]
    return sorted(said, key=lambda chip: order.index(chip[1]))


def _reasons(items: Mapping[str, int]) -> list[_Reason]:
    """Return the reasons, the most frequent first; a code without a row in the table stands for itself."""
    codes = issue_codes.load()
    reasons = [
        _Reason(code, n, codes[code].meaning if code in codes else code, codes[code].next_step if code in codes else "")
        for code, n in items.items()
    ]
    return sorted(reasons, key=lambda reason: (-reason.items, reason.code))


def _coded(text: str) -> Markup:
    """Return text with `commands` between backticks set as code."""
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(text))))


def _seconds(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 600:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def _rate(timing: StageTiming) -> str:
    rate = timing.rate
    if not rate:
        return "–"
    return f"{rate:,.0f} / s" if rate >= 100 else f"{rate:.1f} / s" if rate >= 1 else f"{rate:.2f} / s"
