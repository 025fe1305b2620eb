"""Making and opening a workspace."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cxrforge.errors import ConfigError, UsageError, VaultError, WorkspaceError
from cxrforge.workspace import Workspace


def test_the_vault_is_its_owners_alone(tmp_path: Path) -> None:
    Workspace.create(tmp_path / "w").close()
    assert stat.S_IMODE((tmp_path / "w" / "vault").stat().st_mode) == 0o700
    for path in (tmp_path / "w" / "vault").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_a_key_may_lie_under_any_name(tmp_path: Path) -> None:
    key = tmp_path / 'the "site" \\ key'
    Workspace.create(tmp_path / "w", key).close()
    Workspace(tmp_path / "w").close()
    assert key.exists() and not (tmp_path / "w" / "vault" / "key").exists()


def test_a_key_that_cannot_be_used_leaves_no_half_workspace(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key")
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(VaultError, match="malformed"):
        Workspace.create(tmp_path / "w", tmp_path / "key")
    Workspace.create(tmp_path / "w").close()


@pytest.mark.parametrize(
    ("before", "after"), [('"clean-descriptors"', '"clean-everything"'), ('"undecided"', '"to be told"')]
)
def test_a_setting_that_would_fail_every_item_is_refused_at_the_door(tmp_path: Path, before: str, after: str) -> None:
    Workspace.create(tmp_path / "w").close()
    config = tmp_path / "w" / "cxrforge.toml"
    config.write_text(config.read_text().replace(before, after))
    with pytest.raises(ConfigError):
        Workspace(tmp_path / "w")


@pytest.mark.parametrize("version", ["1.partial", "../../elsewhere", ""])
def test_a_release_name_leads_nowhere_else(tmp_path: Path, version: str) -> None:
    with Workspace.create(tmp_path / "w") as workspace:
        with pytest.raises(UsageError, match="release version"):
            workspace.build_release("a", version, allow_unmet=True)
        with pytest.raises(UsageError, match="release version"):
            workspace.verify_release("a", version)


def test_an_init_that_was_killed_before_its_end_can_be_repeated(tmp_path: Path) -> None:
    Workspace.create(tmp_path / "w").close()
    key = (tmp_path / "w" / "vault" / "key").read_text()
    (tmp_path / "w" / "cxrforge.toml").unlink()  # it is written last
    (tmp_path / "w" / "catalogue.sqlite").unlink()
    for left in (tmp_path / "w").glob("catalogue.sqlite-*"):
        left.unlink()
    Workspace.create(tmp_path / "w").close()
    assert (tmp_path / "w" / "vault" / "key").read_text() == key


def test_a_folder_with_anything_else_in_it_is_not_made_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "mine").write_text("x")
    with pytest.raises(WorkspaceError, match="not empty"):
        Workspace.create(tmp_path)
