"""Which report belongs to which study of one site: by key, never by guess.

A report's StudyInstanceUID decides; without a study of that UID its accession number does (several accession numbers
may name several studies); with neither, the patient's ID with issuer and the study date, among the studies that the
report's own UID and accession number do not speak against; a report that says none of this, but is a file of its own,
goes by the UID, the accession number, or the patient's ID with the study date in the file's name. Two candidates, none,
or keys that contradict each other stop the report, and a contradiction stops the study too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cxrforge.ingest.patients import Patient, all_compatible, patient, same_patient
from cxrforge.records import Issue


@dataclass(frozen=True, slots=True)
class StudyKey:
    """What can tie a study to a report. `id` is opaque; the rest identifies and is not shown by `repr`."""

    id: str
    study_uids: tuple[str, ...] = field(default=(), repr=False)
    accession_numbers: tuple[str, ...] = field(default=(), repr=False)
    patient_id: str | None = field(default=None, repr=False)
    issuer: str | None = field(default=None, repr=False)
    study_date: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """What can tie a report to studies. `id` is opaque; `issued` orders the versions of one report."""

    id: str
    study_uids: tuple[str, ...] = field(default=(), repr=False)
    accession_numbers: tuple[str, ...] = field(default=(), repr=False)
    patient_id: str | None = field(default=None, repr=False)
    issuer: str | None = field(default=None, repr=False)
    study_date: str | None = field(default=None, repr=False)
    issued: str = field(default="", repr=False)
    name_keys: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Pairing:
    """The outcome, by the opaque ids: every document is in `rules` (paired) or in `turned_away`, never in both.

    `documents`: study to its documents, oldest first. `rules`: document to the key that paired it (`study-uid`,
    `accession`, `patient-and-date`, `file-name`). `study_issues`: studies that stop, and why.
    """

    documents: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, str]
    turned_away: Mapping[str, Issue]
    study_issues: Mapping[str, tuple[Issue, ...]]


def pair(studies: Sequence[StudyKey], documents: Sequence[DocumentKey]) -> Pairing:
    """Pair the documents of one site with its studies; the order of either does not matter."""
    index = _Index.of(studies)
    paired: dict[str, list[DocumentKey]] = defaultdict(list)
    rules: dict[str, str] = {}
    turned_away: dict[str, Issue] = {}
    conflicts: set[str] = set()
    for document in sorted(documents, key=lambda d: (d.issued, d.id)):
        verdict = _judge(document, index)
        if verdict.issue:
            turned_away[document.id] = verdict.issue
            conflicts |= {study.id for study in verdict.studies}
        else:
            rules[document.id] = verdict.rule
            for study in verdict.studies:
                paired[study.id].append(document)
    if len(rules) + len(turned_away) != len(documents):
        raise ValueError("two documents share one id")
    return Pairing(
        documents={id: tuple(d.id for d in paired[id]) for id in sorted(paired)},
        rules=dict(sorted(rules.items())),
        turned_away=dict(sorted(turned_away.items())),
        study_issues=_study_issues(studies, paired.keys(), conflicts),
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The studies a document belongs to and the rule; or its issue, with the studies that a contradiction stops."""

    studies: tuple[StudyKey, ...] = ()
    rule: str = ""
    issue: Issue | None = None


@dataclass(frozen=True, slots=True)
class _Index:
    """Studies by each key, so that one document costs no more among many studies than among few."""

    by_uid: Mapping[str, list[StudyKey]]
    by_accession: Mapping[str, list[StudyKey]]
    by_patient_and_date: Mapping[tuple[str, str], list[StudyKey]]

    @classmethod
    def of(cls, studies: Sequence[StudyKey]) -> _Index:
        if len({study.id for study in studies}) != len(studies):
            raise ValueError("two studies share one id")
        by_uid, by_accession, by_patient_and_date = defaultdict(list), defaultdict(list), defaultdict(list)
        for study in sorted(studies, key=lambda s: s.id):
            for uid in _given(study.study_uids):
                by_uid[uid].append(study)
            for number in _given(study.accession_numbers):
                by_accession[number].append(study)
            who = _who(study)
            if who.id and study.study_date:
                by_patient_and_date[who.id, study.study_date].append(study)
        return cls(dict(by_uid), dict(by_accession), dict(by_patient_and_date))


def _judge(document: DocumentKey, index: _Index) -> _Verdict:
    """Decide one document."""
    by_uid = [index.by_uid.get(uid, []) for uid in _given(document.study_uids)]
    named = _merged(by_uid)
    by_accession = [
        _narrowed(document, index.by_accession.get(number, []), named) for number in _given(document.accession_numbers)
    ]
    if any(len(candidates) > 1 for candidates in (*by_uid, *by_accession)):
        return _Verdict(issue=Issue("report-ambiguous", "a UID or accession number names several studies"))
    also = _merged(by_accession)
    chosen = {**named, **also}
    if not chosen:
        return _by_patient_and_date(document, index)
    studies = tuple(chosen.values())
    found = _contradiction(document, named, also)
    if found:
        return _Verdict(studies, issue=Issue("pairing-conflict", found))
    return _Verdict(studies, rule="study-uid" if named else "accession")


