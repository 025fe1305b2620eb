"""Where the workspace stands, counted by the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import sqlalchemy as sa

from cxrforge.catalogue.decisions import accepted, is_open
from cxrforge.catalogue.schema import document, file, image, issue, label, outcome, study
from cxrforge.catalogue.withdrawals import not_withdrawn
from cxrforge.records import OBSERVATIONS

Key = TypeVar("Key")
Counts = dict[str, dict[str, int]]
"""Site to name to number."""

_IN = ("accepted", "review")
_CANDIDATE = (study.c.state.in_(_IN), study.c.stopped.is_(False), *not_withdrawn())
"""What pairing or a register stopped, or was withdrawn, is no candidate, whatever earlier runs made of it."""
_KEPT_ROLES = ("primary", "lateral")
_DEPTH_CODES = ("image-depth-effective",)
_VIEW_CODES = ("image-view-contradiction", "image-view-unknown")


def file_counts(connection: sa.Connection) -> Counts:
    """Return for each site how many files were found, taken and turned away, and the same for reports and images."""
    counts: Counts = defaultdict(lambda: defaultdict(int))
    for site, state, number in connection.execute(_grouped(file, file.c.state)):
        counts[site]["files_found"] += number
        counts[site][f"files_{_plain(state)}"] += number
    for site, state, number in connection.execute(_grouped(document, document.c.state)):
        counts[site]["reports_found"] += number
        counts[site][f"reports_{_plain(state)}"] += number
    for site, number in connection.execute(sa.select(image.c.site, sa.func.count()).group_by(image.c.site)):
        counts[site]["images_found"] += number
    return counts


def study_counts(connection: sa.Connection) -> Counts:
    """Return for each site the number of studies in each state."""
    counts: Counts = defaultdict(lambda: defaultdict(int))
    for site, state, number in connection.execute(_grouped(study, study.c.state).where(*not_withdrawn())):
        counts[site][_plain(state or "pending")] += number
    return counts


def issue_counts(connection: sa.Connection) -> list[tuple[str, str, str, str, int]]:
    """Return (site, kind, level, code, number of items), the most frequent first, without what a person decided on."""
    number = sa.func.count(sa.distinct(issue.c.entity)).label("number")
    query = sa.select(issue.c.site, issue.c.kind, issue.c.level, issue.c.code, number)
    query = query.where(sa.or_(issue.c.level != "review", is_open()))
    query = query.group_by(issue.c.site, issue.c.kind, issue.c.level, issue.c.code)
    rows = [(str(r[0]), str(r[1]), str(r[2]), str(r[3]), int(r[4])) for r in connection.execute(query)]
    return sorted(rows, key=lambda row: (-row[4], row))


def stage_counts(connection: sa.Connection) -> Counts:
    """Return for each stage the number of items in each state."""
    counts: Counts = defaultdict(lambda: defaultdict(int))
    query = sa.select(outcome.c.stage, outcome.c.state, sa.func.count()).group_by(outcome.c.stage, outcome.c.state)
    for stage, state, number in connection.execute(query):
        counts[stage][_plain(state)] += number
    return counts


def set_aside(connection: sa.Connection, tries: int) -> dict[str, int]:
    """Return for each stage how many items failed `tries` times, so that a run leaves them alone."""
    query = sa.select(outcome.c.stage, sa.func.count()).where(outcome.c.state == "failed", outcome.c.tries >= tries)
    query = query.group_by(outcome.c.stage).order_by(outcome.c.stage)
    return {stage: int(number) for stage, number in connection.execute(query)}


def candidate_image_counts(connection: sa.Connection, least_side: int, bits: int) -> Counts:
    """Return for each site counts over the images of candidate studies: what criteria about images look at."""
    labelled = _labelled()
    made = _finished("deidentify-image")
    of_depth, of_view = (accepted(codes).subquery() for codes in (_DEPTH_CODES, _VIEW_CODES))
    waits = _open_quality().subquery()
    doubted = image.c.quality.in_(("review", "fail"))
    columns = {
        "images": sa.func.count(),
        "images_matrix_met": _sum(image.c.least_side >= least_side),
        "images_depth_met": _sum(
            sa.and_(image.c.bits_stored >= bits, sa.or_(image.c.depth_used.is_(True), _has(of_depth)))
        ),
        "images_pixel_deidentified": _sum(image.c.pixels_examined.is_(True)),
        "images_quality_passed": _sum(image.c.quality == "pass"),
        "images_quality_waiting": _sum(sa.and_(doubted, _has(waits))),
        "images_quality_reviewed": _sum(sa.and_(doubted, waits.c.entity.is_(None))),
        "images_header_deidentified": _sum(_has(made)),
        "images_labelled": _sum(labelled.c.study.is_not(None)),
        "confirmed_pa": _sum(
            sa.and_(image.c.role == "primary", sa.or_(image.c.view_confirmed.is_(True), _has(of_view)))
        ),
    }
    query = sa.select(image.c.site, *(c.label(name) for name, c in columns.items()))
    query = query.join(study, study.c.id == image.c.study)
    query = query.outerjoin(labelled, labelled.c.study == study.c.id)
    for joined in (made, of_depth, of_view, waits):
        query = query.outerjoin(joined, joined.c.entity == image.c.id)
    query = query.where(*_CANDIDATE, image.c.role.in_(_KEPT_ROLES)).group_by(image.c.site)
    return {row.site: {name: int(row._mapping[name] or 0) for name in columns} for row in connection.execute(query)}


def _open_quality() -> sa.Select[Any]:
    """Return the images whose quality waits for a person."""
    query = sa.select(issue.c.entity).where(issue.c.kind == "image", issue.c.code.like("image-quality-%"))
    return query.where(issue.c.level == "review", is_open()).distinct()


def candidate_study_counts(connection: sa.Connection) -> Counts:
    """Return for each site counts over its candidate studies: laterals, ages, vendors known."""
    with_lateral = sa.select(image.c.study).where(image.c.role == "lateral").distinct().subquery()
    labelled = _labelled()
    made = _finished("deidentify-report")
    columns = {
        "studies": sa.func.count(),
        "accepted_studies": _sum(study.c.state == "accepted"),
        "studies_with_pa": _sum(study.c.primary_image.is_not(None)),
        "studies_with_lateral": _sum(with_lateral.c.study.is_not(None)),
        "studies_labelled": _sum(labelled.c.study.is_not(None)),
        "reports": _sum(study.c.report_input.is_not(None)),
        "reports_deidentified": _sum(_has(made)),
        "reports_with_sections": _sum(sa.and_(_has(made), study.c.sections_derived.is_not(None))),
        "sections_derived": _sum(study.c.sections_derived.is_(True)),
        "studies_paediatric": _sum(study.c.paediatric.is_(True)),
        "studies_without_age": _sum(study.c.paediatric.is_(None)),
        "studies_with_demographics": _sum(study.c.indication.is_not(None)),
        "studies_without_vendor": _sum(study.c.manufacturer.is_(None)),
    }
    query = sa.select(study.c.site, *(c.label(name) for name, c in columns.items()))
    query = query.outerjoin(with_lateral, with_lateral.c.study == study.c.id)
    query = query.outerjoin(labelled, labelled.c.study == study.c.id)
    query = query.outerjoin(made, made.c.entity == study.c.id)
    query = query.where(*_CANDIDATE).group_by(study.c.site)
    return {row.site: {name: int(row._mapping[name] or 0) for name in columns} for row in connection.execute(query)}


def candidate_histogram(connection: sa.Connection, column: str) -> dict[str, dict[Any, int]]:
    """Return for each site how many candidate studies have each value of a study column; null is left out."""
    counts: dict[str, dict[Any, int]] = defaultdict(dict)
    chosen = study.c[column]
    query = sa.select(study.c.site, chosen, sa.func.count()).where(*_CANDIDATE, chosen.is_not(None))
    for site, value, number in connection.execute(query.group_by(study.c.site, chosen)):
        counts[site][value] = number
    return counts


def label_counts(connection: sa.Connection) -> dict[str, dict[str, int]]:
    """Return for each observation how many candidate studies carry each assertion.

    Those of the few other studies are subtracted from all: an index holds the sum of all, a join asks for every row.
    """
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    every = sa.select(label.c.observation, label.c.assertion, sa.func.count())
    every = every.group_by(label.c.observation, label.c.assertion)
    others = sa.or_(study.c.state.is_(None), sa.not_(sa.and_(*_CANDIDATE)))
    not_in = every.select_from(study).join(label, label.c.study == study.c.id).where(others)
    for sign, query in ((1, every), (-1, not_in)):
        for observation, assertion, number in connection.execute(query):
            counts[observation][assertion or "not mentioned"] += sign * number
    return {name: {word: n for word, n in row.items() if n} for name, row in counts.items()}


def _labelled() -> Any:
    """Return the studies that have labels; the fourteen are written together, so one tells."""
    return sa.select(label.c.study).where(label.c.observation == OBSERVATIONS[0]).subquery()


def _finished(stage: str) -> Any:
    """Return the entities that a stage let go on and nobody has to look at any more."""
    waits = sa.exists().where(
        issue.c.entity == outcome.c.entity, issue.c.stage == stage, issue.c.level == "review", is_open()
    )
    through = sa.or_(outcome.c.state == "done", sa.and_(outcome.c.state == "review", ~waits))
    return sa.select(outcome.c.entity).where(outcome.c.stage == stage, through).subquery()


def _has(joined: Any) -> Any:
    return joined.c.entity.is_not(None)


def _grouped(table: sa.Table, column: Any) -> Any:
    return sa.select(table.c.site, column, sa.func.count()).group_by(table.c.site, column)


def _sum(condition: Any) -> Any:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _plain(state: str) -> str:
    return state.replace("-", "_").replace(" ", "_")


def totals(counts: Iterable[Mapping[Key, int]]) -> dict[Key, int]:
    """Return the sums over sites."""
    total: dict[Key, int] = defaultdict(int)
    for row in counts:
        for name, number in row.items():
            total[name] += number
    return dict(total)
