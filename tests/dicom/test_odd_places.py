"""Identifiers in places where de-identifiers forget to look: not one comes out."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from cxrforge.dicom.deidentify import deidentify_object
from cxrforge.dicom.header import DEFAULT_OPTIONS, make_policy
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.validation.odd_places import NAME, NUMBER, ODD, SECRETS, STOPPED, identity
from cxrforge.validation.planting import file_bytes


def outcome(data: bytes, tmp_path: Path, pseudonyms: Pseudonymizer) -> bytes:
    result = deidentify_object(
        data, tmp_path / "out.dcm", policy=make_policy(DEFAULT_OPTIONS, "site"), pseudonyms=pseudonyms
    )
    assert result.written or [i.code for i in result.issues] == ["header-leak"], result.issues
    assert NAME not in repr(result)
    assert NUMBER not in repr(result)
    return (tmp_path / "out.dcm").read_bytes() if result.written else b""


@pytest.mark.parametrize("place", ODD)
def test_no_identifier_comes_out_of(place: str, tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    ds = identity()
    ODD[place](ds)
    data = file_bytes(ds)
    assert any(secret in data for secret in SECRETS)
    out = outcome(data, tmp_path, pseudonyms)
    assert not [secret for secret in SECRETS if secret in out]
    assert out or place in STOPPED, "only what cannot be told from a value may stop the file"


def test_preamble_is_emptied(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    data = bytearray(file_bytes(identity()))
    data[: len(NAME)] = NAME.encode()
    assert outcome(bytes(data), tmp_path, pseudonyms)[:128] == b"\0" * 128


def test_bytes_behind_the_pixel_data_go(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    out = outcome(file_bytes(identity()) + b"\xff\xff" + NAME.encode(), tmp_path, pseudonyms)
    assert out
    assert NAME.encode() not in out


def test_second_element_of_the_same_tag_goes(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    ds = identity()
    pixels = file_bytes(ds)
    again = struct.pack("<HH2sH", 0x0008, 0x1030, b"LO", 12) + b"Wolkenstein "
    out = outcome(pixels + again, tmp_path, pseudonyms)
    assert out
    assert NAME.encode() not in out


def test_file_meta_private_information_goes(tmp_path: Path, pseudonyms: Pseudonymizer) -> None:
    ds = identity()
    ds.file_meta.PrivateInformationCreatorUID = "1.2.3"
    ds.file_meta.PrivateInformation = NAME.encode() + b"\0"
    out = outcome(file_bytes(ds), tmp_path, pseudonyms)
    assert out
    assert NAME.encode() not in out
