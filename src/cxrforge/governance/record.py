"""The record of processing activities: what the workspace knows, what a person declared, and every gap by name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cxrforge.catalogue.governance import Consultation, Document, SiteNumbers
from cxrforge.catalogue.holdings import Site
from cxrforge.config import Settings
from cxrforge.errors import UsageError
from cxrforge.formats.processing_record import ProcessingRecord, RecordedField, RecordedTable
from cxrforge.formats.words import count, number
from cxrforge.governance.requirements import CONSORTIUM, RequirementState
from cxrforge.tables import governance, processing_record, profile
from cxrforge.tables.processing_record import RecordField

Declarations = Mapping[str, str]
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What the workspace knows of one site on a day."""

    site: Site
    numbers: SiteNumbers
    documents: tuple[Document, ...]
    requirements: tuple[RequirementState, ...]
    consultations: tuple[Consultation, ...]
    declarations: Declarations


def read_declarations(text: str) -> dict[str, str]:
    """Return what a person declared; raise `UsageError` for a key that no field asks for."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError("the declarations are no TOML", expected='lines of key = "text"') from error
    known = {key for rows in processing_record.load().values() for row in rows for key in (*row.declare, *row.optional)}
    for key, value in table.items():
        if key not in known:
            raise UsageError("the declarations hold an unknown key", expected=", ".join(sorted(known)))
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise UsageError(f"declaration {key}", expected=f"text of at most {_LONGEST} characters")
    return {key: " ".join(value.split()) for key, value in table.items() if value.strip()}


def declarations_template(role: str) -> str:
    """Return a declarations file to fill in, for `controller` or `processor`."""
    lines = [
        "# Fill in and hand to `cxrforge site record`; it is sealed in the vault. Write `none` where there is none."
    ]
    for row in processing_record.load()[role]:
        for key, question in (*row.declare.items(), *row.optional.items()):
            optional = " (where it applies)" if key in row.optional else ""
            lines += ["", f"# {row.article}: {question}{optional}", f'{key} = ""']
    return "\n".join(lines) + "\n"


def controller_record(facts: SiteFacts, settings: Settings, day: str) -> ProcessingRecord:
    """Return a site's record under Art. 30(1)."""
    known = {
        "names": (),
        "purposes": _purposes(facts, settings),
        "subjects": _subjects(facts),
        "recipients": _recipients(settings),
        "transfers": (),
        "erasure": _erasure(settings),
        "measures": _measures(settings),
    }
    gaps = {"purposes": _basis_gap(facts), "erasure": _key_gap(settings)}
    fields = _fields("controller", facts.declarations, known, gaps)
    return ProcessingRecord(
        title="Record of processing activities (controller)",
        subtitle=f"GDPR Art. 30(1), site {facts.site.id} ({facts.site.country}), as of {day}",
        day=day,
        fields=fields,
        tables=(_requirements_table(facts), _documents_table(facts.documents), _register_table(facts)),
    )


def processor_record(
    sites: Sequence[SiteFacts], declarations: Declarations, documents: Sequence[Document], settings: Settings, day: str
) -> ProcessingRecord:
    """Return the coordinating centre's record under Art. 30(2)."""
    known = {
        "names": tuple(f"Controller at {f.site.id}: {_named(f)}" for f in sites),
        "categories": tuple(_categories(f, settings) for f in sites),
        "transfers": (),
        "measures": _measures(settings),
    }
    unnamed = tuple(f"the controller's name and contact for site {f.site.id}" for f in sites if not _named(f))
    gaps = {"names": unnamed, "categories": () if sites else ("a site: none is in the workspace",)}
    return ProcessingRecord(
        title="Record of processing activities (processor)",
        subtitle=f"GDPR Art. 30(2), coordinating centre, as of {day}",
        day=day,
        fields=_fields("processor", declarations, {k: tuple(t for t in v if t) for k, v in known.items()}, gaps),
        tables=(_documents_table(documents),),
    )


def _fields(
    role: str,
    declared: Declarations,
    known: Mapping[str, Sequence[str]],
    gaps: Mapping[str, Sequence[str]],
) -> tuple[RecordedField, ...]:
    return tuple(_field(row, declared, known[row.id], gaps.get(row.id, ())) for row in processing_record.load()[role])


def _field(row: RecordField, declared: Declarations, known: Sequence[str], gaps: Sequence[str]) -> RecordedField:
    said = [f"{_label(key)}: {_sentence(declared[key])}" for key in (*row.declare, *row.optional) if declared.get(key)]
    lacking = [question for key, question in row.declare.items() if not declared.get(key)]
    return RecordedField(row.article, row.title, (*said, *known), (*lacking, *gaps))


def _label(key: str) -> str:
    return "Data protection officer" if key == "officer" else key.replace("_", " ").capitalize()


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _named(facts: SiteFacts) -> str:
    parts = [facts.declarations.get(key, "") for key in ("controller", "contact")]
    return ", ".join(parts) if all(parts) else ""


