"""Every file of an export is found once, in one order, and nothing outside it is touched."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from cxrforge.errors import UsageError
from cxrforge.ingest.limits import Limits
from cxrforge.ingest.scan import FoundFile, find_files, open_source, split_locator


def write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def pack(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def places(root: Path, limits: Limits | None = None) -> list[str]:
    return [f.locator.removeprefix(str(root.resolve())) for f in find_files(root, limits)]


def codes(found: list[FoundFile]) -> list[str | None]:
    return [f.issue.code if f.issue else None for f in found]


def test_a_folder_is_walked_in_name_order(tmp_path: Path) -> None:
    for name in ("b/2", "b/10", "a", "c/d/e/f", "B"):
        write(tmp_path / name)
    assert places(tmp_path) == ["/B", "/a", "/b/10", "/b/2", "/c/d/e/f"]


def test_a_single_file_and_its_size_are_found(tmp_path: Path) -> None:
    [found] = find_files(write(tmp_path / "one", b"12345"))
    assert (found.size, found.issue) == (5, None)
    assert open_source(found.locator) == tmp_path / "one"


def test_a_zip_is_read_in_place_alone_and_within_a_folder(tmp_path: Path) -> None:
    pack(tmp_path / "in" / "media.bin", {"DICOM/IM2": b"two", "DICOM/IM1": b"one", "DICOM/": b""})
    write(tmp_path / "in" / "z")
    assert places(tmp_path) == ["/in/media.bin!DICOM/IM1", "/in/media.bin!DICOM/IM2", "/in/z"]
    first, second = find_files(tmp_path / "in" / "media.bin")
    assert (open_source(first.locator), open_source(second.locator)) == (b"one", b"two")
    assert sorted(p.name for p in (tmp_path / "in").iterdir()) == ["media.bin", "z"]


def test_names_with_newlines_and_undecodable_bytes_are_found(tmp_path: Path) -> None:
    names = [b"line\nbreak", b"\xff\xfe\x80", "Ä Ö!".encode(), b"a!b", b"%21"]
    for name in names:
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as stream:
            stream.write(name)
    found = list(find_files(tmp_path))
    assert [os.fsencode(f.locator).rsplit(b"/", 1)[1] for f in found] == sorted(names)
    for file in found:
        source = open_source(file.locator)
        assert isinstance(source, Path) and source.read_bytes() == os.fsencode(source.name)


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside" / "secret").parent
    export = tmp_path / "export"
    write(export / "real" / "file")
    (export / "loop").symlink_to(export)
    (export / "self").symlink_to(export / "self")
    (export / "out").symlink_to(outside)
    (export / "file-out").symlink_to(outside / "secret")
    (export / "twin").symlink_to(export / "real" / "file")
    found = list(find_files(export))
    details = {Path(f.locator).name: f.issue.detail for f in found if f.issue}
    assert {f.issue.code for f in found if f.issue} == {"link-not-followed"}
    assert details["out"] == details["file-out"] == "leads out of the export"
    assert details["loop"] == details["twin"] == "leads to another place in the export"
    assert details["self"] == "leads in a circle or nowhere"
    assert [f.locator for f in found if not f.issue] == [str((export / "real" / "file").resolve())]


def test_pipes_are_named_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert codes(list(find_files(tmp_path))) == ["file-unreadable"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_folder_is_an_issue_and_the_rest_goes_on(tmp_path: Path) -> None:
    write(tmp_path / "closed" / "x")
    write(tmp_path / "open")
    (tmp_path / "closed").chmod(0)
    try:
        assert codes(list(find_files(tmp_path))) == ["file-unreadable", None]
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_too_deep_folders_and_too_large_files_are_issues(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "c" / "d")
    write(tmp_path / "large", b"x" * 11)
    found = list(find_files(tmp_path, Limits(max_depth=2, max_file_bytes=10)))
    assert codes(found) == ["folder-too-deep", "file-too-large"]


def test_folders_nested_beyond_the_longest_path_do_not_exhaust_anything(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d" * 20, dir_fd=here)
        deeper = os.open("d" * 20, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    assert codes(list(find_files(tmp_path))) == ["folder-too-deep"]
    assert codes(list(find_files(tmp_path, Limits(max_depth=10_000)))) == ["file-unreadable"]


def test_an_absent_root_is_refused_without_its_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        next(find_files(tmp_path / "Meier^Anna"))
    assert "Meier" not in refused.value.line()


def test_what_is_found_does_not_show_its_place() -> None:
    assert "Meier" not in repr(FoundFile("/export/Meier^Anna/1", 3))


def test_a_zip_member_that_could_be_taken_for_another_file_is_turned_away(tmp_path: Path) -> None:
    pack(tmp_path / "x", {"y": b"member"})
    write(tmp_path / "x!y", b"plain")
    found = list(find_files(tmp_path))
    assert codes(found) == ["locator-ambiguous", None]
    assert open_source(found[1].locator) == (tmp_path / "x!y").resolve()


def test_exclamation_marks_in_zip_and_member_names_are_told_apart(tmp_path: Path) -> None:
    pack(tmp_path / "a!b.zip", {"c!d": b"content"})
    [found] = find_files(tmp_path)
    assert open_source(found.locator) == b"content"
    assert split_locator(found.locator) == (tmp_path.resolve() / "a!b.zip", "c!d")
