"""The state page: how far the dataset is, which criteria are short, and what its studies are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from cxrforge.formats.statistics import TOTAL, Suppressed
from cxrforge.formats.words import category_word, number, state_value
from cxrforge.overview import Overview
from cxrforge.records import CriterionState
from cxrforge.standing import Reason
from cxrforge.web.access import Visitor, reader
from cxrforge.web.charts import BarChart, bars, stacked
from cxrforge.web.pages.rendering import render, shell

router = APIRouter()
_WAIT_S = 4.0
_TITLES = {
    "year": "Year of acquisition",
    "manufacturer": "Scanner manufacturer",
    "age_decade": "Age decade",
    "sex": "Sex",
    "indication": "Indication",
    "view": "View, as the header tells it",
    "quality": "Quality verdict",
}
_ORDERED = ("year", "age_decade")
_STATES = (("accepted", "accepted"), ("review", "waiting"), ("turned_away", "turned away"), ("pending", "pending"))
_ASSERTIONS = (("present", "positive"), ("uncertain", "uncertain"), ("absent", "negative"))


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site's studies by state."""

    site: str
    accepted: int
    waiting: int
    turned_away: int
    pending: int


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """A criterion in words; `where` names the sites that are short and by how much."""

    id: str
    title: str
    level: str
    met: bool
    value: str
    threshold: str
    explanation: str
    where: str
    next_step: str


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """Why items wait or were turned away, over the sites that the visitor sees."""

    code: str
    kind: str
    items: int
    meaning: str
    next_step: str


@dataclass(frozen=True, slots=True)
class StatePage:
    """What the template shows.

    `age_s` is how old the counts are, None when they stand; `narrowed` the sites of a site manager.
    """

    age_s: int | None
    accepted: int
    target: int
    share: float
    narrowed: tuple[str, ...] | None
    sites: tuple[SiteRow, ...]
    progress: BarChart
    criteria: tuple[CriterionRow, ...]
    met: int
    waiting: tuple[ReasonRow, ...]
    turned_away: tuple[ReasonRow, ...]
    charts: tuple[BarChart, ...]
    stages: tuple[tuple[str, Mapping[str, int]], ...]


@router.get("/state", response_class=HTMLResponse)
def state(who: Annotated[Visitor, Depends(reader("see-state"))]) -> HTMLResponse:
    """Show the state; the part that changes keeps itself fresh."""
    return render("state.html", shell("State", who, "/state"), _page(who))


@router.get("/state/live", response_class=HTMLResponse)
def live(who: Annotated[Visitor, Depends(reader("see-state"))]) -> HTMLResponse:
    """Return the part of the state page that changes."""
    return render("state_live.html", None, _page(who))


def _page(who: Visitor) -> StatePage | None:
    snapshot = who.room.snapshots.latest(_WAIT_S)
    if snapshot is None:
        return None
    age_s = None if who.room.snapshots.is_current(snapshot) else max(0, int(who.room.clock() - snapshot.at))
    return state_page(snapshot.overview, who.sites, age_s)


def state_page(found: Overview, narrowed: tuple[str, ...] | None, age_s: int | None) -> StatePage:
    """Return the page's context; with `narrowed`, nothing in it counts another site's items."""
    standing = found.standing
    shown = [s.id for s in standing.sites if narrowed is None or s.id in narrowed]
    sites = tuple(_site_row(site, standing.studies.get(site, {})) for site in shown)
    volume = next(c for c in standing.criteria if c.id == "volume")
    accepted, target = sum(s.accepted for s in sites), int(volume.threshold or 0)
    criteria = tuple(_criterion(c, narrowed) for c in standing.criteria)
    reasons = [r for r in standing.reasons if r.site in shown]
    return StatePage(
        age_s=age_s,
        accepted=accepted,
        target=target,
        share=min(1.0, accepted / target) if target else 1.0,
        narrowed=narrowed,
        sites=sites,
        progress=stacked("sites", "Studies by site", [(s, standing.studies.get(s, {})) for s in shown], _STATES),
        criteria=criteria,
        met=sum(c.met for c in criteria),
        waiting=_reasons(reasons, "review"),
        turned_away=_reasons(reasons, "turned-away"),
        charts=_charts(found, shown, narrowed),
        stages=tuple(standing.stages.items()) if narrowed is None else (),
    )


def _site_row(site: str, states: Mapping[str, int]) -> SiteRow:
    return SiteRow(site, *(states.get(name, 0) for name, _ in _STATES))


def _criterion(state: CriterionState, narrowed: tuple[str, ...] | None) -> CriterionRow:
    value, threshold = state_value(state)
    met, explanation = state.met, state.explanation
    rows = [s for s in state.sites if narrowed is None or s.site in narrowed]
    if narrowed is not None:
        met = all(s.met for s in rows) if rows else state.met
        value = ""
        explanation = "Met here." if met else "Short here." if rows else "Decided for the whole dataset."
    short = [s for s in rows if not s.met]
    where = ", ".join(f"{s.site} ({number(s.short_by)})" if s.short_by else s.site for s in short)
    next_step = "" if met else state.next_step
    return CriterionRow(state.id, state.title, state.level, met, value, threshold, explanation, where, next_step)


def _reasons(reasons: list[Reason], level: str) -> tuple[ReasonRow, ...]:
    items: Counter[tuple[str, str, str, str]] = Counter()
    for row in reasons:
        if row.level == level:
            items[(row.code, row.kind, row.meaning, row.next_step)] += row.items
    ordered = sorted(items.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(ReasonRow(code, kind, n, meaning, step) for (code, kind, meaning, step), n in ordered)


def _charts(found: Overview, shown: list[str], narrowed: tuple[str, ...] | None) -> tuple[BarChart, ...]:
    charts = []
    for name, table in found.studies.items():
        counts = _totals(table, shown) if narrowed is not None else table.totals
        rows = [(category_word(name, c), n) for c, n in counts.items() if c != TOTAL]
        charts.append(_chart(name, rows, "Studies; counts under 10, and what would tell them, are withheld."))
    for name, by_site in found.images.items():
        sums: Counter[str] = Counter()
        for site in shown:
            sums.update(by_site.get(site, {}))
        charts.append(_chart(name, sorted(sums.items()), "Images."))
    if narrowed is None:
        caption = "Studies; the rest do not mention the observation."
        charts.append(stacked("labels", "What the reports say", found.standing.labels.items(), _ASSERTIONS, caption))
    return tuple(c for c in charts if c.bars)


def _totals(table: Suppressed, sites: list[str]) -> dict[str, int | None]:
    """Return the sums over some sites; withheld wherever one of the parts is."""
    totals: dict[str, int | None] = {}
    for category in table.totals:
        parts = [table.cells.get(site, {}).get(category, 0) for site in sites]
        totals[category] = None if any(n is None for n in parts) else sum(n or 0 for n in parts)
    return totals


def _chart(name: str, rows: list[tuple[str, int | None]], caption: str) -> BarChart:
    ordered = rows if name in _ORDERED else sorted(rows, key=lambda row: (-(row[1] or 0), row[0]))
    return bars(name, _TITLES[name], ordered, caption)
