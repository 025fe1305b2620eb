"""What a file is by its first bytes, when it is neither DICOM nor a report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cxrforge.errors import TableError
from cxrforge.tables import issue_codes
from cxrforge.tables.files import read_toml


@dataclass(frozen=True, slots=True)
class Signature:
    """One row: `magic` at `offset` means `what`, which is turned away with `code`."""

    what: str
    code: str
    magic: bytes
    offset: int = 0


@cache
def load() -> tuple[Signature, ...]:
    """Return every signature of `signatures.toml`, in its order."""
    rows = []
    for what, row in read_toml("signatures.toml").items():
        try:
            found = Signature(what, row["code"], bytes.fromhex(row["magic"]), row.get("offset", 0))
        except (KeyError, TypeError, ValueError) as error:
            raise TableError(f"signature {what} is incomplete: {error}", where="signatures.toml") from error
        if found.code not in issue_codes.load() or len(found.magic) < 2:
            raise TableError(f"signature {what} has no such issue code, or too few bytes", where="signatures.toml")
        rows.append(found)
    if not rows:
        raise TableError("no signatures", where="signatures.toml")
    return tuple(rows)
