"""From papers and registers to a release: what is short is named, what is filed counts, who objects leaves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cxrforge.errors import ReleaseRefusedError, UsageError
from cxrforge.formats.release_diff import diff_releases
from cxrforge.runner import StageCount
from cxrforge.stages.stage import Stage
from cxrforge.synthetic.consortium import generate
from cxrforge.workspace import Workspace

pytestmark = pytest.mark.slow

PAPERS = ("processing-agreement", "art30-record", "dpia", "ethics-approval", "consortium-agreement")
CONFIG = {
    "[criteria]\n": "[criteria.matrix]\npixels = 512\n",
    'class = "undeclared"': 'class = "open"',
    'key_rule = "undecided"': 'key_rule = "keep-at-site"',
}


class Watcher:
    def started(self, stage: Stage, pending: int) -> None: ...
    def advanced(self, items: int) -> None: ...
    def finished(self, count: StageCount) -> None: ...


@pytest.fixture(scope="module")
def governed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A small consortium, run, with every paper filed and every register looked up before and after."""
    exports = tmp_path_factory.mktemp("consortium")
    generate(exports, studies=6, seed=11, hospitals=2, matrix=(720, 600), workers=2)
    truth: dict[str, Any] = json.loads((exports / "truth.json").read_text(encoding="utf-8"))
    folder = tmp_path_factory.mktemp("governed") / "workspace"
    Workspace.create(folder).close()
    text = (folder / "cxrforge.toml").read_text(encoding="utf-8")
    for before, after in CONFIG.items():
        assert before in text
        text = text.replace(before, after)
    (folder / "cxrforge.toml").write_text(text, encoding="utf-8")
    early, late = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(hours=1)
    with Workspace(folder) as workspace:
        for hospital in truth["hospitals"]:
            site = hospital["id"]
            workspace.add_site(site, hospital["country"], hospital["language"])
            workspace.consult_register(site, b"patient_id\n", "objections", early)
            workspace.ingest(exports / site, site)
        workspace.run(Watcher(), executor="serial")
        for hospital in truth["hospitals"]:
            workspace.consult_register(hospital["id"], b"patient_id\n", "objections", late)
    return folder, truth


def file_papers(workspace: Workspace, until: str = "") -> None:
    officer = ["data-protection-officer"]
    for site in workspace.sites():
        for kind in PAPERS:
            content = f"{kind} of {site.id}".encode()
            workspace.governance.file_document(
                site.id, kind, content, valid_from="2026-01-01", valid_until=until, signed_by=officer
            )
        bases = ["art-6-1-e", "art-9-2-j", "other-national"]
        content = f"basis of {site.id}".encode()
        workspace.governance.file_document(site.id, "legal-basis", content, valid_from="2026-01-01", bases=bases)
    assessment = "re-identification-assessment"
    workspace.governance.file_document("consortium", assessment, b"a", valid_from="2026-01-01", signed_by=officer)


def short(workspace: Workspace, **words: Any) -> set[str]:
    with pytest.raises(ReleaseRefusedError) as refusal:
        workspace.build_release("try", "1", **words)
    assert refusal.value.found
    return set(refusal.value.found.removeprefix("short: ").split(", "))


