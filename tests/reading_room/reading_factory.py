"""A workspace whose catalogue was filled by hand: as after a run, without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cxrforge.catalogue.holdings import Site, add_site
from cxrforge.catalogue.outcomes import record_columns, record_labels, record_outcomes
from cxrforge.catalogue.schema import image, patient, study
from cxrforge.records import OBSERVATIONS, ImageFacts
from cxrforge.stages import STAGES
from cxrforge.stages.select import reselect
from cxrforge.stages.stage import Tools
from cxrforge.tables import issue_codes
from cxrforge.workspace import Workspace

PASSWORD = "ten letters at least"
TEXT = "Small effusion on the left."


class Watcher:
    def started(self, stage: Any, pending: int) -> None: ...
    def advanced(self, items: int) -> None: ...
    def finished(self, count: Any) -> None: ...


def facts(view: str) -> dict[str, Any]:
    row = ImageFacts(
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.1",
        modality="DX",
        kind="primary",
        view=view,
        view_source="ViewPosition",
        body_part="CHEST",
        rows=2500,
        columns=2100,
        bits_stored=14,
        bits_allocated=16,
        photometric_interpretation="MONOCHROME2",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        presentation_intent="FOR PRESENTATION",
        image_type=("ORIGINAL", "PRIMARY"),
        frames=1,
        lossy=False,
        manufacturer="Siemens",
        model=None,
        year=2020,
        age_years=50,
        sex="F",
    )
    return asdict(row)


def filled(folder: Path, studies: Mapping[str, int], *, waiting: bool = False) -> Workspace:
    """Make a workspace with so many studies at each site, each with a PA, a lateral and a report.

    `waiting`: the quality of every PA waits for a person.
    """
    workspace = Workspace.create(folder)
    with workspace.catalogue.write() as connection:
        for site, number in studies.items():
            add_site(connection, Site(site, "DE", "de"))
            for n in range(number):
                _add_study(connection, workspace, site, n, waiting)
    return workspace


def names(site: str, n: int) -> dict[str, str]:
    return {"study": f"S{site}{n:04}", "PA": f"I{site}{n:04}a", "LATERAL": f"I{site}{n:04}b", "patient": f"P{site}{n}"}


def _add_study(connection: sa.Connection, workspace: Workspace, site: str, n: int, waiting: bool) -> None:
    name = names(site, n)
    connection.execute(sa.insert(patient).values(id=name["patient"], site=site))
    connection.execute(
        sa.insert(study).values(
            id=name["study"], site=site, patient=name["patient"], report_input=f"r{n}", stopped=False, year=2020
        )
    )
    for view in ("PA", "LATERAL"):
        values = {"id": name[view], "site": site, "study": name["study"], "file": f"F{name[view]}", "content": f"c{n}"}
        row = {"facts": facts(view), "view": view, "least_side": 2100, "bits_stored": 14}
        connection.execute(sa.insert(image).values(**values, **row))
        issue = [("image-quality-review", "motion")] if waiting and view == "PA" else []
        digest = f"c{n}"
        for stage, payload, issues in (
            ("screen", {}, []),
            ("deidentify-image", {"sha256": "0"}, []),
            ("examine-image", {"inspection": inspection(view)}, issue),
        ):
            digest = outcome(connection, workspace, stage, "image", name[view], site, digest, payload, issues)
        columns = {"pixels_examined": True, "view_confirmed": True, "depth_used": True}
        record_columns(connection, "image", {name[view]: {**columns, "quality": "review" if issue else "pass"}})
    report = {
        "language": "de",
        "findings": TEXT,
        "impression": "Effusion.",
        "sections": [
            {"name": "findings", "rule": "heading", "text": TEXT},
            {"name": "impression", "rule": "heading", "text": "Effusion."},
        ],
        "rules": ["findings: heading"],
        "identifiers": {},
        "observations": 2,
    }
    made = outcome(connection, workspace, "deidentify-report", "study", name["study"], site, f"r{n}", report, [])
    labels = labels_of(n)
    mention = {"observation": "Pleural Effusion", "assertion": "present", "section": "findings", "start": 6, "end": 14}
    payload = {"labels": labels, "mentions": [mention | {"rule": "made up"}]}
    outcome(connection, workspace, "label", "study", name["study"], site, made, payload, [])
    record_labels(connection, {name["study"]: labels})
    _select_first(connection, workspace, name["study"])


def labels_of(n: int) -> dict[str, str | None]:
    labels: dict[str, str | None] = dict.fromkeys(OBSERVATIONS)
    labels["Pleural Effusion"] = "present" if n % 2 else "absent"
    labels["Cardiomegaly"] = "uncertain" if n % 5 == 0 else None
    labels["Pneumothorax"] = "present" if n % 10 == 3 else "absent"
    return labels


def inspection(view: str) -> dict[str, Any]:
    return {
        "view": view,
        "quality": {"motion": {"value": 0.1, "verdict": "review", "explanation": "made up"}},
        "boxes": [{"category": "Cardiomegaly", "bbox": [100, 200, 300, 400], "score": 0.8}] if view == "PA" else [],
        "issues": [],
    }


def outcome(
    connection: sa.Connection,
    workspace: Workspace,
    stage: str,
    kind: str,
    entity: str,
    site: str,
    input_hash: str,
    payload: Mapping[str, Any],
    issues: list[tuple[str, str]],
) -> str:
    """Record what a stage made of an entity, as the runner would, and return its output hash."""
    row = next(s for s in STAGES if s.name == stage)
    codes = issue_codes.load()
    output_hash = f"{stage[:6]}/{input_hash}"
    record_outcomes(
        connection,
        stage,
        kind,
        version=row.version,
        config_hash=workspace.settings.digest(row.settings),
        rows=[
            {
                "entity": entity,
                "site": site,
                "input_hash": input_hash,
                "state": "review" if issues else "done",
                "output_hash": output_hash,
                "payload": dict(payload),
                "issues": [(code, codes[code].level.value, detail) for code, detail in issues],
            }
        ],
        later=(),
    )
    return output_hash


def _select_first(connection: sa.Connection, workspace: Workspace, entity: str) -> None:
    site = connection.execute(sa.select(study.c.site).where(study.c.id == entity)).scalar_one()
    outcome(connection, workspace, "select", "study", entity, site, "none yet", {}, [])
    reselect(connection, [entity], Tools(workspace.settings, workspace.vault.pseudonyms, workspace.store))
