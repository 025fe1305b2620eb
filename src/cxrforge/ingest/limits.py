"""How much of an export is read before it counts as hostile; every limit ends in a coded issue."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on size, depth and expansion, with defaults well above real exports.

    A radiograph has 10 to 60 MB; a report export of a large site some tens. Deflate cannot expand more than 1032-fold,
    and real images expand less than tenfold, blank ones aside, so the ratio counts only above `free_bytes`.
    """

    max_file_bytes: int = 512 * MIB
    max_report_bytes: int = 96 * MIB
    max_depth: int = 64
    max_zip_members: int = 250_000
    max_zip_directory_bytes: int = 48 * MIB
    max_zip_ratio: int = 200
    free_bytes: int = 64 * MIB
