"""One DICOM object in, one de-identified DICOM object out, or a coded reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pydicom._uid_dict import UID_dictionary
from pydicom.dataset import Dataset

from cxrforge.dicom.charsets import Charset, charset_of
from cxrforge.dicom.elements import Element, MalformedError, Parsed, Source, parse
from cxrforge.dicom.header import CLEAN_PIXEL_DATA, Policy, rules_for
from cxrforge.dicom.identifiers import known_from_elements
from cxrforge.dicom.marking import already_ours, mark
from cxrforge.dicom.profile import CHARACTER_SET, ISSUER_OF_PATIENT_ID, PATIENT_ID, PATIENT_NAME, Walk
from cxrforge.dicom.reading import dataset_of
from cxrforge.dicom.redacted import with_redacted_pixels
from cxrforge.dicom.second_look import find_leak
from cxrforge.dicom.values import registered
from cxrforge.dicom.writing import encode, file_meta, settle_charset, write_file
from cxrforge.errors import is_about_this_machine
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import ElementAction, Issue, KnownIdentifiers, Level, PixelOutcome
from cxrforge.tables import iods, issue_codes

Redactor = Callable[[Dataset, KnownIdentifiers], PixelOutcome]
"""Examines an object's pixels and may replace `PixelData` and its transfer syntax in place."""

SOP_CLASS, SOP_INSTANCE = 0x00080016, 0x00080018
STUDY, SERIES, PIXELS = 0x0020000D, 0x0020000E, 0x7FE00010
PATIENT = ((PATIENT_NAME, "PN"), (PATIENT_ID, "LO"))
_UID = re.compile(r"[0-9][0-9.]{2,63}")


@dataclass(frozen=True, slots=True)
class DeidentifiedObject:
    """What became of one object; `sha256` is empty without an output, or when no digest was asked for."""

    actions: tuple[ElementAction, ...] = ()
    pixels: PixelOutcome | None = None
    issues: tuple[Issue, ...] = ()
    known: KnownIdentifiers = field(default_factory=KnownIdentifiers)
    patient: str = ""
    study: str = ""
    image: str = ""
    study_uid: str = ""
    series_uid: str = ""
    sop_uid: str = ""
    sha256: str = ""
    written: bool = False


def deidentify_object(
    source: Path | bytes,
    output: Path,
    *,
    policy: Policy,
    pseudonyms: Pseudonymizer,
    redactor: Redactor | None = None,
    known: KnownIdentifiers = KnownIdentifiers(),  # frozen and empty: safe to share
    patient: str = "",
    digest: bool = True,
) -> DeidentifiedObject:
    """Write the de-identified form of `source` to `output`; write nothing when an issue turns it away.

    `patient` is the pseudonym of the study's patient, where more than this header tells who that is.
    The same source, key and policy give the same bytes, in any process and on any day.
    """
    try:
        with Source(source) as opened:
            return _deidentify(parse(opened), output, policy, pseudonyms, redactor, known, patient, digest)
    except MalformedError as found:
        return DeidentifiedObject(issues=(Issue(found.code, found.detail),))
    except OSError as error:
        if is_about_this_machine(error) or Path(error.filename or "").name.startswith(f".{output.name}."):
            raise  # the output cannot be written, which says nothing against the source
        return DeidentifiedObject(issues=(Issue("dicom-unreadable"),))


def _deidentify(
    parsed: Parsed,
    output: Path,
    policy: Policy,
    pseudonyms: Pseudonymizer,
    redactor: Redactor | None,
    more_known: KnownIdentifiers,
    patient: str,
    digest: bool,
) -> DeidentifiedObject:
    charset = charset_of(_value(parsed.elements, CHARACTER_SET))
    issue = _unfit(parsed, charset)
    if issue is not None:
        return DeidentifiedObject(issues=(issue,))
    known = known_from_elements(parsed.elements, charset) | more_known
    ids = _identity(parsed.elements, charset, policy, pseudonyms)
    ids = ids._replace(patient=patient or ids.patient)
    pixels, current = None, parsed
    if redactor is not None and policy.has(CLEAN_PIXEL_DATA) and any(e.tag == PIXELS for e in parsed.elements):
        dataset = dataset_of(parsed)
        pixels = redactor(dataset, known)
        if not stops(pixels.issues) and pixels.changed:
            current = with_redacted_pixels(parsed, dataset)
    issues = pixels.issues if pixels else ()
    if stops(issues):
        return DeidentifiedObject((), pixels, issues, known, *ids)
    elements, actions, leak = _rewritten(current, charset, policy, pseudonyms, pixels, known, more_known, ids.patient)
    if leak:
        return DeidentifiedObject(actions, pixels, (*issues, Issue("header-leak", leak)), known, *ids)
    head = file_meta(_text(parsed.elements, SOP_CLASS), ids.sop_uid, current.transfer_syntax)
    chunks, _ = encode(elements, current.implicit, current.little)
    sha256 = write_file(output, head, chunks, current.data, current.transfer_syntax, digest)
    return DeidentifiedObject(actions, pixels, issues, known, *ids, sha256=sha256, written=True)


