"""Words that look like names and were left: nothing says that they are, nothing says that they are not.

They go to a person, with their place and with why they look so; never with the word itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from cxrforge.identity.text import folded
from cxrforge.records import Category, Section, Span
from cxrforge.reports.names import Word, is_eponym, is_given, is_ordinary, is_role, lexicon, words_of
from cxrforge.tables import eponyms, gazetteers, report_words, term_shapes

PUBLISHED = ("findings", "impression", "addendum")
_OPENS = re.compile(r"(?:^|[.!?:;•*\[\]\"„“«/+=<>\n-]|\d[.)])\s*$")


def find_doubts(
    output: str, sections: Iterable[Section], language: str, common: Collection[str] = frozenset()
) -> tuple[Span, ...]:
    """Return the doubtful words of the published sections, as spans of the output.

    `common` are words that the site writes for many patients. In German every noun has its capital: there only a
    family or given name that is no dictionary word is doubtful.
    """
    words = words_of(output, folded(output))
    found = []
    for section in sections:
        if section.name not in PUBLISHED:
            continue
        for k, word in enumerate(words):
            if not section.start <= word.start < section.end or word.word in common:
                continue
            why = _looks_so(words, k, output, section, language)
            if why:
                found.append(Span(word.start, word.end, Category.OTHER, why))
    return tuple(found)


def _looks_so(words: list[Word], k: int, output: str, section: Section, language: str) -> str:
    """Return why a word looks like a name, or nothing."""
    word = words[k]
    if not word.capital or word.shout or len(word.word) < 4 or _is_known_word(word.word, language):
        return ""
    if output[word.start - 1 : word.start] == "[" or output[word.end : word.end + 1].isdigit():
        return ""
    if _is_beside_term(words, k, output) or _is_in_title_case(words, k, output, language):
        return ""
    table = gazetteers.load()
    named = word.word in table.surnames or (is_given(word.word) and word.word in table.given)
    inside = _OPENS.search(output[max(section.start, word.start - 6) : word.start]) is None
    inside = inside and word.start > section.start
    if named and (inside or _stands_alone(words, k, output)):
        return "a family or given name"
    if inside and language != "de" and output[word.end : word.end + 1] != "-":
        return "a capital inside a sentence and in no word list"
    return ""


def _is_known_word(word: str, language: str) -> bool:
    """Tell whether a plain word is one of the language, of radiology or of the calendar."""
    lex = lexicon(language)
    if is_ordinary(word, language) or is_eponym(word) or is_role(word) or word in lex.stop or word in lex.function:
        return True
    if word in lex.calendar or term_shapes.load().is_term(word):
        return True
    return any(word.startswith(folded(s)) for s in report_words.load()[language].radiology)


def _is_beside_term(words: list[Word], k: int, output: str) -> bool:
    """Tell whether a word before or behind makes an eponym of this one (`Müller sign`, `signe de X`)."""
    table = eponyms.load()
    for step in (1, 2):
        if k + step < len(words) and table.makes_eponym(words[k + step].word):
            return output[words[k].end : words[k + step].start].count(" ") <= step
        if k >= step and table.makes_eponym(words[k - step].word):
            return True
    return False


def _is_in_title_case(words: list[Word], k: int, output: str, language: str) -> bool:
    """Tell whether a word stands among capitals of which another is no name (`Human Immunodeficiency Virus`)."""
    for step in (-2, -1, 1, 2):
        if not 0 <= k + step < len(words):
            continue
        first, last = words[min(k, k + step)], words[max(k, k + step)]
        other = words[k + step]
        between = output[first.end : last.start]
        if (other.capital and "\n" not in between and not re.search(r"[.,;:()\[]", between)) and len(other.word) > 2:
            inner = abs(step) == 1 or words[k + step // 2].capital
            if inner and (_is_known_word(other.word, language) or other.shout) and not is_given(other.word):
                return True
    return False


def _stands_alone(words: list[Word], k: int, output: str) -> bool:
    """Tell whether no word in small letters follows: the word opens no sentence."""
    follows = words[k + 1] if k + 1 < len(words) else None
    return follows is None or "\n" in output[words[k].end : follows.start] or follows.capital
