"""The report a study gets: sentences for its findings, lines with identifiers, and what a reader must find in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from cxrforge.records import OBSERVATIONS
from cxrforge.synthetic.plan import Study
from cxrforge.tables import synthetic_people, synthetic_wording
from cxrforge.tables.synthetic_wording import Wording

DEVICES = "Support Devices"
_NOT_CLEAR = frozenset({"edema", "nodule", "atelectasis", "effusion", "effusion-possible", "pneumothorax"})
"""Findings beside which no reader calls the lungs clear."""
_ANY_AGE = (18, 70)
"""Ages in years below and from which only sentences are used that fit everybody."""


@dataclass(frozen=True, slots=True)
class Text:
    """A report as written, and its truth: sections before identifiers are removed, labels, identifiers."""

    text: str
    findings: str
    impression: str
    labels: dict[str, int | None]
    identifiers: tuple[tuple[str, str], ...]
    indication: str = ""
    addendum: str = ""
    heads: Mapping[str, str] = field(default_factory=dict)


def written(day: date, style: str) -> str:
    """Return a date as a hospital writes it."""
    return day.strftime(style)


def report(study: Study, version: str = "final", keyed: bool = True) -> Text:
    """Return the report on `study`; `version` is final, preliminary or addendum.

    One that is not `keyed` names neither accession number nor study, only patient and day.
    """
    table = synthetic_wording.load()
    wording = table.wordings[study.hospital.language]
    rng = np.random.default_rng([study.seed, study.index, 7])
    ids = _identifiers(study)
    statements = _statements(study)
    found = [_sentence(wording, "findings", key, side, rng) for key, side in statements]
    judged = [
        _sentence(wording, "impression", key, side, rng)
        for key, side in statements
        if key in table.statements and _is_finding(key)
    ] or [_sentence(wording, "impression", "normal", "", rng)]
    if _compared(study):
        found.insert(0, wording.lines["unchanged"].format(**ids))
    if any(f.kind in {"pneumothorax", "nodule"} for f in study.findings):
        judged.append(wording.lines["called"].format(**ids))
    by_line = study.hospital.language in {"de", "nl", "pl"}
    findings = ("\n" if by_line else " ").join(found)
    impression = ("\n" if by_line else " ").join(judged)
    indication = _indication(study, wording, ids, rng)
    addendum = wording.lines["addendum"].format(**ids) if version == "addendum" else ""
    text = _laid_out(study, wording, ids, (indication, findings, impression, addendum), version, keyed)
    labels = _labels(statements, version)
    used = tuple(dict.fromkeys((c, value) for c, value in _categorised(study, ids) if value in text))
    return Text(text, findings, impression, labels, used, indication, addendum, wording.headings)


def _indication(study: Study, wording: Wording, ids: Mapping[str, str], rng: np.random.Generator) -> str:
    anybody = not _ANY_AGE[0] <= study.age < _ANY_AGE[1]
    why = (wording.indications_any_age if anybody else wording.indications)[study.indication]
    indication = why[int(rng.integers(len(why)))]
    return f"{wording.lines['aged'].format(**ids)} {indication}" if study.age > 89 else indication


def _compared(study: Study) -> bool:
    """Say whether the reader had earlier images; an addendum is written because they came late."""
    return study.index % 3 == 0 and study.extra != "addendum"


def _statements(study: Study) -> list[tuple[str, str]]:
    """Return (statement, side) in the order of reading: heart, mediastinum, lungs, pleura, bones, devices."""
    have = {f.kind: f.side for f in study.findings}
    lines: list[tuple[str, str]] = []
    lines.append(("cardiomegaly", "") if "cardiomegaly" in have else ("heart-normal", ""))
    lines.append(("mediastinum-normal", ""))
    lines += [(kind, have[kind]) for kind in ("edema", "consolidation", "nodule", "atelectasis") if kind in have]
    if "consolidation" not in have:
        lines.append(("consolidation-none" if _NOT_CLEAR & set(have) else "lungs-clear", ""))
    pleura = [(kind, have[kind]) for kind in ("effusion", "effusion-possible") if kind in have]
    lines += pleura or [("effusion-none", "")]
    lines.append(("pneumothorax", have["pneumothorax"]) if "pneumothorax" in have else ("pneumothorax-none", ""))
    lines.append(("fracture", have["fracture"]) if "fracture" in have else ("bones-normal", ""))
    return lines + [(kind, "") for kind in ("pacemaker", "line", "sternotomy") if kind in have]


def _is_finding(key: str) -> bool:
    return not key.endswith(("-normal", "-none", "-clear"))


def _sentence(wording: Wording, part: str, key: str, side: str, rng: np.random.Generator) -> str:
    choices = (wording.findings if part == "findings" else wording.impression)[key]
    return choices[int(rng.integers(len(choices)))].format(side=wording.sides.get(side, ""))


def _labels(statements: list[tuple[str, str]], version: str) -> dict[str, int | None]:
    """Return the fourteen labels: within a section 1 over -1 over 0, the impression over the findings."""
    table = synthetic_wording.load().statements
    parts: list[dict[str, int]] = []
    for part in ("findings", "impression"):
        merged: dict[str, int] = {}
        for key, _ in statements:
            if part == "impression" and not _is_finding(key):
                continue
            labels = table[key].findings if part == "findings" else table[key].impression
            for name, value in (labels or {}).items():
                merged[name] = max((merged[name], value) if name in merged else (value,), key=(0, -1, 1).index)
        parts.append(merged)
    given: dict[str, int | None] = {name: parts[1].get(name, parts[0].get(name)) for name in OBSERVATIONS}
    clear = not any(given[n] in {1, -1} for n in OBSERVATIONS if n not in {"No Finding", DEVICES})
    return {**given, "No Finding": 1 if clear else None}


def _identifiers(study: Study) -> dict[str, str]:
    """Return every value that the lines of a report may name."""
    style, person, hospital = study.hospital.date, study.person, study.hospital
    return {
        "family": person.family,
        "given": person.given,
        "id": person.id,
        "birth": written(person.born, style),
        "date": written(study.day, style),
        "prior": written(study.prior, style),
        "accession": study.accession,
        "referrer": study.referrer[0],
        "reader": f"{study.reader[1]} {study.reader[0]}",
        "referrer_title": _title(study, study.referrer[1]),
        "reader_title": _title(study, study.reader[1]),
        "ward": hospital.ward,
        "name": hospital.name,
        "street": hospital.street,
        "postcode": hospital.postcode,
        "city": hospital.city,
        "phone": hospital.phone,
        "age": str(study.age),
    }


def _title(study: Study, given: str) -> str:
    """Return what a physician of this given name is called in the hospital's language, if that differs."""
    language = study.hospital.language
    titles = synthetic_wording.load().wordings[language].titles
    is_female = given in synthetic_people.load().names[language].female
    return titles.get("female" if is_female else "male", "")


