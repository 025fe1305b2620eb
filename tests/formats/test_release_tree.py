from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cxrforge.errors import ReleaseRefusedError
from cxrforge.formats.release_content import ReleaseContent
from cxrforge.formats.release_tables import TABLES
from cxrforge.formats.release_tree import Placing, write_release
from cxrforge.formats.verify import ChecksumProblem, verify_checksums

MakeContent = Callable[..., ReleaseContent]


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_release_holds_what_the_design_lays_out(make_content: MakeContent, tmp_path: Path) -> None:
    summary = write_release(tmp_path / "demo-0.1.0", make_content())
    names = tree(summary.folder).keys()
    assert {
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "CONSORTIUM.md",
        "SHA256SUMS",
        "provenance.json",
        "boxes/instances.json",
        "statistics/demographics.json",
        "statistics/coverage.json",
        "statistics/k_anonymity.json",
        "statistics/label_audit.json",
        "statistics/phi_audit.json",
        "governance/states.json",
        "chexpert/train.csv",
        "chexpert/valid.csv",
        "chexpert/test.csv",
        *(f"tables/{name}.parquet" for name in TABLES),
    } <= names
    assert "images/north/P0000/S0000/I0000a.dcm" in names
    assert {"reports/north/P0000/S0000.txt", "reports/north/P0000/S0000.json"} <= names
    assert (summary.studies, summary.images, summary.files) == (12, 24, len(names))
    assert summary.size_bytes == sum(map(len, tree(summary.folder).values()))


def test_the_same_content_gives_the_same_bytes_in_any_order_and_folder(
    make_content: MakeContent, tmp_path: Path
) -> None:
    one, other = make_content(), make_content()
    shuffle = random.Random(7).sample
    mixed = {
        name: shuffle(list(getattr(other, name)), len(getattr(other, name)))
        for name in ("studies", "images", "reports", "labels", "boxes", "quality", "splits")
    }
    first = write_release(tmp_path / "a" / "demo-0.1.0", one)
    second = write_release(tmp_path / "b" / "elsewhere", replace(other, **mixed), placing=Placing.COPY)
    assert tree(first.folder) == tree(second.folder)
    assert first.digest == second.digest


