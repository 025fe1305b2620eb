"""Places by what announces them: a preposition of staying or coming from, a saint's name, a date before a bracket."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from cxrforge.records import Category, Span
from cxrforge.reports.names import Word, is_ordinary, lexicon
from cxrforge.tables import name_words

_SMALL_WORDS = name_words.load().place_particles
_PROPER = name_words.load().place_words

_SAINT = re.compile(
    r"(?<![\w.])(?:St\.?|Saint|Sainte|Ste|Sint|San|Santa|Santo|São|Sankt|Św\.|Sant['’])[ \-]?(?P<n>[A-ZÀ-ÖØ-ÞŁŚŻ][^\W\d_]{2,}(?:['’]s)?)"  # noqa: E501 (a pattern reads better whole)
)
_AFTER_DATE = re.compile(
    r"(?:(?:19|20)\d\d|['’/.-]\d\d)\)?[ ]?(?:[,][ ]|[(])(?P<n>[A-ZÀ-ÖØ-ÞŁŚŻ][\w'’\-]{3,}(?:[ ](?:(?:de|del|della|van|der|la|du|of)[ ])?[A-ZÀ-ÖØ-ÞŁŚŻ][\w'’\-]+){0,3})\)"  # noqa: E501 (a pattern reads better whole)
)
_AT = {
    "en": r"(?:(?:seen|treated|admitted|evaluated|managed|followed|diagnosed|presented|presenting|visited|performed|referred|transferred|discharged|tx'd|hospitalized|consulted|residing|stayed|operated|biopsy|film|tests|conducted|appointment|visit|care|surgery|notes|compare|compared)[ ](?:(?:up|back|in|last|also)[ ])?(?:at|@|to|from|by|in)|compared? with|(?<=[ ])(?:at|@)|lives in|near|resident of|patient from|(?<=[a-z.] )from)[ \n](?:the[ ]|our[ ])?",  # noqa: E501 (a pattern reads better whole)
    "de": r"(?:wohnhaft in|klinik in|wohnt in)[ ]",
    "fr": r"(?:\ba|aux|clinique|hopital|suivi(?:e)? (?:a|au)|clinique de|region de|maire de|de la ville de|vers|suivi a)[ ]",  # noqa: E501 (a pattern reads better whole)
    "es": r"(?:residente en|natural de|vecin[oa] de|procedente de|vive en)[ ]",
    "it": r"(?:residente (?:a|in)|nat[oa] a|presso(?: il| la| l')?|tc al|eseguit[oa] a|ricoverat[oa] a)[ ']",
    "nl": r"(?:(?<![a-z])te|foto van|opname|uit|ct|(?<=,)|azc|verpleeghuis|ziekenhuis)[ ]",
    "pt": r"(?:residente em|natural de|reside em|mora em|transferid[oa] d[oe])[ ]",
    "pl": r"(?:zam\. w|mieszka w|zamieszka\w+ w|szpital\w* w|ur\. w)[ ]",
}
"""Words that announce a place, over folded text; the capitalised words behind them are its name."""
_NO_PLACE = re.compile(
    r"^(?:[A-Z]{1,3}\d*|ICU|CICU|ER|ED|MRI|EAP|NYHA|TNM|CTR|LSD|LID|LSI|LII|CDC|FDA|ACC|AHA|ADA|WHO|NHS|UTI|UCI)$"
)


@cache
def _at_pattern(language: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){_AT[language]}")


def find_announced(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield places by what announces them: `seen at Cedar Sinai`, `St Asaph`, `Juli 2021, Charité)`."""
    starts = {w.start: i for i, w in enumerate(words) if w.capital}
    for match in _SAINT.finditer(text):
        name = low[match.start("n") : match.end("n")]
        if not is_ordinary(name.removesuffix("'s"), language):
            yield Span(match.start(), match.end(), Category.HOSPITAL, "saint")
    for match in _AFTER_DATE.finditer(text):
        first = low[match.start("n") : match.end("n")].split()[0]
        if not is_ordinary(first, language):
            yield Span(match.start("n"), match.end("n"), Category.HOSPITAL, "behind a date")
    for match in _at_pattern(language).finditer(low):
        at = starts.get(match.end())
        if at is None or not words[at].capital:
            continue
        k = at
        while k < len(words) and k - at < 5 and _goes_on(words, text, at, k, language):
            k += 1
        while k > at and words[k - 1].word in _SMALL_WORDS:
            k -= 1
        proper = [w for w in words[at:k] if not is_ordinary(w.word, language) or w.word in _PROPER]
        raw = text[words[at].start : words[k - 1].end] if k > at else ""
        if proper and not _NO_PLACE.match(raw) and len(raw) > 2:
            category = Category.HOSPITAL if language == "en" else Category.LOCATION
            yield Span(words[at].start, words[k - 1].end, category, "announced place")


def _goes_on(words: Sequence[Word], text: str, at: int, k: int, language: str) -> bool:
    """Tell whether a place's name goes on with word `k`."""
    word = words[k]
    lex = lexicon(language)
    gap = text[words[k - 1].end : word.start] if k > at else ""
    if k > at and not re.fullmatch(r"[ ]|\. |-|['’]", gap):
        return False
    if (gap == ". " and len(words[k - 1].word) > 2) or len(set(word.word)) == 1:
        return False
    if k > at and word.word in _SMALL_WORDS and k + 1 < len(words) and words[k + 1].capital:
        return True
    if not word.capital or word.word in lex.titles or word.word in lex.doctor_titles or word.word in lex.calendar:
        return False
    return word.word not in lex.function or k > at
