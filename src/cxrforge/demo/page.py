"""The summary page of a demonstration: what a head of department wants to see of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from cxrforge import __version__
from cxrforge.catalogue.counts import totals
from cxrforge.catalogue.release_queries import ReleaseImage, ReleaseStudy, crosstab
from cxrforge.demo.scores import Score
from cxrforge.dicom.display import display, to_uint8
from cxrforge.dicom.pixel_data import decode
from cxrforge.dicom.reading import read_object
from cxrforge.formats import summary
from cxrforge.records import Assertion, Box, Issue, Mention
from cxrforge.runner import StageCount
from cxrforge.stages.deidentify_image import image_key
from cxrforge.stages.label import compose
from cxrforge.tables import profile
from cxrforge.workspace import IngestSummary, Workspace

_EXAMPLES = 6
_KEPT = 6
_LONG_SIDE = 420  # pixels of a thumbnail
_STATES = ("accepted", "review")


def write_page(
    path: Path,
    workspace: Workspace,
    ingested: Sequence[IngestSummary],
    counts: Sequence[StageCount],
    scores: Sequence[Score],
    release: str,
    simulated: tuple[str, ...],
) -> Path:
    """Write `summary.html` and return its path."""
    standing = workspace.standing()
    candidates = workspace.candidates()
    with workspace.catalogue.read() as connection:
        demographics = {c: crosstab(connection, c, _STATES) for c in ("age_decade", "sex", "indication")}
        coverage = {c: crosstab(connection, c, _STATES) for c in ("year", "manufacturer")}
    found, taken = sum(i.found for i in ingested), sum(i.taken for i in ingested)
    content = summary.SummaryContent(
        title="cxrforge on made-up hospitals",
        release=release,
        draft=True,
        headlines=_headlines(candidates, found, taken, scores),
        criteria=standing.criteria,
        labels=[(name, row) for name, row in standing.labels.items()],
        demographics=demographics,
        coverage=coverage,
        examples=[_example(workspace, study) for study in _chosen(candidates)],
        waiting_images=_waiting(workspace, candidates),
        found=found,
        taken=taken,
        turned_away=totals({r.code: r.items} for r in standing.reasons if r.level == "turned-away"),
        waiting=totals({r.code: r.items} for r in standing.reasons if r.level == "review"),
        timings=[summary.StageTiming(stage=c.stage, items=c.pending, seconds=c.seconds) for c in counts],
        scores=[summary.Score(name=s.name, value=s.share, target=s.floor, note=s.explanation) for s in scores],
        simulated=simulated,
        versions={"cxrforge": __version__, "PS3.15 profile": profile.EDITION},
    )
    summary.write_summary(path, content)
    return path


def _headlines(
    studies: Sequence[ReleaseStudy], found: int, taken: int, scores: Sequence[Score]
) -> list[summary.Headline]:
    images = sum(len(s.images) for s in studies)
    redacted = sum(
        any(r["decision"] == "redact" for r in i.outcomes["deidentify-image"]["regions"])
        for s in studies
        for i in s.images
    )
    met = sum(s.met for s in scores)
    return [
        summary.Headline(value=str(found), label="files found", note=f"{taken} taken, {found - taken} turned away"),
        summary.Headline(value=str(len(studies)), label="studies in the draft", note=f"{images} radiographs"),
        summary.Headline(value=str(redacted), label="images with text redacted"),
        summary.Headline(value=f"{met} of {len(scores)}", label="scores reached", note="against the known truth"),
    ]


def _chosen(studies: Sequence[ReleaseStudy]) -> list[ReleaseStudy]:
    """Return examples that show something: redaction and laterals first, one site after the other."""

    def interest(study: ReleaseStudy) -> tuple[int, str]:
        regions = sum(len(i.outcomes["deidentify-image"]["regions"]) for i in study.images)
        return (-(2 * (regions > 0) + (len(study.images) > 1)), study.id)

    by_site: dict[str, list[ReleaseStudy]] = {}
    for study in sorted(studies, key=interest):
        by_site.setdefault(study.site, []).append(study)
    rounds = [row[n] for n in range(_EXAMPLES) for row in by_site.values() if n < len(row)]
    return rounds[:_EXAMPLES]


def _waiting(workspace: Workspace, studies: Sequence[ReleaseStudy]) -> list[summary.WaitingImage]:
    """Return radiographs whose quality a person has to judge, as many different reasons as there are."""
    by_reason: dict[tuple[str, ...], tuple[ReleaseStudy, ReleaseImage]] = {}
    for study in studies:
        for image in study.images:
            quality = image.outcomes.get("examine-image", {}).get("inspection", {}).get("quality", {})
            measured = {name: row for name, row in quality.items() if row["value"] is not None}
            reasons = tuple(name for name, row in measured.items() if row["verdict"] != "pass")
            if reasons and image.role == "primary" and image.waiting:
                by_reason.setdefault(reasons, (study, image))
    chosen = sorted(by_reason.items(), key=lambda row: (len(row[0]), row[0]))[:_KEPT]
    shown = [(study, reasons, _thumbnail(workspace, image)) for reasons, (study, image) in chosen]
    return [summary.WaitingImage(image=i, site=s.site, reasons=reasons) for s, reasons, i in shown if i]


def _example(workspace: Workspace, study: ReleaseStudy) -> summary.Example:
    report, labels = study.outcomes["deidentify-report"], study.outcomes["label"]
    text, _ = compose(report["sections"])
    shown = sorted(study.images, key=lambda i: i.role != "primary")[:2]
    return summary.Example(
        study=study.id,
        site=study.site,
        images=[image for image in (_thumbnail(workspace, i) for i in shown) if image],
        text=text,
        mentions=[
            Mention(m["observation"], Assertion(m["assertion"]), m["start"], m["end"], m["section"], m["rule"])
            for m in labels["mentions"]
        ],
        labels={name: Assertion(value) if value else None for name, value in study.labels.items()},
        identifiers_removed=sum(report["identifiers"].values()),
    )


def _thumbnail(workspace: Workspace, image: ReleaseImage) -> summary.ExampleImage | None:
    ds = read_object(workspace.store.path(image_key(image.id)), defer_pixels=False)
    if isinstance(ds, Issue):
        return None
    shown = to_uint8(display(ds, decode(ds)[0]))
    scale = _LONG_SIDE / max(shown.shape)
    small = cv2.resize(shown, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, png = cv2.imencode(".png", np.asarray(small))
    regions = image.outcomes["deidentify-image"]["regions"]
    return summary.ExampleImage(
        png=png.tobytes(),
        view=image.facts["view"] or "view unknown",
        rows=shown.shape[0],
        columns=shown.shape[1],
        redacted=tuple(Box(*r["box"]) for r in regions if r["decision"] == "redact"),
    )
