"""The one exception tree. Bad data is an `Issue` (records.py); exceptions are our faults and refused operations."""

from __future__ import annotations

import errno

_CANNOT_WRITE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EMFILE, errno.ENFILE})


def is_about_this_machine(error: OSError) -> bool:
    """Say whether an error is of the machine (disk full, read-only, out of handles) and not of the file looked at."""
    return error.errno in _CANNOT_WRITE


class CxrforgeError(Exception):
    """A refused operation, told in one line: what, where, expected, found, next step.

    No part may carry an identifier, a raw value, a source path or an original UID.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        next_step: str | None = None,
    ) -> None:
        self.what, self.where, self.expected, self.found, self.next_step = what, where, expected, found, next_step
        super().__init__(self.line())

    def line(self) -> str:
        """Return the message as one line."""
        parts = [self.what + (f" ({self.where})" if self.where else "")]
        if self.expected:
            parts.append(f"expected {self.expected}" + (f", found {self.found}" if self.found else ""))
        elif self.found:
            parts.append(f"found {self.found}")
        text = ": ".join(parts)
        return f"{text}. {self.next_step}" if self.next_step else text

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by fields, so that a worker's error arrives whole."""
        return (_rebuild, (type(self), self.what, self.where, self.expected, self.found, self.next_step))


def _rebuild(
    kind: type[CxrforgeError],
    what: str,
    where: str | None,
    expected: str | None,
    found: str | None,
    next_step: str | None,
) -> CxrforgeError:
    return kind(what, where=where, expected=expected, found=found, next_step=next_step)


class UsageError(CxrforgeError):
    """The command or call was given something it cannot use."""

    exit_code = 2


class TableError(CxrforgeError):
    """A table under `tables/` is missing, empty, incomplete or contradicts itself."""


class ConfigError(CxrforgeError):
    """`cxrforge.toml` or an option has a value that cannot be used."""

    exit_code = 2


class WorkspaceError(CxrforgeError):
    """The folder is no workspace, is in use, or cannot be written."""


class VaultError(CxrforgeError):
    """The key or the vault is missing, unreadable or does not belong to this workspace."""


class CatalogueError(CxrforgeError):
    """The catalogue cannot be opened, migrated or written."""


class ReleaseRefusedError(CxrforgeError):
    """A blocking criterion is short, or a release folder stands in the way."""


class ForbiddenError(CxrforgeError):
    """The person's role, or the sites the person may see, do not allow it."""


class ConflictError(CxrforgeError):
    """Somebody saved in between; `current` is what stands now and `revision` its number."""

    def __init__(self, what: str, *, current: object = None, revision: int = 0, **parts: str | None) -> None:
        super().__init__(what, **parts)
        self.current, self.revision = current, revision
