from __future__ import annotations

import pytest

from cxrforge.errors import ConfigError
from cxrforge.tables import criteria


def test_every_criterion_is_there_with_its_texts() -> None:
    rows = criteria.load()
    assert tuple(rows) == criteria.CRITERIA
    assert len(rows) == 22
    assert all(row.title and row.definition and row.next_step for row in rows.values())


def test_defaults_are_the_design_s() -> None:
    defaults = criteria.default_thresholds()
    assert defaults["volume.studies"] == 40_000
    assert defaults["matrix.pixels"] == 2048
    assert defaults["depth.bits"] == 12
    assert defaults["phi-audit.images"] == defaults["phi-audit.reports"] == 0.005
    assert defaults["label-audit.share"] == 0.10
    assert defaults["label-audit.floor"] == 0.80
    assert (defaults["years.years"], defaults["vendors.vendors"]) == (5, 3)
    assert defaults["paediatric.share"] == 0.10
    advisory = {row.id for row in criteria.load().values() if row.level == "advisory"}
    assert advisory == {"volume", "view-lateral", "boxes"}


def test_volume_blocks_the_final_release() -> None:
    assert criteria.load()["volume"].level_final == "blocking"


def test_overrides_come_flat_or_nested() -> None:
    assert criteria.resolve_thresholds({"volume": {"studies": 12}})["volume.studies"] == 12
    assert criteria.resolve_thresholds({"volume.studies": 12})["volume.studies"] == 12


@pytest.mark.parametrize("wrong", [{"volume.images": 1}, {"volume.studies": "many"}, {"volume.studies": -1}])
def test_an_unusable_override_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        criteria.resolve_thresholds(wrong)
