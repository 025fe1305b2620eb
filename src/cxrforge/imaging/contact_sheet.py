"""A page that shows each inspected image with masks, boxes, measures and verdicts: one HTML file, nothing to load."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE = 360
_COLOURS = {"right_lung": (80, 80, 240), "left_lung": (80, 200, 80), "heart": (240, 160, 60)}
"""Blue, green, red of each part's outline."""
_PROPOSED = (60, 220, 250)

_STYLE = """
:root { color-scheme: dark; font: 14px/1.45 system-ui, sans-serif; }
body { margin: 0; padding: 24px; background: #14171a; color: #e6e8ea; }
h1 { font-size: 20px; margin: 0 0 4px; } p { color: #9aa3ab; margin: 0 0 20px; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(560px, 1fr)); gap: 16px; }
article { display: flex; gap: 14px; background: #1d2125; border-radius: 8px; padding: 12px; }
figure { margin: 0; flex: 0 0 260px; } img { width: 260px; border-radius: 4px; display: block; background: #000; }
h2 { font-size: 14px; margin: 0 0 6px; overflow-wrap: anywhere; } table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; font-weight: normal; padding: 1px 8px 1px 0; vertical-align: top; } th { color: #9aa3ab; }
.pass { color: #76d28a; } .review { color: #f0c35a; } .fail { color: #ff7b72; }
ul { margin: 6px 0 0; padding-left: 16px; }
"""


def drawn(
    shown: NDArray[np.float32] | None,
    outlines: Mapping[str, list[NDArray[np.int32]]],
    boxes: Sequence[tuple[str, tuple[int, int, int, int]]],
) -> bytes:
    """Return a JPEG of display values `(rows, columns)` with outlines and boxes given in stored pixels.

    An image that cannot be seen is black.
    """
    if shown is None:
        return _coded(np.zeros((_SIDE, _SIDE, 3), np.uint8))
    scale = _SIDE / max(shown.shape)
    size = (max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale)))
    small = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    low, high = np.percentile(small, (0.5, 99.5))
    grey = np.clip((small - low) * (255 / max(float(high - low), 1e-6)), 0, 255).astype(np.uint8)
    picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    for part, pieces in outlines.items():
        scaled = [np.rint(piece * scale).astype(np.int32) for piece in pieces]
        cv2.polylines(picture, scaled, True, _COLOURS.get(part, _PROPOSED), 1, cv2.LINE_AA)
    for name, (x, y, w, h) in boxes:
        corner, end = (round(x * scale), round(y * scale)), (round((x + w) * scale), round((y + h) * scale))
        cv2.rectangle(picture, corner, end, _PROPOSED, 1)
        cv2.putText(picture, name, (corner[0] + 2, corner[1] - 3), cv2.FONT_HERSHEY_SIMPLEX, 0.36, _PROPOSED, 1)
    return _coded(picture)


def _coded(picture: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 82])[1])


def page_start(count: int) -> str:
    """Return the page up to the first image."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Inspected radiographs</title>'
        f"<style>{_STYLE}</style></head><body><h1>Inspected radiographs</h1><p>{count} files. Outlines: right lung red,"
        " left lung green, heart with mediastinum blue; proposed boxes yellow, to be confirmed by a person.</p><main>"
    )


def page_end() -> str:
    """Return the page after the last image."""
    return "</main></body></html>\n"


def card(name: str, line: Mapping[str, Any], picture: bytes) -> str:
    """Return one image's card; `line` is what `cxrforge inspect` writes of it."""
    view = f"{line['view'] or 'not told'}" + (f", header {line['view_header']}" if line["view_header"] else "")
    rows = [("view", view, "", "")]
    if line["cardiothoracic_ratio"] is not None:
        rows.append(("cardiothoracic ratio", f"{line['cardiothoracic_ratio']:.2f}", "", ""))
    for check, measure in line["quality"].items():
        value = "–" if measure["value"] is None else f"{measure['value']:.3f}"
        rows.append((check, value, measure["verdict"], measure["explanation"]))
    cells = "".join(
        f'<tr title="{html.escape(why)}"><th>{html.escape(what)}</th><td>{html.escape(value)}</td>'
        f'<td class="{html.escape(verdict)}">{html.escape(verdict)}</td></tr>'
        for what, value, verdict, why in rows
    )
    issues = "".join(
        f"<li>{html.escape(issue['code'])}{': ' if issue['detail'] else ''}{html.escape(issue['detail'])}</li>"
        for issue in line["issues"]
    )
    coded = base64.b64encode(picture).decode("ascii")
    return (
        f'<article><figure><img alt="" src="data:image/jpeg;base64,{coded}"></figure><div><h2>{html.escape(name)}</h2>'
        f"<table>{cells}</table><ul>{issues}</ul></div></article>\n"
    )
