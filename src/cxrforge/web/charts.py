"""Bar charts as plain geometry; templates draw them as SVG, style sheets colour them for screen and paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cxrforge.formats.words import number

WITHHELD = "withheld"
_ROW, _BAR, _TOP = 24, 15, 4
LABEL_WIDTH, PLOT_WIDTH, NOTE_WIDTH = 190, 280, 70


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: from `x`, `width` wide, in pixels of the drawing; `kind` names its colour."""

    x: float
    width: float
    kind: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a chart: its label, its segments, the number written beside it."""

    label: str
    segments: tuple[Segment, ...]
    note: str
    y: float


@dataclass(frozen=True, slots=True)
class BarChart:
    """Lying bars under a title; `legend` maps kinds of segments to words where there is more than one."""

    name: str
    title: str
    bars: tuple[Bar, ...]
    caption: str = ""
    legend: tuple[tuple[str, str], ...] = ()

    @property
    def width(self) -> int:
        """Return the width of the drawing in pixels."""
        return LABEL_WIDTH + PLOT_WIDTH + NOTE_WIDTH

    @property
    def height(self) -> int:
        """Return the height of the drawing in pixels."""
        return _TOP + _ROW * len(self.bars) + _TOP

    @property
    def thickness(self) -> int:
        """Return the thickness of a bar in pixels."""
        return _BAR

    @property
    def label_end(self) -> int:
        """Return where labels end."""
        return LABEL_WIDTH - 8


def bars(name: str, title: str, counts: Iterable[tuple[str, int | None]], caption: str = "") -> BarChart:
    """Draw one bar for each count; None is shown as withheld, without a bar."""
    rows = list(counts)
    most = max((n for _, n in rows if n), default=1)
    drawn = []
    for place, (label, n) in enumerate(rows):
        width = PLOT_WIDTH * (n or 0) / most
        segments = (Segment(LABEL_WIDTH, round(width, 1), "main"),) if n else ()
        drawn.append(Bar(label, segments, WITHHELD if n is None else number(n), _TOP + _ROW * place))
    return BarChart(name, title, tuple(drawn), caption)


def stacked(
    name: str,
    title: str,
    rows: Iterable[tuple[str, Mapping[str, int]]],
    kinds: tuple[tuple[str, str], ...],
    caption: str = "",
) -> BarChart:
    """Draw one bar for each row, cut into `kinds` (kind, word); the number beside it is their sum."""
    found = list(rows)
    most = max((sum(counts.get(kind, 0) for kind, _ in kinds) for _, counts in found), default=0) or 1
    drawn = []
    for place, (label, counts) in enumerate(found):
        segments, x = [], float(LABEL_WIDTH)
        for kind, _ in kinds:
            width = PLOT_WIDTH * counts.get(kind, 0) / most
            if width:
                segments.append(Segment(round(x, 1), round(width, 1), kind))
            x += width
        total = sum(counts.get(kind, 0) for kind, _ in kinds)
        drawn.append(Bar(label, tuple(segments), number(total), _TOP + _ROW * place))
    return BarChart(name, title, tuple(drawn), caption, kinds)
