from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cxrforge.audit.bounds import Stratum
from cxrforge.coverage import LabelCounts, Measures, ReadingAudit, ReleaseClass, SiteMeasures, evaluate
from cxrforge.records import CriterionState
from cxrforge.tables import criteria

THRESHOLDS = criteria.resolve_thresholds({"volume.studies": 2000})


def site(name: str, **changes: Any) -> SiteMeasures:
    whole = SiteMeasures(
        site=name,
        accepted_studies=1000,
        studies=1000,
        studies_with_pa=1000,
        studies_with_confirmed_pa=1000,
        studies_with_lateral=600,
        images=1600,
        images_matrix_met=1600,
        images_depth_met=1600,
        images_header_deidentified=1600,
        images_pixel_deidentified=1600,
        images_labelled=1600,
        images_quality_passed=1500,
        images_quality_reviewed=100,
        reports=1000,
        reports_with_sections=1000,
        reports_sections_derived=12,
        reports_deidentified=1000,
        years=dict.fromkeys(range(2015, 2020), 200),
        vendors={"Siemens": 500, "Philips": 300, "Canon": 200},
        studies_with_demographics=1000,
        studies_paediatric=40,
        studies_box_worthy=200,
        studies_with_boxes=150,
        studies_read=100,
        studies_read_twice=20,
        governance_missing=(),
        consent_checked_before_ingest=True,
        consent_checked_before_release=True,
    )
    return replace(whole, **changes)


def audit(hits: int = 0, sampled: int = 700) -> ReadingAudit:
    return ReadingAudit(
        strata=(Stratum(1600, sampled, hits), Stratum(1600, sampled)), canaries_planted=20, canaries_found=20
    )


def measures(**changes: Any) -> Measures:
    """A dataset that meets everything, with `changes` to the whole or, by field name, to the first site."""
    ours = {name: changes.pop(name) for name in list(changes) if name in SiteMeasures.__slots__}
    whole = Measures(
        sites=(site("north", **ours), site("south")),
        audit_images=audit(),
        audit_reports=audit(),
        label_audit={"Edema": LabelCounts(true_positive=98, false_positive=2, false_negative=2)},
        release_class=ReleaseClass(name="open", reidentification_assessment_signed=True, key_rule_recorded=True),
        duplicates_confirmed=0,
        duplicates_candidates=0,
        patients_in_two_splits=0,
    )
    return replace(whole, **changes)


def states(m: Measures) -> dict[str, CriterionState]:
    return {state.id: state for state in evaluate(m, THRESHOLDS)}


def test_a_whole_dataset_meets_everything() -> None:
    assert [state.id for state in evaluate(measures(), THRESHOLDS) if not state.met] == []


def test_every_criterion_is_evaluated_in_the_table_s_order() -> None:
    assert tuple(states(measures())) == criteria.CRITERIA


BREAKS: dict[str, dict[str, Any]] = {
    "volume": {"accepted_studies": 999},
    "view-primary": {"studies_with_confirmed_pa": 999},
    "view-lateral": {"studies_with_lateral": 399},
    "matrix": {"images_matrix_met": 1599},
    "depth": {"images_depth_met": 1599},
    "header-deid": {"images_header_deidentified": 1599},
    "pixel-deid": {"images_pixel_deidentified": 1599},
    "phi-audit": {"audit_reports": audit(hits=1)},
    "report-sections": {"reports_with_sections": 999},
    "report-deid": {"reports_deidentified": 999},
    "labels": {"images_labelled": 1599},
    "label-audit": {"studies_read": 99},
    "quality": {"images_quality_reviewed": 99, "images_quality_waiting": 1},
    "boxes": {"sites": (site("north", studies_with_boxes=None), site("south", studies_with_boxes=None))},
    "years": {"sites": tuple(site(n, years={2015: 1, 2016: 1, 2017: 1, 2018: 998}) for n in ("north", "south"))},
    "vendors": {"sites": tuple(site(n, vendors={"Siemens": 1, "Philips": 999}) for n in ("north", "south"))},
    "demographics": {"studies_with_demographics": 999},
    "paediatric": {"studies_paediatric": 161},
    "governance": {"governance_missing": ("DPIA",)},
    "consent": {"consent_checked_before_release": False},
    "release-class": {"release_class": ReleaseClass(name="controlled", reidentification_assessment_signed=True)},
    "duplicates": {"duplicates_confirmed": 1},
}


