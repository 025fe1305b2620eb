"""Every string that must not come out again."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date

from cxrforge.synthetic.plan import Study, orphan


def planted_strings(planned: Sequence[Study]) -> list[str]:
    """Return names (each part, joined, without accents), numbers, places, devices and UIDs, sorted, each once."""
    found: set[str] = set()
    for study in (*planned, orphan(planned[0])):
        for family, given in (
            (study.person.family, study.person.given),
            study.referrer,
            study.reader,
            study.operator,
        ):
            found |= {family, given, f"{family}^{given}", f"{given} {family}"}
        hospital, person = study.hospital, study.person
        found |= {hospital.name, hospital.city, hospital.street, hospital.ward, hospital.phone, hospital.issuer}
        found |= {person.id, person.street, person.phone, study.accession, study.serial, study.station}
        found |= {study.study_uid}
        for image in study.images:
            found |= {image.sop_uid, image.series_uid}
    return sorted(found | set(_unaccented(found)))


def _unaccented(strings: Iterable[str]) -> Iterable[str]:
    """Yield the spellings of systems without accents: plain letters, and German umlauts as two letters."""
    umlauts = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
    for text in strings:
        for spelt in (text, text.translate(umlauts)):
            spelt = spelt.replace("ß", "ss").replace("ł", "l").replace("Ł", "L")
            yield "".join(c for c in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(c))


def date_strings(study: Study) -> list[str]:
    """Return the renderings of a study's dates: examination, birth, prior."""
    found: set[str] = set()
    for day in (study.day, study.person.born, study.prior):
        found |= set(renderings(day, study.hospital.date))
    return sorted(found)


def renderings(day: date, style: str) -> tuple[str, ...]:
    """Return a date as DICOM, ISO, and hospitals write it."""
    styles = ("%Y%m%d", "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%m/%d/%Y", style)
    return tuple(dict.fromkeys(day.strftime(s) for s in styles))
