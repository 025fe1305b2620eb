"""From a site's examined files to patients, studies, images and reports under pseudonyms.

What a file gave away stays sealed (`file` records); out of all of a site's files, whenever they came, follow the
catalogue's rows and the sealed records that stages need: `image` (where its source lies, what its study knows),
`study` (its report documents, what it knows) and `roster` (what the whole export knows).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from cxrforge.catalogue.holdings import PAIRING, Holdings
from cxrforge.identity.known import known_from_fields
from cxrforge.ingest.pairing import DocumentKey, pair
from cxrforge.ingest.studies import Encounter, ImageKey, group_studies
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import ImageFacts, Issue, KnownIdentifiers, ReportDocument, from_plain
from cxrforge.tables import issue_codes

_DECADES = 9  # 90 and over is one decade


@dataclass(frozen=True, slots=True)
class Intake:
    """A site's rows for the catalogue and its records for the vault, by kind and pseudonym."""

    holdings: Holdings
    sealed: Mapping[str, Mapping[str, Any]] = field(repr=False)


@dataclass(slots=True)
class _Draft:
    """Rows under construction."""

    site: str
    pseudonyms: Pseudonymizer
    patients: dict[str, dict[str, Any]] = field(default_factory=dict)
    studies: list[dict[str, Any]] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    issues: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    sealed: dict[str, dict[str, Any]] = field(default_factory=lambda: {"image": {}, "study": {}})

    def remark(self, entity: str, kind: str, issue: Issue) -> None:
        level = issue_codes.load()[issue.code].level.value
        row = {"entity": entity, "stage": PAIRING, "code": issue.code, "kind": kind, "site": self.site}
        self.issues[entity, issue.code] = row | {"level": level, "detail": issue.detail}


def take_in(files: Mapping[str, Mapping[str, Any]], site: str, pseudonyms: Pseudonymizer) -> Intake:
    """Group, pair and pseudonymise everything known of a site; `files` are its sealed file records by file id."""
    draft = _Draft(site, pseudonyms)
    encounters = _encounters(files, draft)
    documents = _documents(files, draft)
    keys = [_document_key(i, d) for i, (_, d) in documents.items()]
    pairing = pair([e.key(i) for i, e in encounters.items()], keys)
    known = {
        i: _known(e, files, [documents[d][1] for d in pairing.documents.get(i, ())]) for i, e in encounters.items()
    }
    roster = _roster(known.values())
    for study, encounter in encounters.items():
        issues = (*encounter.issues, *(i for i in pairing.study_issues.get(study, ()) if not _lonely(i)))
        ids = () if issues else pairing.documents.get(study, ())
        _add_study(draft, study, encounter, files, known[study], {d: documents[d] for d in ids}, roster)
        for issue in issues:
            draft.remark(study, "study", issue)
    for document, (file, _) in documents.items():
        refused = pairing.turned_away.get(document)
        draft.documents.append(
            {"id": document, "site": site, "file": file, "state": "turned-away" if refused else "paired"}
        )
        if refused:
            draft.remark(document, "report", refused)
            draft.remark(file, "file", refused)
        else:
            draft.taken.add(file)
    return Intake(_holdings(draft, files), {**draft.sealed, "roster": {site: asdict(roster)}})


def _lonely(issue: Issue) -> bool:
    """Tell whether a study merely waits for its report; that is for the select stage to say."""
    return issue.code == "study-without-report"


def _encounters(files: Mapping[str, Mapping[str, Any]], draft: _Draft) -> dict[str, Encounter]:
    keys = []
    for file, record in files.items():
        image = record["image"]
        if image:
            keys.append(
                ImageKey(
                    id=file,
                    content=record["sha256"],
                    sop_instance_uid=image["sop_uid"],
                    study_uid=image["study_uid"],
                    accession_number=image["accession"] or "",
                    patient_id=image["patient_id"] or "",
                    issuer=image["issuer"] or "",
                    study_date=image["study_date"] or "",
                )
            )
    grouping = group_studies(keys)
    for file, issue in grouping.turned_away.items():
        draft.remark(file, "file", issue)
    return {draft.pseudonyms.study(e.study_uids[0]): e for e in grouping.encounters}


def _documents(files: Mapping[str, Mapping[str, Any]], draft: _Draft) -> dict[str, tuple[str, ReportDocument]]:
    """Return every document of the site with its file; a file whose bytes came before is left out with a reason."""
    seen: set[str] = set()
    found = {}
    for file, record in sorted(files.items()):
        if not record["documents"]:
            continue
        if record["sha256"] in seen:
            draft.remark(file, "file", Issue("duplicate-file"))
            continue
        seen.add(record["sha256"])
        for position, values in enumerate(record["documents"]):
            document = draft.pseudonyms.report(draft.site, record["sha256"], str(position))
            found[document] = (file, from_plain(ReportDocument, values))
    return found