def test_every_criterion_has_a_break() -> None:
    assert tuple(BREAKS) == criteria.CRITERIA


@pytest.mark.parametrize("name", criteria.CRITERIA)
def test_one_fault_breaks_exactly_its_criterion(name: str) -> None:
    found = states(measures(**BREAKS[name]))
    assert [state.id for state in found.values() if not state.met] == [name]
    assert found[name].next_step
    assert found[name].explanation.endswith(".")


def test_nothing_measured_is_nothing_met() -> None:
    assert not any(state.met for state in evaluate(Measures(), THRESHOLDS))


def test_what_is_not_done_says_so() -> None:
    blank = {
        "audit_images": None,
        "studies_read": None,
        "studies_with_demographics": None,
        "governance_missing": None,
        "consent_checked_before_ingest": None,
        "consent_checked_before_release": None,
        "release_class": None,
        "duplicates_confirmed": None,
    }
    found = states(measures(**blank))
    for name in ("phi-audit", "demographics", "governance", "consent", "release-class", "duplicates"):
        assert not found[name].met
        assert "not done yet" in found[name].explanation
    assert found["label-audit"].sites[0].note == "not done yet"


def test_a_shortfall_is_counted_and_placed() -> None:
    state = states(measures(images_matrix_met=1590))["matrix"]
    assert (state.short_by, state.short_unit) == (10, "images")
    assert state.value == 3190 / 3200
    assert [(s.site, s.met, s.short_by) for s in state.sites] == [("north", False, 10), ("south", True, 0)]
    assert state.explanation == (
        "3,190 of 3,200 images reach 2,048 pixels on both sides; 10 short of 100\N{NO-BREAK SPACE}% (10 at north)."
    )


def test_a_hit_fails_the_audit_however_large_the_sample() -> None:
    state = states(measures(audit_images=audit(hits=1, sampled=1600)))["phi-audit"]
    assert not state.met
    assert "draw again" in state.explanation


def test_a_small_sample_without_hits_does_not_pass() -> None:
    state = states(measures(audit_images=audit(sampled=50)))["phi-audit"]
    assert not state.met
    assert state.value is not None and state.value > 0.005
    assert state.threshold == 0.005


def test_a_low_label_is_reported_and_does_not_block() -> None:
    low = {"Edema": LabelCounts(true_positive=5, false_positive=5, false_negative=0)}
    state = states(measures(label_audit=low))["label-audit"]
    assert state.met
    assert "Edema (0.27" in state.explanation


def test_unknown_ages_count_as_paediatric() -> None:
    assert not states(measures(studies_without_age=200))["paediatric"].met


def test_the_final_release_asks_for_the_volume() -> None:
    short = measures(accepted_studies=1)
    levels = [
        next(s for s in evaluate(short, THRESHOLDS, final=final) if s.id == "volume").level for final in (False, True)
    ]
    assert levels == ["advisory", "blocking"]


def test_simulated_readings_are_marked() -> None:
    audits = replace(audit(), simulated=True)
    found = states(measures(audit_images=audits, label_audit_simulated=True))
    assert "simulated" in found["phi-audit"].explanation
    assert "simulated" in found["label-audit"].explanation


def test_a_share_just_under_all_is_never_called_100_percent() -> None:
    many = site("north", images=1_000_000, images_matrix_met=999_999)
    state = next(s for s in evaluate(Measures(sites=(many,)), THRESHOLDS) if s.id == "matrix")
    assert not state.met
