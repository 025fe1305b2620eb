"""Which papers are in force on a day."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrforge.catalogue.governance import Consultation, Document
from cxrforge.governance.requirements import (
    consulted_before_ingest,
    consulted_before_release,
    missing,
    release_class,
    site_requirements,
)
from cxrforge.tables import governance

DAY = "2026-06-01"
BASES = ("art-6-1-e", "art-9-2-j", "at-fog-2d")
DPO = ("data-protection-officer",)


def paper(kind: str, **changes: object) -> Document:
    fields = {"site": "north", "kind": kind, "sha256": kind, "valid_from": "2025-01-01", "valid_until": "2027-12-31"}
    extra = {"signed_by": DPO} if kind in ("dpia", "re-identification-assessment") else {}
    return Document(**fields | extra | ({"bases": BASES} if kind == "legal-basis" else {}) | changes)  # type: ignore[arg-type]


KINDS = ("processing-agreement", "art30-record", "dpia", "ethics-waiver", "consortium-agreement", "legal-basis")
WHOLE = [paper(kind) for kind in KINDS]


def lacking(documents: list[Document], day: str = DAY, country: str = "AT") -> tuple[str, ...]:
    return missing(site_requirements("north", country, documents, day, 60))


def test_a_whole_set_lacks_nothing() -> None:
    assert lacking(WHOLE) == ()


@pytest.mark.parametrize("kind", KINDS)
def test_each_paper_is_missed(kind: str) -> None:
    found = lacking([d for d in WHOLE if d.kind != kind])
    assert len(found) == (2 if kind == "dpia" else 1)  # the assessment goes with the officer's signature on it


def test_another_site_s_paper_does_not_count() -> None:
    assert lacking([paper("dpia", site="south"), *(d for d in WHOLE if d.kind != "dpia")])


def test_an_expired_paper_is_missed_from_the_next_day_on() -> None:
    documents = [d for d in WHOLE if d.kind != "dpia"] + [paper("dpia", valid_until=DAY)]
    assert lacking(documents) == ()
    assert "expired on 2026-06-01" in lacking(documents, "2026-06-02")[0]


def test_a_renewed_paper_takes_the_place_of_an_expired_one() -> None:
    old = paper("consortium-agreement", sha256="old", valid_until="2025-12-31")
    assert lacking([old, *WHOLE]) == ()


def test_a_dpia_without_the_officer_s_advice_is_not_enough() -> None:
    unsigned = [d for d in WHOLE if d.kind != "dpia"] + [paper("dpia", signed_by=("controller",))]
    [found] = lacking(unsigned)
    assert "advice" in found
    assert lacking([*unsigned, paper("officers-advice")]) == ()


def test_a_legal_basis_names_all_three_parts_and_the_site_s_own_country() -> None:
    rest = [d for d in WHOLE if d.kind != "legal-basis"]
    assert "Art. 9(2)" in lacking([*rest, paper("legal-basis", bases=("art-6-1-e", "at-fog-2d"))])[0]
    assert "national law" in lacking(WHOLE, country="FR")[0]
    other = paper("legal-basis", bases=("art-6-1-e", "art-9-2-j", "other-national"))
    assert lacking([*rest, other], country="FR") == ()


def test_what_runs_out_soon_is_said_and_still_counts() -> None:
    documents = [d for d in WHOLE if d.kind != "dpia"] + [paper("dpia", valid_until="2026-07-01")]
    states = {s.id: s for s in site_requirements("north", "AT", documents, DAY, 60)}
    assert (states["dpia"].state, states["dpia"].met) == ("expiring", True)
    assert states["record"].state == "in force"


@given(st.dates(), st.dates(), st.dates())
def test_a_paper_holds_from_its_first_to_its_last_day(first: object, last: object, day: object) -> None:
    document = paper("dpia", valid_from=str(first), valid_until=str(last))
    assert document.in_force(str(day)) == (first <= day <= last)  # type: ignore[operator]


def test_the_release_class_asks_for_more_when_controlled() -> None:
    assert release_class("undeclared", "undecided", [], DAY) is None
    assessment = paper("re-identification-assessment", site="consortium")
    found = release_class("open", "keep-at-site", [assessment], DAY)
    assert found is not None and found.reidentification_assessment_signed and found.key_rule_recorded
    assert not found.data_use_agreement
    papers = [assessment, paper("data-use-agreement"), paper("recipient-register")]
    found = release_class("controlled", "undecided", papers, DAY)
    assert found is not None and found.data_use_agreement and found.recipient_register and not found.key_rule_recorded
    late = release_class("open", "keep-at-site", [assessment], "2028-01-01")
    assert late is not None and not late.reidentification_assessment_signed


def asked(at: str) -> Consultation:
    return Consultation("north", at, "objections", 0, "")


def test_a_register_is_looked_up_before_the_last_ingest_and_again_before_release() -> None:
    early, late = asked("2026-01-05T08:00:00Z"), asked("2026-05-20T08:00:00Z")
    assert consulted_before_ingest("north", [early], "2026-01-05T08:00:01Z")
    assert not consulted_before_ingest("north", [late], "2026-01-05T08:00:01Z")
    assert not consulted_before_ingest("south", [early], "2026-01-05T08:00:01Z")
    assert consulted_before_release("north", [early, late], DAY, 30)
    assert not consulted_before_release("north", [early], DAY, 30)
    assert not consulted_before_release("north", [late], "2026-05-19", 30)


def test_every_kind_is_asked_for_by_a_requirement_or_kept_for_the_key() -> None:
    table = governance.load()
    named = {kind for row in (*table.requirements, *table.release) for kind, _ in row.any_of}
    assert set(table.kinds) - named == {"key-decision"}