def test_papers_class_and_registers_move_the_release_on(governed: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = governed
    with Workspace(folder) as workspace:
        before = short(workspace)
        assert {"governance", "release-class", "phi-audit"} <= before
        assert not {"consent", "demographics"} & before
        file_papers(workspace)
        assert before - short(workspace) == {"governance", "release-class"}


def test_a_site_whose_paper_has_run_out_is_named_and_may_be_left_out(governed: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = governed
    with Workspace(folder) as workspace:
        file_papers(workspace)
        site = workspace.sites()[0].id
        content = f"dpia of {site}".encode()
        workspace.governance.file_document(
            site,
            "dpia",
            content,
            valid_from="2026-01-01",
            valid_until="2026-06-30",
            signed_by=["data-protection-officer"],
        )
        day = datetime.now(UTC).date().isoformat()
        state = next(c for c in workspace.standing(day).criteria if c.id == "governance")
        assert not state.met and "expired on 2026-06-30" in state.explanation and site in state.explanation
        assert "governance" in short(workspace, day=day)
        assert "governance" not in short(workspace, day=day, without=(site,))
        draft = workspace.build_release("without", "1", without=(site,), allow_unmet=True)
        assert site not in "".join(p.as_posix() for p in draft.folder.rglob("*"))
        file_papers(workspace)


def test_a_release_carries_hashes_days_and_states_and_no_document(governed: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = governed
    with Workspace(folder) as workspace:
        file_papers(workspace)
        workspace.governance.grant_waiver("view-lateral", "coordinating-centre", "one site takes none", "2099-12-31")
        draft = workspace.build_release("papers", "1", day=datetime.now(UTC).date().isoformat(), allow_unmet=True)
        states = json.loads((draft.folder / "governance" / "states.json").read_text())
        documents = json.loads((draft.folder / "governance" / "documents.json").read_text())
        card = (draft.folder / "README.md").read_text()
        consortium = (draft.folder / "CONSORTIUM.md").read_text()
        assert workspace.history()
    assert all(state in ("in force", "done") for rows in states.values() for state in rows.values())
    assert {d["kind"] for d in documents} == {*PAPERS, "legal-basis", "re-identification-assessment"}
    assert "one site takes none" in card and "| access | open |" in card
    assert "The site keeps the key" in consortium


def test_who_objects_after_a_release_is_not_in_the_next(governed: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = governed
    with Workspace(folder) as workspace:
        study = workspace.candidates()[0]
        patient_id = next(i for i, who in _patients(workspace, study.site) if who == study.patient)
        register = f"patient_id\n{patient_id}\n".encode()
        workspace.consult_register(study.site, register, "objections", datetime.now(UTC) + timedelta(hours=2))
        assert workspace.stopped_by_register(study.site)
        draft = workspace.build_release("objected", "1", allow_unmet=True)
        names = "".join(path.as_posix() for path in draft.folder.rglob("*"))
        assert study.id not in names and study.patient not in names


def _patients(workspace: Workspace, site: str) -> Iterator[tuple[str, str]]:
    """Yield the patient ID and the pseudonym of every image that names both ID and issuer, or an ID alone."""
    for _, record in workspace.vault.unseal_site("file", site):
        if record["image"]:
            patient_id, issuer = record["image"]["patient_id"], record["image"]["issuer"]
            yield patient_id, workspace.vault.pseudonyms.patient(patient_id, issuer, site)


def test_a_withdrawn_patient_leaves_a_tombstone_and_is_in_no_table_or_file(
    governed: tuple[Path, dict[str, Any]],
) -> None:
    folder, _ = governed
    with Workspace(folder) as workspace:
        before = workspace.build_release("gone", "1", allow_unmet=True)
        study = workspace.candidates()[-1]
        studies, held = workspace.withdraw("patient", study.patient, "patient-request")
        assert studies == 1 and ("gone", "1") in {(h.name, h.version) for h in held}
        after = workspace.build_release("gone", "2", allow_unmet=True)
        difference = diff_releases(before.folder, after.folder)
        with pytest.raises(UsageError):
            workspace.withdraw("patient", "P" + "0" * 16, "patient-request")
    assert json.loads((after.folder / "tombstones.json").read_text()) == [
        {"patient": study.patient, "site": study.site, "state": "withdrawn"}
    ]
    assert difference.studies_out == (study.id,) and difference.patients_withdrawn == 1
    names = [study.id, study.patient, *(image.id for image in study.images)]
    for path in after.folder.rglob("*"):
        assert not any(name in path.as_posix() for name in names)
        if path.is_file() and path.name != "tombstones.json":
            assert not any(name.encode() in path.read_bytes() for name in names), path.name
    for table in (after.folder / "tables").glob("*.parquet"):
        rows = pq.read_table(table).to_pylist()
        assert not any(name in str(row) for row in rows for name in names), table.name


def test_verify_finds_what_was_changed_and_what_has_run_out(governed: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = governed

    def kinds(day: str = "") -> set[str]:
        return {problem.split(": ")[1].split(" (")[0] for problem in workspace.verify_release("checked", "1", day)}

    with Workspace(folder) as workspace:
        file_papers(workspace, until="2099-12-31")
        release = workspace.build_release("checked", "1", allow_unmet=True).folder
        assert kinds() == set()
        assert kinds("2100-01-01") == {"expired"}
        card, whole = release / "README.md", (release / "README.md").read_bytes()
        card.write_bytes(whole[:-2] + b"x\n")
        assert kinds() == {"changed"}
        card.write_bytes(whole)
        (release / "more.txt").write_text("more")
        assert kinds() == {"extra"}
        (release / "more.txt").unlink()
        report = next((release / "reports").rglob("*.txt"))
        text = report.read_bytes()
        report.unlink()
        assert kinds() == {"missing"}
        report.write_bytes(text)
        sealed = dict(workspace.vault.unseal_site("study", report.parts[-3]))[report.stem]
        _edited(report, text + sealed["known"]["ids"][0].encode())
        assert {"identifier left", "rewritten"} <= kinds()
        _edited(report, text)
        labels = release / "tables" / "labels.parquet"
        table = pq.read_table(labels)
        column = table.schema.get_field_index("Edema")
        pq.write_table(table.set_column(column, "Edema", pa.array(["perhaps"] * table.num_rows)), labels)
        _edited(labels, labels.read_bytes())
        assert {"rewritten", "table"} <= kinds()


def _edited(path: Path, data: bytes) -> None:
    """Write a file of a release and its line in SHA256SUMS, as one who wants to hide it would."""
    path.write_bytes(data)
    root = next(parent for parent in path.parents if (parent / "SHA256SUMS").exists())
    name = path.relative_to(root).as_posix()
    lines = (root / "SHA256SUMS").read_text().splitlines()
    new = [f"{hashlib.sha256(data).hexdigest()}  {name}" if line.endswith(f"  {name}") else line for line in lines]
    (root / "SHA256SUMS").write_text("\n".join(new) + "\n")