def _categorised(study: Study, ids: dict[str, str]) -> list[tuple[str, str]]:
    rows = [
        ("PATIENT", "family"), ("PATIENT", "given"), ("DATE", "birth"), ("DATE", "date"), ("DATE", "prior"),
        ("ID", "id"), ("ID", "accession"), ("DOCTOR", "referrer"), ("DOCTOR", "reader"), ("HOSPITAL", "ward"),
        ("HOSPITAL", "name"), ("LOCATION", "street"), ("LOCATION", "postcode"), ("LOCATION", "city"),
        ("CONTACT", "phone"),
    ]  # fmt: skip
    found = [(category, ids[key]) for category, key in rows]
    return [*found, ("AGE", ids["age"])] if study.age > 89 else found


def _laid_out(
    study: Study,
    wording: Wording,
    ids: dict[str, str],
    body: tuple[str, str, str, str],
    version: str,
    keyed: bool,
) -> str:
    """Return the whole report: letterhead, who and when, sections under their headings, signature."""
    heads, lines = wording.headings, wording.lines
    views = heads["pa-lateral" if any(i.view == "LATERAL" for i in study.images) else "pa"]
    indication, findings, impression, addendum = body
    exam = lines["exam"].format(**ids)
    prior = lines["comparison"] if _compared(study) else lines["comparison-none"]
    parts = [
        ids["name"],
        lines["address"].format(**ids),
        lines["phone"].format(**ids),
        "",
        lines["patient"].format(**ids),
        exam if keyed else exam.partition("   ")[0],
        lines["referrer"].format(**ids),
        "",
        *([heads["preliminary"], ""] if version == "preliminary" else []),
        heads["title"].format(views=views),
        "",
        f"{heads['indication']} {indication}",
        f"{heads['comparison']} {prior.format(**ids)}",
        "",
        heads["findings"],
        findings,
        "",
        heads["impression"],
        impression,
        "",
        *([heads["addendum"], addendum, ""] if addendum else []),
        lines["signature"].format(**ids),
    ]
    return "\n".join(parts) + "\n"
