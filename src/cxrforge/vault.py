"""The vault: the site's secret key, and originals sealed under it.

Key: 32 random bytes as 64 hexadecimal digits, file mode 0600, created once. Records: AES-256-GCM (NIST SP 800-38D)
under a key derived by HKDF-SHA-256 (RFC 5869), one row each in an SQLite file, bound to their kind and id. Row ids
are pseudonyms, so the file shows how many things are known and nothing about them.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.dialects.sqlite import insert

from cxrforge.errors import VaultError
from cxrforge.pseudonym import KEY_BYTES, Pseudonymizer

_NONCE_BYTES = 12
_CHUNK = 500

_metadata = sa.MetaData()
_sealed = sa.Table(
    "sealed",
    _metadata,
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("site", sa.String, nullable=False, index=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)


def create_key(path: Path) -> bytes:
    """Write a new key to `path` (0600) and return it; raise `VaultError` when a file stands there."""
    key = secrets.token_bytes(KEY_BYTES)
    partial = path.with_name(f".key-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        _place(partial, path)
    except FileExistsError as error:
        raise VaultError("a key file stands there already", next_step="Keys are created once; use it.") from error
    except OSError as error:
        raise VaultError("the key file cannot be written", found=error.strerror) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return key


def _place(partial: Path, path: Path) -> None:
    """Give a whole file its name, refusing one that is taken."""
    try:
        os.link(partial, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError from None
        partial.rename(path)


def read_key(path: Path) -> bytes:
    """Return the key in `path`; raise `VaultError` when it is missing, readable by others or malformed."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise VaultError(
            "the key file is missing", next_step="Restore it from your backup; without it nothing can be re-linked."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise VaultError("the key file cannot be read") from error
    if os.name == "posix" and mode & 0o077:
        raise VaultError("the key file can be read by others", next_step="chmod 600 it.")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise VaultError("the key file is malformed", expected=f"{2 * KEY_BYTES} hexadecimal digits")
    return key


class Vault:
    """Sealed records of one workspace, opened with its key."""

    def __init__(self, folder: Path, key: bytes, *, new: bool = True) -> None:
        """Open the vault in `folder`; with `new=False` a missing one is refused instead of made."""
        self.pseudonyms = Pseudonymizer(key)
        derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"cxrforge vault records").derive(key)
        self._cipher = AESGCM(derived)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / "vault.sqlite"
        if not path.exists():
            if not new:
                raise VaultError("the vault is missing", next_step="Restore vault/vault.sqlite from your backup.")
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        self._engine = sa.create_engine(f"sqlite:///{path}")
        sa.event.listen(self._engine, "connect", _configure)
        try:
            _metadata.create_all(self._engine)
            self._check_key()
        except sa.exc.DatabaseError as error:
            raise VaultError("the vault cannot be opened", found=type(error.orig).__name__) from error

    def __repr__(self) -> str:
        return "Vault()"

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def seal(self, kind: str, site: str, records: Mapping[str, Any]) -> None:
        """Store each JSON-able record under its pseudonym, replacing what stood there."""
        rows = [{"kind": kind, "id": i, "site": site, "content": self._encrypt(kind, i, r)} for i, r in records.items()]
        if not rows:
            return
        statement = insert(_sealed)
        statement = statement.on_conflict_do_update(
            index_elements=["kind", "id"], set_={"site": statement.excluded.site, "content": statement.excluded.content}
        )
        with self._writing() as connection:
            connection.execute(statement, rows)

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.OperationalError as error:
            raise VaultError(
                "the vault cannot be written",
                found=type(error.orig).__name__,
                next_step="Check disk space and rights, then repeat; nothing recorded is lost.",
            ) from error

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except sa.exc.OperationalError as error:
            raise VaultError(
                "the vault cannot be read",
                found=type(error.orig).__name__,
                next_step="See that its folder is there, then repeat; nothing recorded is lost.",
            ) from error

    def forget(self, kind: str, ids: Iterable[str]) -> None:
        """Drop the records with these pseudonyms."""
        rows = [{"wanted_kind": kind, "wanted_id": i} for i in ids]
        if not rows:
            return
        wanted = (_sealed.c.kind == sa.bindparam("wanted_kind"), _sealed.c.id == sa.bindparam("wanted_id"))
        with self._writing() as connection:
            connection.execute(sa.delete(_sealed).where(*wanted), rows)

    def unseal(self, kind: str, ids: Iterable[str]) -> dict[str, Any]:
        """Return the records with these pseudonyms; those not known are left out."""
        wanted = list(ids)
        found: dict[str, Any] = {}
        with self._reading() as connection:
            for start in range(0, len(wanted), _CHUNK):
                chunk = wanted[start : start + _CHUNK]
                query = sa.select(_sealed.c.id, _sealed.c.content).where(
                    _sealed.c.kind == kind, _sealed.c.id.in_(chunk)
                )
                found.update((row.id, self._decrypt(kind, row.id, row.content)) for row in connection.execute(query))
        return found

    def unseal_site(self, kind: str, site: str) -> Iterator[tuple[str, Any]]:
        """Yield `(id, record)` of every record of a kind at a site, by id."""
        query = sa.select(_sealed.c.id, _sealed.c.content)
        query = query.where(_sealed.c.kind == kind, _sealed.c.site == site).order_by(_sealed.c.id)
        with self._reading() as connection:
            for row in connection.execute(query):
                yield row.id, self._decrypt(kind, row.id, row.content)

    def identity(self) -> str:
        """Return what tells this vault from others, those with the same key included; it goes with its backup."""
        known = self.unseal("identity", ["vault"])
        if not known:
            self.seal("identity", "", {"vault": {"name": secrets.token_hex(8)}})
            known = self.unseal("identity", ["vault"])
        return str(known["vault"]["name"])

    def _check_key(self) -> None:
        if not self.unseal("check", ["key"]):
            with self._engine.connect() as connection:
                used = connection.execute(sa.select(sa.func.count()).select_from(_sealed)).scalar_one()
            if used:
                raise VaultError("the vault has lost its key check", next_step="Restore vault.sqlite from your backup.")
            self.seal("check", "", {"key": {"purpose": "tells a wrong key from the right one"}})

    def _encrypt(self, kind: str, record_id: str, record: Any) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        return nonce + self._cipher.encrypt(nonce, text, f"{kind}|{record_id}".encode())

    def _decrypt(self, kind: str, record_id: str, content: bytes) -> Any:
        try:
            text = self._cipher.decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], f"{kind}|{record_id}".encode())
        except InvalidTag as error:
            raise VaultError(
                "the key does not open this vault", next_step="Use the key this workspace was made with."
            ) from error
        return json.loads(text.decode("utf-8", "surrogatepass"))


def _configure(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=30000")
    connection.execute("PRAGMA secure_delete=ON")
