"""What all reports of a site, together with all names of its export, say about each one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cxrforge.identity.roster import Roster
from cxrforge.identity.text import folded
from cxrforge.records import KnownIdentifiers, SiteContext
from cxrforge.reports.templates import common_words, mine_templates, templates_in
from cxrforge.tables import ordinary_words

_CAPITAL = re.compile(r"(?<![^\W\d_])[^\W\d_a-zß-öø-ÿ][^\W\d_]{2,}")
"""Words with a capital: the only ones that anything is asked about."""


class SiteReports:
    """A site's reports and names, surveyed once; asked about each text.

    What is answered about a text holds only what stands in that text, so that a new patient, colleague or footer
    changes the answer for those texts alone that it concerns.
    """

    __slots__ = ("_common", "_roster", "_templates")

    def __init__(self, texts: Sequence[tuple[str, str]], known: Iterable[KnownIdentifiers]) -> None:
        self._roster = Roster(known)
        self._templates = mine_templates(texts)
        self._common = common_words(texts)

    def about(self, text: str) -> SiteContext:
        """Return what the site says about one text."""
        low = folded(text)
        ordinary = ordinary_words.load()
        capitals = {low[m.start() : m.end()] for m in _CAPITAL.finditer(text)}
        return SiteContext(
            roster=self._roster.about(text, self._common),
            templates=templates_in(text, self._templates),
            common=tuple(sorted(w for w in capitals & self._common if not ordinary.is_ordinary(w))),
        )
