"""`cxrforge validate`: the installed copy passes, and a broken profile does not."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import pytest

from cxrforge.cli.main import main
from cxrforge.dicom import profile as engine
from cxrforge.dicom.header import Rule
from cxrforge.pixels.redaction import make_redactor
from cxrforge.validation import cases as module
from cxrforge.validation.answers import answered, real
from cxrforge.validation.midi import generate, lettered
from cxrforge.validation.validate import validate, write_report

NOW = datetime(2026, 1, 2, 3, 4, 5)
STUDY_DESCRIPTION, BIRTH_DATE, STUDY_UID = 0x00081030, 0x00100030, 0x0020000D
CASES = tuple(module.cases())


def break_profile(monkeypatch: pytest.MonkeyPatch, tag: int, action: str) -> None:
    """Let the engine work with one row of Table E.1-1 wrong."""
    true = engine.rules_for

    def broken(policy):
        rules = true(policy)
        return replace(rules, by_tag=MappingProxyType({**rules.by_tag, tag: Rule(action, "broken")}))

    monkeypatch.setattr(engine, "rules_for", broken)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["cxrforge", "validate", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


@pytest.mark.slow
def test_this_copy_passes_every_case_and_says_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "--output", tmp_path / "report.html") == 0
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["passed"] and all(c["passed"] and c["checks"] for c in report["cases"])
    assert {"cxrforge", "Python", "pydicom"} <= set(report["versions"])
    assert report["profile"]["edition"] and len(report["profile"]["sha256"]) == 64
    assert len({c["title"] for c in report["cases"] if c["group"] == "Odd places"}) >= 25
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Every case passed" in page and report["profile"]["sha256"] in page


def test_the_report_is_named_by_its_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "cases", lambda: CASES[-4:-2])
    assert run(monkeypatch) == 0
    assert sorted(p.suffix for p in tmp_path.glob("cxrforge-validation-20*")) == [".html", ".json"]


@pytest.mark.parametrize(("tag", "action"), [(BIRTH_DATE, "K"), (STUDY_DESCRIPTION, "K"), (STUDY_UID, "K")])
def test_a_broken_profile_fails(
    tag: int, action: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    break_profile(monkeypatch, tag, action)
    monkeypatch.setattr(module, "cases", lambda: CASES[:2])
    assert run(monkeypatch, "--output", tmp_path / "report.html") == 1
    assert "failed: Table E.1-1" in capsys.readouterr().out
    assert not json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["passed"]
    assert "do not use this installation" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_case_that_raises_has_failed_and_the_others_still_count(tmp_path: Path) -> None:
    def fault(folder: Path) -> tuple[int, list[str]]:
        raise OSError("secret")

    found = validate(NOW, [module.Case("Group", "title", fault), CASES[-3]])
    assert [r.passed for r in found.results] == [False, True]
    page, data = write_report(found, tmp_path / "r")
    assert "secret" not in page.read_text(encoding="utf-8") + data.read_text(encoding="utf-8")


def test_no_case_is_no_validation() -> None:
    assert not validate(NOW, []).passed


def test_the_answer_key_is_met() -> None:
    tally = answered(generate(40))
    assert tally.met and not tally.wrong
    assert min(tally.asked[a] for a in tally.asked) >= 20


@pytest.mark.slow
def test_burned_in_names_are_hidden_and_the_rest_of_the_image_stays() -> None:
    tally = answered(lettered(6), make_redactor())
    assert tally.met, tally.wrong[:9]
    assert tally.asked["pixels_hidden"] == tally.asked["pixels_retained"] == 6
    assert not answered(lettered(2)).met  # nobody looks at the pixels


@pytest.mark.slow
def test_the_answer_key_is_met_on_real_files(shared_data: Path) -> None:
    planted = list(real(shared_data / "dicom"))
    assert len(planted) > 10
    tally = answered(planted)
    lost = [w for w in tally.wrong if not w.endswith("ViewPosition")]  # not in the Secondary Capture IOD
    assert not lost


@pytest.mark.slow
def test_the_answer_key_is_met_over_two_hundred_objects() -> None:
    tally = answered(generate(220))
    assert tally.met, tally.wrong[:9]
    assert tally.asked.total() > 10_000


@pytest.mark.parametrize(
    ("tag", "action", "kind"),
    [
        (STUDY_DESCRIPTION, "X", "text_retained"),
        (BIRTH_DATE, "K", "text_removed"),
        (STUDY_UID, "K", "uid_changed"),
        (0x00080020, "Z", "date_shifted"),
    ],
)
def test_the_scorer_fails_a_broken_profile(tag: int, action: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    break_profile(monkeypatch, tag, action)
    tally = answered(generate(12))
    assert not tally.met
    assert tally.right[kind] < tally.asked[kind]
