"""Whatever a data set looks like, it is de-identified or turned away, and no planted value comes out."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom._dicom_dict import DicomDictionary

from cxrforge.dicom.deidentify import deidentify_object
from cxrforge.dicom.elements import LONG_VRS, SHORT_VRS, Element
from cxrforge.dicom.header import OPTION_CODES, make_policy
from cxrforge.dicom.profile import BULK
from cxrforge.dicom.writing import encode, file_meta
from cxrforge.errors import ConfigError
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.tables import issue_codes

SECRET = b"Quetzalcoatlus"
STANDARD = sorted(tag for tag in DicomDictionary if tag >> 16 > 4)
VRS = sorted((SHORT_VRS | LONG_VRS) - {"SQ"})
DX = b"1.2.840.10008.5.1.4.1.1.1.1"

tags = st.one_of(
    st.sampled_from(STANDARD),
    st.integers(0x00080000, 0x0040FFFF),
    st.integers(0x60000000, 0x60FFFFFF),
    st.integers(0x50000000, 0x50FFFFFF),
).filter(lambda tag: tag >> 16 not in (0xFFFE, 0x7FE0) and tag not in BULK)
values = st.one_of(
    st.just(SECRET),
    st.just(b"Chest " + SECRET.upper()),
    st.just(SECRET + b"\\" + SECRET),
    st.just(b""),
    st.just(b"\\\\\\"),
    st.binary(max_size=12),
)
leaves = st.builds(Element, tags, st.sampled_from(VRS), values)
sequences = st.sampled_from([tag for tag in STANDARD if DicomDictionary[tag][0] == "SQ"])
datasets = st.recursive(
    st.lists(leaves, max_size=6),
    lambda inner: st.lists(
        st.one_of(leaves, st.builds(Element, sequences, st.just("SQ"), st.lists(inner, max_size=2))), max_size=6
    ),
    max_leaves=24,
)


def file_of(elements: list[Element], implicit: bool) -> bytes:
    identity = [
        Element(0x00080016, "UI", DX),
        Element(0x00080018, "UI", b"1.2.3.4.5"),
        Element(0x00100010, "PN", SECRET + b"^Ada"),
        Element(0x00100020, "LO", b"ID-" + SECRET),
        Element(0x0020000D, "UI", b"1.2.3.4.6"),
        Element(0x0020000E, "UI", b"1.2.3.4.7"),
    ]
    taken = {e.tag for e in identity} | {0x00120063}
    rest = [e for e in elements if e.tag not in taken]
    chunks, _ = encode(sorted([*identity, *rest], key=lambda e: e.tag), implicit, True)
    syntax = "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1"
    return file_meta(DX.decode(), "1.2.3.4.5", syntax) + b"".join(c for c in chunks if isinstance(c, bytes))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(datasets, st.booleans(), st.sets(st.sampled_from(sorted(OPTION_CODES)), max_size=4))
def test_no_planted_value_comes_out(elements: list[Element], implicit: bool, options: set[str]) -> None:
    try:
        policy = make_policy(options)
    except ConfigError:
        return
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.dcm"
        pseudonyms = Pseudonymizer(bytes(32))
        result = deidentify_object(file_of(elements, implicit), output, policy=policy, pseudonyms=pseudonyms)
        assert all(issue.code in issue_codes.load() for issue in result.issues)
        assert result.written == output.exists() == (not result.issues)
        assert SECRET.decode() not in repr(result)
        if result.written:
            assert SECRET.lower() not in output.read_bytes().lower()
            again = deidentify_object(output, output, policy=policy, pseudonyms=pseudonyms)
            assert [i.code for i in again.issues] == ["dicom-already-deidentified"]


@settings(max_examples=100, deadline=None)
@given(datasets, st.integers(0, 1 << 16), st.integers(0, 255))
def test_a_damaged_file_never_raises(elements: list[Element], place: int, byte: int) -> None:
    data = bytearray(file_of(elements, False))
    data[132 + place % (len(data) - 132)] = byte
    with tempfile.TemporaryDirectory() as folder:
        result = deidentify_object(
            bytes(data),
            Path(folder) / "out.dcm",
            policy=make_policy(["clean-descriptors"]),
            pseudonyms=Pseudonymizer(bytes(32)),
        )
    assert result.written or result.issues


@pytest.mark.parametrize("size", [132, 200, 400])
def test_a_cut_file_is_turned_away(size: int, tmp_path: Path) -> None:
    data = file_of([], False)[:size]
    result = deidentify_object(data, tmp_path / "out.dcm", policy=make_policy([]), pseudonyms=Pseudonymizer(bytes(32)))
    assert result.issues
    assert not (tmp_path / "out.dcm").exists()
