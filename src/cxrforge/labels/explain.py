"""Showing a report with its mentions marked, for people who want to know why."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from cxrforge.records import LabelledReport, Mention

SIGNS = {"present": "+", "absent": "-", "uncertain": "?"}


def pieces(text: str, labelled: LabelledReport) -> Iterator[tuple[str, tuple[Mention, ...]]]:
    """Yield the text in pieces, each with the mentions that cover it; the pieces joined are the text."""
    edges = sorted({0, len(text), *(m.start for m in labelled.mentions), *(m.end for m in labelled.mentions)})
    active: list[Mention] = []
    waiting = list(reversed(labelled.mentions))
    for start, end in pairwise(edges):
        active = [m for m in active if m.end > start]
        while waiting and waiting[-1].start <= start:
            active.append(waiting.pop())
        yield text[start:end], tuple(active)


def marked(text: str, labelled: LabelledReport) -> str:
    """Return the text with every mention in brackets: `[+Pleural Effusion|small effusion]`."""
    out = []
    for piece, mentions in pieces(text, labelled):
        names = ", ".join(dict.fromkeys(f"{SIGNS[m.assertion.value]}{m.observation}" for m in mentions))
        out.append(f"[{names}|{piece}]" if names else piece)
    return "".join(out)


def reasons(text: str, labelled: LabelledReport) -> Iterator[str]:
    """Yield one line per mention: observation, assertion, section, words and rule."""
    for m in labelled.mentions:
        words = " ".join(text[m.start : m.end].split())
        yield f"{m.observation}: {m.assertion.value} in {m.section}: “{words}” ({m.rule})"
