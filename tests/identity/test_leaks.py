"""The second look finds identifiers in bytes of any encoding and does not cry wolf."""

from __future__ import annotations

import pytest

from cxrforge.identity.leaks import LeakScanner, scan_bytes
from cxrforge.records import KnownIdentifiers

KNOWN = KnownIdentifiers(
    patient_names=("Łukaszewicz^Żaneta", "Small^Jo"),
    institutions=("Klinikum Rechts der Elster",),
    ids=("QN1-4471038",),
    dates=("20221017",),
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "cp1250", "iso8859-2"])
@pytest.mark.parametrize("secret", ["ŁUKASZEWICZ", "Żaneta", "qn1 4471038", "QN14471038", "17.10.2022", "20221017"])
def test_an_identifier_is_found_in_bytes(secret: str, encoding: str) -> None:
    data = b"\x00\x01\x02head" + b"\x00" * 5 + f"xx {secret} yy".encode(encoding) + b"\xff\xfe\x00"
    assert scan_bytes(data, KNOWN)


def test_everyday_words_parts_of_words_and_other_numbers_are_no_leak() -> None:
    text = "A small effusion, Zanetakis, QN1-44710389, 1.2.826.0.1.202210171, rechts der Mitte"
    assert LeakScanner(KNOWN).scan_bytes(text.encode()) == []


def test_the_scanner_shows_no_identifier() -> None:
    assert "kaszewicz" not in repr(LeakScanner(KNOWN)).casefold()
