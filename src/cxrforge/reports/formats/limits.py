"""Bounds on what is read from one file, so that a hostile one costs no more than a large honest one."""

from __future__ import annotations

MAX_BYTES = 64 * 1024 * 1024
MAX_TEXT = 200_000
MAX_DOCUMENTS = 200_000
MAX_DEPTH = 40