def _purposes(facts: SiteFacts, settings: Settings) -> tuple[str, ...]:
    purpose = (
        "Scientific research: de-identification of chest radiographs and their radiology reports from routine care, to "
        "build a labelled and audited research dataset for methods that read such images and reports."
    )
    rows = governance.load().bases
    named = [rows[name].title for d in facts.documents if d.kind == "legal-basis" for name in d.bases]
    told = f"Legal basis as stated in the filed document: {'; '.join(dict.fromkeys(named))}." if named else ""
    shared = f"The dataset is meant to be {settings.release_class}." if settings.release_class != "undeclared" else ""
    return tuple(text for text in (purpose, told, shared) if text)


def _basis_gap(facts: SiteFacts) -> tuple[str, ...]:
    state = next((r for r in facts.requirements if r.id == "basis"), None)
    return () if state is None or state.met else (f"legal basis ({state.note or state.state})",)


def _subjects(facts: SiteFacts) -> tuple[str, ...]:
    n = facts.numbers
    span = f" acquired from {n.first_year} to {n.last_year}" if n.first_year and n.last_year else ""
    children = f" {count(n.children, 'study is', 'studies are')} of persons under 18." if n.children else ""
    return (
        f"Patients who were examined by chest radiography at the site: {count(n.patients, 'person', 'persons')}, "
        f"{count(n.studies, 'study', 'studies')}, {count(n.images, 'image', 'images')}, "
        f"{count(n.reports, 'report', 'reports')}{span}.{children}",
        "Staff of the site and referrers, as far as headers and reports name them.",
        "Of patients: names, numbers, birth dates, sex, age, contacts and dates of service in headers and reports, "
        "which are processed to be removed or replaced; health data in images and reports (Art. 9(1)), which are kept.",
        "Of staff: names, roles and contacts, which are processed to be removed.",
        f"{number(n.accepted)} studies are accepted for the dataset so far.",
    )


def _recipients(settings: Settings) -> tuple[str, ...]:
    words = {
        "open": "De-identified data are meant for open release.",
        "controlled": "De-identified data are meant for recipients who signed the data-use agreement and stand in the "
        "register of recipients.",
    }
    told = words.get(
        settings.release_class, "Whether de-identified data are released openly or under control is not decided."
    )
    return (told, "Data that identify a person leave the site's vault for nobody: no release holds them.")


def _erasure(settings: Settings) -> tuple[str, ...]:
    rule = governance.load().key_rules.get(settings.release_key_rule)
    return (rule,) if rule else ()


def _key_gap(settings: Settings) -> tuple[str, ...]:
    known = settings.release_key_rule in governance.load().key_rules
    return () if known else ("the rule for the key (key_rule in cxrforge.toml)",)


def _measures(settings: Settings) -> tuple[str, ...]:
    options = ", ".join(settings.deidentification_options) or "none"
    return (
        "Pseudonymisation: patients, studies, images and files carry keyed pseudonyms (HMAC-SHA-256); the 256-bit key "
        "lies in a file that its owner alone can read.",
        "Encryption: source paths, original identifiers, report texts and filed documents are sealed in the vault with "
        "AES-256-GCM. The images themselves are read where they lie and not copied before de-identification.",
        f"De-identification: headers by the Basic Application Level Confidentiality Profile of DICOM PS3.15, edition "
        f"{profile.EDITION}, options: {options}; burned-in text searched for in every image and painted over; "
        "names, dates, places, numbers and contacts replaced in reports; a second look at every "
        "object and text before it is stored.",
        "What cannot be decided with certainty is stopped and waits for a person; messages, logs and the catalogue "
        "hold no identifiers.",
        "Releases carry checksums of every file; counts under the smallest cell are withheld.",
    )


def _categories(facts: SiteFacts, settings: Settings) -> str:
    n = facts.numbers
    return (
        f"For {facts.site.id}: de-identification, pairing, labelling, quality checks and storage of chest radiographs "
        f"and reports ({count(n.studies, 'study', 'studies')} of {count(n.patients, 'person', 'persons')}), and "
        f"release of the accepted ones ({number(n.accepted)} so far)."
    )


def _requirements_table(facts: SiteFacts) -> RecordedTable:
    rows = tuple(
        (r.title, r.state, r.valid_until or ("–" if not r.kind else "until further notice")) for r in facts.requirements
    )
    return RecordedTable(
        title="What must be in force", columns=("required", "state", "until"), rows=rows, empty="Nothing."
    )


def _documents_table(documents: Sequence[Document]) -> RecordedTable:
    table = governance.load()
    rows = tuple(
        (
            table.kinds[d.kind].title,
            f"{d.valid_from} to {d.valid_until or 'further notice'}",
            d.reference or "–",
            "; ".join(table.roles[role] for role in d.signed_by) or "–",
            d.sha256,
        )
        for d in documents
    )
    columns = ("document", "valid", "reference", "signed by", "SHA-256")
    return RecordedTable(title="Documents filed", columns=columns, rows=rows, empty="No document is filed.")


def _register_table(facts: SiteFacts) -> RecordedTable:
    rows = tuple((c.consulted_at.replace("T", " "), c.kind, number(c.entries)) for c in facts.consultations)
    columns = ("looked up (UTC)", "register of", "entries that count")
    empty = "No consent or objection register was looked up yet."
    return RecordedTable(title="Consent and objection register", columns=columns, rows=rows, empty=empty)


def role_of(site: str) -> str:
    """Return whose record a name asks for: the controller's for a site, the processor's for the coordinating centre."""
    return "processor" if site == CONSORTIUM else "controller"
