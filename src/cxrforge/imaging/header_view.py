"""The view as a header tells it, in a stated order of trust.

1. (0018,5101) View Position; 2. (0054,0220) View Code Sequence; 3. words of Series Description, Protocol Name,
Acquisition Device Processing Description and Performed Procedure Step Description; 4. (0020,0020) Patient Orientation
(tells laterals only: its frontal values are the same for PA and AP and often a default); 5. words of Study
Description and Requested Procedure Description, which speak for several images. The first that tells decides, and any
of 1 to 4 that tells otherwise contradicts; when 1 and 2 contradict each other the view is not told.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from cxrforge.imaging.attributes import codes, text, texts
from cxrforge.tables import bodyparts, views
from cxrforge.tables.words import fold, phrases_in

DESCRIBED = (
    "SeriesDescription",
    "ProtocolName",
    "AcquisitionDeviceProcessingDescription",
    "PerformedProcedureStepDescription",
)
STUDY_DESCRIBED = ("StudyDescription", "RequestedProcedureDescription")


@dataclass(frozen=True, slots=True)
class HeaderView:
    """PA, AP, LATERAL, OTHER or None; the attribute that told it; an attribute that tells another view."""

    view: str | None
    source: str
    contradicted_by: str


def view_of(ds: Dataset) -> HeaderView:
    """Return the view that the header tells."""
    tells = _tells(ds)
    strong = {view for view, source in tells if source in ("ViewPosition", "ViewCodeSequence")}
    told = next(((view, source) for view, source in tells if view != "FRONTAL"), None)
    if told is None:
        return HeaderView(None, "", "")
    view, source = told
    against = next(
        (s for v, s in tells if s not in STUDY_DESCRIBED and s != source and not _compatible(view, v)),
        "",
    )
    if len(strong - {"FRONTAL"}) > 1 or (source in STUDY_DESCRIBED and against):
        return HeaderView(None, "", against)
    return HeaderView(view, source, against)


def words_tell(description: str) -> str | None:
    """Return the one view that the words of `description` tell, None where they tell none or several."""
    table = views.load()
    phrases = dict(table.words) | dict.fromkeys(table.posture, "")
    told = {phrases[phrase] for phrase in phrases_in(fold(description), phrases)}
    told.discard("")
    if told & {"PA", "AP"}:
        told.discard("FRONTAL")
    if not told:
        return _letters_tell(fold(description).split())
    return told.pop() if len(told) == 1 else None


def _letters_tell(words: list[str]) -> str | None:
    """Trust a lone letter only where everything else names the chest: `Thorax L`, but not `Chest L Smith`."""
    table, chest = views.load(), bodyparts.load().chest
    letters = [word for word in words if word in table.letters]
    others = [word for word in words if word not in table.letters]
    if len(letters) == 1 and others and all(word in chest for word in others):
        return table.letters[letters[0]]
    return None


def _tells(ds: Dataset) -> list[tuple[str, str]]:
    """Return every (view, attribute) the header tells, most trusted first."""
    table = views.load()
    found: list[tuple[str | None, str]] = [(table.position.get(fold(text(ds, "ViewPosition"))), "ViewPosition")]
    found += [(table.code.get(code), "ViewCodeSequence") for code in codes(ds, "ViewCodeSequence")]
    found += [(words_tell(text(ds, keyword)), keyword) for keyword in DESCRIBED]
    row_direction = texts(ds, "PatientOrientation")[:1]
    if row_direction and row_direction[0][:1].upper() in ("A", "P"):
        found.append(("LATERAL", "PatientOrientation"))
    found += [(words_tell(text(ds, keyword)), keyword) for keyword in STUDY_DESCRIBED]
    return [(view, source) for view, source in found if view]


def _compatible(view: str, other: str) -> bool:
    return view == other or (other == "FRONTAL" and view in ("PA", "AP", "OTHER"))
