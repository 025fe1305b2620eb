"""From the catalogue to a release: what goes in, whether it may, and how it came about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cxrforge import __version__
from cxrforge.auditing.published import published as published_audits
from cxrforge.catalogue import counts
from cxrforge.catalogue.database import Catalogue
from cxrforge.catalogue.decisions import quality_reviewed
from cxrforge.catalogue.holdings import sites
from cxrforge.catalogue.outcomes import pending
from cxrforge.catalogue.release_queries import (
    ReleaseImage,
    ReleaseStudy,
    crosstab,
    record_release,
    release_studies,
    releases,
    stopped_studies,
    studies_at,
    studies_of,
)
from cxrforge.catalogue.withdrawals import record_members, tombstones
from cxrforge.config import Settings
from cxrforge.errors import ReleaseRefusedError, UsageError
from cxrforge.formats.release_content import Contributor, Crosstab, ImageFile, Provenance, ReleaseContent
from cxrforge.formats.release_tables import ImageRow, LabelRow, QualityRow, ReportRow, SplitRow, StudyRow
from cxrforge.formats.release_tree import ReleaseSummary, write_release
from cxrforge.formats.splits import SplitPatient, assign_splits, leave_one_site_out, patients_in_two_splits
from cxrforge.governance.published import published_papers
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import Assertion, Box, CriterionState, Mention
from cxrforge.stages import STAGES
from cxrforge.stages.deidentify_image import image_key
from cxrforge.stages.label import compose
from cxrforge.standing import standing
from cxrforge.store import Store
from cxrforge.tables import criteria, profile

_ACCEPTED, _WAITING = ("accepted",), ("accepted", "review")


def build_release(
    catalogue: Catalogue,
    store: Store,
    settings: Settings,
    pseudonyms: Pseudonymizer,
    target: Path,
    *,
    name: str,
    version: str,
    title: str = "",
    simulated: tuple[str, ...] = (),
    day: str,
    published: str = "",
    without: tuple[str, ...] = (),
    final: bool = False,
    allow_unmet: bool = False,
    advance: Callable[[int], None] = lambda step: None,
) -> ReleaseSummary:
    """Write a release, or refuse it and say what is short.

    Papers and registers are judged by `day` (YYYY-MM-DD); `published` is printed as the release's date; sites in
    `without` stay out, such as those whose papers are not in force.

    A draft (`allow_unmet`) is marked as such and takes in studies that wait for a person; what was turned away or is
    unfinished never goes in. A release that is not a draft holds accepted studies alone.
    """
    with catalogue.read() as connection:
        content = release_content(
            connection,
            store,
            settings,
            pseudonyms,
            name=name,
            version=version,
            title=title,
            simulated=simulated,
            day=day,
            published=published,
            without=without,
            final=final,
            draft=allow_unmet,
        )
    refuse_unless_fit(content.criteria, allow_unmet)
    if not content.studies:
        raise ReleaseRefusedError("no study may go in", next_step="See `cxrforge status`.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with catalogue.read() as connection:
        known = {(row["name"], row["version"]) for row in releases(connection)}
    # one that stands there and is not known was written by a build that was killed before it could record it
    summary = write_release(target, content, again=(name, version) not in known, advance=advance)
    with catalogue.write() as connection:
        record_release(
            connection,
            name,
            version,
            draft=summary.draft,
            studies=summary.studies,
            images=summary.images,
            checksums=summary.digest,
        )
        record_members(connection, name, version, Counter((s.patient, s.site) for s in content.studies))
    return replace(summary, criteria=tuple(content.criteria))


def unfinished_studies(connection: sa.Connection, settings: Settings) -> set[str]:
    """Return the studies that wait for a stage, on themselves or on an image.

    What stands of them in catalogue and store was made from other files, another version or another configuration.
    """
    found: set[str] = set()
    for stage in STAGES:
        waiting = pending(
            connection,
            stage.name,
            stage.kind,
            after=stage.after,
            gathers=stage.gathers,
            version=stage.version,
            config_hash=settings.digest(stage.settings),
            tries=0,
        )
        entities = [p.entity for p in waiting]
        found.update(studies_of(connection, entities) if stage.kind == "image" else entities)
    return found


def refuse_unless_fit(criteria: Sequence[CriterionState], allow_unmet: bool) -> None:
    """Raise `ReleaseRefusedError` when a blocking criterion is short and no draft is asked for."""
    short = [state for state in criteria if state.level == "blocking" and not state.met]
    if short and not allow_unmet:
        raise ReleaseRefusedError(
            "the release is refused",
            expected="every blocking criterion met",
            found="short: " + ", ".join(state.id for state in short),
            next_step="See `cxrforge status`, or build a draft with --allow-unmet.",
        )


def release_content(
    connection: sa.Connection,
    store: Store,
    settings: Settings,
    pseudonyms: Pseudonymizer,
    *,
    name: str,
    version: str,
    title: str,
    simulated: tuple[str, ...],
    day: str,
    published: str,
    without: tuple[str, ...],
    final: bool,
    draft: bool,
) -> ReleaseContent:
    """Return everything that goes into a release, as rows."""
    every_site = {site.id for site in sites(connection)}
    if not set(without) <= every_site:
        raise UsageError("a site to leave out is unknown", expected=", ".join(sorted(every_site)) or "a site")
    states = _WAITING if draft else _ACCEPTED
    unfinished = unfinished_studies(connection, settings) - studies_at(connection, without)
    if unfinished and not draft:
        raise ReleaseRefusedError(
            "the release is refused",
            expected="every study worked on as it was last taken in and configured",
            found=f"{len(unfinished)} studies with work pending",
            next_step="Run the stages with `cxrforge run`, or build a draft with --allow-unmet.",
        )
    kept_out = unfinished | stopped_studies(connection)
    chosen = release_studies(connection, states)
    studies = [s for s in chosen if s.id not in kept_out and s.site not in without]
    splits = _splits(studies, pseudonyms)
    state = standing(
        connection, settings, day, without=without, split_twice=patients_in_two_splits(splits), final=final
    )
    papers = published_papers(connection, settings, day, without)
    named = settings.contributors
    read = published_audits(
        connection,
        criteria.resolve_thresholds(settings.criteria),
        {s.id: {i.id for i in s.images} for s in studies},
        without,
    )
    reviewed = quality_reviewed(connection)
    return ReleaseContent(
        name=name,
        version=version,
        title=title or name,
        draft=draft,
        studies=[_study_row(s) for s in studies],
        images=[_image_file(s, i, store, pseudonyms) for s in studies for i in s.images],
        reports=[_report_row(s) for s in studies],
        labels=[_label_row(s, i) for s in studies for i in s.images],
        quality=[row for s in studies for i in s.images for row in _quality_rows(s, i, i.id in reviewed)],
        label_audit=read.label_audit,
        phi_audit=read.phi_audit,
        readings=read.readings,
        boxes=read.boxes,
        splits=splits,
        criteria=state.criteria,
        thresholds=criteria.resolve_thresholds(settings.criteria),
        demographics={c: _crosstab(connection, c, states, without) for c in ("age_decade", "sex", "indication")},
        coverage={c: _crosstab(connection, c, states, without) for c in ("year", "manufacturer")},
        turned_away=counts.totals(
            {reason.code: reason.items}
            for reason in state.reasons
            if reason.level == "turned-away" and reason.site not in without
        ),
        governance=papers.states,
        documents=papers.documents,
        waivers=papers.waivers,
        tombstones=tombstones(connection, name, version),
        release_class=settings.release_class,
        key_rule=settings.release_key_rule,
        contributors=[
            Contributor(site=site.id, country=site.country, **named.get(site.id, {}))
            for site in sites(connection)
            if site.id not in without
        ],
        provenance=_provenance(settings, (*simulated, *read.simulated)),
        licence=settings.release_licence,
        citation=settings.release_citation,
        description=settings.release_description,
        published=published,
    )


def _crosstab(connection: sa.Connection, column: str, states: Sequence[str], without: tuple[str, ...]) -> Crosstab:
    return {site: row for site, row in crosstab(connection, column, states).items() if site not in without}


def _study_row(study: ReleaseStudy) -> StudyRow:
    primary = next((i.id for i in study.images if i.role == "primary"), None)
    return StudyRow(
        study=study.id,
        patient=study.patient,
        site=study.site,
        primary_image=primary,
        report=_report_name(study),
        images=len(study.images),
        has_lateral=any(i.role == "lateral" for i in study.images),
        language=study.outcomes["deidentify-report"]["language"],
        paediatric=study.paediatric,
        waiting=study.waiting,
    )


def _image_file(study: ReleaseStudy, image: ReleaseImage, store: Store, pseudonyms: Pseudonymizer) -> ImageFile:
    key = image_key(image.id)
    made = image.outcomes["deidentify-image"]
    row = ImageRow(
        image=image.id,
        study=study.id,
        patient=study.patient,
        site=study.site,
        sop_instance_uid=made["sop_uid"],
        view=image.facts["view"] or "OTHER",
        primary=image.role == "primary",
        rows=image.facts["rows"],
        columns=image.facts["columns"],
        bits_stored=image.facts["bits_stored"],
        photometric_interpretation=image.facts["photometric_interpretation"],
        transfer_syntax_uid=made["transfer_syntax_uid"],
        lossy=image.facts["lossy"],
        redacted=tuple(Box(*r["box"]) for r in made["regions"] if r["decision"] == "redact"),
        sha256=made["sha256"],
        size_bytes=made["size_bytes"],
        waiting=image.waiting,
    )
    if store.is_remote:
        return ImageFile(row, Path(key), partial(store.fetch, key))
    return ImageFile(row, store.path(key))


def _report_row(study: ReleaseStudy) -> ReportRow:
    made = study.outcomes["deidentify-report"]
    text, sections = compose(made["sections"])
    return ReportRow(
        report=_report_name(study),
        study=study.id,
        patient=study.patient,
        site=study.site,
        language=made["language"],
        text=text,
        findings=made["findings"],
        impression=made["impression"],
        sections=sections,
        mentions=tuple(
            Mention(m["observation"], Assertion(m["assertion"]), m["start"], m["end"], m["section"], m["rule"])
            for m in study.outcomes["label"]["mentions"]
        ),
        identifiers_removed=sum(made["identifiers"].values()),
        waiting=tuple(code for code in study.waiting if code != "study-images-wait"),
    )


def _report_name(study: ReleaseStudy) -> str:
    return "R" + study.id[1:]


def _label_row(study: ReleaseStudy, image: ReleaseImage) -> LabelRow:
    labels = {name: Assertion(value) if value else None for name, value in study.labels.items()}
    return LabelRow(image=image.id, study=study.id, patient=study.patient, site=study.site, labels=labels)


def _quality_rows(study: ReleaseStudy, image: ReleaseImage, reviewed: bool) -> list[QualityRow]:
    measured: Mapping[str, Any] = image.outcomes["examine-image"]["inspection"]["quality"]
    return [
        QualityRow(
            image=image.id,
            study=study.id,
            check=check,
            value=row["value"],
            verdict=row["verdict"],
            reviewed=reviewed,
        )
        for check, row in measured.items()
    ]


def _splits(studies: Sequence[ReleaseStudy], pseudonyms: Pseudonymizer) -> tuple[SplitRow, ...]:
    positives: dict[tuple[str, str], set[str]] = {}
    for study in studies:
        present = {name for name, value in study.labels.items() if value == Assertion.PRESENT.value}
        positives.setdefault((study.patient, study.site), set()).update(present)
    patients = [SplitPatient(patient, site, frozenset(found)) for (patient, site), found in positives.items()]
    default = assign_splits(patients, pseudonyms.digest("splits"))
    return (*default, *leave_one_site_out(default))


def _provenance(settings: Settings, simulated: tuple[str, ...]) -> Provenance:
    return Provenance(
        cxrforge_version=__version__,
        stage_versions={stage.name: stage.version for stage in STAGES},
        configuration={
            "deidentification.options": list(settings.deidentification_options),
            "deidentification.report_replacement": settings.deidentification_report_replacement,
        },
        profile_edition=profile.EDITION,
        options=settings.deidentification_options,
        simulated=simulated,
    )
