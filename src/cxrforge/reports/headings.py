"""Headings of report sections: which words, in which case, with which mark, at which place in a line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from cxrforge.identity.text import folded as fold
from cxrforge.tables import report_sections
from cxrforge.tables.report_words import plain


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in a text, and the section it starts."""

    name: str
    start: int  # of the heading
    end: int  # of the heading with its colon


@cache
def _patterns(language: str | None) -> tuple[re.Pattern[str], dict[str, str]]:
    """Return a pattern for headings and the section of each; None stands for all languages.

    A language's own words come first; the other languages' headings are known as well, for bilingual reports.
    """
    table = report_sections.load()
    order = [language, *(x for x in table if x != language)] if language else list(table)
    owner: dict[str, str] = {}
    for code in order:
        for name, headings in table[code].headings.items():
            for heading in headings:
                owner.setdefault(_key(heading), name)
    words = sorted(owner, key=len, reverse=True)
    body = "|".join(re.escape(w).replace(r"\ ", r"[ \t]+").replace("'", "['’]") for w in words)
    return re.compile(
        rf"""(?P<lead>(?:^|(?<=\n))[ \t]*(?:[-*•·#=>_]+[ \t]*|\(?(?:\d{{1,2}}|[ivx]{{1,4}}|[a-h])[.)][ \t]*)?\**[ \t]*|(?<=[.!?;)][ \t])|(?<=[.!?;)][ \t]{{2}})|(?<=[ \t]{{3}}))
        (?P<word>{body})
        (?P<more>(?:[ \t]*[/|&][ \t]*(?:{body})|[ \t]*\((?:{body})\))?)
        (?P<note>[ \t]*\([^()\n]{{1,40}}\))?
        (?P<mark>\**[ \t]*[:：]\**|[ \t]*\.(?=[ \t]|\n|$)|[ \t]+[-–—](?=[ \t\n])|[ \t]*\**[ \t]*(?=\n|$)|(?=[ \t]+[^\W\d_]))""",  # noqa: E501 (a pattern reads better whole)
        re.VERBOSE,
    ), owner


def _key(heading: str) -> str:
    return plain(heading)


def cut_headings(text: str, language: str | None = None) -> list[Heading]:
    """Return the section headings of `text` in order."""
    folded = fold(text)
    pattern, owner = _patterns(language)
    found = []
    shouting = _shouts(text)
    for match in pattern.finditer(folded):
        if _is_heading(text, match, shouting):
            found.append(
                Heading(
                    owner[re.sub(r"[ \t]+", " ", match["word"]).replace("’", "'")], match.start("word"), match.end()
                )
            )
    return found


def _shouts(text: str) -> bool:
    """Tell whether the text is in capitals throughout, so that capitals mark no heading."""
    sample = text[:1200]
    upper, letters = sum(map(str.isupper, sample)), sum(map(str.isalpha, sample))
    return letters > 40 and upper > 0.8 * letters


def _is_heading(text: str, match: re.Match[str], shouting: bool) -> bool:
    """Decide whether a heading word at this place is a heading: by its mark, its case and where it stands."""
    word = text[match.start("word") : match.end("word")]
    mark = match["mark"].strip(" \t*")
    at_line_start = match.start("lead") != match.end("lead") or match.start() == 0 or text[match.start() - 1] == "\n"
    letters = [c for c in word if c.isalpha()]
    capitals = all(c.isupper() for c in letters)
    if not at_line_start:
        # inside a line: only a capitalised heading with a colon
        return mark in (":", "：") and word[:1].isupper() and not match["note"]
    if mark in (":", "："):
        return True
    rest = text[match.end("mark") :].split("\n", 1)[0].strip()
    if mark == "" and not rest:
        return True  # alone on its line, in any case
    if mark == ".":
        return word[:1].isupper() and (not rest or rest[:1].isupper() or rest[:1].isdigit() or rest[:1] in "-–¿")
    if mark in ("-", "–", "—"):
        return word[:1].isupper() and len(word) > 3
    if match["more"] and not match["more"].strip().startswith("("):
        return False
    # no mark, text on the same line: capitals in a report that does not shout
    return capitals and not shouting and len(word) > 4 and not rest[:12].isupper()