def _document_key(document: str, content: ReportDocument) -> DocumentKey:
    return DocumentKey(
        document,
        content.study_uids,
        content.accession_numbers,
        content.patient_id,
        content.patient_id_issuer,
        content.study_date,
        content.issued,
    )


def _known(
    encounter: Encounter, files: Mapping[str, Mapping[str, Any]], documents: list[ReportDocument]
) -> KnownIdentifiers:
    """Return what the headers of a study's images and reports know together."""
    known = KnownIdentifiers()
    for file in encounter.images:
        known |= from_plain(KnownIdentifiers, files[file]["image"]["known"])
    for document in documents:
        ids = (*(i for i in (document.patient_id,) if i), *document.accession_numbers)
        dates = (document.study_date,) if document.study_date else ()
        known |= known_from_fields(document.header) | KnownIdentifiers(ids=ids, dates=dates)
    return known


def _roster(known: Any) -> KnownIdentifiers:
    """Return the staff and institutions that any study of the export names."""
    staff: set[str] = set()
    institutions: set[str] = set()
    for one in known:
        staff.update(one.staff_names)
        institutions.update(one.institutions)
    return KnownIdentifiers(staff_names=tuple(sorted(staff)), institutions=tuple(sorted(institutions)))


def _add_study(
    draft: _Draft,
    study: str,
    encounter: Encounter,
    files: Mapping[str, Mapping[str, Any]],
    known: KnownIdentifiers,
    documents: Mapping[str, tuple[str, ReportDocument]],
    roster: KnownIdentifiers,
) -> None:
    pseudonyms = draft.pseudonyms
    if encounter.patient_id:
        patient = pseudonyms.patient(encounter.patient_id, encounter.issuer or "", draft.site)
    else:
        patient = pseudonyms.patient(encounter.study_uids[0], "no patient id", draft.site)
    draft.patients[patient] = {"id": patient, "site": draft.site}
    plain_known = asdict(known)
    known_text = json.dumps(plain_known)
    facts = []
    for file in encounter.images:
        image, sha256 = files[file]["image"], files[file]["sha256"]
        name = pseudonyms.image(image["sop_uid"])
        facts.append((name, from_plain(ImageFacts, image["facts"])))
        draft.images.append(
            {
                "id": name,
                "site": draft.site,
                "study": study,
                "file": file,
                "content": pseudonyms.digest("image input", sha256, known_text).hex()[:32],
                "facts": image["facts"],
                "view": image["facts"]["view"],
                "least_side": min(image["facts"]["rows"], image["facts"]["columns"]),
                "bits_stored": image["facts"]["bits_stored"],
            }
        )
        draft.sealed["image"][name] = {"locator": files[file]["locator"], "sha256": sha256, "known": plain_known}
        draft.taken.add(file)
    row = {"id": study, "site": draft.site, "patient": patient, "report_input": None, "stopped": bool(encounter.issues)}
    if documents:
        parts = [f"{i}|{files[file]['sha256']}" for i, (file, _) in documents.items()]
        digest = pseudonyms.digest("report input", *parts, known_text, json.dumps(asdict(roster)))
        row["report_input"] = digest.hex()[:32]
        plain_documents = [{**asdict(d), "header": dict(d.header)} for _, d in documents.values()]
        draft.sealed["study"][study] = {"documents": plain_documents, "known": plain_known}
    draft.studies.append(row | _study_facts(facts))


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
        "age_decade": None if age is None else min(age // 10, _DECADES) * 10,
        "paediatric": None if age is None else age < 18,
    }


def _holdings(draft: _Draft, files: Mapping[str, Mapping[str, Any]]) -> Holdings:
    stopped = {i["entity"] for i in draft.issues.values() if i["kind"] == "study" and i["level"] == "turned-away"}
    for study in draft.studies:
        study["stopped"] = study["id"] in stopped
    states = {file: "taken" if file in draft.taken else "turned-away" for file in files}
    refused: dict[str, int] = defaultdict(int)
    for row in draft.issues.values():
        refused[row["entity"]] += 1
    silent = [f for f, s in states.items() if s == "turned-away" and not refused[f] and not files[f]["issues"]]
    if silent:
        raise AssertionError(f"{len(silent)} files are turned away without a reason")
    return Holdings(
        patients=[draft.patients[i] for i in sorted(draft.patients)],
        studies=sorted(draft.studies, key=lambda row: row["id"]),
        images=sorted(draft.images, key=lambda row: row["id"]),
        documents=sorted(draft.documents, key=lambda row: row["id"]),
        files=states,
        issues=list(draft.issues.values()),
    )
