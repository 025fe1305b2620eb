"""Charts of a release as SVG, with the same bytes on every machine.

Vega-Lite specifications rendered by vl-convert, without a browser or the network. Liberation Sans comes with
vl-convert, so text is measured alike everywhere; it has Arial's metrics, so viewers without it show the same layout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import vl_convert

from cxrforge.formats.statistics import TOTAL, Suppressed

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
INK, QUIET, LINE = "#1d2b33", "#5b6b74", "#dde4e8"
BLUE, AMBER, GREY = "#1f6f8b", "#e09f3e", "#c3ced4"
POSITIVE, UNCERTAIN, NEGATIVE = "positive", "uncertain", "negative"
_WIDTH = 560
_CONFIG: Mapping[str, Any] = {
    "background": "white",
    "font": FONT,
    "padding": 8,
    "autosize": {"type": "fit-x", "contains": "padding"},
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": QUIET,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": LINE,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "labelLimit": 220,
    },
    "legend": {"labelColor": INK, "labelFontSize": 12, "title": None, "orient": "top", "symbolType": "square"},
    "title": {"color": INK, "fontSize": 15, "anchor": "start", "fontWeight": "bold", "offset": 12},
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: the stem of its file, what it shows in one sentence, and the SVG."""

    name: str
    caption: str
    svg: str


def column_chart(name: str, title: str, caption: str, counts: Sequence[tuple[str, int | None]]) -> Chart:
    """Draw standing bars for categories that have an order, such as years; withheld counts show no bar."""
    return _bars(name, title, caption, counts, standing=True)


def bar_chart(name: str, title: str, caption: str, counts: Sequence[tuple[str, int | None]]) -> Chart:
    """Draw lying bars, the longest on top, for categories without an order."""
    longest_first = sorted(counts, key=lambda item: (-(item[1] or 0), item[0]))
    return _bars(name, title, caption, longest_first, standing=False)


def label_chart(counts: Sequence[tuple[str, Mapping[str, int]]], name: str = "labels") -> Chart:
    """Draw the fourteen observations by what the reports say of them."""
    order = (POSITIVE, UNCERTAIN, NEGATIVE)
    values = [
        {"observation": observation, "says": says, "studies": found[says], "order": place}
        for observation, found in counts
        for place, says in enumerate(order)
    ]
    spec = {
        "data": {"values": values},
        "width": _WIDTH,
        "height": {"step": 22},
        "title": "What the reports say",
        "mark": {"type": "bar", "height": 14},
        "encoding": {
            "y": {
                "field": "observation",
                "type": "nominal",
                "sort": [o for o, _ in counts],
                "title": None,
                "axis": {"minExtent": 200},
            },
            "x": {"field": "studies", "type": "quantitative", "title": "studies", "axis": _count_axis(values)},
            "color": {
                "field": "says",
                "type": "nominal",
                "scale": {"domain": list(order), "range": [BLUE, AMBER, GREY]},
            },
            "order": {"field": "order", "type": "quantitative"},
        },
    }
    return Chart(name, "Labels by study; the rest of the studies do not mention the observation.", _render(spec))


def release_charts(
    labels: Sequence[tuple[str, Mapping[str, int]]],
    demographics: Mapping[str, Suppressed],
    coverage: Mapping[str, Suppressed],
) -> list[Chart]:
    """Draw what a data card shows: labels, and one chart for each aggregate that has a count to show."""
    charts = [label_chart(labels)] if any(any(found.values()) for _, found in labels) else []
    for group in (coverage, demographics):
        for name in sorted(group):
            words = _WORDS.get(name, {})
            counts = [(words.get(c, c), n) for c, n in group[name].totals.items() if c != TOTAL]
            if not any(n for _, n in counts):
                continue
            title = _TITLES.get(name, name.replace("_", " ").capitalize())
            withheld = sum(n is None for _, n in counts)
            caption = f"{title}, by study" + ("; small counts are withheld." if withheld else ".")
            draw = column_chart if name in _ORDERED else bar_chart
            charts.append(draw(name, title, caption, counts))
    return charts


_TITLES = {
    "year": "Year of acquisition",
    "manufacturer": "Scanner manufacturer",
    "age_decade": "Age decade",
    "sex": "Sex",
    "indication": "Indication",
    "language": "Language of the report",
}
_ORDERED = ("year", "age_decade")
_WORDS: Mapping[str, Mapping[str, str]] = {"sex": {"F": "female", "M": "male", "O": "other"}}


def _bars(name: str, title: str, caption: str, counts: Sequence[tuple[str, int | None]], *, standing: bool) -> Chart:
    values = [
        {"category": category, "studies": n or 0, "shown": "withheld" if n is None else f"{n:,}"}
        for category, n in counts
    ]
    category = {
        "field": "category",
        "type": "nominal",
        "sort": [c for c, _ in counts],
        "title": None,
        "axis": {"labelAngle": 0, "labelOverlap": standing, "grid": False, "minExtent": 0 if standing else 170},
    }
    amount = {"field": "studies", "type": "quantitative", "title": "studies", "axis": _count_axis(values)}
    places = {"x": category, "y": amount} if standing else {"y": category, "x": amount}
    note = {"dy": -7} if standing else {"dx": 5, "align": "left"}
    spec = {
        "data": {"values": values},
        "width": _WIDTH,
        "height": 180 if standing else {"step": 26},
        "title": title,
        "encoding": places,
        "layer": [
            {"mark": {"type": "bar", "color": BLUE, ("width" if standing else "height"): {"band": 0.7}}},
            {
                "mark": {"type": "text", "color": QUIET, "fontSize": 10 if standing else 11, **note},
                "encoding": {"text": {"field": "shown"}},
            },
        ],
    }
    return Chart(name, caption, _render(spec))


def _count_axis(values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return an axis in whole studies, with few ticks."""
    return {"tickMinStep": 1, "tickCount": 5, "format": ",d"} if values else {}


def _render(spec: Mapping[str, Any]) -> str:
    return vl_convert.vegalite_to_svg({"$schema": _SCHEMA, "config": _CONFIG, **spec}, allowed_base_urls=[])


_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
