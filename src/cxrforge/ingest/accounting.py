"""The books of one site's export: found = taken + turned away, every file once, every refusal with a coded reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cxrforge.ingest.examine import ExaminedFile
from cxrforge.ingest.pairing import DocumentKey, Pairing, pair
from cxrforge.ingest.studies import Encounter, group_studies
from cxrforge.records import Issue, ReportDocument


@dataclass(frozen=True, slots=True)
class Intake:
    """What an export comes to.

    `fates` maps each file's place to the issue that turned it away, None where it was taken. Studies and documents go
    by opaque ids: an image by its content's SHA-256, a study by `s` and a number in the order of `encounters`, a
    document by its file's SHA-256 and its place in the file.
    """

    encounters: Mapping[str, Encounter]
    documents: Mapping[str, ReportDocument] = field(repr=False)
    pairing: Pairing
    fates: Mapping[str, Issue | None] = field(repr=False)

    @property
    def found(self) -> int:
        """How many files the export has."""
        return len(self.fates)

    @property
    def taken(self) -> int:
        """How many files go on."""
        return sum(issue is None for issue in self.fates.values())

    @property
    def turned_away(self) -> Mapping[str, int]:
        """How many files each code kept out, most frequent first."""
        counts = Counter(issue.code for issue in self.fates.values() if issue)
        return dict(sorted(counts.items(), key=lambda row: (-row[1], row[0])))


def settle(files: Sequence[ExaminedFile]) -> Intake:
    """Group, pair and account for the files of one site; their order does not matter."""
    fates: dict[str, Issue | None] = {}
    kept: dict[str, ExaminedFile] = {}
    for file in sorted(files, key=lambda f: f.locator):
        if file.locator in fates:
            raise ValueError("two files share one place")
        fates[file.locator] = file.turned_away
        if file.turned_away is None and file.sha256 in kept:
            fates[file.locator] = Issue("duplicate-file")
        elif file.turned_away is None:
            kept[file.sha256] = file
    images = [file.image.key(sha256, sha256) for sha256, file in kept.items() if file.image]
    grouping = group_studies(images)
    encounters = {f"s{number}": encounter for number, encounter in enumerate(grouping.encounters)}
    documents = {
        f"{sha256}:{place}": document for sha256, file in kept.items() for place, document in enumerate(file.documents)
    }
    pairing = pair(
        [encounter.key(id) for id, encounter in encounters.items()],
        [document_key(id, document) for id, document in documents.items()],
    )
    stopped = _stopped(encounters, pairing)
    reasons = {
        **grouping.turned_away,
        **{image: issue for id, issue in stopped.items() for image in encounters[id].images},
        **_report_file_reasons(kept, pairing, stopped),
    }
    for sha256, file in kept.items():
        fates[file.locator] = reasons.get(sha256)
    return Intake(encounters, documents, pairing, fates)


def document_key(id: str, document: ReportDocument) -> DocumentKey:
    """Return what pairing needs of a report, under an opaque `id`."""
    return DocumentKey(
        id,
        document.study_uids,
        document.accession_numbers,
        document.patient_id,
        document.patient_id_issuer,
        document.study_date,
        document.issued,
        document.name_keys,
    )


def _stopped(encounters: Mapping[str, Encounter], pairing: Pairing) -> dict[str, Issue]:
    """Return the studies that stop, and the first reason of each."""
    reasons = {id: (*encounter.issues, *pairing.study_issues.get(id, ())) for id, encounter in encounters.items()}
    return {id: issues[0] for id, issues in reasons.items() if issues}


def _report_file_reasons(
    kept: Mapping[str, ExaminedFile], pairing: Pairing, stopped: Mapping[str, Issue]
) -> dict[str, Issue]:
    """Return, by content, why a report file is turned away of which no document reached a study that goes on."""
    out_of_the_way = {d: stopped[id] for id, listed in pairing.documents.items() if id in stopped for d in listed}
    going_on = {d for id, listed in pairing.documents.items() if id not in stopped for d in listed}
    refused = {**out_of_the_way, **pairing.turned_away}
    reasons: dict[str, Issue] = {}
    for sha256, file in kept.items():
        ids = [f"{sha256}:{place}" for place in range(len(file.documents))]
        if ids and not going_on.intersection(ids):
            reasons[sha256] = refused[ids[0]]
    return reasons