def _rewritten(
    parsed: Parsed,
    charset: Charset,
    policy: Policy,
    pseudonyms: Pseudonymizer,
    pixels: PixelOutcome | None,
    known: KnownIdentifiers,
    more_known: KnownIdentifiers,
    patient: str,
) -> tuple[list[Element], tuple[ElementAction, ...], str | None]:
    """Return the cleaned, marked and encoded elements, what was done, and what the second look found."""
    retained = rules_for(policy).kept
    unwanted = known
    if retained:
        unwanted = known_from_elements(parsed.elements, charset, retained.__contains__) | more_known
    sop_class = _text(parsed.elements, SOP_CLASS)
    original = charset.decode(_value(parsed.elements, PATIENT_ID) or b"").strip(" \0")
    walk = Walk(policy, iods.load().of(sop_class), pseudonyms, patient, original, unwanted, parsed.data)
    cleaned = walk.top(parsed.elements, charset)
    present = {e.tag for e in cleaned}
    cleaned += [Element(t, v, patient.encode(), ours=True) for t, v in PATIENT if t not in present]
    elements, settled = settle_charset(mark(cleaned, parsed.elements, charset, policy, pixels, unwanted), charset)
    if settled.terms:
        elements.append(Element(CHARACTER_SET, "CS", "\\".join(settled.terms).encode(), ours=True))
        elements.sort(key=lambda e: e.tag)
    kept_uids = set(_instance_uids(parsed.elements, retained.__contains__)) if retained else set()
    originals = () if policy.has("retain-uids") else set(_instance_uids(parsed.elements)) - kept_uids
    return elements, tuple(walk.actions), find_leak(elements, settled, parsed.data, unwanted, originals)


def _unfit(parsed: Parsed, charset: Charset) -> Issue | None:
    """Return the issue that keeps an object from being de-identified at all."""
    if already_ours(parsed.elements, charset):
        return Issue("dicom-already-deidentified")
    if parsed.transfer_syntax not in UID_dictionary:
        return Issue("dicom-transfer-syntax")
    if not registered(_text(parsed.elements, SOP_CLASS).encode()):
        return Issue("dicom-sop-class")
    for tag, name in ((STUDY, "study"), (SERIES, "series"), (SOP_INSTANCE, "instance")):
        if not _UID.fullmatch(_text(parsed.elements, tag)):
            return Issue("dicom-no-uid", f"{name} UID")
    return None


class _Identity(NamedTuple):
    """The pseudonyms and new UIDs of an object, in the order in which `DeidentifiedObject` has them."""

    patient: str
    study: str
    image: str
    study_uid: str
    series_uid: str
    sop_uid: str


def _identity(elements: list[Element], charset: Charset, policy: Policy, pseudonyms: Pseudonymizer) -> _Identity:
    study, series, instance = (_text(elements, tag) for tag in (STUDY, SERIES, SOP_INSTANCE))
    patient_id = charset.decode(_value(elements, PATIENT_ID) or b"").strip(" \0")
    issuer = charset.decode(_value(elements, ISSUER_OF_PATIENT_ID) or b"").strip(" \0")
    new = (lambda uid: uid) if policy.has("retain-uids") else pseudonyms.uid
    # Two patients without an id are not one person: each study has a patient of its own, the same as in `intake`.
    who = (patient_id, issuer) if patient_id else (pseudonyms.study(study), "without a patient id")
    return _Identity(
        pseudonyms.patient(*who, policy.site),
        pseudonyms.study(study),
        pseudonyms.image(instance),
        new(study),
        new(series),
        new(instance),
    )


def stops(issues: Iterable[Issue]) -> bool:
    """Say whether one of `issues` turns its object away."""
    table = issue_codes.load()
    return any(table[i.code].level is Level.TURNED_AWAY for i in issues if i.code in table)


def _instance_uids(elements: list[Element], wanted: Callable[[int], bool] = lambda tag: True) -> Iterator[bytes]:
    """Yield UIDs that name no registered thing, at any depth, of attributes that are `wanted`."""
    for element in elements:
        if isinstance(element.value, list):
            for item in element.value:
                yield from _instance_uids(item, wanted)
        elif element.vr == "UI" and isinstance(element.value, bytes) and wanted(element.tag):
            for uid in element.value.split(b"\\"):
                uid = uid.strip(b" \0")
                if len(uid) > 8 and not registered(uid):
                    yield uid


def _value(elements: list[Element], tag: int) -> bytes | None:
    for element in elements:
        if element.tag == tag and isinstance(element.value, bytes):
            return element.value
    return None


def _text(elements: list[Element], tag: int) -> str:
    return (_value(elements, tag) or b"").decode("latin-1").strip(" \0")
