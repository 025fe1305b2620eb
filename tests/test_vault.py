"""The vault: a key made once, records that only it opens."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cxrforge.errors import VaultError
from cxrforge.vault import Vault, create_key, read_key

SECRET = {"name": "Zwetschkenbaum^Ödön", "locator": "/archive/Zwetschkenbaum"}


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    key = create_key(tmp_path / "safe" / "key")
    assert stat.S_IMODE((tmp_path / "safe" / "key").stat().st_mode) == 0o600
    assert read_key(tmp_path / "safe" / "key") == key
    with pytest.raises(VaultError, match="already"):
        create_key(tmp_path / "safe" / "key")


@pytest.mark.parametrize(("text", "mode", "words"), [("00", 0o600, "malformed"), ("00" * 32, 0o644, "others")])
def test_a_key_that_is_not_safe_is_refused(tmp_path: Path, text: str, mode: int, words: str) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    os.chmod(path, mode)
    with pytest.raises(VaultError, match=words):
        read_key(path)


def test_a_missing_key_says_what_is_lost(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="backup"):
        read_key(tmp_path / "key")


def test_records_come_back_and_are_sealed_on_disk(tmp_path: Path) -> None:
    vault = Vault(tmp_path, bytes(32))
    vault.seal("file", "north", {"F1": SECRET, "F2": {"n": 2}})
    vault.seal("file", "south", {"F3": {"n": 3}})
    assert vault.unseal("file", ["F1", "F9"]) == {"F1": SECRET}
    assert [name for name, _ in vault.unseal_site("file", "north")] == ["F1", "F2"]
    vault.close()
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        assert b"Zwetschkenbaum" not in data and "Ödön".encode() not in data
    assert stat.S_IMODE((tmp_path / "vault.sqlite").stat().st_mode) == 0o600


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    Vault(tmp_path, bytes(32)).close()
    with pytest.raises(VaultError, match="does not open"):
        Vault(tmp_path, bytes(31) + b"\1")


def test_a_record_moved_to_another_place_does_not_open(tmp_path: Path) -> None:
    """A record is bound to its kind and id, so that nobody can pass one patient's off as another's."""
    import sqlite3

    vault = Vault(tmp_path, bytes(32))
    vault.seal("image", "north", {"I1": SECRET, "I2": {"n": 2}})
    vault.close()
    with sqlite3.connect(tmp_path / "vault.sqlite") as connection:
        connection.execute("UPDATE sealed SET content = (SELECT content FROM sealed WHERE id = 'I1') WHERE id = 'I2'")
    with pytest.raises(VaultError):
        Vault(tmp_path, bytes(32)).unseal("image", ["I2"])
