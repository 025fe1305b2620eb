"""A small made-up release."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cxrforge.coverage import Measures, evaluate
from cxrforge.formats.release_content import Contributor, ImageFile, Provenance, ReleaseContent
from cxrforge.formats.release_tables import BoxRow, ImageRow, LabelRow, QualityRow, ReportRow, StudyRow
from cxrforge.formats.splits import SplitPatient, assign_splits, leave_one_site_out
from cxrforge.records import OBSERVATIONS, Assertion, Box, Mention, Section
from cxrforge.tables import criteria

TEXT = "Findings: Small left pleural effusion. No pneumothorax.\nImpression: Effusion, possibly oedema.\n"
LABELS = {
    **dict.fromkeys(OBSERVATIONS),
    "Pleural Effusion": Assertion.PRESENT,
    "Pneumothorax": Assertion.ABSENT,
    "Edema": Assertion.UNCERTAIN,
}
MakeContent = Callable[..., ReleaseContent]


@pytest.fixture
def make_content(tmp_path_factory: pytest.TempPathFactory) -> MakeContent:
    """Return a function that builds a draft's content with twelve studies at two sites, with changes to it."""

    def make(**changes: Any) -> ReleaseContent:
        store = tmp_path_factory.mktemp("store")
        rows = [_study(n) for n in range(12)]
        images = [image for row in rows for image in _images(row, store)]
        default = assign_splits([SplitPatient(r.patient, r.site) for r in rows], b"k" * 32)
        fields: dict[str, Any] = {
            "name": "demo",
            "version": "0.1.0",
            "title": "Demo",
            "draft": True,
            "studies": rows,
            "images": images,
            "reports": [_report(row) for row in rows],
            "labels": [
                LabelRow(image=i.row.image, study=i.row.study, patient=i.row.patient, site=i.row.site, labels=LABELS)
                for i in images
            ],
            "boxes": [
                BoxRow(
                    image=images[0].row.image,
                    study=rows[0].study,
                    category="Pleural Effusion",
                    box=Box(1, 2, 3, 4),
                    status="confirmed",
                ),
                BoxRow(image=images[0].row.image, study=rows[0].study, category="Cardiomegaly", box=Box(1, 2, 3, 4)),
            ],
            "quality": [
                QualityRow(image=i.row.image, study=i.row.study, check="motion", value=0.1, verdict="pass")
                for i in images
            ],
            "splits": [*default, *leave_one_site_out(default)],
            "criteria": evaluate(Measures(), criteria.resolve_thresholds()),
            "thresholds": criteria.resolve_thresholds(),
            "demographics": {"sex": {"north": {"F": 3, "M": 3}, "south": {"F": 4, "M": 2}}},
            "coverage": {"year": {"north": {"2019": 6}, "south": {"2019": 3, "2020": 3}}},
            "governance": {"north": {"DPIA": "in force"}, "south": {"DPIA": "not done yet"}},
            "contributors": [Contributor(site="north", country="XX", acknowledgement="We thank the north.")],
            "provenance": Provenance(cxrforge_version="0.1.0", stage_versions={"label": "1"}, profile_edition="2024e"),
            "turned_away": {"dicom-truncated": 2},
        }
        return ReleaseContent(**fields | changes)

    return make


def _study(n: int) -> StudyRow:
    return StudyRow(
        study=f"S{n:04}",
        patient=f"P{n:04}",
        site="north" if n < 6 else "south",
        primary_image=f"I{n:04}a",
        report=f"R{n:04}",
        images=2,
        has_lateral=True,
        language="en",
        paediatric=False,
        waiting=("quality",) if n == 3 else (),
    )


def _images(row: StudyRow, store: Path) -> list[ImageFile]:
    files = []
    for suffix, view in (("a", "PA"), ("b", "LATERAL")):
        data = f"{row.study}{suffix}".encode() * 100
        source = store / f"{row.study}{suffix}"
        source.write_bytes(data)
        image = ImageRow(
            image=f"I{row.study[1:]}{suffix}",
            study=row.study,
            patient=row.patient,
            site=row.site,
            sop_instance_uid=f"2.25.{1000 + int(row.study[1:])}",
            view=view,
            primary=view == "PA",
            rows=2500,
            columns=2048,
            bits_stored=12,
            photometric_interpretation="MONOCHROME2",
            transfer_syntax_uid="1.2.840.10008.1.2.1",
            lossy=False,
            redacted=(Box(5, 6, 7, 8),),
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
        )
        files.append(ImageFile(image, source))
    return files


def _report(row: StudyRow) -> ReportRow:
    start = TEXT.index("pleural effusion")
    return ReportRow(
        report=row.report or "",
        study=row.study,
        patient=row.patient,
        site=row.site,
        language="en",
        text=TEXT,
        findings="Small left pleural effusion. No pneumothorax.",
        impression="Effusion, possibly oedema.",
        sections=(Section("findings", 10, 55), Section("impression", 68, 94)),
        mentions=(Mention("Pleural Effusion", Assertion.PRESENT, start, start + 16, "findings"),),
        identifiers_removed=3,
    )
