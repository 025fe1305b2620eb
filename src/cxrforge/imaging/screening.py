"""Whether a header's facts make an image fit for the dataset, and why not."""

from __future__ import annotations

from dataclasses import dataclass

from cxrforge.records import ImageFacts, Issue

RADIOGRAPHY = {
    "1.2.840.10008.5.1.4.1.1.1": "CR",
    "1.2.840.10008.5.1.4.1.1.1.1": "DX",
    "1.2.840.10008.5.1.4.1.1.1.1.1": "DX",
}
"""Storage SOP classes of radiographs (PS3.4 B.5): CR, DX For Presentation, DX For Processing."""

_GREY = ("MONOCHROME1", "MONOCHROME2")


@dataclass(frozen=True, slots=True)
class ScreeningThresholds:
    """What the dataset asks of a radiograph (DESIGN: criteria `matrix` and `depth`)."""

    min_rows: int = 2048
    min_columns: int = 2048
    min_bits_stored: int = 12

    def __post_init__(self) -> None:
        if min(self.min_rows, self.min_columns, self.min_bits_stored) < 1:
            raise ValueError("thresholds are at least 1")


def screen(
    facts: ImageFacts, thresholds: ScreeningThresholds = ScreeningThresholds(), *, has_header: bool = True
) -> tuple[Issue, ...]:
    """Return every issue the facts raise, in a fixed order; none means that nothing in the header speaks against it.

    For a file without a header only matrix, depth and compression are known.
    """
    if not has_header:
        return (Issue("image-no-header"), *_matrix(facts, thresholds), *_encoding(facts))
    if facts.kind == "not-an-image":
        return (Issue("image-not-an-image"),)
    issues = (
        _modality(facts),
        _kind(facts),
        *_body_part(facts),
        *_matrix(facts, thresholds),
        *_encoding(facts),
        *_view(facts),
    )
    return tuple(issue for issue in issues if issue)


def _modality(facts: ImageFacts) -> Issue | None:
    if facts.kind != "secondary-capture" and (
        facts.sop_class_uid not in RADIOGRAPHY or facts.modality not in ("CR", "DX")
    ):
        return Issue("image-modality", "expected SOP class and modality of CR or DX")
    return None


def _kind(facts: ImageFacts) -> Issue | None:
    return None if facts.kind == "primary" else Issue(f"image-{facts.kind}")


def _body_part(facts: ImageFacts) -> tuple[Issue, ...]:
    if facts.body_part == "CHEST":
        return ()
    if facts.body_part is None:
        return (Issue("image-body-part-unknown"),)
    if facts.body_part == "ANIMAL":
        return (Issue("image-not-human"),)
    return (Issue("image-body-part", f"found {facts.body_part}"),)


def _matrix(facts: ImageFacts, thresholds: ScreeningThresholds) -> tuple[Issue, ...]:
    found = []
    if facts.rows < thresholds.min_rows or facts.columns < thresholds.min_columns:
        wanted = f"expected at least {thresholds.min_columns}x{thresholds.min_rows}"
        found.append(Issue("image-matrix", f"{wanted} (columns x rows), found {facts.columns}x{facts.rows}"))
    if facts.bits_stored < thresholds.min_bits_stored:
        found.append(
            Issue("image-depth", f"expected at least {thresholds.min_bits_stored} bits, found {facts.bits_stored}")
        )
    return tuple(found)


def _encoding(facts: ImageFacts) -> tuple[Issue, ...]:
    found = []
    if facts.photometric_interpretation not in _GREY:
        found.append(Issue("image-color"))
    if facts.frames > 1:
        found.append(Issue("image-frames", f"{facts.frames} frames"))
    if facts.lossy:
        found.append(Issue("image-lossy"))
    return tuple(found)


def _view(facts: ImageFacts) -> tuple[Issue, ...]:
    found = []
    if facts.view_contradicted_by:
        other = f"{facts.view_source or 'other attributes'} against {facts.view_contradicted_by}"
        found.append(Issue("image-view-contradiction", other))
    if facts.view is None and not facts.view_contradicted_by:
        found.append(Issue("image-view-unknown"))
    elif facts.view == "AP":
        found.append(Issue("image-view-ap", f"told by {facts.view_source}"))
    elif facts.view == "OTHER":
        found.append(Issue("image-view-other", f"told by {facts.view_source}"))
    elif facts.view and facts.view_source not in ("ViewPosition", "ViewCodeSequence"):
        found.append(Issue("image-view-derived", f"told by {facts.view_source}"))
    if facts.view == "PA" and facts.recumbent:
        found.append(Issue("image-recumbent"))
    return tuple(found)
