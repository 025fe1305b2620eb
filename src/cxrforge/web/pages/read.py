"""The reader's page: a shell around the program that the browser runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse

from cxrforge.web.access import READING, Visitor, reader
from cxrforge.web.pages.rendering import render

router = APIRouter()
BUNDLE = FilePath(__file__).parents[1] / "static" / "reader" / "reader.js"
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Reads = Annotated[Visitor, Depends(reader(*READING))]


@dataclass(frozen=True, slots=True)
class ReaderPage:
    """Where the reader begins; `built` is False in a checkout whose reader was never built."""

    audit: str
    assignment: str
    built: bool


@router.get("/read/{audit}", response_class=HTMLResponse)
def read_audit(audit: Id, _: Reads) -> HTMLResponse:
    """Open the reader at the first open assignment of an audit."""
    return render("reader.html", None, ReaderPage(audit, "", BUNDLE.is_file()))


@router.get("/read/{audit}/{assignment}", response_class=HTMLResponse)
def read_assignment(audit: Id, assignment: Id, _: Reads) -> HTMLResponse:
    """Open the reader at one assignment."""
    return render("reader.html", None, ReaderPage(audit, assignment, BUNDLE.is_file()))
