"""The record of processing: every field of the article, or a named gap."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from docx import Document

from cxrforge.errors import UsageError
from cxrforge.formats.processing_record import record_docx, record_html
from cxrforge.governance.record import declarations_template, read_declarations
from cxrforge.tables import processing_record
from cxrforge.workspace import Workspace

DAY = "2026-06-01"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.create(tmp_path / "workspace") as opened:
        opened.add_site("north", "AT", "de")
        yield opened


def filled(role: str) -> str:
    return re.sub(r'^(\w+) = ""$', r'\1 = "told for \1"', declarations_template(role), flags=re.MULTILINE)


def test_an_empty_workspace_names_every_gap(workspace: Workspace) -> None:
    for site, role in (("north", "controller"), ("consortium", "processor")):
        record = workspace.governance.processing_record(site, DAY)
        asked = [q for row in processing_record.load()[role] for q in row.declare.values()]
        for question in asked:
            assert any(question in gap for gap in record.gaps)
        assert [row.article for row in record.fields] == [row.article for row in processing_record.load()[role]]


def test_a_declared_record_has_no_gap_and_no_empty_field(workspace: Workspace) -> None:
    desk = workspace.governance
    desk.declare("north", filled("controller"))
    desk.declare("consortium", filled("processor"))
    bases = ["art-6-1-e", "art-9-2-j", "at-fog-2d"]
    desk.file_document("north", "legal-basis", b"signed", valid_from="2026-01-01", bases=bases)
    gaps = desk.processing_record("north", DAY).gaps
    assert gaps == ("Art. 30(1)(f): the rule for the key (key_rule in cxrforge.toml)",)
    record = desk.processing_record("consortium", DAY)
    assert record.gaps == ()
    assert all(row.paragraphs for row in record.fields)
    assert "told for controller" in record_html(record)


def test_page_and_document_say_the_same_in_the_same_bytes(workspace: Workspace) -> None:
    workspace.governance.declare("north", filled("controller"))
    record = workspace.governance.processing_record("north", DAY)
    page, packed = record_html(record), record_docx(record)
    assert packed == record_docx(record)
    told = "\n".join(p.text for p in Document(io.BytesIO(packed)).paragraphs)
    for row in record.fields:
        for text in (row.title, *row.paragraphs, *row.gaps):
            assert text in told
        assert row.article in page
    assert "<script" not in page and "://" not in page


def test_what_is_declared_is_sealed(workspace: Workspace) -> None:
    workspace.governance.declare("north", 'contact = "Quastenflosser office"')
    for path in (p for p in workspace.folder.rglob("*") if p.is_file()):
        assert b"Quastenflosser" not in path.read_bytes(), path.name


@pytest.mark.parametrize("text", ["contact", 'nothing_asks_for = "x"', "contact = 3"])
def test_declarations_that_no_field_asks_for_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_declarations(text)
