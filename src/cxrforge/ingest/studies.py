"""Images into studies: everything of one encounter in one study, and nothing of two patients.

Images with one Study Instance UID (0020,000D) are one study. Some vendors give PA and lateral each a UID of their own:
studies that share accession number, patient (with issuer) and study date are one encounter and become one study.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cxrforge.ingest.pairing import StudyKey
from cxrforge.ingest.patients import Patient, all_compatible, patient
from cxrforge.records import Issue


@dataclass(frozen=True, slots=True)
class ImageKey:
    """What tells where an image belongs. `id` is opaque, `content` a hash; the rest identifies."""

    id: str
    content: str
    sop_instance_uid: str = field(repr=False)
    study_uid: str = field(repr=False)
    accession_number: str = field(default="", repr=False)
    patient_id: str = field(default="", repr=False)
    issuer: str = field(default="", repr=False)
    study_date: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Encounter:
    """The images of one study by their ids, the keys they share, and what stops the study.

    `study_date` is None where the images disagree.
    """

    images: tuple[str, ...]
    study_uids: tuple[str, ...] = field(repr=False)
    accession_numbers: tuple[str, ...] = field(default=(), repr=False)
    patient_id: str | None = field(default=None, repr=False)
    issuer: str | None = field(default=None, repr=False)
    study_date: str | None = field(default=None, repr=False)
    issues: tuple[Issue, ...] = ()

    def key(self, id: str) -> StudyKey:
        """Return what pairing needs, under an opaque `id`."""
        return StudyKey(id, self.study_uids, self.accession_numbers, self.patient_id, self.issuer, self.study_date)


@dataclass(frozen=True, slots=True)
class Grouping:
    """Every image is in one encounter or in `turned_away`, never in both."""

    encounters: tuple[Encounter, ...]
    turned_away: Mapping[str, Issue]


def group_studies(images: Sequence[ImageKey]) -> Grouping:
    """Group the images of one site into encounters; the order of `images` does not matter."""
    if len({image.id for image in images}) != len(images):
        raise ValueError("two images share one id")
    kept, turned_away = _without_repeats(sorted(images, key=lambda image: image.id))
    by_uid: dict[str, list[ImageKey]] = defaultdict(list)
    for image in kept:
        by_uid[image.study_uid.strip()].append(image)
    encounters = [_encounter(group) for group in _joined(by_uid)]
    return Grouping(tuple(sorted(encounters, key=lambda e: e.study_uids)), turned_away)


def _without_repeats(images: Iterable[ImageKey]) -> tuple[list[ImageKey], dict[str, Issue]]:
    """Keep one copy of each content, and no image whose SOP Instance UID another content claims too."""
    first: dict[str, ImageKey] = {}
    turned_away: dict[str, Issue] = {}
    for image in images:
        if image.content in first:
            turned_away[image.id] = Issue("duplicate-file")
        else:
            first[image.content] = image
    claims = Counter(image.sop_instance_uid.strip() for image in first.values())
    kept = []
    for image in first.values():
        if not image.study_uid.strip() or not image.sop_instance_uid.strip():
            turned_away[image.id] = Issue("dicom-no-uid")
        elif claims[image.sop_instance_uid.strip()] > 1:
            turned_away[image.id] = Issue("sop-uid-conflict")
        else:
            kept.append(image)
    return kept, dict(sorted(turned_away.items()))


def _joined(by_uid: Mapping[str, list[ImageKey]]) -> Iterable[list[ImageKey]]:
    """Yield the images of each encounter: studies that share an accession number, patient and date go together."""
    home = {uid: uid for uid in by_uid}

    def find(uid: str) -> str:
        while home[uid] != uid:
            home[uid] = uid = home[home[uid]]
        return uid

    seen: dict[tuple[str, Patient, str], str] = {}
    for uid in sorted(by_uid):
        for sign in _signs(by_uid[uid]):
            if sign in seen:
                home[max(find(uid), find(seen[sign]))] = min(find(uid), find(seen[sign]))
            else:
                seen[sign] = uid
    encounters: dict[str, list[ImageKey]] = defaultdict(list)
    for uid in sorted(by_uid):
        encounters[find(uid)].extend(by_uid[uid])
    return encounters.values()


def _signs(images: Sequence[ImageKey]) -> set[tuple[str, Patient, str]]:
    """Return accession number, patient and date of a study, where the images agree on patient and date."""
    people = {_who(image) for image in images}
    dates = {image.study_date.strip() for image in images}
    if len(people) > 1 or len(dates) > 1 or not all(who.id for who in people) or "" in dates:
        return set()
    numbers = _given(image.accession_number for image in images)
    return {(number, who, day) for number in numbers for who in people for day in dates}


def _encounter(images: Sequence[ImageKey]) -> Encounter:
    people = {_who(image) for image in images}
    named = sorted((i for i in images if i.patient_id.strip()), key=lambda i: (not i.issuer.strip(), i.id))
    dates = _given(image.study_date for image in images)
    issues: tuple[Issue, ...] = ()
    if not named:
        issues = (Issue("study-without-patient"),)
    elif not all_compatible(people):
        issues = (Issue("study-patient-conflict"),)
    return Encounter(
        images=tuple(sorted(image.id for image in images)),
        study_uids=_given(image.study_uid for image in images),
        accession_numbers=_given(image.accession_number for image in images),
        patient_id=named[0].patient_id.strip() if named else None,
        issuer=(named[0].issuer.strip() or None) if named else None,
        study_date=dates[0] if len(dates) == 1 else None,
        issues=issues,
    )


def _who(image: ImageKey) -> Patient:
    return patient(image.patient_id, image.issuer)


def _given(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values that say something, stripped, sorted, each once."""
    return tuple(sorted({value.strip() for value in values} - {""}))
