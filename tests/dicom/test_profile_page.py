"""The page for people says what the code does."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from cxrforge.dicom.header import OPTION_CODES
from cxrforge.tables import codes, iods, profile

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "profile.md"


def render() -> str:
    spec = importlib.util.spec_from_file_location("write_profile_page", ROOT / "tools" / "write_profile_page.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.render()


def test_the_page_is_the_one_the_tables_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run tools/write_profile_page.py docs/profile.md"


def test_every_row_of_the_table_is_on_the_page() -> None:
    lines = render().splitlines()
    table = profile.load()
    assert sum(line.startswith("| ") and line.count("|") == 14 for line in lines) == 1 + 621
    assert len(table.rows) + len(table.patterns) == 621


def test_option_codes_are_those_of_the_standard() -> None:
    meanings = codes.load()
    for code, meaning in OPTION_CODES.values():
        assert meanings["DCM", code] == meaning


def test_types_where_an_attribute_stands() -> None:
    dx = iods.load().of("1.2.840.10008.5.1.4.1.1.1.1")
    assert dx.root[0x00080020][0] == "2"
    assert dx.root[0x00200010][0] == "2"
    assert dx.root[0x00080018][0] == "1"
    assert iods.load().of("1.2.840.10008.5.1.4.1.1.999").name == iods.COMMON
