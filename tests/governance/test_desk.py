"""Filing papers: sealed bytes, open days."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cxrforge.errors import UsageError
from cxrforge.workspace import Workspace

SECRET = b"signed by Dr. Eleonora Quastenflosser"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.create(tmp_path / "workspace") as opened:
        opened.add_site("north", "AT", "de")
        yield opened


def test_a_document_s_bytes_are_sealed_and_come_back_whole(workspace: Workspace) -> None:
    filed = workspace.governance.file_document("north", "dpia", SECRET, valid_from="2026-01-01")
    assert workspace.governance.document_content(filed.sha256) == SECRET
    for path in (p for p in workspace.folder.rglob("*") if p.is_file()):
        assert b"Quastenflosser" not in path.read_bytes(), path.name


def test_filed_again_the_same_file_gets_the_new_days(workspace: Workspace) -> None:
    for until in ("2026-12-31", "2027-12-31"):
        workspace.governance.file_document("north", "dpia", SECRET, valid_from="2026-01-01", valid_until=until)
    [document] = workspace.governance.papers("north", "2026-06-01").documents
    assert document.valid_until == "2027-12-31"


@pytest.mark.parametrize(
    "changes",
    [
        {"site": "south"},
        {"kind": "letter"},
        {"valid_from": "1.1.2026"},
        {"valid_until": "2025-12-31"},
        {"reference": "Dr. Quastenflosser\n"},
        {"signed_by": ["Dr. Quastenflosser"]},
        {"bases": ["art-6-1-e"]},
        {"kind": "legal-basis"},
        {"content": b""},
    ],
)
def test_what_cannot_be_filed_is_refused(workspace: Workspace, changes: dict[str, object]) -> None:
    words: dict[str, object] = {"site": "north", "kind": "dpia", "content": SECRET, "valid_from": "2026-01-01"}
    words |= changes
    with pytest.raises(UsageError):
        workspace.governance.file_document(words.pop("site"), words.pop("kind"), words.pop("content"), **words)  # type: ignore[arg-type]


def test_the_name_for_all_sites_is_no_site_s(workspace: Workspace) -> None:
    with pytest.raises(UsageError):
        workspace.add_site("consortium", "AT", "de")


def test_only_advisory_criteria_marked_so_are_waived(workspace: Workspace) -> None:
    desk = workspace.governance
    desk.grant_waiver("view-lateral", "coordinating-centre", "laterals are  not taken at two sites", "2026-12-31")
    [waiver] = desk.waivers()
    assert waiver.reason == "laterals are not taken at two sites"
    with pytest.raises(UsageError):
        desk.grant_waiver("governance", "coordinating-centre", "no time", "2026-12-31")
    with pytest.raises(UsageError):
        desk.grant_waiver("volume", "Dr. Quastenflosser", "no time", "2026-12-31")
    desk.revoke_waiver("view-lateral")
    assert desk.waivers() == []
