"""Laws of splits: what a release writes is taken, whatever its patients; any leak into it is refused."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cxrforge.coverage import Measures, evaluate
from cxrforge.errors import UsageError
from cxrforge.formats.release_tables import TABLES, SplitRow
from cxrforge.formats.splits import DEFAULT_SET, SplitPatient, assign_splits, leave_one_site_out
from cxrforge.research.release import Release, check_splits
from cxrforge.tables import criteria

PATIENTS = st.dictionaries(
    st.integers(0, 999).map("P{:03}".format), st.sampled_from(["north", "south", "west"]), min_size=1, max_size=40
)
SPLITS = ("train", "valid", "test")


def _rows(patients: dict[str, str]) -> list[SplitRow]:
    default = assign_splits([SplitPatient(*pair) for pair in patients.items()], bytes(32))
    return [*default, *leave_one_site_out(default)]


def _tables(patients: dict[str, str], rows: list[SplitRow]) -> dict[str, pa.Table]:
    told = [{c.name: c.get(row) for c in TABLES["splits"].columns} for row in rows]
    studies = {"patient": list(patients), "site": list(patients.values())}
    return {"splits": pa.Table.from_pylist(told, TABLES["splits"].schema), "studies": pa.table(studies)}


@settings(deadline=None)  # the first call loads libraries
@given(PATIENTS)
def test_splits_that_are_written_are_taken_and_leave_their_site_out(patients: dict[str, str]) -> None:
    tables = _tables(patients, _rows(patients))
    check_splits(tables)
    release = Release(folder=None, name="r", version="1", draft=True, tables=tables)  # type: ignore[arg-type]
    for site in release.sites if len(release.sites) > 1 else ():
        chosen = release.leave_one_site_out(site)
        assert chosen.patients("test") == {p for p, of in patients.items() if of == site}
        assert {patients[p] for p in chosen.patients("train") | chosen.patients("valid")}.isdisjoint({site})


@settings(deadline=None)
@given(PATIENTS, st.data())
def test_a_patient_in_two_splits_is_refused(patients: dict[str, str], data: st.DataObject) -> None:
    rows = _rows(patients)
    row = data.draw(st.sampled_from(rows))
    other = data.draw(st.sampled_from([name for name in SPLITS if name != row.split]))
    with pytest.raises(UsageError):
        check_splits(_tables(patients, [*rows, replace(row, split=other)]))


@settings(deadline=None)
@given(PATIENTS, st.data())
def test_a_left_out_site_that_trains_is_refused(patients: dict[str, str], data: st.DataObject) -> None:
    rows = _rows(patients)
    tested = [row for row in rows if row.set != DEFAULT_SET and row.split == "test"]
    assume(tested)
    row = data.draw(st.sampled_from(tested))
    moved = replace(row, split=data.draw(st.sampled_from(["train", "valid"])))
    with pytest.raises(UsageError):
        check_splits(_tables(patients, [moved if r is row else r for r in rows]))


@settings(deadline=None)
@given(PATIENTS, st.data())
def test_a_patient_without_a_split_is_refused(patients: dict[str, str], data: st.DataObject) -> None:
    rows = _rows(patients)
    row = data.draw(st.sampled_from(rows))
    with pytest.raises(UsageError):
        check_splits(_tables(patients, [r for r in rows if r is not row]))


@settings(deadline=None)
@given(st.integers(1, 50_000), st.integers(0, 100))
def test_any_confirmed_repeat_under_two_patients_blocks_a_release(repeats: int, waiting: int) -> None:
    """No final release holds a repeat, so none can lie across two of its splits."""
    measured = Measures(duplicates_confirmed=repeats, duplicates_candidates=waiting, patients_in_two_splits=0)
    [state] = [s for s in evaluate(measured, criteria.resolve_thresholds()) if s.id == "duplicates"]
    assert state.level == "blocking" and not state.met
