"""Several documents of one report joined: preliminary gives way to final, addenda follow in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cxrforge.records import ReportDocument

_ADDENDUM_HEADING = "ADDENDUM:"


def join_documents(documents: Sequence[ReportDocument]) -> ReportDocument:
    """Return the one report that versions of it come to.

    The last corrected version stands, else the last final, else the last preliminary; addenda that it does not hold
    already are appended under a heading, oldest first. Accession numbers, UIDs and header fields are united.
    """
    if not documents:
        raise ValueError("no documents to join")
    ordered = sorted(documents, key=lambda d: d.issued)
    bodies = [d for d in ordered if d.status != "addendum"] or [ordered[0]]
    body = next(
        (d for s in ("corrected", "final", "preliminary") for d in reversed(bodies) if d.status == s), bodies[-1]
    )
    text = body.text.rstrip()
    for extra in ordered:
        if extra.status != "addendum" or extra is body or extra.text.strip() in text:
            continue
        if text.strip() and text.strip() in extra.text:
            text = extra.text.rstrip()  # an addendum sent together with the whole report
        else:
            text = f"{text}\n\n{_ADDENDUM_HEADING}\n{extra.text.strip()}"
    header: dict[str, str] = {}
    for document in (body, *reversed(ordered)):
        for keyword, value in document.header.items():
            header.setdefault(keyword, value)
    return replace(
        body,
        text=text if text != body.text.rstrip() else body.text,
        patient_id=_first(body.patient_id, (d.patient_id for d in ordered)),
        patient_id_issuer=_first(body.patient_id_issuer, (d.patient_id_issuer for d in ordered)),
        accession_numbers=tuple(dict.fromkeys(a for d in (body, *ordered) for a in d.accession_numbers)),
        study_uids=tuple(dict.fromkeys(u for d in (body, *ordered) for u in d.study_uids)),
        study_date=_first(body.study_date, (d.study_date for d in ordered)),
        language=_first(body.language, (d.language for d in ordered)),
        issued=max(d.issued for d in ordered),
        header=header,
    )


def _first(value: str | None, others: Iterable[str | None]) -> str | None:
    return value or next((o for o in others if o), None)
