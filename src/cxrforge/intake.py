"""From a site's examined files to patients, studies, images and reports under pseudonyms.

What a file gave away stays sealed (`file` records). Out of all of a site's files, whenever they came, follow the
catalogue's rows and the sealed records that stages need: `image` (where its source lies, what its study knows),
`study` (its report documents, what it knows, what the site's other reports say of them) and `roster` (what the whole
export knows).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from cxrforge.catalogue.holdings import PAIRING, Holdings
from cxrforge.identity.known import known_from_fields
from cxrforge.identity.match import find_known
from cxrforge.ingest.accounting import Intake, settle
from cxrforge.ingest.consent import ConsentCheck, Register
from cxrforge.ingest.examine import ExaminedFile, FileKind
from cxrforge.ingest.images import ImageHeader
from cxrforge.ingest.studies import Encounter
from cxrforge.pseudonym import Pseudonymizer, issuer_name
from cxrforge.records import ImageFacts, Issue, KnownIdentifiers, ReportDocument, SiteContext, from_plain
from cxrforge.reports.site import SiteReports
from cxrforge.tables import issue_codes

_OLDEST_DECADE = 90
_ADULT = 18


_READ_BY = "2"
"""Version of what ingest reads out of a file; raised when it reads more or otherwise, so that files are read again."""


def unchanged(record: Mapping[str, Any], size: int, modified_ns: int) -> bool:
    """Tell whether a file is as it was when this version of ingest made `record` of it."""
    return (record["size"], record["modified_ns"], record.get("read_by")) == (size, modified_ns, _READ_BY)


def apart(file: ExaminedFile, held: Container[str], pseudonyms: Pseudonymizer) -> ExaminedFile:
    """Return the file without its image where another site holds that image or its study, by pseudonym."""
    if file.image is None:
        return file
    names = (pseudonyms.image(file.image.sop_instance_uid), pseudonyms.study(file.image.study_uid))
    if not any(name in held for name in names):
        return file
    return replace(file, image=None, issues=(*file.issues, Issue("image-at-another-site")))


def moved_files(files: Mapping[str, ExaminedFile], is_there: Callable[[str], bool]) -> list[str]:
    """Return the ids of files that are gone from their place while the same content is known at another, still there.

    `is_there` is asked about repeated content alone.
    """
    places: dict[str, list[str]] = {}
    for name, file in files.items():
        if file.sha256 and file.size:
            places.setdefault(file.sha256, []).append(name)
    moved = []
    for names in places.values():
        gone = [name for name in names if not is_there(files[name].locator)] if len(names) > 1 else []
        if len(gone) < len(names):
            moved.extend(gone)
    return moved


def file_record(file: ExaminedFile, modified_ns: int) -> dict[str, Any]:
    """Return what the vault keeps of an examined file."""
    image = None
    if file.image:
        image = {**asdict(file.image)}
    return {
        "locator": file.locator,
        "size": file.size,
        "modified_ns": modified_ns,
        "read_by": _READ_BY,
        "sha256": file.sha256,
        "kind": file.kind.value,
        "issues": [[i.code, i.detail] for i in file.issues],
        "image": image,
        "documents": [_plain_document(d) for d in file.documents],
    }


def examined_file(record: Mapping[str, Any]) -> ExaminedFile:
    """Return the examined file that `file_record` was made from."""
    image = None
    if record["image"]:
        plain = {**record["image"]}
        plain["facts"] = from_plain(ImageFacts, plain["facts"])
        plain["known"] = from_plain(KnownIdentifiers, plain["known"])
        image = ImageHeader(**plain)
    return ExaminedFile(
        locator=record["locator"],
        size=record["size"],
        sha256=record["sha256"],
        kind=FileKind(record["kind"]),
        issues=tuple(Issue(code, detail) for code, detail in record["issues"]),
        image=image,
        documents=tuple(from_plain(ReportDocument, d) for d in record["documents"]),
    )


@dataclass(frozen=True, slots=True)
class SiteRows:
    """A site's rows for the catalogue and its records for the vault, by kind and pseudonym."""

    holdings: Holdings
    sealed: Mapping[str, Mapping[str, Any]] = field(repr=False)


@dataclass(slots=True)
class _Draft:
    """A site's rows under construction."""

    site: str
    pseudonyms: Pseudonymizer
    files: Mapping[str, tuple[str, ExaminedFile]]  # by content: file id, file
    issuers: Mapping[str, set[str]]  # by patient ID
    consent: ConsentCheck
    patients: dict[str, dict[str, Any]] = field(default_factory=dict)
    studies: list[dict[str, Any]] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    issues: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    sealed: dict[str, dict[str, Any]] = field(default_factory=lambda: {"image": {}, "study": {}})

    def remark(self, entity: str, kind: str, issue: Issue) -> None:
        level = issue_codes.load()[issue.code].level.value
        row = {"entity": entity, "stage": PAIRING, "code": issue.code, "kind": kind, "site": self.site}
        self.issues[entity, issue.code] = row | {"level": level, "detail": issue.detail}