def _narrowed(document: DocumentKey, candidates: list[StudyKey], named: Mapping[str, StudyKey]) -> Sequence[StudyKey]:
    """Return the candidates of one accession number that the document's other keys confirm, or all of them.

    Accession numbers repeat between departments and over the years; a UID or a patient's ID that agrees with one
    candidate alone is no guess.
    """
    if len(candidates) < 2:
        return candidates
    by_uid = [study for study in candidates if study.id in named]
    by_patient = [study for study in candidates if same_patient(_who(document), _who(study))]
    return by_uid or by_patient or candidates


def _contradiction(document: DocumentKey, by_uid: Mapping[str, StudyKey], by_accession: Mapping[str, StudyKey]) -> str:
    """Return what speaks against pairing `document` with the studies its UIDs and accession numbers name, or ''."""
    if by_uid and by_accession and not by_uid.keys() & by_accession.keys():
        return "the UID names one study, the accession number another"
    studies = {**by_uid, **by_accession}.values()
    agreement = [same_patient(_who(document), _who(study)) for study in studies]
    if False in agreement:
        return "the UID or accession number agrees, the patient ID does not"
    if not all_compatible({_who(study) for study in studies}):
        return "the report names studies of different patients"
    if all(agreement):
        return ""  # the patient's ID confirms; a UID or number that names no other study does not outweigh that
    if _disjoint(document.study_uids, (uid for study in studies for uid in study.study_uids)):
        return "the accession number agrees, the UID does not, and no patient ID confirms"
    if _disjoint(document.accession_numbers, (number for study in studies for number in study.accession_numbers)):
        return "the UID agrees, the accession number does not, and no patient ID confirms"
    return ""


def _by_patient_and_date(document: DocumentKey, index: _Index) -> _Verdict:
    """Decide a document whose UIDs and accession numbers name no study of the export."""
    who = _who(document)
    if not who.id or not document.study_date:
        has_key = _given(document.study_uids) or _given(document.accession_numbers)
        if not has_key and document.name_keys:
            return _by_name(document, index)
        return _Verdict(issue=Issue("report-without-study", "its keys name no study" if has_key else "it has no key"))
    candidates = [
        study
        for study in index.by_patient_and_date.get((who.id, document.study_date), [])
        if same_patient(who, _who(study))
        # a report of another examination of the same day has another UID or number
        and not _disjoint(document.study_uids, study.study_uids)
        and not _disjoint(document.accession_numbers, study.accession_numbers)
    ]
    if len(candidates) > 1:
        return _Verdict(issue=Issue("report-ambiguous", "several studies of this patient on this date"))
    if not candidates:
        return _Verdict(issue=Issue("report-without-study", "its keys name no study"))
    return _Verdict(tuple(candidates), rule="patient-and-date")


def _by_name(document: DocumentKey, index: _Index) -> _Verdict:
    """Decide a document without keys of its own by those in its file's name; what it does say must not contradict."""
    keys = _given(document.name_keys)
    candidates = _merged(index.by_uid.get(key, []) for key in keys)
    candidates = candidates or _merged(index.by_accession.get(key, []) for key in keys)
    pairs = ((one, other) for one in keys for other in keys if re.fullmatch(r"(?:19|20)\d{6}", other))
    candidates = candidates or _merged(index.by_patient_and_date.get(pair, []) for pair in pairs)
    if len(candidates) > 1:
        return _Verdict(issue=Issue("report-ambiguous", "the file's name fits several studies"))
    studies = tuple(candidates.values())
    if not studies:
        return _Verdict(issue=Issue("report-without-study", "neither its text nor its file's name holds a key"))
    if same_patient(_who(document), _who(studies[0])) is False:
        return _Verdict(studies, issue=Issue("pairing-conflict", "the file's name agrees, the patient ID does not"))
    if document.study_date and studies[0].study_date and document.study_date != studies[0].study_date:
        return _Verdict(issue=Issue("report-without-study", "the file's name agrees, the study date does not"))
    return _Verdict(studies, rule="file-name")


def _study_issues(
    studies: Sequence[StudyKey], paired: Iterable[str], conflicts: set[str]
) -> dict[str, tuple[Issue, ...]]:
    lonely = {study.id for study in studies} - set(paired) - conflicts
    return {
        id: (Issue("pairing-conflict", "a report's keys contradict it") if id in conflicts else _WITHOUT_REPORT,)
        for id in sorted(lonely | conflicts)
    }


_WITHOUT_REPORT = Issue("study-without-report")


def _who(key: StudyKey | DocumentKey) -> Patient:
    return patient(key.patient_id, key.issuer)


def _given(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values that say something, stripped, each once."""
    return tuple(dict.fromkeys(value.strip() for value in values if value.strip()))


def _merged(groups: Iterable[Sequence[StudyKey]]) -> dict[str, StudyKey]:
    return {study.id: study for group in groups for study in group}


def _disjoint(one: Iterable[str], other: Iterable[str]) -> bool:
    """Tell whether both say something and nothing in common."""
    these, those = set(_given(one)), set(_given(other))
    return bool(these and those and not these & those)
