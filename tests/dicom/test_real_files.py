"""Every real file is de-identified or turned away with a reason, and stays as valid as it was."""

from __future__ import annotations

import re
import shutil
import subprocess
import warnings
from pathlib import Path

import pydicom
import pytest

from cxrforge.dicom.deidentify import deidentify_object
from cxrforge.dicom.header import DEFAULT_OPTIONS, make_policy
from cxrforge.dicom.identifiers import known_from_dataset
from cxrforge.dicom.reading import looks_like_dicom
from cxrforge.ingest.scan import find_files, open_source
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.synthetic.consortium import generate

_VALUE = re.compile(r"<[^>]*>|'[^']*'|= *\S+|0x[0-9a-f]+")


def real_files(shared_data: Path) -> list[Path]:
    export = shared_data / "site-export" / "export" / "dicom"
    return sorted((shared_data / "dicom").rglob("*.dcm")) + sorted(export.iterdir())


@pytest.fixture(scope="module")
def outputs(shared_data: Path, pseudonyms: Pseudonymizer, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    folder = tmp_path_factory.mktemp("real")
    policy = make_policy(DEFAULT_OPTIONS, "site")
    made = {}
    for number, source in enumerate(real_files(shared_data)):
        result = deidentify_object(source, folder / f"{number}.dcm", policy=policy, pseudonyms=pseudonyms)
        assert result.written, result.issues
        made[source] = folder / f"{number}.dcm"
    return made


def tool(name: str, path: Path) -> str:
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    done = subprocess.run([name, str(path)], capture_output=True, check=False)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def errors(path: Path) -> set[str]:
    """What dciodvfy calls an error, without the values."""
    return {_VALUE.sub("*", line) for line in tool("dciodvfy", path).splitlines() if line.startswith("Error")}


def test_pixels_are_the_same_bytes_in_the_same_transfer_syntax(outputs: dict[Path, Path]) -> None:
    for source, output in outputs.items():
        before, after = pydicom.dcmread(source), pydicom.dcmread(output)
        assert before.get("PixelData") == after.get("PixelData"), source.name
        assert before.file_meta.TransferSyntaxUID == after.file_meta.TransferSyntaxUID


def test_no_identifying_value_is_left(outputs: dict[Path, Path]) -> None:
    for source, output in outputs.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            known = known_from_dataset(pydicom.dcmread(source))
            out = pydicom.dcmread(output, stop_before_pixels=True)
            text = out.to_json(suppress_invalid_tags=True).casefold()
        for value in (*known.patient_names, *known.staff_names, *known.ids, *known.institutions, *known.contacts):
            assert len(value) < 5 or not re.search(rf"(?<!\d){re.escape(value.casefold())}(?!\d)", text), source.name


@pytest.mark.slow
def test_dciodvfy_finds_no_error_that_the_input_did_not_have(outputs: dict[Path, Path]) -> None:
    for source, output in outputs.items():
        assert errors(output) <= errors(source), source.name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dcmdump", "dcmftest"])
def test_dcmtk_reads_every_output(outputs: dict[Path, Path], name: str) -> None:
    for source, output in outputs.items():
        assert not re.search(r"^E:|^F:|^no:", tool(name, output), re.MULTILINE), source.name


@pytest.mark.slow
def test_synthetic_objects_stay_as_valid_as_they_were(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    """Eight hospitals' headers: dciodvfy finds nothing new, and the device of every vendor is still named."""
    generate(tmp_path / "hospitals", studies=16, seed=3, hospitals=8, matrix=(300, 260), workers=1)
    policy, seen = make_policy(DEFAULT_OPTIONS), 0
    for number, found in enumerate(find_files(tmp_path / "hospitals")):
        source = open_source(found.locator)
        data = source if isinstance(source, bytes) else source.read_bytes()
        output = tmp_path / f"{number}.dcm"
        if (
            not looks_like_dicom(data[:132])
            or not deidentify_object(data, output, policy=policy, pseudonyms=pseudonyms).written
        ):
            continue
        original = tmp_path / "original.dcm"
        original.write_bytes(data)
        assert errors(output) <= errors(original)
        assert "yes:" in tool("dcmftest", output) and not tool("dcmdump", output).startswith("E:")
        seen += 1
    assert seen >= 20
