"""Reading single attributes, under the name that this room knows them by (see `cxrforge.dicom.attributes`)."""

from __future__ import annotations

from cxrforge.dicom.attributes import codes, day, items, number, text, texts, value, year

__all__ = ["codes", "day", "items", "number", "text", "texts", "value", "year"]