def test_a_draft_says_so_and_marks_what_waits(make_content: MakeContent, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", make_content()).folder
    assert "**Draft, not a release.** 1 study waits" in (folder / "README.md").read_text().split("---\n")[2][:200]
    told = json.loads((folder / "provenance.json").read_text())
    assert told["draft"] is True
    assert told["waiting"] == ["S0003"]
    studies = pq.read_table(folder / "tables/studies.parquet").to_pylist()
    assert [s["study"] for s in studies if s["waiting"]] == ["S0003"]


def test_a_release_that_is_short_is_refused_unless_it_is_a_draft(make_content: MakeContent, tmp_path: Path) -> None:
    with pytest.raises(ReleaseRefusedError, match="Governance"):
        write_release(tmp_path / "r", make_content(draft=False))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way_is_left_alone(make_content: MakeContent, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "mine").write_text("x")
    with pytest.raises(ReleaseRefusedError):
        write_release(tmp_path / "r", make_content())
    assert tree(tmp_path) == {"r/mine": b"x"}


def test_an_interruption_leaves_no_half_release_and_a_repeat_mends_it(
    make_content: MakeContent, tmp_path: Path
) -> None:
    content = make_content()

    def interrupt(step: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_release(tmp_path / "r", content, advance=interrupt)
    assert not (tmp_path / "r").exists()
    (tmp_path / "r.partial" / "stray").write_text("left behind")
    mended = write_release(tmp_path / "r", content)
    assert verify_checksums(mended.folder) == ()
    assert not (tmp_path / "r.partial").exists()


def test_links_share_their_bytes_with_the_store_and_copies_do_not(make_content: MakeContent, tmp_path: Path) -> None:
    content = make_content()
    linked = write_release(tmp_path / "linked", content).folder
    copied = write_release(tmp_path / "copied", content, placing=Placing.COPY).folder
    path, source = "images/north/P0000/S0000/I0000a.dcm", content.images[0].source
    assert (linked / path).samefile(source)
    assert not (copied / path).samefile(source)


@pytest.mark.parametrize("placing", list(Placing))
def test_an_image_that_is_not_what_its_row_says_is_refused(
    make_content: MakeContent, tmp_path: Path, placing: Placing
) -> None:
    content = make_content()
    content.images[0].source.write_bytes(b"cut off")
    with pytest.raises(ReleaseRefusedError, match="size"):
        write_release(tmp_path / "r", content, placing=placing)


def test_a_copy_notices_a_flipped_bit_in_the_store(make_content: MakeContent, tmp_path: Path) -> None:
    content = make_content()
    source = content.images[0].source
    source.write_bytes(b"X" + source.read_bytes()[1:])
    with pytest.raises(ReleaseRefusedError, match="checksum"):
        write_release(tmp_path / "r", content, placing=Placing.COPY)


def test_progress_counts_the_images(make_content: MakeContent, tmp_path: Path) -> None:
    steps: list[int] = []
    write_release(tmp_path / "r", make_content(), advance=steps.append)
    assert sum(steps) == 24


def test_a_name_that_leaves_the_folder_is_refused(make_content: MakeContent, tmp_path: Path) -> None:
    content = make_content()
    evil = replace(content.studies[0], site="../..")
    with pytest.raises(ReleaseRefusedError):
        write_release(tmp_path / "r", replace(content, studies=[evil, *content.studies[1:]]))


def test_rows_that_contradict_each_other_are_refused(make_content: MakeContent, tmp_path: Path) -> None:
    content = make_content()
    for wrong in (
        {"studies": content.studies[1:]},
        {"labels": content.labels[1:]},
        {"splits": content.splits[1:]},
        {"splits": [*content.splits, replace(content.splits[0], split="test")]},
        {"reports": [*content.reports, replace(content.reports[0], report="R9")]},
    ):
        with pytest.raises(ReleaseRefusedError):
            write_release(tmp_path / "r", replace(content, **wrong))


def test_report_files_carry_text_sections_and_mentions(make_content: MakeContent, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", make_content()).folder
    text = (folder / "reports/north/P0000/S0000.txt").read_text(encoding="utf-8")
    told = json.loads((folder / "reports/north/P0000/S0000.json").read_text())
    assert told["text"] == text
    mention = told["mentions"][0]
    assert text[mention["start"] : mention["end"]] == "pleural effusion"
    assert mention["label"] == "positive"


def test_verify_finds_a_flipped_bit_a_missing_file_and_an_extra_file(make_content: MakeContent, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", make_content(), placing=Placing.COPY).folder
    assert verify_checksums(folder) == ()
    readme = folder / "README.md"
    data = bytearray(readme.read_bytes())
    data[10] ^= 1
    readme.write_bytes(data)
    (folder / "LICENSE").unlink()
    (folder / "tables" / "more.csv").write_text("x")
    assert verify_checksums(folder) == (
        ChecksumProblem("LICENSE", "missing"),
        ChecksumProblem("README.md", "changed"),
        ChecksumProblem("tables/more.csv", "extra"),
    )


def test_verify_does_not_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("x")
    folder = tmp_path / "r"
    folder.mkdir()
    (folder / "SHA256SUMS").write_text(f"{'0' * 64}  ../outside\nnonsense\n")
    assert [p.kind for p in verify_checksums(folder)] == ["unreadable-line", "unreadable-line"]


def test_verify_without_sums_says_what_is_missing(tmp_path: Path) -> None:
    assert verify_checksums(tmp_path) == (ChecksumProblem("SHA256SUMS", "missing"),)
