"""The search for one image under two patients, over everything that was examined, whatever its site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cxrforge.catalogue import duplicates
from cxrforge.catalogue.database import Catalogue
from cxrforge.catalogue.duplicates import DIFFERENT, SAME, Examined, Repeat
from cxrforge.errors import UsageError
from cxrforge.imaging.duplicates import Fingerprint, Pair, find_pairs
from cxrforge.tables import issue_codes

EXAMINATION = "examine-image"
"""The stage whose payload carries the fingerprint."""


def search_repeats(catalogue: Catalogue) -> int:
    """Compare every image not yet compared with every other; return how many were new.

    New images stand behind the known ones, so that no pair is compared twice; the outcome does not depend on the order
    in which images came.
    """
    with catalogue.read() as connection:
        examined = duplicates.examined_images(connection, EXAMINATION)
        done = duplicates.compared_images(connection)
        present = {row.image for row in examined}
        fresh = {row.image: row.output_hash for row in examined if done.get(row.image) != row.output_hash}
        gone = [name for name in done if name not in present]
        if not fresh and not gone:
            return 0
        ordered = sorted(examined, key=lambda row: (row.image in fresh, row.image))
        read = dict(duplicates.fingerprints(connection, EXAMINATION, [row.image for row in ordered]))
        before = [r for r in duplicates.repeats(connection) if not {r.first, r.second} & {*fresh, *gone}]
    prints = [Fingerprint.from_bytes(read[row.image]) for row in ordered]
    found = [_repeat(ordered, pair) for pair in find_pairs(prints, len(ordered) - len(fresh))]
    between = [r for r in found if r is not None]
    sites = {row.image: row.site for row in examined}
    with catalogue.write() as connection:
        issues = _issues([*before, *between], sites)
        duplicates.record_repeats(connection, fresh, gone, between, issues)
    return len(fresh)


def decide_repeat(catalogue: Catalogue, first: str, second: str, *, same: bool) -> None:
    """Write what a person decided on a pair of images, and what is still to be said about the others."""
    with catalogue.write() as connection:
        if not duplicates.decide(connection, first, second, SAME if same else DIFFERENT):
            raise UsageError("no such pair of images", next_step="`cxrforge repeats list` shows the pairs.")
        sites = {row.image: row.site for row in duplicates.examined_images(connection, EXAMINATION)}
        duplicates.record_repeats(connection, {}, [], [], _issues(duplicates.repeats(connection), sites))


def _repeat(ordered: Sequence[Examined], pair: Pair) -> Repeat | None:
    """Return the pair by ids, None where both images are of one patient: a follow-up may look alike."""
    one, other = ordered[pair.first], ordered[pair.second]
    if one.patient == other.patient:
        return None
    first, second = sorted((one.image, other.image))
    return Repeat(first, second, round(pair.correlation, 4), pair.mirrored, pair.inverted, pair.confirmed)


def _issues(found: Sequence[Repeat], sites: Mapping[str, str]) -> list[dict[str, str]]:
    """Return an issue for each image of each pair that no person has called different."""
    codes = issue_codes.load()
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for one in sorted(found, key=lambda r: r.correlation):
        if one.decision == DIFFERENT:
            continue
        code = "image-repeated" if one.confirmed else "image-repeat-suspected"
        for name, other in ((one.first, one.second), (one.second, one.first)):
            rows[name, code] = {
                "entity": name,
                "stage": duplicates.STAGE,
                "code": code,
                "kind": "image",
                "site": sites[name],
                "level": codes[code].level.value,
                "detail": f"like {other}, correlation {one.correlation:.3f}",
            }
    return [rows[key] for key in sorted(rows)]