def make_rows(
    files: Mapping[str, ExaminedFile], site: str, pseudonyms: Pseudonymizer, registers: Iterable[Register] = ()
) -> SiteRows:
    """Group, pair and pseudonymise everything known of a site; `files` by file id.

    Studies of patients whom the site's `registers` keep out are stopped.
    """
    settled = settle(list(files.values()))
    by_place = {file.locator: name for name, file in files.items()}
    taken = {f.sha256: (by_place[f.locator], f) for f in files.values() if _kept(f, settled)}
    consent = ConsentCheck(registers, pseudonyms, site)
    draft = _Draft(site, pseudonyms, taken, _issuers(settled.encounters.values()), consent)
    known = {i: _known(e, draft, _documents_of(i, settled)) for i, e in settled.encounters.items()}
    site_reports = SiteReports(_texts(settled), known.values())
    for number, encounter in settled.encounters.items():
        _add_study(draft, number, encounter, settled, known[number], site_reports)
    _add_documents(draft, settled)
    states = {}
    for place, issue in settled.fates.items():
        states[by_place[place]] = "turned-away" if issue else "taken"
        if issue:
            draft.remark(by_place[place], "file", issue)
    holdings = Holdings(
        patients=[draft.patients[i] for i in sorted(draft.patients)],
        studies=draft.studies,
        images=draft.images,
        documents=draft.documents,
        files=states,
        issues=list(draft.issues.values()),
    )
    return SiteRows(holdings, {**draft.sealed, "roster": {site: asdict(_roster(known.values()))}})


def _kept(file: ExaminedFile, settled: Intake) -> bool:
    """Tell whether grouping and pairing looked at the file: neither refused as a file nor a repeat of another."""
    issue = settled.fates[file.locator]
    return file.turned_away is None and (issue is None or issue.code != "duplicate-file")


def _documents_of(number: str, settled: Intake) -> list[ReportDocument]:
    return [settled.documents[d] for d in settled.pairing.documents.get(number, ())]


def _known(encounter: Encounter, draft: _Draft, documents: list[ReportDocument]) -> KnownIdentifiers:
    """Return what the headers of a study's images and reports know together."""
    known = KnownIdentifiers()
    for content in encounter.images:
        header = draft.files[content][1].image
        if header:
            known |= header.known
    for document in documents:
        ids = (*(i for i in (document.patient_id,) if i), *document.accession_numbers)
        dates = (document.study_date,) if document.study_date else ()
        known |= known_from_fields(document.header) | KnownIdentifiers(ids=ids, dates=dates)
    return known


def _texts(settled: Intake) -> list[tuple[str, str]]:
    """Return (patient, text) of every paired report; a study without a patient ID stands for its patient."""
    found = []
    for number, encounter in settled.encounters.items():
        patient = (encounter.patient_id or "").strip() or number
        found += [(patient, document.text) for document in _documents_of(number, settled)]
    return found


def _roster(known: Iterable[KnownIdentifiers]) -> KnownIdentifiers:
    """Return the patients, staff and institutions that any study of the export names."""
    names: dict[str, set[str]] = {"patient_names": set(), "staff_names": set(), "institutions": set()}
    for one in known:
        for field_name, values in names.items():
            values.update(getattr(one, field_name))
    return KnownIdentifiers(**{field_name: tuple(sorted(values)) for field_name, values in names.items()})


def _add_study(
    draft: _Draft,
    number: str,
    encounter: Encounter,
    settled: Intake,
    known: KnownIdentifiers,
    site_reports: SiteReports,
) -> None:
    pseudonyms = draft.pseudonyms
    study = pseudonyms.study(encounter.study_uids[0])
    patient = _patient(draft, study, encounter)
    draft.patients[patient] = {"id": patient, "site": draft.site}
    facts = _add_images(draft, study, patient, encounter, known)
    objection = draft.consent.issue(encounter.patient_id, _issuer(draft, encounter))
    stops = (*encounter.issues, *settled.pairing.study_issues.get(number, ()), *((objection,) if objection else ()))
    for issue in stops:
        draft.remark(study, "study", issue)
    row = {"id": study, "site": draft.site, "patient": patient, "report_input": None, "stopped": bool(stops)}
    ids = settled.pairing.documents.get(number, ())
    if ids and not stops:
        plain = [_plain_document(settled.documents[d]) for d in ids]
        context = site_reports.about("\n".join(settled.documents[d].text for d in ids))
        row["report_input"] = _digest(draft, "report input", *ids, known, context)
        draft.sealed["study"][study] = {"documents": plain, "known": asdict(known), "site": asdict(context)}
    draft.studies.append(row | _study_facts(facts))


def _patient(draft: _Draft, study: str, encounter: Encounter) -> str:
    """Return the pseudonym of a study's patient: by ID and issuer, without an ID one for the study alone.

    An ID without issuer is that of the only issuer the site uses for it: one person must not fall into two splits.
    """
    if not encounter.patient_id:
        return draft.pseudonyms.patient(study, "without a patient id", draft.site)
    return draft.pseudonyms.patient(encounter.patient_id, _issuer(draft, encounter), draft.site)


def _issuer(draft: _Draft, encounter: Encounter) -> str:
    """Return the issuer of a study's patient ID: its own, or the only one that the site uses for that ID."""
    issuers = draft.issuers.get((encounter.patient_id or "").strip(), set())
    return encounter.issuer or (next(iter(issuers)) if len(issuers) == 1 else "")


def _issuers(encounters: Iterable[Encounter]) -> dict[str, set[str]]:
    """Return the issuers that the site names for each patient ID."""
    found: dict[str, set[str]] = {}
    for encounter in encounters:
        issuer = issuer_name(encounter.issuer or "")
        if encounter.patient_id and issuer:
            found.setdefault(encounter.patient_id.strip(), set()).add(issuer)
    return found


def _add_images(
    draft: _Draft, study: str, patient: str, encounter: Encounter, known: KnownIdentifiers
) -> list[tuple[str, ImageFacts]]:
    added = []
    for content in encounter.images:
        file, examined = draft.files[content]
        if examined.image is None:
            raise AssertionError("an encounter holds a file that is no image")
        facts = _without_identifiers(examined.image.facts, known)
        name = draft.pseudonyms.image(examined.image.sop_instance_uid)
        added.append((name, facts))
        draft.images.append(
            {
                "id": name,
                "site": draft.site,
                "study": study,
                "file": file,
                "content": _digest(draft, "image input", content, patient, known),
                "facts": asdict(facts),
                "view": facts.view,
                "least_side": min(facts.rows, facts.columns),
                "bits_stored": facts.bits_stored,
            }
        )
        sealed = {"locator": examined.locator, "sha256": content, "patient": patient, "known": asdict(known)}
        draft.sealed["image"][name] = sealed
    return added


def _without_identifiers(facts: ImageFacts, known: KnownIdentifiers) -> ImageFacts:
    """Return the facts without the free text that holds something the study knows: the catalogue is not sealed."""

    def clean(text: str) -> bool:
        return not find_known(text, known)

    model = facts.model if facts.model and clean(facts.model) else None
    return replace(facts, model=model, image_type=tuple(v if clean(v) else "" for v in facts.image_type))


def _add_documents(draft: _Draft, settled: Intake) -> None:
    for document in settled.documents:
        content = document.rpartition(":")[0]
        name = draft.pseudonyms.report(draft.site, document)
        refused = settled.pairing.turned_away.get(document)
        state = "turned-away" if refused else "paired"
        draft.documents.append({"id": name, "site": draft.site, "file": draft.files[content][0], "state": state})
        if refused:
            draft.remark(name, "report", refused)


def _digest(draft: _Draft, purpose: str, *parts: str | KnownIdentifiers | SiteContext) -> str:
    """Return a keyed hash: what it is made of could be guessed from a plain one."""
    texts = [p if isinstance(p, str) else json.dumps(asdict(p)) for p in parts]
    return draft.pseudonyms.digest(purpose, *texts).hex()[:32]


def _study_facts(images: list[tuple[str, ImageFacts]]) -> dict[str, Any]:
    """Return what a study's images say of device, year and person; the PA first, then by pseudonym."""
    ordered = [f for _, f in sorted(images, key=lambda pair: (pair[1].view != "PA", pair[0]))]

    def first(name: str) -> Any:
        return next((getattr(f, name) for f in ordered if getattr(f, name) is not None), None)

    age = first("age_years")
    return {
        "year": first("year"),
        "manufacturer": first("manufacturer"),
        "model": first("model"),
        "sex": first("sex"),
        "age_decade": None if age is None else min(age // 10 * 10, _OLDEST_DECADE),
        "paediatric": None if age is None else age < _ADULT,
    }


def _plain_document(document: ReportDocument) -> dict[str, Any]:
    plain = {name: getattr(document, name) for name in ReportDocument.__slots__}
    return {**plain, "header": dict(document.header)}
